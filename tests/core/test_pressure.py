"""Crowd pressure: known oscillations, the noise floor, gates, and time that misbehaves."""

import tracemalloc

import numpy as np
import pytest

from throng.core.density import DensityGrid
from throng.core.points import FloatArray, ground_points
from throng.core.pressure import CrowdPressure, Pressure
from throng.core.velocity_field import VelocityField, velocity_field

SQUARE = ((0.0, 0.0), (10.0, 0.0), (10.0, 10.0), (0.0, 10.0))
GRID = DensityGrid(SQUARE)
SHAPE = GRID.inside.shape


def even(x_mps: float, y_mps: float = 0.0) -> VelocityField:
    """The same velocity everywhere."""
    velocity = np.broadcast_to(np.array([x_mps, y_mps])[:, None, None], (2, *SHAPE))
    return VelocityField(velocity, np.ones(SHAPE), GRID.cell_size_m)


def watch(
    measure: CrowdPressure,
    velocities: FloatArray,
    *,
    density: float = 5.0,
    start_s: float = 0.0,
    counter_flow: float | None = None,
) -> Pressure | None:
    """Feed one even velocity (x, y) a second; return the newest pressure."""
    newest = None
    for second, (x, y) in enumerate(velocities):
        newest = measure.update(
            start_s + second,
            density_per_m2=np.full(SHAPE, density),
            velocity=even(x, y),
            counter_flow=counter_flow,
        )
    return newest


def beat(seconds: int, period_s: float = 5.0) -> FloatArray:
    """0.1 m/s to and fro in x about 0.3 m/s."""
    times = np.arange(seconds)
    return np.column_stack([0.3 + 0.1 * np.sin(2 * np.pi * times / period_s), np.full(seconds, 0.1)])


def test_an_oscillation_has_half_its_squared_amplitude_times_density() -> None:
    """Six whole periods: 5 people/m² · 0.1² / 2 m²/s²; the straight line takes less than 5 % of it."""
    for detrend, tolerance in ((False, 1e-6), (True, 0.05)):
        result = watch(CrowdPressure(GRID, window_s=29, detrend=detrend, position_noise_m=0), beat(30))
        assert result is not None
        assert result.peak_per_s2 == pytest.approx(5 * 0.1**2 / 2, rel=tolerance)
        assert result.density_per_m2 == pytest.approx(5)
        assert not result.gated


def test_a_crowd_that_slows_down_evenly_has_no_pressure() -> None:
    slowing = np.column_stack([np.linspace(1.2, 0.2, 40), np.linspace(0, 0.5, 40)])
    result = watch(CrowdPressure(GRID, position_noise_m=0), slowing)
    published = watch(CrowdPressure(GRID, position_noise_m=0, detrend=False), slowing)
    assert result is not None
    assert published is not None
    assert result.peak_per_s2 < 1e-6
    assert published.peak_per_s2 > 0.2


def test_only_the_window_counts() -> None:
    wild = np.random.default_rng(1).normal(0, 1, (100, 2))
    after = watch(CrowdPressure(GRID, position_noise_m=0), np.vstack([wild, np.full((31, 2), 0.5)]))
    assert after is not None
    assert after.peak_per_s2 < 1e-6


def test_running_sums_agree_with_the_definition_after_many_windows() -> None:
    wild = np.random.default_rng(2).normal(1, 0.5, (1000, 2))
    result = watch(CrowdPressure(GRID, window_s=30, position_noise_m=0), wild, start_s=1e6)
    last = wild[-31:]
    times = np.arange(31.0)
    left = last - np.array([np.polyval(np.polyfit(times, column, 1), times) for column in last.T]).T
    assert result is not None
    assert result.peak_per_s2 == pytest.approx(5 * (left**2).mean(axis=0).sum(), rel=1e-4)


def standing_crowd(noise_m: float, subtract_m: float) -> Pressure:
    """Five people/m² who stand still, seen with jitter, velocities by differences over 1 s."""
    generator = np.random.default_rng(3)
    raster = np.arange(0.2, 10, np.sqrt(0.2))
    people = np.array([(x, y) for x in raster for y in raster])
    measure = CrowdPressure(GRID, window_s=60, position_noise_m=subtract_m)
    result = None
    for second in range(0, 122, 2):
        before, after = (generator.normal(people, noise_m) for _ in range(2))
        places = ground_points(people)
        field = velocity_field(GRID, places, after - before)
        result = measure.update(second, density_per_m2=GRID.field(places), velocity=field)
    assert result is not None
    return result


def test_jitter_of_a_standing_crowd_is_the_noise_floor() -> None:
    """Differences of two errors of 5 cm over 1 s add 4 s² / n to the variance: 2 s² / π R² to the pressure, inside.

    30 moments of a window of 60 s leave 15 % of scatter in a cell; the mean over cells is
    7 % low for the line taken out.
    """
    inner = (slice(5, -5), slice(5, -5))
    raw = standing_crowd(0.05, 0.0).field_per_s2[inner]
    assert raw.mean() == pytest.approx(2 * 0.05**2 / np.pi, rel=0.2)
    left = standing_crowd(0.05, 0.05)
    assert left.field_per_s2[inner].mean() < 0.1 * raw.mean()
    assert left.peak_per_s2 < 0.02 / 4


@pytest.mark.parametrize(
    ("density", "counter_flow", "gated"),
    [(5.0, None, False), (5.0, 0.29, False), (5.0, 0.3, True), (3.4, None, True), (3.6, 0.0, False), (0.0, None, True)],
)
def test_thin_crowds_and_opposed_streams_are_gated(density: float, counter_flow: float | None, gated: bool) -> None:
    result = watch(CrowdPressure(GRID), beat(40), density=density, counter_flow=counter_flow)
    assert result is not None
    assert result.gated is gated


def test_the_peak_is_looked_for_where_the_crowd_is_dense() -> None:
    """On the left few people shake wildly, on the right many shake a little."""
    left = np.zeros(SHAPE, dtype=bool)
    left[:, : SHAPE[1] // 2] = True
    measure = CrowdPressure(GRID, position_noise_m=0)
    result = None
    for second in range(40):
        swing = np.sin(2 * np.pi * second / 5)
        velocity = np.stack([np.where(left, 1.0, 0.1) * swing, np.zeros(SHAPE)])
        field = VelocityField(velocity, np.ones(SHAPE), GRID.cell_size_m)
        result = measure.update(second, density_per_m2=np.where(left, 1.0, 5.0), velocity=field)
    assert result is not None
    assert result.at_m[0] > 5
    assert result.peak_per_s2 == pytest.approx(0.025, rel=0.1)
    assert np.nanmax(result.field_per_s2) > 0.4


def test_nothing_is_said_before_half_a_window() -> None:
    assert watch(CrowdPressure(GRID, window_s=30), beat(15)) is None
    assert watch(CrowdPressure(GRID, window_s=30), beat(16)) is not None


@pytest.mark.parametrize("jump_s", [-1000.0, -5.0, 100.0])
def test_time_that_jumps_starts_afresh(jump_s: float) -> None:
    measure = CrowdPressure(GRID, window_s=30)
    assert watch(measure, beat(40)) is not None
    assert watch(measure, beat(15), start_s=40 + jump_s) is None
    assert watch(measure, beat(40), start_s=56 + jump_s) is not None


def test_nobody_for_the_whole_window_has_no_pressure() -> None:
    measure = CrowdPressure(GRID)
    nobody = velocity_field(GRID, ground_points([]), np.empty((0, 2)))
    for second in range(60):
        assert measure.update(second, density_per_m2=np.zeros(SHAPE), velocity=nobody) is None


def test_cells_known_half_of_the_time_are_judged_and_others_are_not() -> None:
    measure = CrowdPressure(GRID, position_noise_m=0)
    result = None
    for second in range(60):
        velocity = np.array(even(0.3 + 0.1 * (second % 3)).velocity_mps)
        velocity[:, 0, 0] = np.nan
        if second % 4 == 0:
            velocity[:, 1, 1] = np.nan
        field = VelocityField(velocity, np.ones(SHAPE), GRID.cell_size_m)
        result = measure.update(second, density_per_m2=np.full(SHAPE, 4.0), velocity=field)
    assert result is not None
    assert np.isnan(result.field_per_s2[0, 0])
    assert result.field_per_s2[1, 1] == pytest.approx(result.field_per_s2[2, 2], rel=0.1)


def test_memory_is_bounded_at_any_rate() -> None:
    measure = CrowdPressure(GRID, window_s=30)
    density, field = np.full(SHAPE, 5.0), even(0.5)
    for step in range(2000):
        measure.update(step / 100, density_per_m2=density, velocity=field)
    tracemalloc.start()
    for step in range(2000, 8000):
        measure.update(step / 100, density_per_m2=density, velocity=field)
    grown, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert grown < 125 * 3 * 4 * SHAPE[0] * SHAPE[1] * 1.1


@pytest.mark.parametrize("settings", [{"window_s": 0.0}, {"velocity_span_s": 0.0}, {"position_noise_m": -0.1}])
def test_impossible_settings_are_refused(settings: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="pressure"):
        CrowdPressure(GRID, **settings)  # type: ignore[arg-type]
