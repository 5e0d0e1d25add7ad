"""What the past of a zone adds to its readings: movement, flows, forecast, events and risk."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from throng.camera.pipeline import CameraPipeline
from throng.camera.zone_crowd import edges_seen
from throng.core.calibration import Calibration
from throng.core.crowd_state import EventKind, RiskLevel
from throng.core.observation import HEAD_HEIGHT_M, Heads, Observation
from throng.core.points import FloatArray, ground_points
from throng.core.reading import Reading, Validity
from throng.core.site import Camera, Use, Zone
from throng.sim.viewpoint import look_at

SIZE = (1280, 720)
SQUARE = ((-5.0, 5.0), (5.0, 5.0), (5.0, 15.0), (-5.0, 15.0))
AT = datetime(2026, 7, 4, 20, 0, tzinfo=UTC)


def calibration() -> Calibration:
    return look_at((0.0, -8.0, 14.0), (0.0, 10.0, 0.0), field_of_view_deg=60.0, size=SIZE)


def pipeline(**zone: object) -> CameraPipeline:
    square = Zone("square", SQUARE, **{"capacity": 400, "use": Use.STANDING, **zone})  # type: ignore[arg-type]
    return CameraPipeline(Camera("mast", "sim://test", calibration()), (square,), (), SIZE)


def seen(places: FloatArray, step: int, *, ids: FloatArray | None = None, rate_hz: float = 2.0) -> Observation:
    """Everybody's head, found and followed without a fault."""
    heads = calibration().to_image(ground_points(places), HEAD_HEIGHT_M)
    numbers = np.arange(len(places)) if ids is None else ids
    return Observation(
        camera_id="mast",
        pts_s=step / rate_hz,
        arrived_at=AT + timedelta(seconds=step / rate_hz),
        sequence=step,
        image_size=SIZE,
        persons=None,
        heads=Heads(heads, np.ones(len(places)), numbers.astype(np.int64), np.full(len(places), HEAD_HEIGHT_M)),
        models=("test",),
    )


def grid_of(people: int, *, corner: tuple[float, float] = (-4.8, 5.2), side_m: float = 9.6) -> FloatArray:
    """So many people, evenly over a square."""
    side = int(np.ceil(np.sqrt(people)))
    steps = np.linspace(0, side_m, side)
    x, y = np.meshgrid(corner[0] + steps, corner[1] + steps)
    return np.column_stack((x.ravel(), y.ravel()))[:people]


def readings(camera: CameraPipeline, observations: list[Observation]) -> list[Reading]:
    given = [measured for observation in observations for measured in camera.process(observation)]
    return [reading for reading in given if isinstance(reading, Reading)]


def test_a_calm_square_is_safe_and_nobody_moves() -> None:
    rng = np.random.default_rng(1)
    start, camera = rng.uniform((-5, 5), (5, 15), (60, 2)), pipeline()
    last = readings(camera, [seen(start, step) for step in range(60)])[-1]
    assert last.risk is not None
    assert last.movement is not None
    assert (last.movement.moving_share, last.movement.polarisation) == (0.0, None)
    assert (last.risk.level, last.risk.reasons, last.events) == (RiskLevel.SAFE, (), ())


def test_one_way_flow_in_and_out_is_counted_and_measured() -> None:
    """A stream of three people per second at 1 m/s in x, through the square from edge to edge."""
    rng = np.random.default_rng(2)
    begun = np.sort(rng.uniform(-20, 80, 300))
    lanes = rng.uniform(5.5, 14.5, 300)
    camera, observations = pipeline(use=Use.MOVING), []
    for step in range(160):
        x = -7.0 + (step / 2 - begun)
        there = np.abs(x) < 7
        observations.append(
            seen(np.column_stack((x[there], lanes[there])), step, ids=np.flatnonzero(there).astype(float))
        )
    last = readings(camera, observations)[-1]
    movement, balance = last.movement, last.balance
    assert movement is not None
    assert balance is not None
    assert movement.velocity_mps == pytest.approx((1.0, 0.0), abs=0.02)
    assert (movement.estimator, movement.moving_share) == ("tracks", 1.0)
    assert movement.polarisation == pytest.approx(1.0, abs=0.01)
    assert movement.counter_flow == 0.0
    assert movement.pressure_gated
    assert balance.inflow_per_min.low <= 180 <= balance.inflow_per_min.high
    assert balance.outflow_per_min.low <= 180 <= balance.outflow_per_min.high
    assert abs(balance.net_per_min) < 30
    assert last.outlook is not None
    assert abs(last.outlook.slope_per_m2_per_min.value) < 0.2


def test_a_square_that_fills_is_foretold_then_called() -> None:
    camera = pipeline()
    calls: dict[RiskLevel, Reading] = {}
    for step in range(240):
        people = round(100 + 500 * step / 240)
        for reading in readings(camera, [seen(grid_of(people), step, rate_hz=1.0)]):
            assert reading.risk is not None
            calls.setdefault(reading.risk.level, reading)
    warning, critical = calls[RiskLevel.WARNING], calls[RiskLevel.CRITICAL]
    assert warning.density is not None
    assert critical.at > warning.at
    assert warning.density.mean.value < 4.0
    assert any("people/m²" in reason for reason in warning.risk.reasons) if warning.risk else False
    assert warning.outlook is not None
    assert warning.outlook.significant
    assert warning.outlook.slope_per_m2_per_min.value == pytest.approx(1.25, abs=0.25)
    critical_outlook = warning.outlook.thresholds[-1].time_to_s
    assert critical_outlook is not None
    assert critical_outlook.low < critical_outlook.high


def test_a_blind_zone_keeps_its_level_and_has_no_numbers() -> None:
    camera = pipeline()
    dense = readings(camera, [seen(grid_of(560), step) for step in range(60)])[-1]
    assert dense.risk is not None
    assert dense.risk.level is RiskLevel.CRITICAL
    blind: list[Reading] = []
    for second in range(20):
        ended = camera.process_blind(AT + timedelta(seconds=31 + second), "the lens is covered")
        blind += [reading for reading in ended if isinstance(reading, Reading)]
    last = blind[-1]
    assert last.validity is Validity.UNKNOWN
    assert (last.count, last.density, last.movement, last.balance, last.outlook) == (None,) * 5
    assert last.events == ()
    assert last.risk is not None
    assert last.risk.level is RiskLevel.CRITICAL
    assert "last level held" in last.risk.reasons[0]


def test_walking_against_the_only_way_is_an_event() -> None:
    rng = np.random.default_rng(3)
    start, camera = rng.uniform((-4, 6), (4, 14), (40, 2)), pipeline(use=Use.MOVING, one_way_deg=0.0)
    observations = []
    for step in range(80):
        x = start[:, 0] + np.where(step > 30, 1, 0) * np.where(np.arange(40) < 20, -1.2, 1.2) * (step - 30) / 2
        wrapped = (x + 5) % 10 - 5
        ids = np.arange(40) + 1000 * np.floor((x + 5) / 10)
        observations.append(seen(np.column_stack((wrapped, start[:, 1])), step, ids=ids + 5000))
    kinds = {event.kind for reading in readings(camera, observations) for event in reading.events}
    assert EventKind.COUNTER_FLOW in kinds


def test_flows_are_told_only_where_the_edges_are_seen() -> None:
    far = Zone("all", ((-30.0, 0.0), (30.0, 0.0), (30.0, 60.0), (-30.0, 60.0)))
    assert edges_seen(Zone("square", SQUARE), calibration()) == 1.0
    assert edges_seen(far, calibration()) < 0.5
    whole = CameraPipeline(Camera("mast", "sim://test", calibration()), (), (), SIZE)
    last = readings(whole, [seen(grid_of(50), step) for step in range(60)])[-1]
    assert last.balance is None


def test_without_a_calibration_only_capacity_speaks() -> None:
    zone = Zone("picture", None, capacity=50)
    camera = CameraPipeline(Camera("mast", "sim://test"), (), (), SIZE)
    assert readings(camera, [seen(grid_of(40), step) for step in range(20)])[-1].risk is None
    assert zone.polygon is None


def test_a_reading_tells_the_groups_of_its_zone_and_not_those_outside() -> None:
    inside = np.array([(0.0, 10.0), (0.8, 10.0), (0.0, 10.8), (4.0, 6.0)])
    people = np.concatenate((inside, [(-5.6, 10.0), (-5.6, 10.6), (-5.6, 11.2)]))
    last = readings(pipeline(), [seen(people, step) for step in range(12)])[-1]
    assert last.company is not None
    assert (last.company.groups, last.company.largest_group, last.company.close_persons) == (1, 3, 3)
    assert last.company.largest_group_at_m == pytest.approx((0.27, 10.27), abs=0.05)
    assert (last.company.speed_outliers, last.company.coherence) == (None, None)
    assert last.company.slowness == pytest.approx(1.0, abs=0.05)
