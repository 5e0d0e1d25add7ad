"""Voronoi cells: ground is shared out whole, and nothing depends on where the site lies or who comes first."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import Polygon

from throng.core.points import FloatArray, GroundPoints, ground_points
from throng.core.voronoi import CutOff, voronoi_cells, voronoi_density, voronoi_speed

ROOM = Polygon([(0, 0), (10, 0), (10, 6), (0, 6)])
MIDDLE = Polygon([(3, 2), (7, 2), (7, 5), (3, 5)])
AROUND_A_CORNER = Polygon([(0, 0), (6, 0), (6, 6), (5, 6), (5, 1), (1, 1), (1, 6), (0, 6)])

# A grid of 1 cm: as near as people can be told apart, and often the same place.
coordinate = st.integers(1, 999)
places = st.lists(st.tuples(coordinate.map(lambda n: n / 100), coordinate.map(lambda n: n * 0.006)), max_size=40)


def _turned(points: FloatArray, angle: float, shift: tuple[float, float]) -> FloatArray:
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    return np.asarray(points @ turn + shift, dtype=np.float64)


def _turned_polygon(polygon: Polygon, angle: float, shift: tuple[float, float]) -> Polygon:
    return Polygon(_turned(shapely.get_coordinates(polygon), angle, shift))


@given(places)
@settings(max_examples=40, deadline=None)
def test_cells_share_out_the_whole_room(people: list[tuple[float, float]]) -> None:
    cells = voronoi_cells(ground_points(people), ROOM)
    assert cells.areas_m2.sum() == pytest.approx(60 if people else 0, rel=1e-9)
    assert voronoi_density(cells, ROOM) == pytest.approx(len(people) / 60, rel=1e-9)


@given(places, st.floats(-np.pi, np.pi), st.tuples(st.floats(-500, 500), st.floats(-500, 500)), st.booleans())
@settings(max_examples=40, deadline=None)
def test_density_does_not_depend_on_place_or_direction(
    people: list[tuple[float, float]], angle: float, shift: tuple[float, float], cut: bool
) -> None:
    # With a whole number of sides per quarter the cut-off is no circle: only a turn of a quarter leaves it the same.
    angle, cut_off = (np.pi / 2, CutOff(0.8)) if cut else (angle, None)
    here = ground_points(people)
    there = ground_points(_turned(here, angle, shift))
    room = _turned_polygon(ROOM, angle, shift)
    expected = voronoi_density(voronoi_cells(here, ROOM, cut_off=cut_off), MIDDLE)
    turned = voronoi_density(voronoi_cells(there, room, cut_off=cut_off), _turned_polygon(MIDDLE, angle, shift))
    assert turned == pytest.approx(expected, rel=2e-3, abs=1e-9)


@given(places, st.integers(0, 9))
@settings(max_examples=40, deadline=None)
def test_order_of_the_people_does_not_matter(people: list[tuple[float, float]], seed: int) -> None:
    order = np.random.default_rng(seed).permutation(len(people))
    here = ground_points(people)
    cells, mixed = voronoi_cells(here, ROOM), voronoi_cells(GroundPoints(here[order]), ROOM)
    np.testing.assert_allclose(mixed.areas_m2, cells.areas_m2[order], rtol=1e-9)
    assert voronoi_density(mixed, MIDDLE) == pytest.approx(voronoi_density(cells, MIDDLE), rel=1e-9)


@given(places.filter(bool), st.floats(0.1, 3))
@settings(max_examples=40, deadline=None)
def test_everybody_stands_in_their_own_cell_and_none_is_larger_than_the_cut_off(
    people: list[tuple[float, float]], radius_m: float
) -> None:
    cells = voronoi_cells(ground_points(people), ROOM, cut_off=CutOff(radius_m))
    assert (shapely.distance(cells.polygons, shapely.points(ground_points(people))) < 1e-5).all()
    assert (cells.areas_m2 <= np.pi * radius_m**2).all()
    assert (cells.areas_m2 > 0).all()


def test_even_crowd_reads_its_density_and_speed() -> None:
    people = ground_points([(x, y) for x in np.arange(0.25, 10, 0.5) for y in np.arange(0.25, 6, 0.5)])
    cells = voronoi_cells(people, ROOM)
    np.testing.assert_allclose(cells.densities_per_m2, 4.0)
    assert voronoi_density(cells, MIDDLE) == pytest.approx(4.0)
    assert voronoi_speed(cells, MIDDLE, np.full(len(people), 1.3)) == pytest.approx(1.3)
    assert voronoi_speed(cells, MIDDLE, people[:, 0]) == pytest.approx(5.0)


def test_two_people_share_by_the_line_between_them() -> None:
    cells = voronoi_cells(ground_points([(1, 3), (5, 3)]), ROOM)
    np.testing.assert_allclose(cells.areas_m2, [18, 42])
    assert voronoi_density(cells, MIDDLE) == pytest.approx((4 * 3 / 42) / 12)


def test_a_wide_cut_off_changes_nothing_and_a_narrow_one_is_the_polygon_around_the_person() -> None:
    alone = ground_points([(5, 3)])
    assert voronoi_cells(alone, ROOM, cut_off=CutOff(20)).areas_m2[0] == pytest.approx(60)
    area_m2 = voronoi_cells(alone, ROOM, cut_off=CutOff(0.8, quad_segments=3)).areas_m2[0]
    assert area_m2 == pytest.approx(12 / 2 * 0.8**2 * np.sin(np.pi / 6))


def test_identical_positions_share_a_cell() -> None:
    cells = voronoi_cells(ground_points([(2, 3), (2, 3), (8, 3), (2, 3)]), ROOM)
    np.testing.assert_allclose(cells.areas_m2, [10, 10, 30, 10])
    assert cells.polygons[0] is cells.polygons[3]
    assert voronoi_density(cells, ROOM) == pytest.approx(4 / 60)
    assert voronoi_speed(cells, ROOM, np.array([0.0, 1.5, 1.0, 3.0])) == pytest.approx(1.25)


def test_nobody() -> None:
    cells = voronoi_cells(ground_points([]), ROOM)
    assert voronoi_density(cells, MIDDLE) == 0
    assert np.isnan(voronoi_speed(cells, MIDDLE, np.empty(0)))


def test_whoever_is_outside_or_unknown_has_no_cell_and_takes_no_ground() -> None:
    people = ground_points([(5, 3), (5, 6.1), (np.nan, 2), (-1, -1)])
    cells = voronoi_cells(people, ROOM)
    np.testing.assert_array_equal(np.isnan(cells.areas_m2), [False, True, True, True])
    assert cells.areas_m2[0] == pytest.approx(60)
    assert cells.polygons[1] is None
    assert voronoi_speed(cells, MIDDLE, np.array([1.2, np.nan, np.nan, np.nan])) == pytest.approx(1.2)


def test_an_unknown_speed_in_the_area_makes_the_speed_unknown() -> None:
    cells = voronoi_cells(ground_points([(4, 3), (6, 3)]), ROOM)
    assert np.isnan(voronoi_speed(cells, MIDDLE, np.array([1.0, np.nan])))


def test_behind_a_wall_a_cell_keeps_the_part_with_its_person() -> None:
    """The cell of the one on the left reaches over the gap into the right arm."""
    cells = voronoi_cells(ground_points([(0.5, 5), (5.5, 0.5)]), AROUND_A_CORNER)
    assert cells.polygons[0].geom_type == "Polygon"
    assert cells.polygons[0].covers(shapely.Point(0.5, 5))
    assert not cells.polygons[0].intersects(shapely.Point(5.5, 5.8))
    assert cells.areas_m2.sum() < AROUND_A_CORNER.area


@pytest.mark.parametrize(
    "people", [[(1, 1), (2, 2), (3, 3)], [(0, 0), (10, 6)], [(1, 1), (1, 1 + 1e-9), (1 + 1e-7, 1)]]
)
def test_in_line_in_corners_and_nearly_in_one_place(people: list[tuple[float, float]]) -> None:
    cells = voronoi_cells(ground_points(people), ROOM)
    assert cells.areas_m2.sum() == pytest.approx(60)
    assert (cells.areas_m2 > 0).all()


def test_five_thousand_people() -> None:
    people = ground_points(np.random.default_rng(1).uniform((0, 0), (10, 6), (5000, 2)))
    assert voronoi_density(voronoi_cells(people, ROOM, cut_off=CutOff(0.8)), ROOM) == pytest.approx(5000 / 60)


def test_a_cut_off_needs_a_radius() -> None:
    with pytest.raises(ValueError, match="cut-off"):
        CutOff(0)
