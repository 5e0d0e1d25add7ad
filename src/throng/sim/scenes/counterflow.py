"""A passage with people walking in both directions."""

from shapely import box

from throng.core.site import Camera, Line, Site, Use, Zone
from throng.sim.scene import Scene
from throng.sim.scenes.parts import walkable_area
from throng.sim.script import Flow, Gate, Schedule, Script, Walking, rectangle
from throng.sim.setting import Block, Finish, Ground, Light, Mark, Setting
from throng.sim.viewpoint import look_at

POSITION, TARGET, FIELD_OF_VIEW_DEG = (0.0, -5.5, 4.8), (0.0, 7.0, 0.4), 62.0

TILES = Finish((196, 204, 206), "tiles", (172, 180, 182))
POSTERS = Finish((196, 204, 206), "posters", (172, 180, 182))
BLOCKS = (
    Block(rectangle(-3.4, -12.0, -3.0, 19.0), 5.6, POSTERS, wall=True, shadow=False),
    Block(rectangle(3.0, -12.0, 3.4, 19.0), 5.6, POSTERS, wall=True, shadow=False),
    Block(rectangle(-16.0, 23.0, 16.0, 23.4), 5.6, POSTERS, wall=True, shadow=False),
)


def _script() -> Script:
    rate = Schedule(((0.0, 0.65), (60.0, 0.95), (120.0, 0.5)), 180.0)
    gates = (
        Gate("arrivals", (-13.5, 19.6, -10.0, 22.6)),
        Gate("departures", (10.0, 19.6, 13.5, 22.6)),
        Gate("street-in", (-0.2, -11.0, 2.4, -8.0)),
        Gate("street-out", (-2.4, -11.0, 0.2, -8.0)),
    )
    left, right = (-2.5, 0.9), (-0.9, 2.5)
    coming = tuple((left[0], y, left[1], y + 1.0) for y in (16.0, 0.0))
    going = tuple((right[0], y, right[1], y + 1.0) for y in (0.0, 16.0))
    return Script(
        gates,
        (
            Flow("arrivals", ("street-out",), rate, via=coming),
            Flow("street-in", ("departures",), rate, via=going),
        ),
        Walking(speed_std_mps=0.16, radius_m=0.17, time_gap_s=0.7),
        warm_up_s=45.0,
    )


def build(size: tuple[int, int]) -> Scene:
    """Make the scene for one picture size."""
    calibration = look_at(POSITION, TARGET, field_of_view_deg=FIELD_OF_VIEW_DEG, size=size)
    site = Site(
        name="Station passage",
        zones=(Zone("passage", rectangle(-2.9, 3.0, 2.9, 13.0), 70, Use.MOVING, "Passage"),),
        lines=(Line("middle", (-3.0, 8.0), (3.0, 8.0), "Middle of the passage"),),
        cameras=(Camera("counterflow", "sim://counterflow", calibration, name="Passage, ceiling"),),
    )
    marks = (
        Mark(rectangle(-0.05, -12.0, 0.05, 19.0), (60, 190, 225), 0.8),
        Mark(rectangle(-3.0, -12.0, -2.75, 19.0), (110, 116, 120), 0.6),
        Mark(rectangle(2.75, -12.0, 3.0, 19.0), (110, 116, 120), 0.6),
    )
    light = Light(sun=0.0, gain=1.0, drift=0.025, tint=(0.97, 1.0, 1.02))
    return Scene(
        name="counterflow",
        site=site,
        walkable=walkable_area(box(-3.0, -11.5, 3.0, 23.0).union(box(-14.0, 19.0, 14.0, 23.0)), BLOCKS),
        script=_script(),
        setting=Setting(Ground("tiles", (150, 158, 164), marks), light, BLOCKS),
    )
