"""Velocities from positions over time."""

import numpy as np

from throng.core.points import FloatArray


def slope_velocity(times_s: FloatArray, positions_m: FloatArray) -> FloatArray:
    r"""Return the velocity of one person as the slope of a straight line through the positions.

    .. math:: v = \frac{\sum_k (t_k - \bar t)(x_k - \bar x)}{\sum_k (t_k - \bar t)^2}

    Over a window of about a second this takes out the sway of the body and the jitter of a box, which a difference
    of two positions would turn into speed.

    Args:
        times_s: (K,) stream times in seconds, K >= 2, not all equal.
        positions_m: (K, 2) site metres.

    Returns:
        (2,) m/s.

    Raises:
        ValueError: fewer than two times, or all times equal.
    """
    offsets = times_s - times_s.mean()
    spread = float(offsets @ offsets)
    if len(times_s) < 2 or spread == 0:
        raise ValueError("a velocity needs positions at two different times")
    return np.asarray(offsets @ (positions_m - positions_m.mean(axis=0)) / spread, dtype=np.float64)
