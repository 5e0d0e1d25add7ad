"""Congestion level and crowd danger after Feliciani and Nishinari: how much paths of people turn around each other."""

from collections import deque
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter, uniform_filter

from throng.core.density import DensityGrid
from throng.core.points import FloatArray, GroundPoints
from throng.core.velocity_field import field_from_sums

RADIUS_M = 0.7
CELL_M = 0.4
LEAST_SPEED_MPS = 0.05
_MOST_SAMPLES = 40


@dataclass(frozen=True, slots=True, eq=False)
class CongestionLevel:
    """Congestion in one zone, at the place where it is worst.

    Attributes:
        level_per_m: the largest congestion level, 1/m.
        at_m: centre of the region where that is, site metres.
        danger_per_m3: the largest product of congestion level and density, 1/m³.
        levels_per_m: (ny, nx) congestion level of the region around each cell; NaN where it is unknown.
        dangers_per_m3: (ny, nx) the same for crowd danger.
    """

    level_per_m: float
    at_m: tuple[float, float]
    danger_per_m3: float
    levels_per_m: FloatArray
    dangers_per_m3: FloatArray


class Congestion:
    r"""Congestion level of one zone over a sliding window.

    .. math:: CL = \frac{\max_{ROI} rot\,V - \min_{ROI} rot\,V}{<|V|>_{ROI}},\quad CD = CL \, \rho

    (Feliciani and Nishinari, Transp. Res. C 91, 124, 2018.) V is smoothed with R = 0.7 m on cells of 0.4 m and averaged
    over 10 s, each moment weighted by the people near; the regions of interest are squares of ±1.2 m around every cell;
    <|V|> is taken as 0.05 m/s at least, or a standing crowd would read without bounds. Streams that cross or pass each
    other and the mouths of bottlenecks read 1 to 6 per metre, a corridor less than 0.15.

    Memory: at most 40 samples of 12 bytes per cell.

    Args:
        polygon: corners of the zone, site metres.
        window_s: how long velocities are averaged.
        half_side_m: half the side of a region of interest.
    """

    def __init__(
        self, polygon: tuple[tuple[float, float], ...], *, window_s: float = 10.0, half_side_m: float = 1.2
    ) -> None:
        if not (window_s > 0 and half_side_m > 0):
            raise ValueError("congestion: expected a window > 0 s and a region > 0 m")
        self._grid = DensityGrid(polygon, radius_m=RADIUS_M, cell_m=CELL_M)
        x_m, y_m = self._grid.cell_size_m
        self._region = 2 * round(half_side_m / y_m) + 1, 2 * round(half_side_m / x_m) + 1
        self._cells = uniform_filter(self._grid.inside.astype(np.float64), self._region, mode="constant")
        self._window_s = window_s
        self._samples: deque[tuple[float, NDArray[np.float32]]] = deque()
        self._sums: FloatArray = np.zeros((3, *self._grid.inside.shape))
        self._added = 0

    @property
    def cells_m(self) -> tuple[FloatArray, FloatArray]:
        """Centres of the cells along x, (nx,), and along y, (ny,), in site metres."""
        return self._grid.cells_m

    def update(
        self, pts_s: float, *, people: GroundPoints, velocities_mps: FloatArray, weights: FloatArray | None = None
    ) -> CongestionLevel | None:
        """Take in one reading; None until half a window is known, after a jump in time, and where nobody was near.

        Args:
            pts_s: stream time, seconds; going backwards, or a gap of more than a window, starts afresh.
            people: (N, 2) positions inside the zone.
            velocities_mps: (N, 2) m/s; who has none (NaN) is left out.
            weights: (N,) people at each position; None for one each.
        """
        newest = self._samples[-1][0] if self._samples else pts_s
        if pts_s < newest or pts_s - newest > self._window_s:
            self._samples.clear()
            self._sums[:] = 0.0
        if not self._samples or pts_s - newest >= self._window_s / _MOST_SAMPLES:
            carried = np.column_stack([np.ones(len(velocities_mps)), velocities_mps])
            self._add(pts_s, self._grid.smoothed(people, carried, weights=weights))
        if self._samples[-1][0] - self._samples[0][0] < self._window_s / 2:
            return None
        return self._result()

    def _add(self, pts_s: float, sums: FloatArray) -> None:
        """Add the newest sample, drop those that left the window; sum anew before rounding errors can gather."""
        sample = sums.astype(np.float32)
        self._samples.append((pts_s, sample))
        self._sums += sample
        while self._samples[0][0] < pts_s - self._window_s:
            self._sums -= self._samples.popleft()[1]
        self._added += 1
        if self._added % (25 * _MOST_SAMPLES) == 0:
            self._sums[:] = 0.0
            for _, kept in self._samples:
                self._sums += kept

    def _result(self) -> CongestionLevel | None:
        mean = self._sums / len(self._samples)
        field = field_from_sums(self._grid, mean)
        known = np.isfinite(field.velocity_mps[0])
        rotation = field.rotation_per_s()
        turning = np.isfinite(rotation)
        most = maximum_filter(np.where(turning, rotation, -np.inf), self._region, mode="constant", cval=-np.inf)
        least = -maximum_filter(np.where(turning, -rotation, -np.inf), self._region, mode="constant", cval=-np.inf)
        share = uniform_filter(known.astype(np.float64), self._region, mode="constant")
        speed = uniform_filter(
            np.where(known, np.hypot(*np.nan_to_num(field.velocity_mps)), 0.0), self._region, mode="constant"
        )
        judged = known & np.isfinite(most) & (share >= self._cells / 2)
        if not judged.any():
            return None
        mean_speed = np.maximum(speed / np.where(judged, share, 1.0), LEAST_SPEED_MPS)
        levels = np.where(judged, np.where(judged, most, 0.0) - np.where(judged, least, 0.0), np.nan) / mean_speed
        dangers = levels * mean[0] / self._grid.kernel_share
        row, column = np.unravel_index(int(np.nanargmax(levels)), levels.shape)
        x, y = self._grid.cells_m
        return CongestionLevel(
            level_per_m=float(levels[row, column]),
            at_m=(float(x[column]), float(y[row])),
            danger_per_m3=float(np.nanmax(dangers)),
            levels_per_m=levels,
            dangers_per_m3=np.asarray(dangers, dtype=np.float64),
        )
