"""A queue before a door of 1.2 m that grows into a crush, dissolves and grows again."""

from shapely import box

from throng.core.site import Camera, Line, Site, Use, Zone
from throng.sim.scene import Scene
from throng.sim.scenes.parts import STONE, barrier, facade, lamp, walkable_area
from throng.sim.script import Flow, Gate, Schedule, Script, Walking, rectangle
from throng.sim.setting import Block, Finish, Ground, Light, Mark, Setting, Tree
from throng.sim.viewpoint import look_at

POSITION, TARGET, FIELD_OF_VIEW_DEG = (0.0, -3.0, 6.5), (0.0, 9.0, 0.0), 62.0
DOOR_Y = 5.6
DOOR_WIDTH_M = 1.2

POST = Finish((50, 120, 200))
BLOCKS = (
    barrier(-5.0, DOOR_Y, -DOOR_WIDTH_M / 2 - 0.24, DOOR_Y),
    barrier(DOOR_WIDTH_M / 2 + 0.24, DOOR_Y, 5.0, DOOR_Y),
    Block(rectangle(-0.84, DOOR_Y - 0.08, -0.72, DOOR_Y + 0.16), 2.3, POST),
    Block(rectangle(0.72, DOOR_Y - 0.08, 0.84, DOOR_Y + 0.16), 2.3, POST),
    barrier(-5.0, DOOR_Y, -5.0, 13.6),
    barrier(4.92, DOOR_Y, 4.92, 13.6),
    *facade(32.0, (-50.0, 50.0), (), door=(1.0, 2.0), top_m=9.0, skin=STONE),
    *lamp(-8.5, 17.0),
    *lamp(8.5, 17.0),
)
TREES = (Tree((-13.0, 24.0)), Tree((-5.0, 27.5), 7.5, 5.0), Tree((6.0, 27.0)), Tree((14.0, 24.0), 7.5, 5.0))


def _script() -> Script:
    arriving = Schedule(((0.0, 0.5), (20.0, 1.75), (105.0, 0.1)), 200.0)
    gates = (
        Gate("west", (-27.0, 14.5, -23.0, 21.0)),
        Gate("east", (23.0, 14.5, 27.0, 21.0)),
        Gate("inside", (-2.0, -9.0, 2.0, -6.0)),
    )
    queue = ((-4.0, 12.6, 4.0, 16.0),)
    return Script(
        gates,
        (Flow("west", ("inside",), arriving, via=queue), Flow("east", ("inside",), arriving, via=queue)),
        Walking("collision-free", radius_m=0.19, time_gap_s=0.5, squeeze=0.85),
        limit=220,
        warm_up_s=30.0,
    )


def build(size: tuple[int, int]) -> Scene:
    """Make the scene for one picture size."""
    calibration = look_at(POSITION, TARGET, field_of_view_deg=FIELD_OF_VIEW_DEG, size=size)
    site = Site(
        name="Entrance",
        zones=(
            Zone("door", rectangle(-1.5, DOOR_Y + 0.2, 1.5, DOOR_Y + 3.2), 20, Use.QUEUE, "Before the door"),
            Zone("approach", rectangle(-4.5, 10.0, 4.5, 13.5), 60, Use.QUEUE, "Approach"),
        ),
        lines=(Line("entrance", (-0.7, DOOR_Y - 0.5), (0.7, DOOR_Y - 0.5), "Door"),),
        cameras=(Camera("bottleneck", "sim://bottleneck", calibration, name="Entrance, above the door"),),
    )
    marks = (
        Mark(rectangle(-5.0, -12.0, 5.0, DOOR_Y), (120, 128, 136), 0.35),
        Mark(rectangle(-0.72, DOOR_Y - 0.12, 0.72, DOOR_Y + 0.12), (60, 190, 230), 0.85),
        Mark(rectangle(-60.0, 30.0, 60.0, 32.0), (120, 124, 128), 0.6),
    )
    light = Light(sun_from_deg=236.0, sun_height_deg=42.0, sun=0.42, drift=0.05)
    return Scene(
        name="bottleneck",
        site=site,
        walkable=walkable_area(box(-29.0, DOOR_Y, 29.0, 24.0).union(box(-3.0, -11.0, 3.0, DOOR_Y)), BLOCKS, TREES),
        script=_script(),
        setting=Setting(Ground("asphalt", (122, 124, 124), marks), light, BLOCKS, TREES),
    )
