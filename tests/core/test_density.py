"""The density field: mass, edges, the corridor experiments."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely import Polygon, contains_xy

from throng.core.density import DensityGrid
from throng.core.points import ground_points

SQUARE = ((0.0, 0.0), (20.0, 0.0), (20.0, 20.0), (0.0, 20.0))
CORRIDOR = ((0.0, -4.0), (1.8, -4.0), (1.8, 6.0), (0.0, 6.0))

places = st.lists(st.tuples(st.floats(0, 20), st.floats(0, 20)), min_size=0, max_size=60)


def test_one_person_far_from_walls_peaks_at_one_over_pi() -> None:
    peak = DensityGrid(SQUARE).peak(ground_points([(10.25, 10.25)]))
    assert peak is not None
    assert peak.density_per_m2 == pytest.approx(1 / np.pi, rel=1e-3)
    assert peak.at_m == pytest.approx((10.25, 10.25))


def test_nobody_has_no_peak_and_a_field_of_zeros() -> None:
    grid = DensityGrid(SQUARE)
    assert grid.peak(ground_points([])) is None
    assert np.nanmax(grid.field(ground_points([]))) == 0


@given(places)
def test_field_is_finite_and_not_negative_inside(people: list[tuple[float, float]]) -> None:
    field = DensityGrid(SQUARE).field(ground_points(people))
    assert np.isfinite(field).all()
    assert (field >= 0).all()


@given(places)
def test_people_away_from_the_edge_keep_their_mass(people: list[tuple[float, float]]) -> None:
    """Four metres from the edge the kernel is whole, so that the integral of the field is the number of people."""
    inner = [(4 + 0.6 * x, 4 + 0.6 * y) for x, y in people]
    grid = DensityGrid(SQUARE)
    x, y = grid.cells_m
    cell_m2 = (x[1] - x[0]) * (y[1] - y[0])
    assert grid.field(ground_points(inner)).sum() * cell_m2 == pytest.approx(len(people), rel=2e-3, abs=1e-9)


@given(places)
def test_nobody_is_lost_through_a_wall(people: list[tuple[float, float]]) -> None:
    """Within 1.5 %: the factor of a place lies between those of nodes a sixth of a metre apart."""
    grid = DensityGrid(SQUARE)
    mass = grid.field(ground_points(people)).sum() * np.prod(grid.cell_size_m)
    assert mass == pytest.approx(len(people), rel=0.015, abs=1e-9)


cells = st.lists(st.tuples(st.floats(4, 16), st.floats(4, 16), st.floats(0, 5)), min_size=0, max_size=200)


@given(cells)
def test_cells_of_a_density_map_keep_their_people(found: list[tuple[float, float, float]]) -> None:
    rows = np.array(found).reshape(-1, 3)
    grid = DensityGrid(SQUARE)
    field = grid.field(ground_points(rows[:, :2]), rows[:, 2])
    assert field.sum() * np.prod(grid.cell_size_m) == pytest.approx(rows[:, 2].sum(), rel=2e-3, abs=1e-9)


def test_a_cell_of_two_people_is_two_people_at_one_place() -> None:
    grid = DensityGrid(SQUARE)
    one = grid.field(ground_points([(7.0, 9.0)]), np.array([2.0]))
    np.testing.assert_allclose(one, grid.field(ground_points([(7.0, 9.0), (7.0, 9.0)])), rtol=1e-6)


def test_smoothed_values_are_the_sum_over_people() -> None:
    grid = DensityGrid(SQUARE)
    people = ground_points([(10.25, 10.25), (11.25, 10.25)])
    ones, threes = grid.smoothed(people, np.array([[1.0, 3.0], [1.0, -3.0]]))
    row, column = 20, 20
    assert ones[row, column] == pytest.approx((1 + np.exp(-1)) / np.pi, rel=1e-5)
    assert threes[row, column] == pytest.approx(3 * (1 - np.exp(-1)) / np.pi, rel=1e-5)


def test_smoothing_refuses_values_of_somebody_else() -> None:
    with pytest.raises(ValueError, match="values and weights of 2 people, got 3"):
        DensityGrid(SQUARE).smoothed(ground_points([(1, 1), (2, 2)]), np.ones((3, 1)))


def test_people_without_a_place_and_people_far_outside_change_nothing() -> None:
    grid = DensityGrid(SQUARE)
    alone = grid.field(ground_points([(7.0, 9.0)]))
    others = ground_points([(7.0, 9.0), (np.nan, 3.0), (1e6, -1e6), (-30.0, 9.0)])
    np.testing.assert_array_equal(grid.field(others), alone)
    assert grid.peak(ground_points([(np.nan, np.nan)])) is None


def test_five_thousand_people_at_one_place_peak_at_five_thousand_over_pi() -> None:
    peak = DensityGrid(SQUARE).peak(ground_points(np.full((5000, 2), 10.25)))
    assert peak is not None
    assert peak.density_per_m2 == pytest.approx(5000 / np.pi, rel=1e-3)


def test_even_crowd_reads_its_density_up_to_the_corners() -> None:
    xs = np.arange(0.25, 20, 0.5)
    people = ground_points([(x, y) for x in xs for y in xs])
    field = DensityGrid(SQUARE).field(people)
    np.testing.assert_allclose(field, 4.0, rtol=0.01)


@pytest.mark.parametrize("turn_deg", [0, 45, 20])
def test_even_crowd_reads_its_density_up_to_walls_that_lie_aslant(turn_deg: float) -> None:
    turned = np.exp(1j * np.radians(turn_deg))
    steps = np.arange(0.1, 10, 0.2)
    crowd = np.array([complex(x, y) for x in steps for y in steps if x + y < 9.9]) * turned
    corners = np.array([0, 9.9, 9.9j]) * turned
    grid = DensityGrid(tuple((float(z.real), float(z.imag)) for z in corners))
    field = grid.field(ground_points(np.column_stack((crowd.real, crowd.imag))))
    known = field[np.isfinite(field)]
    assert np.median(known) == pytest.approx(25, rel=0.01)
    assert np.percentile(np.abs(known - 25), 95) < 25 * 0.05


def test_a_stream_that_keeps_off_the_walls_reads_people_over_ground() -> None:
    """Half a metre off them on either side; divided by its own kernel in the zone each cell would read 5 % high."""
    people = ground_points([(x, y) for x in np.arange(0.55, 1.3, 0.1) for y in np.arange(-3.95, 6, 0.1)])
    grid = DensityGrid(CORRIDOR)
    assert np.nanmean(grid.field(people)) == pytest.approx(len(people) / 18, rel=0.01)


def test_outside_of_the_polygon_is_unknown() -> None:
    field = DensityGrid(((0, 0), (10, 0), (0, 10))).field(ground_points([(2.0, 2.0)]))
    assert np.isnan(field[-1, -1])
    assert np.isfinite(field[0, 0])


def test_a_sliver_between_cell_centres_still_has_a_peak() -> None:
    sliver = ((0.0, 0.0), (10.0, 10.0), (10.0, 10.01))
    assert DensityGrid(sliver).peak(ground_points([(5.0, 5.0)])) is not None


@pytest.mark.parametrize(
    "corners",
    [
        ((0, 0), (0.3, 0), (0.3, 20), (0, 20)),
        ((0, 0), (0.3, 0), (0.3, 0.3), (0, 0.3)),
        ((0, 0), (10, 0), (10, 2), (2, 2), (2, 10), (0, 10)),
        ((0, 0), (10, 0.5), (0, 1)),
    ],
    ids=["thin", "tiny", "angle", "spike"],
)
def test_zones_of_odd_shapes_read_people_over_ground(corners: tuple[tuple[float, float], ...]) -> None:
    """The median of the field, with people at random; the ground away from the walls is a small part of each."""
    zone = Polygon(corners)
    rng = np.random.default_rng(4)
    people = rng.uniform(zone.bounds[:2], zone.bounds[2:], (4000, 2))
    people = people[contains_xy(zone, people[:, 0], people[:, 1])]
    field = DensityGrid(corners).field(ground_points(people))
    assert np.nanmedian(field) == pytest.approx(len(people) / zone.area, rel=0.03)
    assert np.nanmax(field) < 1.3 * len(people) / zone.area


@pytest.mark.shared
@pytest.mark.parametrize("run", ["uo-070-180-180", "uo-100-180-180", "uo-180-180-095", "uo-180-180-070"])
def test_corridor_runs_agree_with_counting(shared_dir: Path, run: str) -> None:
    """Real people in a 1.8 m corridor: within 3 % of N/A, where the kernel without correction reads 15 % low."""
    data = np.loadtxt(shared_dir / "data/trajectories" / f"{run}.txt")
    frames, positions = data[:, 1], data[:, 2:4] / 100
    grid = DensityGrid(CORRIDOR)
    _, y = grid.cells_m
    middle = (y > 1) & (y < 3)
    counted, smoothed = [], []
    low, high = np.percentile(frames, [35, 65])
    for frame in np.unique(frames[(frames > low) & (frames < high)])[::8]:
        people = positions[frames == frame]
        people = people[(people[:, 0] > 0) & (people[:, 0] < 1.8) & (people[:, 1] > -4) & (people[:, 1] < 6)]
        counted.append(((people[:, 1] > 1) & (people[:, 1] < 3)).sum() / 3.6)
        smoothed.append(np.nanmean(grid.field(ground_points(people))[middle]))
    assert np.mean(smoothed) == pytest.approx(np.mean(counted), rel=0.03)


def test_smoothing_many_people_is_the_plain_sum_over_them() -> None:
    """More people than are added at once, some of them outside, against the formula in double precision."""
    rng = np.random.default_rng(3)
    people, values, weights = rng.uniform(-6, 26, (700, 2)), rng.normal(0, 1, (700, 2)), rng.uniform(0, 2, 700)
    grid = DensityGrid(SQUARE)
    x, y = grid.cells_m
    tall = np.exp(-((y[:, None] - people[:, 1]) ** 2)) / np.sqrt(np.pi)
    wide = np.exp(-((x[:, None] - people[:, 0]) ** 2)) / np.sqrt(np.pi)
    expected = [(tall * layer * weights) @ wide.T for layer in values.T]
    np.testing.assert_allclose(grid.smoothed(ground_points(people), values, weights=weights), expected, atol=1e-5)


def test_places_that_no_site_has_do_not_overflow() -> None:
    assert DensityGrid(SQUARE).peak(ground_points([(1e300, 5.0), (5.0, -1e300)])) is None
