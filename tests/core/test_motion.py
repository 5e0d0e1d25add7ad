"""Velocity as a slope."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from throng.core.motion import slope_velocities

speeds = st.floats(-3, 3)


@given(speeds, speeds, st.integers(2, 30), st.floats(0.02, 0.6))
def test_straight_walk_is_exact(vx: float, vy: float, n: int, step_s: float) -> None:
    times = 100.0 + np.arange(n, dtype=np.float64) * step_s
    positions = np.array([5.0, -2.0]) + np.outer(times - 100, [vx, vy])
    assert slope_velocities(times, positions[:, None]).velocity_mps[0] == pytest.approx(np.array([vx, vy]), abs=1e-6)


def test_jitter_is_smoothed_better_than_by_a_difference() -> None:
    rng = np.random.default_rng(3)
    times = np.arange(11, dtype=np.float64) * 0.1
    slopes, differences = [], []
    for _ in range(400):
        positions = np.outer(times, [1.3, 0.0]) + rng.normal(0, 0.05, (11, 2))
        slopes.append(slope_velocities(times, positions[:, None]).velocity_mps[0][0])
        differences.append((positions[1] - positions[0])[0] / 0.1)
    assert np.std(slopes) < 0.1 * np.std(differences)


@pytest.mark.parametrize("times", [[1.0], [2.0, 2.0]])
def test_one_moment_has_no_velocity(times: list[float]) -> None:
    slopes = slope_velocities(np.array(times), np.zeros((len(times), 1, 2)))
    assert np.isnan(slopes.velocity_mps).all()
    assert slopes.span_s[0] == 0


def test_nobody_has_no_velocities() -> None:
    assert slope_velocities(np.arange(3.0), np.empty((3, 0, 2))).velocity_mps.shape == (0, 2)


def test_everybody_has_their_own_times() -> None:
    """One was seen all the time, one only lately, one just now; nobody moves another's line."""
    times = np.arange(5.0)
    positions = np.full((5, 3, 2), np.nan)
    positions[:, 0] = np.outer(times, [1.0, 0.0])
    positions[3:, 1] = [[7.0, 0.0], [7.0, 2.0]]
    positions[4, 2] = [9.0, 9.0]
    slopes = slope_velocities(times, positions)
    assert slopes.velocity_mps[:2].tolist() == [[1.0, 0.0], [0.0, 2.0]]
    assert np.isnan(slopes.velocity_mps[2]).all()
    assert slopes.span_s.tolist() == [4.0, 1.0, 0.0]
    assert slopes.off_line_m == pytest.approx([0, 0, 0])


def test_distance_from_the_line_tells_a_jump() -> None:
    times = np.linspace(0.0, 1.0, 11, dtype=np.float64)
    positions = np.column_stack((1.3 * times, 0.0 * times))
    positions[-1, 1] = 6.0
    assert slope_velocities(times, positions[:, None]).off_line_m[0] > 1
