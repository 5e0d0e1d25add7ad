"""A market: calm, then everybody runs; they come back, and it happens again."""

from shapely import box

from throng.core.site import Camera, Line, Site, Use, Zone
from throng.sim.scene import Scene
from throng.sim.scenes.parts import facade, lamp, stall, walkable_area
from throng.sim.script import Flight, Flow, Gate, Schedule, Script, Stop, Walking, rectangle
from throng.sim.setting import Block, Finish, Ground, Light, Mark, Setting, Tree
from throng.sim.viewpoint import look_at

POSITION, TARGET, FIELD_OF_VIEW_DEG = (-1.5, -9.5, 8.5), (0.0, 8.5, 0.0), 60.0
THREAT = (0.5, 13.0)
PERIOD_S = 60.0
FIRST_S = 25.0

HOUSE = Finish((150, 184, 206), "windows", (92, 84, 80))
BLOCKS = (
    *facade(31.0, (-50.0, -4.0), (-14.0,), door=(3.0, 3.2), top_m=9.0, skin=HOUSE),
    *facade(31.0, (4.0, 50.0), (14.0,), door=(3.0, 3.2), top_m=9.0, skin=HOUSE),
    Block(rectangle(-4.0, 44.0, 4.0, 44.5), 9.0, Finish((132, 150, 164), "windows", (88, 84, 82)), wall=True),
    *stall(-10.8, 16.5, (60, 60, 178)),
    *stall(-6.6, 16.5, (150, 96, 50)),
    *stall(5.0, 17.0, (70, 130, 60)),
    *stall(9.4, 17.0, (50, 150, 200)),
    *lamp(-12.5, 25.0),
    *lamp(12.5, 25.0),
)
TREES = (Tree((-17.0, 27.5)), Tree((17.5, 27.0), 7.0, 4.6))


def _script() -> Script:
    gates = (
        Gate("west", (-27.0, 3.0, -23.0, 14.0)),
        Gate("east", (23.0, 3.0, 27.0, 14.0)),
        Gate("south", (-8.0, -13.0, 6.0, -9.0)),
        Gate("door-west", (-15.0, 33.5, -13.0, 35.0)),
        Gate("door-east", (13.0, 33.5, 15.0, 35.0)),
    )
    stops = (
        Stop((-10.6, 14.2, -4.2, 15.8), 0.3, (12.0, 45.0), (-7.0, 18.0)),
        Stop((5.0, 14.8, 12.0, 16.4), 0.3, (12.0, 45.0), (8.0, 18.5)),
        Stop((-5.0, 4.0, 5.0, 11.0), 0.4, (10.0, 40.0), (0.0, 7.5)),
    )
    back = Schedule(((0.0, 0.18), (FIRST_S, 0.0), (FIRST_S + 10, 0.62), (FIRST_S + 34, 0.18)), PERIOD_S)
    flows = tuple(Flow(gate.id, tuple(other.id for other in gates if other != gate), back, stops) for gate in gates)
    flight = Flight(FIRST_S, PERIOD_S, 4.0, THREAT)
    return Script(gates, flows, Walking(speed_mps=1.25), flight=flight, warm_up_s=50.0)


def build(size: tuple[int, int]) -> Scene:
    """Make the scene for one picture size."""
    calibration = look_at(POSITION, TARGET, field_of_view_deg=FIELD_OF_VIEW_DEG, size=size)
    site = Site(
        name="Market",
        zones=(
            Zone("market", rectangle(-6.5, 2.5, 6.0, 13.5), 150, Use.MOVING, "Market square"),
            Zone("street", rectangle(-8.0, 22.0, 8.0, 29.5), 130, Use.MOVING, "Before the houses"),
        ),
        lines=(Line("south", (-7.0, 1.8), (6.0, 1.8), "Southern edge"),),
        cameras=(Camera("panic", "sim://panic", calibration, name="Market, mast 2"),),
    )
    marks = (
        Mark(rectangle(-50.0, 29.4, 50.0, 31.0), (140, 144, 148), 0.5),
        Mark(rectangle(-50.0, 31.0, -4.0, 36.0), (30, 30, 32), 0.7),
        Mark(rectangle(4.0, 31.0, 50.0, 36.0), (30, 30, 32), 0.7),
        Mark(rectangle(-1.0, -14.0, 0.4, 29.4), (150, 156, 160), 0.4),
    )
    light = Light(sun_from_deg=200.0, sun_height_deg=38.0, sun=0.5, tint=(0.93, 0.99, 1.04))
    return Scene(
        name="panic",
        site=site,
        walkable=walkable_area(box(-29.0, -15.0, 29.0, 35.4), BLOCKS, TREES),
        script=_script(),
        setting=Setting(Ground("cobbles", (140, 148, 158), marks), light, BLOCKS, TREES),
    )
