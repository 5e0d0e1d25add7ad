"""People per square metre: the classical mean of a zone and the peak of a smoothed field."""

from dataclasses import dataclass

import numpy as np
from shapely import contains_xy
from shapely.geometry import Polygon

from throng.core.points import FloatArray, GroundPoints, Mask

CLASSICAL = "classical"
"""Name of the estimator N/A."""

GAUSSIAN_R1 = "gaussian_r1m"
"""Name of the estimator with a Gaussian kernel of R = 1 m and boundary correction."""

KERNEL_RADIUS_M = 1.0
_CELL_M = 0.5
_CELLS_PER_SIDE = (8, 400)


@dataclass(frozen=True, slots=True)
class Peak:
    """The largest density of a field and where it is.

    Attributes:
        density_per_m2: people/m².
        at_m: (x, y) in site metres.
    """

    density_per_m2: float
    at_m: tuple[float, float]


class DensityGrid:
    r"""A metric grid over one zone on which people become a density field.

    .. math:: \rho(r) = \frac{\sum_j f(r_j - r)}{\int_{zone} f(r' - r) dr'}, \quad
              f(d) = \frac{1}{\pi R^2} e^{-|d|^2 / R^2}, \quad R = 1 m

    (Helbing, Johansson and Al-Abideen, PRE 75, 046109, 2007.) R is not the standard deviation: sigma = R/√2. The
    denominator corrects the boundary; without it a 1.8 m wide corridor reads 12–17 % low.

    The kernel is a product of a part in x and a part in y, so that the field is one matrix product.
    """

    def __init__(self, polygon: tuple[tuple[float, float], ...], *, radius_m: float = KERNEL_RADIUS_M) -> None:
        shape = Polygon(polygon)
        x0, y0, x1, y1 = shape.bounds
        self._radius_m = radius_m
        self._x = _cell_centres(x0, x1)
        self._y = _cell_centres(y0, y1)
        self._inside = _inside(shape, self._x, self._y)
        cell_m2 = (self._x[1] - self._x[0]) * (self._y[1] - self._y[0])
        mass = self._kernel(self._y, self._y) @ self._inside @ self._kernel(self._x, self._x).T * cell_m2
        self._mass = np.where(self._inside, np.maximum(mass, 1e-9), 1.0)

    @property
    def cells_m(self) -> tuple[FloatArray, FloatArray]:
        """Centres of the cells along x, (nx,), and along y, (ny,), in site metres."""
        return self._x, self._y

    def field(self, people: GroundPoints, weights: FloatArray | None = None) -> FloatArray:
        """Return people/m² in each cell, (ny, nx); NaN outside the zone, zeros when nobody is there.

        Args:
            people: (N, 2) positions inside the zone.
            weights: (N,) people at each position, >= 0, such as the cells of a density map hold; None for one each.
        """
        along_y = self._kernel(self._y, people[:, 1])
        smoothed = (along_y if weights is None else along_y * weights) @ self._kernel(self._x, people[:, 0]).T
        return np.asarray(np.where(self._inside, smoothed / self._mass, np.nan), dtype=np.float64)

    def peak(self, people: GroundPoints, weights: FloatArray | None = None) -> Peak | None:
        """Return the largest value of the field and its place; None when nobody is there."""
        if len(people) == 0 or (weights is not None and not weights.any()):
            return None
        field = self.field(people, weights)
        row, column = np.unravel_index(int(np.nanargmax(field)), field.shape)
        return Peak(float(field[row, column]), (float(self._x[column]), float(self._y[row])))

    def _kernel(self, cells: FloatArray, positions: FloatArray) -> FloatArray:
        """One-dimensional half of the kernel, (cells, positions), in 1/m."""
        offsets = (cells[:, None] - positions[None, :]) / self._radius_m
        return np.asarray(np.exp(-(offsets**2)) / (np.sqrt(np.pi) * self._radius_m), dtype=np.float64)


def _cell_centres(low: float, high: float) -> FloatArray:
    fewest, most = _CELLS_PER_SIDE
    cells = int(np.clip(np.ceil((high - low) / _CELL_M), fewest, most))
    edges = np.linspace(low, high, cells + 1)
    return np.asarray((edges[:-1] + edges[1:]) / 2, dtype=np.float64)


def _inside(shape: Polygon, x: FloatArray, y: FloatArray) -> Mask:
    """Cells whose centre is in the zone; a sliver that holds no centre gets the cell nearest to its middle."""
    columns, rows = np.meshgrid(x, y)
    inside: Mask = contains_xy(shape, columns, rows)
    if not inside.any():
        middle = shape.representative_point()
        inside[np.abs(y - middle.y).argmin(), np.abs(x - middle.x).argmin()] = True
    return inside
