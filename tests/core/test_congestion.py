"""Congestion level: vortices, streams, standing crowds, and time that misbehaves."""

import numpy as np
import pytest

from throng.core.congestion import Congestion, CongestionLevel, _spread_of_rotation
from throng.core.points import FloatArray, ground_points
from throng.core.velocity_field import VelocityField

SQUARE = ((0.0, 0.0), (10.0, 0.0), (10.0, 10.0), (0.0, 10.0))
RASTER = np.arange(0.25, 10, 0.5)
PEOPLE = np.array([(x, y) for y in RASTER for x in RASTER])


def watch(
    velocities: FloatArray,
    *,
    people: FloatArray = PEOPLE,
    seconds: int = 12,
    polygon: tuple[tuple[float, float], ...] = SQUARE,
) -> CongestionLevel | None:
    measure, result = Congestion(polygon), None
    for second in range(seconds):
        result = measure.update(second, people=ground_points(people), velocities_mps=velocities)
    return result


def shear(slope_per_s: float) -> FloatArray:
    """Two streams past each other: v_x = tanh across the middle line, smooth enough for the kernel."""
    across = PEOPLE[:, 1] - 5
    return np.column_stack([np.tanh(slope_per_s * across), 0 * across])


def test_a_crowd_in_step_is_not_congested() -> None:
    result = watch(np.tile([1.0, 0.5], (len(PEOPLE), 1)))
    assert result is not None
    assert result.level_per_m < 1e-3
    assert result.danger_per_m3 < 5e-3


def test_streams_past_each_other_are_congested_between_them() -> None:
    """There the field turns at up to 0.7/s and is slow; the danger is the level times 4 people/m²."""
    result = watch(shear(1.0))
    assert result is not None
    assert 0.5 < result.level_per_m < 3
    assert abs(result.at_m[1] - 5) < 1.5
    assert result.danger_per_m3 == pytest.approx(4 * result.level_per_m, rel=0.03)


def test_the_level_does_not_change_with_the_speed_but_falls_with_the_length() -> None:
    fast, slow = watch(2 * shear(1.0)), watch(shear(1.0))
    gentle = watch(shear(0.2))
    assert fast is not None
    assert slow is not None
    assert gentle is not None
    assert fast.level_per_m == pytest.approx(slow.level_per_m, rel=1e-3)
    assert gentle.level_per_m < 0.6 * slow.level_per_m


@pytest.mark.parametrize("reach", [(1, 1), (2, 3), (3, 2), (9, 20)])
def test_the_rotation_in_a_region_goes_by_its_own_cells(reach: tuple[int, int]) -> None:
    velocity = np.random.default_rng(5).normal(0, 1, (2, 12, 10))
    spread = _spread_of_rotation(VelocityField(velocity, np.ones((12, 10)), (0.4, 0.5)), reach)
    for row, column in np.ndindex(12, 10):
        region = velocity[
            :,
            max(0, row - reach[0]) : row + reach[0] + 1,
            max(0, column - reach[1]) : column + reach[1] + 1,
        ]
        rotation = np.gradient(region[1], 0.4, axis=1) - np.gradient(region[0], 0.5, axis=0)
        assert spread[row, column] == pytest.approx(np.ptp(rotation), rel=1e-5)


def test_a_standing_crowd_with_jitter_stays_bounded() -> None:
    """5 mm/s of jitter over a floor of 5 cm/s."""
    jitter = np.random.default_rng(1).normal(0, 0.005, PEOPLE.shape)
    result = watch(jitter)
    assert result is not None
    assert result.level_per_m < 0.5


def test_turning_moving_and_renaming_change_nothing() -> None:
    before = watch(shear(1.0))
    people = np.column_stack([10 - PEOPLE[:, 1], PEOPLE[:, 0]])
    velocities = np.column_stack([-shear(1.0)[:, 1], shear(1.0)[:, 0]])
    names = np.random.default_rng(2).permutation(len(people))
    shift = np.array([300.0, -70.0])
    polygon = tuple((x + 300.0, y - 70.0) for x, y in SQUARE)
    after = watch(velocities[names], people=people[names] + shift, polygon=polygon)
    assert before is not None
    assert after is not None
    assert after.level_per_m == pytest.approx(before.level_per_m, rel=1e-3)
    assert after.danger_per_m3 == pytest.approx(before.danger_per_m3, rel=1e-3)


def test_moments_are_averaged_over_the_window() -> None:
    """A turn that reverses every second averages to nothing; one that stays does not."""
    measure, alternating = Congestion(SQUARE), None
    drift = np.array([1.0, 0.0])
    for second in range(20):
        swing = drift + (-1) ** second * shear(1.0)
        alternating = measure.update(second, people=ground_points(PEOPLE), velocities_mps=swing)
    steady = watch(drift + shear(1.0))
    assert alternating is not None
    assert steady is not None
    assert alternating.level_per_m < 0.2 * steady.level_per_m


def test_nothing_is_said_without_people_or_before_half_a_window() -> None:
    assert watch(shear(1.0), seconds=5) is None
    assert watch(shear(1.0), seconds=6) is not None
    assert watch(np.empty((0, 2)), people=np.empty((0, 2)), seconds=30) is None
    assert watch(np.full(PEOPLE.shape, np.nan), seconds=30) is None


def test_one_person_and_five_thousand_at_one_place_have_defined_levels() -> None:
    for count in (1, 5000):
        result = watch(np.full((count, 2), 0.7), people=np.full((count, 2), 5.0))
        assert result is None or np.isfinite(result.level_per_m)


@pytest.mark.parametrize("jump_s", [-500.0, 500.0])
def test_time_that_jumps_starts_afresh(jump_s: float) -> None:
    measure = Congestion(SQUARE)
    for second in range(20):
        measure.update(second, people=ground_points(PEOPLE), velocities_mps=shear(1.0))
    still = np.tile([1.0, 0.0], (len(PEOPLE), 1))
    assert measure.update(20 + jump_s, people=ground_points(PEOPLE), velocities_mps=still) is None
    for second in range(21, 27):
        result = measure.update(second + jump_s, people=ground_points(PEOPLE), velocities_mps=still)
    assert result is not None
    assert result.level_per_m < 1e-3


def test_old_moments_leave_at_any_rate() -> None:
    measure = Congestion(SQUARE)
    for step in range(300):
        measure.update(step / 10, people=ground_points(PEOPLE), velocities_mps=shear(1.0))
    still = np.tile([1.0, 0.0], (len(PEOPLE), 1))
    result = None
    for step in range(300, 420):
        result = measure.update(step / 10, people=ground_points(PEOPLE), velocities_mps=still)
    assert result is not None
    assert result.level_per_m < 1e-3
    assert len(measure._samples) <= 42


def test_impossible_settings_are_refused() -> None:
    with pytest.raises(ValueError, match="congestion"):
        Congestion(SQUARE, window_s=0)
