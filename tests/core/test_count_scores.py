"""Scores of counters against numbers worked out by hand, and what must always hold."""

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from throng.core.count_scores import (
    KERNEL_SIGMA_PX,
    f1,
    field_errors,
    heads_score,
    map_scores,
    normalised_error,
    people_per_pixel,
    true_map,
)
from throng.core.density_map import DensityMap
from throng.core.points import FloatArray, ImagePoints, image_points
from throng.core.scoring import DetectionScore, match_pairs

PLACES = arrays(np.float64, st.tuples(st.integers(0, 12), st.just(2)), elements=st.integers(0, 40).map(float))
SIZES = st.tuples(st.integers(1, 70), st.integers(1, 70))


def density_of(points: ImagePoints, image_size: tuple[int, int], cell_px: float = 8.0) -> DensityMap:
    """The map that a perfect counter gives."""
    width, height = image_size
    people = np.zeros((int(np.ceil(height / cell_px)), int(np.ceil(width / cell_px))), dtype=np.float32)
    cells = ((points + 0.5) // cell_px).astype(int)
    np.add.at(people, (cells[:, 1], cells[:, 0]), 1)
    return DensityMap(people, (cell_px, cell_px), image_size)


def crowd(people: int, image_size: tuple[int, int], seed: int = 0) -> ImagePoints:
    return image_points(np.random.default_rng(seed).uniform(0, np.array(image_size) - 1, (people, 2)))


def test_normalised_error_leaves_empty_pictures_out() -> None:
    assert normalised_error([12, 30, 7], [10, 40, 0]) == pytest.approx((0.2 + 0.25) / 2)
    assert np.isnan(normalised_error([3.0], [0.0]))


def test_field_errors_by_hand() -> None:
    """Two people at the top left, measured as one there and one at the bottom right of a 64 × 64 picture."""
    people = np.zeros((8, 8), dtype=np.float32)
    people[0, 0] = people[7, 7] = 1
    heads = image_points([[2, 3], [5, 5]])
    assert field_errors(DensityMap(people, (8.0, 8.0), (64, 64)), heads).tolist() == [0, 2, 2, 2]


def test_a_cell_on_the_border_of_two_fields_is_shared_out_by_area() -> None:
    """Cells of 24 px in a picture of 64: the second lies from 24 to 48, a third of it left of the middle."""
    people = np.array([[0, 3, 0]], dtype=np.float32)
    errors = field_errors(DensityMap(people, (24.0, 64.0), (64, 64)), image_points([]))
    assert errors == pytest.approx([3, 3, 3, 3])
    left = field_errors(DensityMap(people, (24.0, 64.0), (64, 64)), image_points([[10, 10]]))
    # The third in the left half is spread over its two quarters, half a person in each: 0.5 too few at the top.
    assert left[:2] == pytest.approx([2, 0.5 + 0.5 + 1 + 1])


def test_people_in_cells_over_the_edge_are_not_lost() -> None:
    """The last cell of a picture of 60 px shows 4 of its 8 pixels, one more lies outside altogether."""
    people = np.ones((1, 9), dtype=np.float32)
    assert field_errors(DensityMap(people, (8.0, 8.0), (60, 8)), image_points([])) == pytest.approx([9, 9, 9, 9])


@given(PLACES, SIZES, st.floats(1, 20))
def test_fields_can_only_add_errors(places: FloatArray, size: tuple[int, int], cell_px: float) -> None:
    heads = image_points(np.minimum(places, np.array(size) - 1.0))
    wrong = density_of(image_points(heads[::2]), size, cell_px)
    errors = field_errors(wrong, heads)
    assert errors[0] == pytest.approx(abs(wrong.total - len(heads)), abs=1e-4)
    assert (np.diff(errors) >= -1e-4).all()


def test_a_perfect_counter_has_no_field_errors() -> None:
    heads = crowd(500, (512, 384))
    assert field_errors(density_of(heads, (512, 384)), heads) == pytest.approx([0, 0, 0, 0], abs=1e-3)


def test_heads_score_by_hand() -> None:
    present = image_points([[10, 10], [30, 10], [50, 10]])
    found = image_points([[10, 14], [11, 10], [38, 10], [200, 200]])
    assert heads_score(found, present, within_px=4) == DetectionScore(1, 4, 3)
    assert heads_score(found, present, within_px=8) == DetectionScore(2, 4, 3)
    assert f1(DetectionScore(2, 4, 3)) == pytest.approx(4 / 7)


def test_nearest_first_would_lose_a_pair() -> None:
    """The middle find is nearest to the right head, but only with the left one both finds have somebody."""
    present, found = image_points([[0, 0], [6, 0]]), image_points([[4, 0], [9, 0]])
    assert heads_score(found, present, within_px=4).matched == 2


@pytest.mark.parametrize(("found", "present"), [(0, 0), (3, 0), (0, 3)])
def test_nobody_on_one_side(found: int, present: int) -> None:
    score = heads_score(crowd(found, (50, 50)), crowd(present, (50, 50)), within_px=8)
    assert score == DetectionScore(0, found, present)
    assert np.isnan(f1(score)) == (found + present == 0)


@given(PLACES, PLACES, st.sampled_from([1.0, 4.0, 8.0, 60.0]))
def test_as_many_pairs_as_the_optimal_assignment(a: FloatArray, b: FloatArray, within_px: float) -> None:
    """The one way of `match_pairs`, on a matrix that says how near two points are, the limit itself included."""
    found, present = image_points(a), image_points(b)
    distance = np.linalg.norm(found[:, None] - present[None], axis=2)
    rows, _ = match_pairs(np.clip(1 - distance / (2 * within_px), 0, 1), at_least=0.5)
    assert heads_score(found, present, within_px=within_px) == DetectionScore(len(rows), len(a), len(b))


def test_ten_thousand_heads_take_no_time() -> None:
    present = crowd(10_000, (1600, 1200))
    began_s = time.perf_counter()
    score = heads_score(image_points(present + 0.5), present, within_px=8)
    assert time.perf_counter() - began_s < 2
    assert score.matched == 10_000


@given(PLACES, st.tuples(st.integers(41, 90), st.integers(41, 90)))
@settings(max_examples=30)
def test_the_true_map_holds_everybody(places: FloatArray, size: tuple[int, int]) -> None:
    """Also at the border and in corners, where most of a kernel lies outside the picture."""
    drawn = true_map(image_points(places), size)
    assert drawn.shape == (size[1], size[0])
    assert drawn.sum(dtype=np.float64) == pytest.approx(len(places), abs=1e-3)


def test_kernels_follow_the_distance_of_neighbours() -> None:
    """People 30 px apart get 0.3 × 30 = 9 px; one alone gets the largest kernel, a dense crowd the smallest."""
    x, y = np.meshgrid(np.arange(5) * 30.0, np.arange(5) * 30.0)
    spread = true_map(image_points(np.column_stack((x.ravel(), y.ravel())) + 100), (400, 400))
    alone = true_map(image_points([[200, 200]]), (400, 400))
    dense = true_map(image_points(np.full((9, 2), 200.0) + np.arange(9)[:, None] * 0.1), (400, 400))
    smallest, largest = KERNEL_SIGMA_PX
    assert 1 / alone.max() == pytest.approx(2 * np.pi * largest**2, rel=0.03)
    assert 9 / dense.max() == pytest.approx(2 * np.pi * smallest**2, rel=0.1)
    assert 1 / spread[160, 160] == pytest.approx(2 * np.pi * 9**2, rel=0.05)


@given(arrays(np.float32, st.tuples(st.integers(1, 9), st.integers(1, 9)), elements=st.floats(0, 5, width=32)), SIZES)
@settings(max_examples=50)
def test_a_map_on_pixels_keeps_its_people(people: FloatArray, size: tuple[int, int]) -> None:
    rows, columns = people.shape
    density = DensityMap(people.astype(np.float32), (size[0] / columns, size[1] / rows), size)
    spread = people_per_pixel(density, size)
    assert spread.shape == (size[1], size[0])
    assert spread.min() >= 0
    # A picture with fewer pixels than cells may show none of the people at all.
    if spread.any():
        assert spread.sum(dtype=np.float64) == pytest.approx(density.total, rel=1e-3)


def test_maps_compare_as_they_look() -> None:
    size, heads = (256, 192), crowd(60, (256, 192))
    good, moved = density_of(heads, size), density_of(crowd(60, size, seed=9), size)
    empty = DensityMap(np.zeros((24, 32), dtype=np.float32), (8.0, 8.0), size)
    true = true_map(heads, size)
    exact = DensityMap(true, (1.0, 1.0), size)
    (psnr_good, ssim_good), (psnr_moved, ssim_moved) = map_scores(good, heads), map_scores(moved, heads)
    assert map_scores(exact, heads)[1] == pytest.approx(1, abs=1e-4)
    assert map_scores(exact, heads)[0] > 80
    assert psnr_good > psnr_moved
    assert ssim_good > ssim_moved
    by_hand = 10 * np.log10(true.max() ** 2 / np.square(true, dtype=np.float64).mean())
    assert map_scores(empty, heads)[0] == pytest.approx(by_hand, rel=1e-4)


def test_maps_of_an_empty_picture_cannot_be_compared() -> None:
    density = density_of(crowd(0, (64, 48)), (64, 48))
    assert np.isnan(map_scores(density, image_points([]))).all()


def test_a_huge_picture_is_compared_on_a_smaller_copy() -> None:
    """100 megapixels in well under a second, with every person."""
    size, heads = (12_500, 8_000), crowd(200, (12_500, 8_000))
    began_s = time.perf_counter()
    psnr, ssim = map_scores(density_of(heads, size, 64.0), heads)
    assert time.perf_counter() - began_s < 10
    assert np.isfinite([psnr, ssim]).all()


@pytest.mark.parametrize("points", [[], [[0.0, 0.0]]])
def test_a_picture_of_one_pixel(points: list[list[float]]) -> None:
    heads = image_points(points)
    density = DensityMap(np.full((1, 1), 2, dtype=np.float32), (8.0, 8.0), (1, 1))
    assert field_errors(density, heads)[0] == pytest.approx(2 - len(points))
    assert np.isfinite(field_errors(density, heads)).all()
    assert np.isfinite(map_scores(density, heads)).all() == (len(points) > 0)
