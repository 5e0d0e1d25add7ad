"""The people of one zone from boxes, heads and the density map together."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from throng.camera.people import People
from throng.core.calibration import Calibration
from throng.core.count_error import UNMEASURED
from throng.core.density_map import DensityMap
from throng.core.estimate import Estimate
from throng.core.fusion import fuse_counts
from throng.core.observation import HEAD_HEIGHT_M, HEAD_M, Observation
from throng.core.points import FloatArray, GroundPoints, ImagePoints, Mask
from throng.core.zones import ZoneView

CELL_M = 2.0
"""Side of the ground cells in which the two counts are weighed: a few people each in a crowd."""

_ROW = 1 << 20


@dataclass(frozen=True, slots=True, eq=False)
class CrowdCount:
    """The people of one zone in one observation.

    Attributes:
        count: people in the zone, with the 90 % interval.
        ground: (K, 2) site metres of people found one by one and of map cells; NaN without a calibration.
        people: (K,) how many people each place stands for; their sum is the count.
    """

    count: Estimate
    ground: GroundPoints
    people: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class _Cells:
    """The part of a density map's grid that lies in the zone: what stays the same from frame to frame.

    Attributes:
        index: (M,) cells of the map, counted row by row.
        shares: (M,) share of each that lies in the zone.
        ground: (M, 2) site metres, NaN without a calibration.
        keys: (M,) the ground cell each belongs to.
    """

    index: NDArray[np.intp]
    shares: FloatArray
    ground: GroundPoints
    keys: NDArray[np.int64]


class ZoneCounter:
    """Counts one zone of one camera by `fuse_counts`, with the geometry computed once per grid.

    The map is cut by the zone's mask on the head plane, since it shows heads. Without a calibration the cells of the
    fusion lie in the picture, with the size of a head as their rough scale.

    Args:
        view: the zone as the camera sees it.
        calibration: of the camera, scaled to its pictures; None for none.
    """

    def __init__(self, view: ZoneView, calibration: Calibration | None) -> None:
        self._view = view
        self._calibration = calibration
        self._grid: tuple[object, ...] | None = None
        self._cells: _Cells | None = None

    def count(self, observation: Observation, density: DensityMap, people: People, inside: Mask) -> CrowdCount:
        """Count the zone in one observation.

        Args:
            observation: what was seen.
            density: its density map.
            people: everybody who was found one by one.
            inside: (N,) who of them is in the zone.
        """
        cells = self._cells_of(density)
        places = people.ground[inside] if self._calibration else people.pixels[inside]
        keys = _keys(places * (1.0 if self._calibration else _metres_per_pixel(density)))
        mapped_people = density.people.ravel()[cells.index].astype(np.float64) * cells.shares
        ground_cells, of_cell = np.unique(np.concatenate((cells.keys, keys)), return_inverse=True)
        of_map, of_person = of_cell[: len(cells.keys)], of_cell[len(cells.keys) :]
        mapped: FloatArray = np.bincount(of_map, mapped_people, minlength=len(ground_cells)).astype(np.float64)
        detected = np.bincount(of_person, minlength=len(ground_cells)).astype(np.float64)
        fused = fuse_counts(
            detected,
            mapped,
            _crowding_per_m2(ground_cells, mapped),
            error=density.error or UNMEASURED,
            recall=observation.recall,
            precision=observation.precision,
        )
        shares = fused.detected_shares
        return CrowdCount(
            fused.count,
            GroundPoints(np.concatenate((people.ground[inside], cells.ground))),
            np.concatenate((shares[of_person], (1 - shares[of_map]) * mapped_people)),
        )

    def _cells_of(self, density: DensityMap) -> _Cells:
        grid = (density.people.shape, density.cell_px, density.head_px)
        if self._cells is None or grid != self._grid:
            self._grid, self._cells = grid, self._see(density)
        return self._cells

    def _see(self, density: DensityMap) -> _Cells:
        shares = density.shares(self._view.mask).ravel()
        index = np.flatnonzero(shares > 0)
        centres = ImagePoints(density.centres()[index])
        if self._calibration is None:
            nowhere = GroundPoints(np.full((len(index), 2), np.nan))
            return _Cells(index, shares[index], nowhere, _keys(centres * _metres_per_pixel(density)))
        ground = self._calibration.to_ground(centres, HEAD_HEIGHT_M)
        known = np.isfinite(ground[:, 0])
        index, ground = index[known], GroundPoints(ground[known])
        return _Cells(index, shares[index], ground, _keys(ground))


def _metres_per_pixel(density: DensityMap) -> float:
    """The rough scale of a picture without a calibration: its heads, or else eight cells to a head."""
    return HEAD_M / (density.head_px or 8 * density.cell_px[0])


def _keys(places_m: FloatArray) -> NDArray[np.int64]:
    """Return one number per place, equal for places in the same ground cell."""
    cell = np.floor(places_m / CELL_M).astype(np.int64)
    return np.asarray(cell[:, 1] * _ROW + cell[:, 0], dtype=np.int64)


def _crowding_per_m2(keys: NDArray[np.int64], people: FloatArray) -> FloatArray:
    """Return the mean density of each ground cell and its eight neighbours, so that weights change smoothly."""
    total = np.zeros(len(keys))
    present = np.zeros(len(keys))
    for step in (dy * _ROW + dx for dy in (-1, 0, 1) for dx in (-1, 0, 1)):
        place = np.minimum(np.searchsorted(keys, keys + step), len(keys) - 1)
        there = keys[place] == keys + step
        total += np.where(there, people[place], 0.0)
        present += there
    return total / np.maximum(present, 1) / CELL_M**2
