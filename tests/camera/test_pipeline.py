"""From observations to readings: exact counts, honest validity, one reading per second whatever happens."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from throng.camera.pipeline import CameraPipeline, Measured
from throng.core.errors import ThrongError
from throng.core.observation import HEAD_HEIGHT_M, UNTRACKED, Heads, Observation, Persons
from throng.core.pinhole import calibration_from_camera
from throng.core.points import ground_points
from throng.core.reading import LineReading, Reading, Validity
from throng.core.site import Camera, Line, Use, Zone

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
SIZE = (960, 540)
CALIBRATION = calibration_from_camera(height_m=6, tilt_deg=30, fov_deg=70, image_size=SIZE)
SQUARE = Zone("square", ((-3, 7), (3, 7), (3, 13), (-3, 13)), capacity=72, use=Use.MOVING)
GATE = Line("gate", (-3.0, 10.0), (3.0, 10.0))


def camera(**changes: object) -> Camera:
    return replace(Camera("north", "clip.mp4", CALIBRATION), **changes)  # type: ignore[arg-type]


def pipeline(*, zones: tuple[Zone, ...] = (SQUARE,), lines: tuple[Line, ...] = ()) -> CameraPipeline:
    return CameraPipeline(camera(), zones, lines, SIZE)


def seen(pts_s: float, places: list[tuple[float, float]], *, ids: list[int] | None = None) -> Observation:
    """An exact observation of heads at places on the ground."""
    points = CALIBRATION.to_image(ground_points(places), HEAD_HEIGHT_M)
    n = len(places)
    heads = Heads(
        points=points,
        scores=np.ones(n),
        track_ids=np.array(ids if ids is not None else range(n), dtype=np.int64),
        heights_m=np.full(n, HEAD_HEIGHT_M),
    )
    at = START + timedelta(seconds=pts_s)
    return Observation("north", pts_s, at, round(pts_s * 10), SIZE, persons=None, heads=heads, models=("exact",))


def zone_readings(measured: list[Measured]) -> list[Reading]:
    return [r for r in measured if isinstance(r, Reading)]


def one_second(places: list[tuple[float, float]], zones: tuple[Zone, ...] = (SQUARE,)) -> Reading:
    pipe = pipeline(zones=zones)
    pipe.process(seen(0.0, places))
    (reading,) = zone_readings(pipe.process(seen(1.0, places)))
    return reading


def test_counts_density_and_level_are_exact_for_exact_heads() -> None:
    inside = [(x, y) for x in np.arange(-2.5, 3, 1.0) for y in np.arange(7.5, 13, 1.0)]
    reading = one_second([*inside, (4.0, 10.0), (0.0, 14.0)])
    assert reading.count is not None
    assert reading.density is not None
    assert reading.occupancy is not None
    assert (reading.count.low, reading.count.value, reading.count.high) == (36, 36, 36)
    assert reading.density.mean.value == pytest.approx(1.0)
    assert reading.density.mean_estimator == "classical"
    assert reading.density.peak_per_m2 == pytest.approx(1.0, rel=0.1)
    assert reading.level_of_service == "D"
    assert reading.occupancy.value == pytest.approx(0.5)
    assert (reading.validity, reading.reasons) == (Validity.LIVE, ())
    assert reading.at == START + timedelta(seconds=1)


@given(st.lists(st.tuples(st.floats(-2.9, 2.9), st.floats(7.1, 12.9)), max_size=80))
def test_everybody_in_the_zone_counts_once(places: list[tuple[float, float]]) -> None:
    reading = one_second(places)
    assert reading.count is not None
    assert reading.count.value == len(places)


def test_nobody_is_a_zero_that_somebody_measured() -> None:
    reading = one_second([])
    assert reading.count is not None
    assert reading.density is not None
    assert (reading.count.value, reading.validity) == (0, Validity.LIVE)
    assert reading.density.peak_per_m2 is None
    assert reading.speed is None


def test_count_is_the_mean_over_the_frames_of_the_second() -> None:
    pipe = pipeline()
    pipe.process(seen(0.0, [(0, 10)]))
    pipe.process(seen(0.5, [(0, 10), (1, 10)]))
    (reading,) = zone_readings(pipe.process(seen(1.0, [])))
    assert reading.count is not None
    assert (reading.count.value, reading.frames) == (1.5, 2)


def test_speed_is_the_mean_over_persons() -> None:
    pipe = pipeline()
    readings = []
    for k in range(31):
        t = k / 10
        readings += zone_readings(pipe.process(seen(t, [(-2 + 1.0 * t, 9), (2 - 1.5 * t, 11)])))
    speed = readings[-1].speed
    assert speed is not None
    assert (speed.mean_mps, speed.std_mps, speed.persons) == pytest.approx((1.25, 0.25, 2), rel=1e-6)


def test_line_counts_go_with_the_readings() -> None:
    pipe = pipeline(lines=(GATE,))
    crossed = []
    for k in range(41):
        t = k / 10
        crossed += [r for r in pipe.process(seen(t, [(0, 8 + t)])) if isinstance(r, LineReading)]
    assert [r.out_count for r in crossed] == [0, 0, 1, 0]
    assert (crossed[-1].in_total, crossed[-1].out_total) == (0, 1)


def test_people_without_a_track_are_counted_but_have_no_speed() -> None:
    pipe = pipeline()
    for t in (0.0, 0.5):
        pipe.process(seen(t, [(0, 10), (1, 10)], ids=[UNTRACKED, UNTRACKED]))
    (reading,) = zone_readings(pipe.process(seen(1.0, [])))
    assert reading.count is not None
    assert (reading.count.value, reading.speed) == (2, None)


def test_a_gap_is_unknown_second_by_second_and_remembers_the_last_good_time() -> None:
    pipe = pipeline(lines=(GATE,))
    pipe.process(seen(0.0, [(0, 10)]))
    measured = pipe.process(seen(4.2, [(0, 10)]))
    readings = zone_readings(measured)
    assert [r.validity for r in readings] == [Validity.LIVE] + [Validity.UNKNOWN] * 3
    assert [r.count for r in readings[1:]] == [None] * 3
    assert [r.age_s for r in readings] == [0, 1, 2, 3]
    assert readings[1].reasons == ("no frame came",)
    lines = [r for r in measured if isinstance(r, LineReading)]
    assert [r.in_count for r in lines] == [0, None, None, None]


def test_time_without_frames_gives_unknown_with_the_reason() -> None:
    pipe = pipeline()
    readings = []
    for k in range(13):
        now = START + timedelta(seconds=k / 4)
        readings += zone_readings(pipe.tick(now, "camera is connecting: no route to host"))
    assert [r.validity for r in readings] == [Validity.UNKNOWN] * 2
    assert readings[0].reasons == ("camera is connecting: no route to host",)
    assert readings[0].last_good_at is None
    assert readings[0].age_s is None


def test_a_frame_that_is_a_little_late_leaves_no_hole() -> None:
    pipe = pipeline()
    readings = []
    for k in range(20):
        t = k / 2 + (0.2 if k % 2 == 0 and k else 0.0)
        readings += zone_readings(pipe.tick(START + timedelta(seconds=t - 0.01), "camera is live"))
        readings += zone_readings(pipe.process(seen(t, [])))
    assert {r.validity for r in readings} == {Validity.LIVE}


def test_a_picture_that_shows_nothing_is_unknown_not_empty() -> None:
    pipe = pipeline()
    pipe.process(seen(0.0, [(0, 10)]))
    readings = zone_readings(pipe.process_blind(START + timedelta(seconds=1.0), "the picture is black"))
    readings += zone_readings(pipe.process_blind(START + timedelta(seconds=2.0), "the picture is black"))
    assert [r.validity for r in readings] == [Validity.LIVE, Validity.UNKNOWN]
    assert readings[1].reasons == ("the picture is black",)


def test_clock_set_back_an_hour_goes_on() -> None:
    pipe = pipeline()
    pipe.process(seen(3600.0, [(0, 10)]))
    back = [replace(seen(3600.5 + k, [(0, 10)]), arrived_at=START + timedelta(seconds=k)) for k in range(4)]
    readings = [r for o in back for r in zone_readings(pipe.process(o))]
    assert [r.at for r in readings] == [START + timedelta(seconds=k) for k in (1, 2, 3)]


def test_a_night_without_frames_does_not_flood() -> None:
    pipe = pipeline()
    pipe.process(seen(0.0, []))
    assert len(pipe.process(seen(10 * 3600.0, []))) == 3600


def test_last_unfinished_second_is_not_lost() -> None:
    pipe = pipeline()
    pipe.process(seen(0.0, [(0, 10)]))
    (reading,) = zone_readings(pipe.finish())
    assert reading.count is not None
    assert reading.count.value == 1
    assert pipe.finish() == []


def test_zone_partly_outside_the_picture_says_so_and_widens() -> None:
    wide = Zone("wide", ((-3, 7), (30, 7), (30, 13), (-3, 13)))
    reading = one_second([(0, 10)], zones=(wide,))
    assert reading.validity is Validity.DEGRADED
    assert "of the zone is in the picture" in reading.reasons[0]
    assert reading.count is not None
    assert reading.count.high > 1.5


def test_without_zones_the_visible_ground_is_one_zone() -> None:
    reading = one_second([(0, 10)], zones=())
    assert reading.zone_id == "view"
    assert reading.density is not None


def test_without_calibration_people_are_counted_but_have_no_density() -> None:
    pipe = CameraPipeline(camera(calibration=None), (), (), SIZE)
    boxes = Persons.from_boxes(np.array([[10.0, 10, 40, 90]]), np.array([0.9]))
    pipe.process(replace(seen(0.0, []), heads=None, persons=boxes))
    (reading,) = zone_readings(pipe.finish())
    assert reading.count is not None
    assert (reading.zone_id, reading.count.value, reading.density) == ("picture", 1, None)
    assert reading.validity is Validity.DEGRADED


def test_zones_need_a_calibration() -> None:
    with pytest.raises(ThrongError, match="no calibration"):
        CameraPipeline(camera(calibration=None), (SQUARE,), (), SIZE)


def test_no_zone_in_the_picture_is_an_error() -> None:
    behind = Zone("behind", ((-3, -30), (3, -30), (3, -20), (-3, -20)))
    with pytest.raises(ThrongError, match="none of the zones behind"):
        CameraPipeline(camera(), (behind,), (), SIZE)


def test_two_cameras_share_nothing() -> None:
    first, second = pipeline(), pipeline()
    first.process(seen(0.0, [(0, 10)]))
    assert len(second.people) == 0
    assert len(second.tracks) == 0
