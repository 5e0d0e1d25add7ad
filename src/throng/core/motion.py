"""Velocities from positions over time."""

from dataclasses import dataclass

import numpy as np

from throng.core.points import FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Slopes:
    """Straight lines through the paths of N people.

    Attributes:
        velocity_mps: (N, 2) m/s; NaN for a path with fewer than two times.
        span_s: (N,) seconds between the first and the last place of each path.
        off_line_m: (N,) root mean square distance of the places from the line, metres.
    """

    velocity_mps: FloatArray
    span_s: FloatArray
    off_line_m: FloatArray


def slope_velocities(times_s: FloatArray, positions_m: FloatArray) -> Slopes:
    r"""Fit a straight line to each path.

    .. math:: v = \frac{\sum_k (t_k - \bar t)(x_k - \bar x)}{\sum_k (t_k - \bar t)^2}

    Over a window of about a second this takes out the sway of the body and the jitter of a box, which a difference
    of two positions would turn into speed.

    Args:
        times_s: (K,) stream times in seconds, K >= 1.
        positions_m: (K, N, 2) site metres; NaN where somebody has no place at that time.
    """
    known = np.isfinite(positions_m[:, :, 0])
    count = np.maximum(known.sum(axis=0), 1)
    times = np.where(known, times_s[:, None], 0.0)
    offsets = np.where(known, times - times.sum(axis=0) / count, 0.0)
    places = np.where(known[:, :, None], positions_m, 0.0)
    centred = np.where(known[:, :, None], places - places.sum(axis=0) / count[:, None], 0.0)
    spread = (offsets**2).sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        velocity = (offsets[:, :, None] * centred).sum(axis=0) / np.where(spread > 0, spread, np.nan)[:, None]
    off_line = centred - offsets[:, :, None] * np.nan_to_num(velocity)
    return Slopes(
        velocity_mps=np.asarray(velocity, dtype=np.float64),
        span_s=np.asarray(offsets.max(axis=0) - offsets.min(axis=0), dtype=np.float64),
        off_line_m=np.sqrt((off_line**2).sum(axis=(0, 2)) / count),
    )
