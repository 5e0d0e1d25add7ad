"""Boxes x1, y1, x2, y2 in pixels: overlap, suppression, joining."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from throng.core.observation import Persons

Boxes = NDArray[np.float64]
Scores = NDArray[np.float64]


def areas(boxes: Boxes) -> NDArray[np.float64]:
    """Return the area of each box (N, 4) in px², 0 for a box turned inside out."""
    return np.clip(boxes[:, 2] - boxes[:, 0], 0, None) * np.clip(boxes[:, 3] - boxes[:, 1], 0, None)


def intersections(first: Boxes, second: Boxes) -> NDArray[np.float64]:
    """Return the common area of every pair in px², shape (N, M)."""
    top_left = np.maximum(first[:, None, :2], second[None, :, :2])
    bottom_right = np.minimum(first[:, None, 2:], second[None, :, 2:])
    sides: NDArray[np.float64] = np.clip(bottom_right - top_left, 0, None)
    return sides[..., 0] * sides[..., 1]


def iou_matrix(first: Boxes, second: Boxes) -> NDArray[np.float64]:
    """Return intersection over union of every pair, shape (N, M) in [0, 1]; 0 where both boxes are empty."""
    common = intersections(first, second)
    union = areas(first)[:, None] + areas(second)[None, :] - common
    return np.divide(common, union, out=np.zeros_like(common), where=union > 0)


def suppress(boxes: Boxes, scores: Scores, max_iou: float) -> NDArray[np.intp]:
    """Greedy non-maximum suppression without a cap on the number of boxes.

    Args:
        boxes: (N, 4).
        scores: (N,).
        max_iou: a box that overlaps a better one by more than this is dropped.

    Returns:
        Indices of the boxes that stay, best first; empty when there are none.
    """
    if len(boxes) == 0:
        return np.empty(0, dtype=np.intp)
    sizes = boxes[:, 2:] - boxes[:, :2]
    rectangles = np.concatenate((boxes[:, :2], sizes), axis=1)
    # Without top_k (the default 0) OpenCV keeps every box that survives.
    kept = cv2.dnn.NMSBoxes(rectangles.tolist(), scores.tolist(), score_threshold=0.0, nms_threshold=max_iou)
    return np.asarray(kept, dtype=np.intp).reshape(-1)


def clipped(boxes: Boxes, size: tuple[int, int]) -> Boxes:
    """Cut boxes at the edges of a picture of `size` (width, height)."""
    width, height = size
    return np.clip(boxes, 0.0, np.array([width, height, width, height], dtype=np.float64))


def joined(parts: Sequence[Persons]) -> Persons:
    """Put persons together, in order, with their track ids; nobody when there are no parts."""
    if not parts:
        return Persons.empty()
    return Persons(
        boxes=np.concatenate([p.boxes for p in parts]),
        scores=np.concatenate([p.scores for p in parts]),
        track_ids=np.concatenate([p.track_ids for p in parts]),
    )
