import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from throng.vision.boxes import Boxes, areas, clipped, iou_matrix, suppress

corner = st.floats(0, 500, allow_nan=False)


@st.composite
def boxes(draw: st.DrawFn) -> Boxes:
    n = draw(st.integers(0, 12))
    corners = draw(arrays(np.float64, (n, 2), elements=corner))
    sizes = draw(arrays(np.float64, (n, 2), elements=st.floats(1, 200)))
    return np.concatenate((corners, corners + sizes), axis=1)


def test_iou_of_known_boxes() -> None:
    first = np.array([[0, 0, 10, 10], [0, 0, 0, 0]], dtype=np.float64)
    second = np.array([[5, 0, 15, 10], [20, 20, 30, 30], [0, 0, 10, 10]], dtype=np.float64)
    assert iou_matrix(first, second) == pytest.approx(np.array([[1 / 3, 0, 1], [0, 0, 0]]))


@given(boxes(), boxes())
def test_iou_is_symmetric_and_at_most_one(first: Boxes, second: Boxes) -> None:
    overlap = iou_matrix(first, second)
    assert overlap.shape == (len(first), len(second))
    assert overlap == pytest.approx(iou_matrix(second, first).T)
    assert np.all((overlap >= 0) & (overlap <= 1 + 1e-9))


@given(boxes(), st.floats(0.1, 0.9), st.randoms(use_true_random=False))
def test_suppression_keeps_the_best_and_no_overlap(found: Boxes, max_iou: float, random: object) -> None:
    scores = np.linspace(0.9, 0.1, len(found))
    kept = suppress(found, scores, max_iou)
    left = iou_matrix(found[kept], found[kept]) - np.eye(len(kept))
    assert np.all(left <= max_iou + 1e-6)
    if len(found):
        assert kept[0] == 0
    dropped = np.setdiff1d(np.arange(len(found)), kept)
    assert np.all((iou_matrix(found[dropped], found[kept]) > max_iou - 1e-6).any(axis=1))


def test_suppression_has_no_cap() -> None:
    xs, ys = np.meshgrid(np.arange(60) * 12.0, np.arange(50) * 22.0)
    corners = np.column_stack((xs.ravel(), ys.ravel()))
    crowd = np.concatenate((corners, corners + np.array([10, 20])), axis=1)
    assert len(suppress(crowd, np.full(3000, 0.5), 0.5)) == 3000


def test_nobody_stays_nobody() -> None:
    assert len(suppress(np.empty((0, 4)), np.empty(0), 0.5)) == 0


def test_boxes_are_cut_at_the_edges_of_the_picture() -> None:
    cut = clipped(np.array([[-5.0, -5.0, 20.0, 700.0]]), (640, 480))
    assert cut.tolist() == [[0, 0, 20, 480]]
    assert areas(cut) == pytest.approx([9600])
