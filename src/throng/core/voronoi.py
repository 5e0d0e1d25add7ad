"""The ground that belongs to each person: Voronoi cells and the density and speed they give."""

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import Polygon

from throng.core.points import FloatArray, GroundPoints, Mask

VORONOI = "voronoi"
"""Name of the estimator from Voronoi cells."""

Polygons = NDArray[np.object_]

_SAME_PLACE_M = 1e-6
"""Positions are snapped to this: nearer ones are one place."""


@dataclass(frozen=True, slots=True)
class CutOff:
    """The largest cell that anybody can have: a polygon around the person that stands for a circle.

    Attributes:
        radius_m: of the circle.
        quad_segments: sides of the polygon per quarter of the circle.
    """

    radius_m: float
    quad_segments: int = 3

    def __post_init__(self) -> None:
        if not (self.radius_m > 0 and self.quad_segments >= 1):
            raise ValueError(f"cut-off: expected a radius and a number of sides above 0, got {self}")


@dataclass(frozen=True, slots=True, eq=False)
class VoronoiCells:
    """The cells of N people.

    Attributes:
        polygons: (N,) shapely polygons; None for whoever has no known place in the walkable area. People at one place
            share one cell.
        areas_m2: (N,) each person's share of the cell, so that the shares add up to the cells; NaN without a cell.
    """

    polygons: Polygons
    areas_m2: FloatArray

    @property
    def densities_per_m2(self) -> FloatArray:
        """People/m² in the cell of each person, (N,), NaN for whoever has none."""
        return np.asarray(1 / self.areas_m2, dtype=np.float64)


def voronoi_cells(people: GroundPoints, walkable: Polygon, *, cut_off: CutOff | None = None) -> VoronoiCells:
    """Give each person the walkable ground that is nearer to them than to anybody else.

    Where walls cut a cell in pieces, the piece in which the person stands counts. People outside the walkable area,
    and those whose position is NaN, take no ground from others. Nobody gives no cells.

    Args:
        people: (N, 2) positions.
        walkable: where people can be; may be concave and have holes.
        cut_off: largest cell; None for none.
    """
    cells = VoronoiCells(np.full(len(people), None, dtype=np.object_), np.full(len(people), np.nan))
    shapely.prepare(walkable)
    inside = np.flatnonzero(_within(walkable, people))
    if not len(inside):
        return cells
    snapped = np.round(people[inside] / _SAME_PLACE_M) * _SAME_PLACE_M
    places, own, crowd = np.unique(snapped[:, 0] + 1j * snapped[:, 1], return_inverse=True, return_counts=True)
    sites = np.column_stack((places.real, places.imag))
    polygons = _clipped(_diagram(sites, walkable), sites, walkable, cut_off)
    cells.polygons[inside] = polygons[own]
    cells.areas_m2[inside] = (shapely.area(polygons) / crowd)[own]
    return cells


def voronoi_density(cells: VoronoiCells, area: Polygon) -> float:
    r"""Return the Voronoi density of an area in people/m²; 0 when no cell meets it.

    .. math:: \rho_V(M) = \frac{1}{A(M)} \sum_i \frac{A(V_i \cap M)}{A(V_i)}

    (Steffen and Seyfried, Physica A 389 (2010) 1902.)

    Args:
        cells: of everybody, also of those outside the area.
        area: M, inside the walkable area.
    """
    known = np.isfinite(cells.areas_m2)
    polygons = cells.polygons[known]
    return float((_overlaps_m2(polygons, area) / shapely.area(polygons)).sum() / area.area)


def voronoi_speed(cells: VoronoiCells, area: Polygon, speeds_mps: FloatArray) -> float:
    r"""Return the Voronoi speed of an area in m/s; NaN when no cell meets it.

    .. math:: v_V(M) = \frac{1}{A(M)} \sum_i v_i A(V_i \cap M)

    It reads low where a cut-off leaves part of the area to nobody. The speed of everybody whose cell meets the area
    must be known: NaN when it is not.

    Args:
        cells: of N people.
        area: M, inside the walkable area.
        speeds_mps: (N,) speed of each person.
    """
    known = np.isfinite(cells.areas_m2)
    polygons = cells.polygons[known]
    overlaps = _overlaps_m2(polygons, area)
    meets = overlaps > 0
    if not meets.any():
        return float("nan")
    shares = overlaps * cells.areas_m2[known] / shapely.area(polygons)
    return float((shares[meets] * speeds_mps[known][meets]).sum() / area.area)


def _within(walkable: Polygon, people: GroundPoints) -> Mask:
    known: Mask = np.asarray(np.isfinite(people).all(axis=1), dtype=np.bool_)
    inside = known.copy()
    inside[known] = np.asarray(shapely.intersects_xy(walkable, people[known, 0], people[known, 1]))
    return inside


def _diagram(sites: FloatArray, walkable: Polygon) -> Polygons:
    """Cells of distinct places in their order, not yet clipped."""
    if len(sites) == 1:
        return np.array([walkable], dtype=np.object_)
    cells = shapely.voronoi_polygons(shapely.multipoints(sites), extend_to=walkable, ordered=True)
    return np.asarray(shapely.get_parts(cells), dtype=np.object_)


def _clipped(cells: Polygons, sites: FloatArray, walkable: Polygon, cut_off: CutOff | None) -> Polygons:
    cut = ~shapely.contains_properly(walkable, cells)
    cells = cells.copy()
    cells[cut] = shapely.intersection(cells[cut], walkable)
    if cut_off is not None:
        large = _reach_m(cells, sites) > cut_off.radius_m * np.cos(np.pi / (4 * cut_off.quad_segments))
        circle = shapely.get_coordinates(shapely.Point(0, 0).buffer(cut_off.radius_m, quad_segs=cut_off.quad_segments))
        cells[large] = shapely.intersection(cells[large], shapely.polygons(sites[large, None] + circle))
    return _own_part(cells, sites)


def _reach_m(cells: Polygons, sites: FloatArray) -> FloatArray:
    """Distance from each site to the farthest corner of its cell, (N,)."""
    corners, owner = shapely.get_coordinates(cells, return_index=True)
    reach = np.zeros(len(cells))
    np.maximum.at(reach, owner, np.hypot(*(corners - sites[owner]).T))
    return reach


def _own_part(cells: Polygons, sites: FloatArray) -> Polygons:
    """Keep of each cell in pieces the piece in which its person stands."""
    broken = np.flatnonzero(shapely.get_type_id(cells) != shapely.GeometryType.POLYGON)
    if not len(broken):
        return cells
    parts, owner = shapely.get_parts(cells[broken], return_index=True)
    flat = shapely.get_type_id(parts) == shapely.GeometryType.POLYGON
    parts, owner = parts[flat], owner[flat]
    away = shapely.distance(parts, shapely.points(sites[broken[owner]]))
    order = np.lexsort((away, owner))
    owners, nearest = np.unique(owner[order], return_index=True)
    cells[broken] = shapely.Polygon()
    cells[broken[owners]] = parts[order[nearest]]
    return cells


def _overlaps_m2(polygons: Polygons, area: Polygon) -> FloatArray:
    """Ground that each polygon shares with the area, (N,)."""
    shapely.prepare(area)
    whole = shapely.covers(area, polygons)
    partly = shapely.intersects(area, polygons) & ~whole
    overlaps = np.where(whole, shapely.area(polygons), 0.0)
    overlaps[partly] = shapely.area(shapely.intersection(polygons[partly], area))
    return np.asarray(overlaps, dtype=np.float64)
