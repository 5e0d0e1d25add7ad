"""Velocity as a slope."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from throng.core.motion import slope_velocity

speeds = st.floats(-3, 3)


@given(speeds, speeds, st.integers(2, 30), st.floats(0.02, 0.6))
def test_straight_walk_is_exact(vx: float, vy: float, n: int, step_s: float) -> None:
    times = 100.0 + np.arange(n, dtype=np.float64) * step_s
    positions = np.array([5.0, -2.0]) + np.outer(times - 100, [vx, vy])
    assert slope_velocity(times, positions) == pytest.approx(np.array([vx, vy]), abs=1e-6)


def test_jitter_is_smoothed_better_than_by_a_difference() -> None:
    rng = np.random.default_rng(3)
    times = np.arange(11, dtype=np.float64) * 0.1
    slopes, differences = [], []
    for _ in range(400):
        positions = np.outer(times, [1.3, 0.0]) + rng.normal(0, 0.05, (11, 2))
        slopes.append(slope_velocity(times, positions)[0])
        differences.append((positions[1] - positions[0])[0] / 0.1)
    assert np.std(slopes) < 0.1 * np.std(differences)


@pytest.mark.parametrize("times", [[1.0], [2.0, 2.0]])
def test_one_moment_has_no_velocity(times: list[float]) -> None:
    with pytest.raises(ValueError, match="two different times"):
        slope_velocity(np.array(times), np.zeros((len(times), 2)))
