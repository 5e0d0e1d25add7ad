"""The velocity field: what it reproduces, where it is unknown, and that it does not depend on names or places."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from throng.core.density import DensityGrid
from throng.core.points import FloatArray, ground_points
from throng.core.velocity_field import slope, velocity_field

SQUARE = ((0.0, 0.0), (10.0, 0.0), (10.0, 10.0), (0.0, 10.0))
GRID = DensityGrid(SQUARE)


def _crowd(seed: int, count: int = 60) -> tuple[FloatArray, FloatArray]:
    """Positions and velocities of people anywhere in the zone."""
    generator = np.random.default_rng(seed)
    return generator.uniform(0, 10, (count, 2)), generator.normal(0.5, 1.0, (count, 2))


crowds = st.integers(0, 10_000).map(_crowd)


def test_a_crowd_in_step_has_its_velocity_everywhere() -> None:
    people, _ = _crowd(1, 300)
    field = velocity_field(GRID, ground_points(people), np.tile([1.2, -0.4], (300, 1)))
    np.testing.assert_allclose(field.velocity_mps[0], 1.2, rtol=1e-5)
    np.testing.assert_allclose(field.velocity_mps[1], -0.4, rtol=1e-5)
    assert field.mean_mps == pytest.approx((1.2, -0.4))


def test_velocity_is_unknown_where_nobody_is_near() -> None:
    field = velocity_field(GRID, ground_points([(2.25, 2.25)]), np.array([[1.0, 0.0]]))
    assert np.isfinite(field.velocity_mps[:, 4, 4]).all()
    assert np.isfinite(field.velocity_mps[:, 4, 7]).all()
    assert np.isnan(field.velocity_mps[:, 4, 8]).all()
    assert np.isnan(field.velocity_mps[:, -1, -1]).all()


def test_nobody_and_nobody_with_a_velocity_are_unknown() -> None:
    empty = velocity_field(GRID, ground_points([]), np.empty((0, 2)))
    unknown = velocity_field(GRID, ground_points([(5, 5)]), np.array([[np.nan, 1.0]]))
    for field in (empty, unknown):
        assert np.isnan(field.velocity_mps).all()
        assert field.mean_mps is None
        assert np.isnan(field.divergence_per_s()).all()


def test_velocities_of_somebody_else_are_refused() -> None:
    with pytest.raises(ValueError, match="people"):
        velocity_field(GRID, ground_points([(5, 5)]), np.zeros((2, 2)))


def test_outside_of_the_zone_is_unknown() -> None:
    grid = DensityGrid(((0, 0), (10, 0), (0, 10)))
    people, _ = _crowd(2, 500)
    field = velocity_field(grid, ground_points(people), np.ones((500, 2)))
    assert np.isnan(field.velocity_mps[:, ~grid.inside]).all()
    assert np.isfinite(field.velocity_mps[:, grid.inside]).all()


def test_weights_are_people() -> None:
    places, velocities = ground_points([(5, 5), (5.5, 5)]), np.array([[1.0, 0.0], [0.0, 1.0]])
    weighted = velocity_field(GRID, places, velocities, weights=np.array([3.0, 1.0]))
    repeated = velocity_field(GRID, ground_points(places[[0, 0, 0, 1]]), velocities[[0, 0, 0, 1]])
    np.testing.assert_allclose(weighted.velocity_mps, repeated.velocity_mps, rtol=1e-5)


def test_people_who_close_in_converge_and_people_who_circle_turn() -> None:
    """Even crowds with v = -0.2 r and v = 0.3 (-y, x): divergence -0.4/s, rotation 0.6/s, away from the edge."""
    raster = np.arange(0.25, 10, 0.5)
    people = np.array([(x, y) for y in raster for x in raster])
    from_middle = people - 5
    inner = (slice(6, -6), slice(6, -6))
    closing = velocity_field(GRID, ground_points(people), -0.2 * from_middle)
    circling = velocity_field(GRID, ground_points(people), 0.3 * from_middle[:, ::-1] * [-1, 1])
    np.testing.assert_allclose(closing.divergence_per_s()[inner], -0.4, rtol=0.02)
    np.testing.assert_allclose(closing.rotation_per_s()[inner], 0, atol=1e-3)
    np.testing.assert_allclose(circling.rotation_per_s()[inner], 0.6, rtol=0.02)
    np.testing.assert_allclose(circling.divergence_per_s()[inner], 0, atol=1e-3)


def test_slopes_use_the_neighbours_that_are_known() -> None:
    values = np.array([[0.0, 1.0, 4.0, np.nan, 2.0, np.nan, 8.0, 9.0]])
    expected = np.array([[2.0, 4.0, 6.0, np.nan, np.nan, np.nan, 2.0, 2.0]])
    np.testing.assert_allclose(slope(values, step_m=0.5, axis=1), expected)


@settings(max_examples=30)
@given(crowds)
def test_velocities_lie_between_those_of_the_people(crowd: tuple[FloatArray, FloatArray]) -> None:
    people, velocities = crowd
    field = velocity_field(GRID, ground_points(people), velocities)
    for component, those in zip(field.velocity_mps, velocities.T, strict=True):
        assert np.nanmin(component) >= those.min() - 1e-4
        assert np.nanmax(component) <= those.max() + 1e-4


@settings(max_examples=30)
@given(crowds, st.integers(0, 1000))
def test_names_do_not_matter(crowd: tuple[FloatArray, FloatArray], seed: int) -> None:
    people, velocities = crowd
    order = np.random.default_rng(seed).permutation(len(people))
    field = velocity_field(GRID, ground_points(people), velocities)
    again = velocity_field(GRID, ground_points(people[order]), velocities[order])
    np.testing.assert_allclose(field.velocity_mps, again.velocity_mps, atol=1e-4)


@settings(max_examples=30)
@given(crowds)
def test_a_quarter_turn_of_the_site_turns_the_field(crowd: tuple[FloatArray, FloatArray]) -> None:
    """(x, y) becomes (10 - y, x), (v_x, v_y) becomes (-v_y, v_x); divergence and rotation stay."""
    people, velocities = crowd
    turned_people = np.column_stack([10 - people[:, 1], people[:, 0]])
    turned_velocities = np.column_stack([-velocities[:, 1], velocities[:, 0]])
    field = velocity_field(GRID, ground_points(people), velocities)
    turned = velocity_field(GRID, ground_points(turned_people), turned_velocities)
    for name in ("divergence_per_s", "rotation_per_s"):
        expected = np.rot90(getattr(field, name)(), k=-1)
        np.testing.assert_allclose(getattr(turned, name)(), expected, atol=1e-3)


@settings(max_examples=20)
@given(crowds, st.floats(-500, 500), st.floats(-500, 500))
def test_moving_the_site_changes_nothing(crowd: tuple[FloatArray, FloatArray], dx: float, dy: float) -> None:
    people, velocities = crowd
    moved = DensityGrid(tuple((x + dx, y + dy) for x, y in SQUARE))
    field = velocity_field(GRID, ground_points(people), velocities)
    again = velocity_field(moved, ground_points(people + np.array([dx, dy])), velocities)
    np.testing.assert_allclose(np.nan_to_num(field.velocity_mps), np.nan_to_num(again.velocity_mps), atol=1e-3)
