"""A calm square: people cross it in all directions, some meet at the fountain."""

from shapely import box

from throng.core.site import Camera, Line, Site, Use, Zone
from throng.sim.scene import Scene
from throng.sim.scenes.parts import STONE, bench, facade, lamp, planter, walkable_area
from throng.sim.script import Flow, Gate, Script, Stop, rectangle, steady
from throng.sim.setting import Block, Finish, Ground, Light, Mark, Setting, Tree, round_footprint
from throng.sim.viewpoint import look_at

FOUNTAIN = (0.0, 17.5)
POSITION, TARGET, FIELD_OF_VIEW_DEG = (0.0, -9.0, 7.5), (0.0, 9.0, 0.2), 60.0

BASIN = Finish((148, 156, 162), "brick", (128, 136, 142))
BLOCKS = (
    *facade(31.0, (-45.0, 45.0), (-13.0, 0.0, 13.0), door=(3.2, 3.3), top_m=8.0, skin=STONE),
    Block(round_footprint(FOUNTAIN, 2.3, 16), 0.55, BASIN, Finish((176, 150, 112), "water")),
    Block(round_footprint(FOUNTAIN, 0.35, 10), 1.7, Finish((150, 158, 164)), solid=False),
    Block(round_footprint(FOUNTAIN, 0.9, 14), 1.85, BASIN, Finish((190, 164, 126), "water"), 1.65, solid=False),
    *bench(-9.6, 18.6),
    *bench(7.9, 18.6),
    *bench(-9.6, 25.0),
    *bench(7.9, 25.0),
    *lamp(-7.0, 27.5),
    *lamp(7.0, 27.5),
    *planter(-11.2, 21.8),
    *planter(11.2, 21.8),
)
TREES = (Tree((-11.2, 21.8)), Tree((11.2, 21.8)), Tree((-18.5, 27.0), 7.5, 5.0), Tree((18.5, 27.0), 7.5, 5.0))


def _script() -> Script:
    gates = (
        Gate("west", (-27.0, 4.0, -23.0, 14.0)),
        Gate("east", (23.0, 4.0, 27.0, 14.0)),
        Gate("south", (-6.0, -12.0, 6.0, -8.0)),
        Gate("arch-west", (-14.2, 33.5, -11.8, 35.0)),
        Gate("arch", (-1.2, 33.5, 1.2, 35.0)),
        Gate("arch-east", (11.8, 33.5, 14.2, 35.0)),
    )
    meeting = Stop((-4.4, 12.8, 4.4, 14.6), 0.1, (20.0, 70.0), FOUNTAIN)
    talking = Stop((-6.5, 5.0, -3.5, 8.0), 0.07, (25.0, 80.0), (-5.0, 6.5))
    looking = Stop((3.5, 7.0, 6.5, 10.0), 0.07, (15.0, 60.0), (5.0, 8.5))
    stops = (talking, looking, meeting)
    flows = tuple(
        Flow(gate.id, tuple(other.id for other in gates if other != gate), steady(rate), stops)
        for gate, rate in zip(gates, (0.34, 0.34, 0.3, 0.17, 0.24, 0.17), strict=True)
    )
    return Script(gates, flows, warm_up_s=60.0)


def build(size: tuple[int, int]) -> Scene:
    """Make the scene for one picture size."""
    calibration = look_at(POSITION, TARGET, field_of_view_deg=FIELD_OF_VIEW_DEG, size=size)
    site = Site(
        name="Fountain square",
        zones=(
            Zone("west", rectangle(-6.8, 3.0, -0.4, 13.0), 60, Use.MOVING, "West side"),
            Zone("east", rectangle(0.4, 3.0, 6.8, 13.0), 60, Use.MOVING, "East side"),
            Zone("arcade", rectangle(-8.0, 21.0, 8.0, 29.0), 120, Use.MOVING, "Before the arcade"),
        ),
        lines=(Line("crossing", (-7.0, 2.2), (7.0, 2.2), "Crossing"),),
        cameras=(Camera("plaza", "sim://plaza", calibration, name="Square, mast 1"),),
    )
    marks = (
        Mark(rectangle(-0.6, -14.0, 0.6, 15.0), (150, 158, 166), 0.45),
        Mark(rectangle(-40.0, 15.0, 40.0, 15.5), (122, 128, 134), 0.5),
        Mark(rectangle(-40.0, 29.6, 40.0, 31.0), (118, 124, 130), 0.6),
        Mark(rectangle(-40.0, 31.0, 40.0, 36.0), (30, 30, 32), 0.75),
        Mark(round_footprint(FOUNTAIN, 3.2, 24), (132, 138, 146), 0.55),
    )
    return Scene(
        name="plaza",
        site=site,
        walkable=walkable_area(box(-29.0, -14.0, 29.0, 35.4), BLOCKS, TREES),
        script=_script(),
        setting=Setting(Ground("slabs", (164, 174, 182), marks), Light(), BLOCKS, TREES),
    )
