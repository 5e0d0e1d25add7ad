"""A zone in square cells, to add people up by place."""

import numpy as np
from numpy.typing import NDArray
from shapely import area, box, intersection
from shapely.geometry import Polygon

from throng.core.points import FloatArray

_MOST_PER_SIDE = 64


class Cells:
    """Square cells over the bounding box of a zone; in a zone of more than 64 cells a side they are larger.

    Args:
        polygon: the zone, site metres.
        cell_m: side of a cell.
    """

    def __init__(self, polygon: tuple[tuple[float, float], ...], *, cell_m: float) -> None:
        shape = Polygon(polygon)
        x0, y0, x1, y1 = shape.bounds
        self.cell_m = max(cell_m, (x1 - x0) / _MOST_PER_SIDE, (y1 - y0) / _MOST_PER_SIDE)
        self._origin = np.array([x0, y0])
        self.shape = (max(1, int(np.ceil((y1 - y0) / self.cell_m))), max(1, int(np.ceil((x1 - x0) / self.cell_m))))
        rows, columns = np.divmod(np.arange(self.shape[0] * self.shape[1]), self.shape[1])
        left, low = x0 + columns * self.cell_m, y0 + rows * self.cell_m
        inside = area(intersection(shape, box(left, low, left + self.cell_m, low + self.cell_m)))
        self.area_m2: FloatArray = np.maximum(inside, 0.5 * self.cell_m**2)
        """(cells,) ground of the zone in each cell; slivers count as half a cell, so that one person is no crowd."""

    def index(self, ground: FloatArray) -> NDArray[np.int64]:
        """Return the cell of each place, (N,); places outside get the nearest one."""
        place = np.floor((ground - self._origin) / self.cell_m).astype(np.int64)
        rows = np.clip(place[:, 1], 0, self.shape[0] - 1)
        return np.asarray(rows * self.shape[1] + np.clip(place[:, 0], 0, self.shape[1] - 1), dtype=np.int64)

    def total(self, where: NDArray[np.int64], values: FloatArray) -> FloatArray:
        """Add values up by cell, (cells,)."""
        return np.bincount(where, values, minlength=self.shape[0] * self.shape[1]).astype(np.float64)

    def centre_m(self, cell: int) -> tuple[float, float]:
        """Return the middle of a cell, site metres."""
        row, column = divmod(cell, self.shape[1])
        x, y = self._origin + self.cell_m * np.array([column + 0.5, row + 0.5])
        return float(x), float(y)
