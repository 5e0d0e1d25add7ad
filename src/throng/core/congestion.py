"""Congestion level and crowd danger after Feliciani and Nishinari: how much paths of people turn around each other."""

from collections import deque
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter

from throng.core.density import DensityGrid
from throng.core.points import FloatArray, GroundPoints
from throng.core.velocity_field import VelocityField, field_from_sums, slope

RADIUS_M = 0.7 * 2**0.5
"""R of the kernel: its standard deviation is 0.7 m."""

CELL_M = 0.4
LEAST_SPEED_MPS = 0.05
_MOST_SAMPLES = 40

Layers = NDArray[np.float32]


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

    (Feliciani and Nishinari, Transp. Res. C 91, 124, 2018.) V is smoothed with a standard deviation of 0.7 m on cells
    of 0.4 m and averaged over 10 s, each moment weighted by the people near; the regions of interest are squares of
    ±1.2 m around every cell, and the rotation in one goes by its own cells, one-sided along its edges; <|V|> is taken
    as 0.05 m/s at least, or a standing crowd would read without bounds. Streams that pass each other read 2 to 6 per
    metre, the mouth of a bottleneck 1 to 2, a corridor less than 0.1.

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
        self._reach = max(1, round(half_side_m / y_m)), max(1, round(half_side_m / x_m))
        self._region = 2 * self._reach[0] + 1, 2 * self._reach[1] + 1
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
        spread = _spread_of_rotation(field, self._reach)
        share = uniform_filter(known.astype(np.float64), self._region, mode="constant")
        speeds = np.where(known, np.sqrt((field.velocity_mps**2).sum(axis=0)), 0.0)
        speed = uniform_filter(speeds, self._region, mode="constant")
        judged = known & np.isfinite(spread) & (share >= self._cells / 2)
        if not judged.any():
            return None
        mean_speed = np.maximum(speed / np.where(judged, share, 1.0), LEAST_SPEED_MPS)
        levels = np.where(judged, spread, np.nan) / mean_speed
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


def _spread_of_rotation(field: VelocityField, reach: tuple[int, int]) -> Layers:
    """Largest less smallest rotation in the region around each cell, (ny, nx) 1/s; NaN where none is known."""
    x_m, y_m = field.cell_size_m
    velocity_x, velocity_y = _with_margin(field.velocity_mps, reach)
    along_x, along_y = _slopes(velocity_y, step_m=x_m, axis=1), _slopes(velocity_x, step_m=y_m, axis=0)
    rotation = along_x[None, :] - along_y[:, None]
    return _extreme(rotation, reach, np.fmax) - _extreme(rotation, reach, np.fmin)


def _with_margin(values: FloatArray, reach: tuple[int, int]) -> Layers:
    """Values (K, ny, nx) in single precision (quicker by half, 1e-7 away) with so many cells of NaN on all sides."""
    layers, ny, nx = values.shape
    rows, columns = reach
    wide = np.full((layers, ny + 2 * rows, nx + 2 * columns), np.nan, dtype=np.float32)
    wide[:, rows:-rows, columns:-columns] = values
    return wide


def _slopes(values: Layers, *, step_m: float, axis: int) -> Layers:
    """Derivative by the cell ahead, by both neighbours and by the cell behind, (3, ny, nx); NaN where unknown."""
    steps = np.diff(values, axis=axis) / step_m
    unknown = np.full_like(np.take(values, [0], axis=axis), np.nan)
    ahead, behind = np.concatenate([steps, unknown], axis=axis), np.concatenate([unknown, steps], axis=axis)
    central = slope(values.astype(np.float64), step_m=step_m, axis=axis).astype(np.float32)
    return np.stack([ahead, central, behind])


def _extreme(values: Layers, reach: tuple[int, int], choose: np.ufunc) -> Layers:
    """Extreme value in the region around each cell: of the first and last kind at its edges, of the second between.

    Args:
        values: (3, 3, ny, nx) by kind along y and kind along x, with the margin, NaN where unknown.
        reach: cells from the middle of a region to its edges along y and along x.
        choose: `np.fmax` or `np.fmin`, which pass over NaN.
    """
    along_x = _extreme_along(values.transpose(1, 3, 0, 2), reach[1], choose)
    return _extreme_along(along_x.transpose(1, 2, 0), reach[0], choose)


def _extreme_along(kinds: Layers, reach: int, choose: np.ufunc) -> Layers:
    """Extreme value around each cell of the second axis: (3, n + 2 reach, ...) become (n, ...)."""
    behind, between, ahead = kinds
    size, inside, covered = len(between) - 2 * reach, 2 * reach - 1, 1
    between = between[1:-1]
    # The extremes of two stretches side by side make that of a stretch twice as long.
    while covered < inside:
        step = min(covered, inside - covered)
        between = choose(between[:-step], between[step:])
        covered += step
    return np.asarray(choose(choose(behind[:size], between), ahead[2 * reach :]), dtype=np.float32)
