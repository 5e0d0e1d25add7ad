"""A concert hall: it fills to beyond what is safe, holds, empties slowly and fills again."""

from shapely import box

from throng.core.site import Camera, Line, Site, Use, Zone
from throng.sim.scene import Scene
from throng.sim.scenes.parts import facade, walkable_area
from throng.sim.script import Flow, Gate, Gathering, Schedule, Script, Walking, rectangle
from throng.sim.setting import Block, Finish, Ground, Light, Mark, Setting
from throng.sim.viewpoint import look_at

POSITION, TARGET, FIELD_OF_VIEW_DEG = (0.0, -5.0, 7.2), (0.0, 6.2, 0.0), 68.0
FLOOR = (-4.5, 3.0, 4.5, 10.0)
STAGE = (0.0, -1.0)

FILL_S, HOLD_S, EMPTY_S = 245.0, 75.0, 140.0
PERIOD_S = FILL_S + HOLD_S + EMPTY_S

PLASTER = Finish((92, 96, 112), "plain")
PANEL = Finish((62, 74, 104), "wood")
BLOCKS = (
    *facade(18.0, (-8.0, 8.0), (-4.6, 4.6), door=(2.4, 2.5), top_m=7.0, skin=PLASTER),
    Block(rectangle(-8.4, -9.0, -8.0, 23.0), 7.0, PANEL, wall=True, shadow=False),
    Block(rectangle(8.0, -9.0, 8.4, 23.0), 7.0, PANEL, wall=True, shadow=False),
    Block(rectangle(-7.4, 13.2, -7.0, 13.6), 6.5, Finish((84, 88, 100))),
    Block(rectangle(7.0, 13.2, 7.4, 13.6), 6.5, Finish((84, 88, 100))),
    Block(rectangle(-1.3, 17.3, 1.3, 17.9), 1.05, Finish((58, 80, 116), "wood"), Finish((120, 128, 140))),
)


def _script() -> Script:
    filling = Schedule(((0.0, 0.62), (FILL_S, 0.0)), PERIOD_S)
    releasing = Schedule(((0.0, 0.0), (FILL_S + HOLD_S, 2.3)), PERIOD_S)
    gates = (Gate("door-west", (-5.4, 20.0, -3.8, 22.2)), Gate("door-east", (3.8, 20.0, 5.4, 22.2)))
    return Script(
        gates,
        (
            Flow("door-west", ("door-west",), filling, gather=True),
            Flow("door-east", ("door-east",), filling, gather=True),
        ),
        Walking(speed_mps=1.2, speed_std_mps=0.18, radius_m=0.16, time_gap_s=0.6, step_s=0.1),
        Gathering(FLOOR, 4.75, STAGE, releasing),
        warm_up_s=35.0,
    )


def build(size: tuple[int, int]) -> Scene:
    """Make the scene for one picture size."""
    calibration = look_at(POSITION, TARGET, field_of_view_deg=FIELD_OF_VIEW_DEG, size=size)
    site = Site(
        name="Concert hall",
        zones=(
            Zone("floor", rectangle(*FLOOR), 190, Use.STANDING, "Floor"),
            Zone("foyer", rectangle(-6.2, 12.2, 6.2, 16.8), 90, Use.MOVING, "Foyer"),
        ),
        lines=(Line("doors", (-6.4, 16.9), (6.4, 16.9), "Doors"),),
        cameras=(Camera("hall", "sim://hall", calibration, name="Hall, above the stage"),),
    )
    marks = (
        Mark(rectangle(-8.0, 18.6, 8.0, 23.0), (30, 34, 40), 0.7),
        Mark(rectangle(-5.2, 2.2, 5.2, 2.3), (120, 190, 210), 0.8),
        Mark(rectangle(-8.0, 11.2, 8.0, 11.3), (90, 96, 104), 0.7),
    )
    light = Light(sun=0.0, gain=0.92, drift=0.05, tint=(0.9, 0.98, 1.06))
    return Scene(
        name="hall",
        site=site,
        walkable=walkable_area(box(-8.0, -8.0, 8.0, 22.4), BLOCKS),
        script=_script(),
        setting=Setting(Ground("concrete", (112, 124, 136), marks), light, BLOCKS),
    )
