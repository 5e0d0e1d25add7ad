"""The velocity of a crowd as a smooth field: where it flows, where it converges and where it turns."""

from dataclasses import dataclass

import numpy as np

from throng.core.density import DensityGrid
from throng.core.points import FloatArray, GroundPoints

LEAST_SHARE = 0.1
"""Where the kernel holds less than this share of the peak of one person (nobody within 1.5 R), velocity is unknown."""


@dataclass(frozen=True, slots=True, eq=False)
class VelocityField:
    r"""Velocities of people, smoothed on a grid.

    .. math:: V(r) = \frac{\sum_j w_j v_j f(r_j - r)}{\sum_j w_j f(r_j - r)}

    with the kernel f of the grid (Helbing, Johansson and Al-Abideen, PRE 75, 046109, 2007).

    Attributes:
        velocity_mps: (2, ny, nx) x and y components, m/s; NaN outside the zone and where nobody is near.
        mass_per_m2: (ny, nx) the denominator: people/m² with a velocity, without boundary correction.
        cell_size_m: sides of a cell along x and along y, metres.
    """

    velocity_mps: FloatArray
    mass_per_m2: FloatArray
    cell_size_m: tuple[float, float]

    @property
    def mean_mps(self) -> tuple[float, float] | None:
        """Mean velocity over the known cells, each weighted by the people there; None when none is known."""
        mass = np.where(np.isfinite(self.velocity_mps[0]), self.mass_per_m2, 0.0)
        if not mass.sum() > 0:
            return None
        x, y = (np.nan_to_num(self.velocity_mps) * mass).sum(axis=(1, 2)) / mass.sum()
        return float(x), float(y)

    def divergence_per_s(self) -> FloatArray:
        r"""Return :math:`\partial_x V_x + \partial_y V_y`, (ny, nx) in 1/s: negative where people converge.

        NaN where the velocity of the cell, or of both its neighbours in x or in y, is unknown.
        """
        x_m, y_m = self.cell_size_m
        return slope(self.velocity_mps[0], step_m=x_m, axis=1) + slope(self.velocity_mps[1], step_m=y_m, axis=0)

    def rotation_per_s(self) -> FloatArray:
        r"""Return :math:`\partial_x V_y - \partial_y V_x`, (ny, nx) in 1/s; NaN as for the divergence."""
        x_m, y_m = self.cell_size_m
        return slope(self.velocity_mps[1], step_m=x_m, axis=1) - slope(self.velocity_mps[0], step_m=y_m, axis=0)


def velocity_field(
    grid: DensityGrid, people: GroundPoints, velocities_mps: FloatArray, *, weights: FloatArray | None = None
) -> VelocityField:
    """Return the smoothed velocities on a grid.

    Args:
        grid: grid with its kernel.
        people: (N, 2) positions inside the zone.
        velocities_mps: (N, 2) m/s; who has none (NaN) is left out.
        weights: (N,) people at each position, >= 0, such as the cells of a density map hold; None for one each.

    Raises:
        ValueError: not as many velocities or weights as people.
    """
    carried = np.column_stack([np.ones(len(velocities_mps)), velocities_mps])
    sums = grid.smoothed(people, carried, weights=weights)
    return field_from_sums(grid, sums)


def field_from_sums(grid: DensityGrid, sums: FloatArray) -> VelocityField:
    """Return the field of kernel sums (3, ny, nx) of 1, v_x and v_y, added up over people or over times as well."""
    mass = sums[0]
    known = grid.inside & (mass >= LEAST_SHARE / (np.pi * grid.radius_m**2))
    velocity = np.where(known, sums[1:] / np.where(known, mass, 1.0), np.nan)
    return VelocityField(np.asarray(velocity, dtype=np.float64), mass, grid.cell_size_m)


def slope(values: FloatArray, *, step_m: float, axis: int) -> FloatArray:
    """Return the derivative along an axis: central where both neighbours are known, one-sided where one is."""
    steps = np.diff(values, axis=axis) / step_m
    edge = np.full_like(np.take(values, [0], axis=axis), np.nan)
    behind = np.concatenate([edge, steps], axis=axis)
    ahead = np.concatenate([steps, edge], axis=axis)
    central = (behind + ahead) / 2
    return np.where(np.isfinite(central), central, np.where(np.isfinite(behind), behind, ahead))
