"""Errors, overlaps and matching against numbers worked out by hand, and what must always hold."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from throng.core.points import FloatArray, image_points
from throng.core.scoring import (
    DetectionScore,
    detection_score,
    error_stats,
    interval_coverage,
    iou_matrix,
    match_pairs,
    nearness_matrix,
    quantiles,
)

SERIES = arrays(np.float64, st.integers(1, 40), elements=st.floats(-1e3, 1e3))
CORNERS = arrays(np.float64, st.tuples(st.integers(1, 6), st.just(2)), elements=st.floats(0, 500))
SIMILARITIES = arrays(np.float64, st.tuples(st.integers(0, 6), st.integers(0, 6)), elements=st.floats(0, 1))


def boxes_at(corners: FloatArray, size: float = 40.0) -> FloatArray:
    return np.column_stack((corners, corners + size))


def test_errors_by_hand() -> None:
    stats = error_stats([5, 7, 4, 6], [5, 5, 5, 5])
    assert stats.mae == pytest.approx(1.0)
    assert stats.rmse == pytest.approx(np.sqrt(6 / 4))
    assert stats.bias == pytest.approx(0.5)
    assert (stats.mean_truth, stats.samples) == (5.0, 4)


def test_no_errors_without_samples() -> None:
    stats = error_stats([], [])
    assert stats.samples == 0
    assert np.isnan([stats.mae, stats.rmse, stats.bias, stats.mean_truth]).all()


@pytest.mark.parametrize(
    ("measured", "truth"),
    [
        ([1.0, np.nan], [1.0, 1.0]),  # an unknown reading must never be compared as a number
        ([1.0], [np.inf]),
        ([1.0, 2.0], [1.0]),  # one truth must not be spread over many measurements
        ([[1.0]], [[1.0]]),
    ],
)
def test_errors_refuse_what_cannot_be_compared(measured: list[float], truth: list[float]) -> None:
    with pytest.raises(ValueError, match=r"unknown values|one length"):
        error_stats(measured, truth)


@given(SERIES, st.floats(-100, 100))
def test_a_constant_offset_is_all_bias(truth: FloatArray, offset: float) -> None:
    stats = error_stats(truth + offset, truth)
    assert stats.bias == pytest.approx(offset, abs=1e-6)
    assert stats.mae == pytest.approx(abs(offset), abs=1e-6)
    assert stats.rmse == pytest.approx(abs(offset), abs=1e-6)


@given(SERIES)
def test_bias_is_within_mae_is_within_rmse(measured: FloatArray) -> None:
    stats = error_stats(measured, np.zeros(len(measured)))
    assert abs(stats.bias) <= stats.mae + 1e-9
    assert stats.mae <= stats.rmse + 1e-9


def test_coverage_counts_the_ends_and_forgives_rounding() -> None:
    assert interval_coverage([0, 0, 2, 3], [1, 2, 3, 4], [1, 2.5, 2, 3 - 1e-12]) == pytest.approx(0.75)
    assert np.isnan(interval_coverage([], [], []))


def test_quantiles_leave_the_unmeasured_out() -> None:
    assert quantiles([np.nan, 1, 2, 3, np.nan], [0.0, 0.5, 0.75]).tolist() == [1.0, 2.0, 2.5]
    assert np.isnan(quantiles([np.nan], [0.5])).all()


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        ([0, 0, 10, 10], 1.0),
        ([5, 0, 15, 10], 50 / 150),  # half shifted: 50 shared of 150
        ([0, 0, 10, 5], 0.5),  # half as high
        ([10, 0, 20, 10], 0.0),  # edges touch
        ([30, 30, 40, 40], 0.0),
        ([3, 3, 3, 8], 0.0),  # no width, no area
    ],
)
def test_overlap_by_hand(other: list[float], expected: float) -> None:
    assert iou_matrix(np.array([[0.0, 0, 10, 10]]), np.array([other], dtype=float))[0, 0] == pytest.approx(expected)


@given(CORNERS, CORNERS)
def test_overlap_is_symmetric_and_a_share(a: FloatArray, b: FloatArray) -> None:
    overlap = iou_matrix(boxes_at(a), boxes_at(b))
    assert np.allclose(overlap, iou_matrix(boxes_at(b), boxes_at(a)).T)
    assert ((overlap >= 0) & (overlap <= 1 + 1e-12)).all()
    assert np.allclose(np.diag(iou_matrix(boxes_at(a), boxes_at(a))), 1.0)


def test_nobody_overlaps_with_nobody() -> None:
    nobody = np.empty((0, 4))
    assert iou_matrix(nobody, np.zeros((3, 4))).shape == (0, 3)
    assert iou_matrix(np.zeros((2, 4)), nobody).shape == (2, 0)
    assert nearness_matrix(nobody, image_points([[1, 1]])).shape == (0, 1)


def test_a_head_is_near_the_top_of_its_own_box() -> None:
    boxes = np.array([[0.0, 0, 20, 80], [100, 0, 120, 80]])
    near = nearness_matrix(boxes, image_points([[10, 0], [10, 20], [110, 40], [10, 85]]))
    assert near[0] == pytest.approx([1.0, 0.75, 0.0, 0.0], abs=1e-9)
    assert near[1, 2] == pytest.approx(0.5)


def test_matching_finds_two_pairs_where_the_greedy_one_finds_one() -> None:
    # Greedy takes 0.9 first and leaves row 1 with nothing.
    similarity = np.array([[0.9, 0.6], [0.8, 0.1]])
    rows, columns = match_pairs(similarity)
    assert list(zip(rows.tolist(), columns.tolist(), strict=True)) == [(0, 1), (1, 0)]


@given(SIMILARITIES, st.floats(0.05, 1))
def test_matching_is_one_to_one_and_never_below_the_bar(similarity: FloatArray, at_least: float) -> None:
    rows, columns = match_pairs(similarity, at_least)
    assert len(set(rows.tolist())) == len(rows) == len(set(columns.tolist()))
    assert (similarity[rows, columns] >= at_least).all()
    left = np.delete(np.delete(similarity, rows, axis=0), columns, axis=1)
    assert not (left >= at_least).any(), "a pair was left on the table"


def test_detection_scores_add_up_over_frames() -> None:
    total = detection_score(np.array([[0.7, 0.0], [0.4, 0.45], [0.0, 0.0]])) + detection_score(np.array([[1.0]]))
    assert total == DetectionScore(matched=2, found=4, present=3)
    assert total.precision == pytest.approx(0.5)
    assert total.recall == pytest.approx(2 / 3)


def test_two_finds_of_one_person_are_one_hit_and_one_mistake() -> None:
    assert detection_score(np.array([[0.9], [0.8]])) == DetectionScore(matched=1, found=2, present=1)


def test_precision_and_recall_of_nobody_are_not_numbers() -> None:
    nobody = DetectionScore()
    assert np.isnan(nobody.precision)
    assert np.isnan(nobody.recall)
