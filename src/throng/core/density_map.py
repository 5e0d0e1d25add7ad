"""The density map of one picture: how many people there are in each cell of a regular grid."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from throng.core.count_error import CountErrorModel
from throng.core.points import FloatArray, ImagePoints, Mask


@dataclass(frozen=True, slots=True, eq=False)
class DensityMap:
    """People per cell of a grid that covers one picture; its sum is the number of people in the picture.

    Cells have one size; the last column and row may reach over the edge of the picture, where nobody is.

    Attributes:
        people: (h, w) float32, people in each cell, finite and >= 0.
        cell_px: width and height of a cell in pixels of the full frame, > 0; need not be whole numbers.
        image_size: width and height of the picture in pixels.
        error: how far the counts of this map are off, as measured on held-out pictures; None when nobody measured it.
        head_px: size of a head in pixels of the full frame that the counter was set to; None when it has no setting.
    """

    people: NDArray[np.float32]
    cell_px: tuple[float, float]
    image_size: tuple[int, int]
    error: CountErrorModel | None = None
    head_px: float | None = None

    def __post_init__(self) -> None:
        if self.people.ndim != 2 or self.people.size == 0:
            raise ValueError(f"people: expected shape (h, w), got {self.people.shape}")
        if not np.isfinite(self.people).all() or self.people.min() < 0:
            raise ValueError("people: expected finite numbers >= 0 in every cell")
        if min(self.cell_px) <= 0:
            raise ValueError(f"cell_px: expected a size above 0, got {self.cell_px}")

    @property
    def total(self) -> float:
        """People in the whole picture."""
        return float(self.people.sum(dtype=np.float64))

    def centres(self) -> ImagePoints:
        """Return the centres of the cells, (h·w, 2) pixels, row by row; at most the last pixel of the picture."""
        (rows, columns), (width, height) = self.people.shape, self.image_size
        x = np.minimum((np.arange(columns) + 0.5) * self.cell_px[0] - 0.5, width - 1.0)
        y = np.minimum((np.arange(rows) + 0.5) * self.cell_px[1] - 0.5, height - 1.0)
        u, v = np.meshgrid(x, y)
        return ImagePoints(np.column_stack((u.ravel(), v.ravel())))

    def shares(self, mask: Mask) -> FloatArray:
        """Return the share of each cell's pixels that lie in a mask, (h, w) in [0, 1].

        Args:
            mask: (H, W) of the full picture.
        """
        (rows, columns), (width, height) = self.people.shape, self.image_size
        if mask.shape != (height, width):
            raise ValueError(f"mask: expected shape {(height, width)}, got {mask.shape}")
        column_edges = np.clip(np.arange(columns + 1) * self.cell_px[0], 0, width)
        row_edges = np.clip(np.arange(rows + 1) * self.cell_px[1], 0, height)
        sums = _integral_at(mask, row_edges, column_edges)
        inside = sums[1:, 1:] - sums[:-1, 1:] - sums[1:, :-1] + sums[:-1, :-1]
        pixels = np.outer(np.diff(row_edges), np.diff(column_edges))
        shares = np.divide(inside, pixels, out=np.zeros_like(inside), where=pixels > 1e-9)
        return np.asarray(np.clip(shares, 0, 1), dtype=np.float64)  # sums of floats reach a hair beyond


def _integral_at(mask: Mask, rows: FloatArray, columns: FloatArray) -> FloatArray:
    """Return the number of mask pixels above and left of each crossing of rows and columns, between pixels linear."""
    integral = np.zeros((mask.shape[0] + 1, mask.shape[1] + 1))
    integral[1:, 1:] = mask.cumsum(axis=0).cumsum(axis=1)
    above = _between(integral, rows)
    return _between(above.T, columns).T


def _between(values: FloatArray, at: FloatArray) -> FloatArray:
    """Return rows of an array at fractional indices, linear between neighbours."""
    low = np.clip(np.floor(at).astype(int), 0, len(values) - 2)
    share = (at - low)[:, None]
    return np.asarray(values[low] * (1 - share) + values[low + 1] * share, dtype=np.float64)
