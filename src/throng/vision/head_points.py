"""From a map of scores to points: where the heads are."""

import cv2
import numpy as np
from numpy.typing import NDArray

from throng.core.observation import Heads
from throng.core.points import FloatArray, Mask

_NEIGHBOURHOOD = np.ones((3, 3), dtype=np.uint8)

Indices = NDArray[np.intp]
Scores = NDArray[np.float32]


def find_heads(
    scores: Scores, cell_px: tuple[float, float], *, threshold: float, image_size: tuple[int, int] | None = None
) -> Heads:
    """Return a head at every local maximum of a score map; there is no limit to their number.

    A cell is a maximum when none of its eight neighbours is higher; neighbours that are equal are one head in their
    middle. Within the cell the head lies at the peak of the parabolas through the cell and its neighbours.

    Args:
        scores: (h, w) float32, probability of each cell to hold a head.
        cell_px: width and height of a cell in pixels of the full frame.
        threshold: least score of a head.
        image_size: width and height of the picture in pixels, None for one that ends with the cells; heads in a cell
            that reaches over its edge are put on the edge.

    Returns:
        Heads in pixels of the full frame; empty when nobody is there.

    Raises:
        ValueError: the scores are no map, or not all finite.
    """
    if scores.ndim != 2 or not np.isfinite(scores).all():
        raise ValueError(f"scores: expected finite numbers of shape (h, w), got shape {scores.shape}")
    if scores.size == 0:
        return Heads.empty()
    rows, columns, found = _summits(scores, _peaks(scores, threshold))
    width, height = image_size or (scores.shape[1] * cell_px[0], scores.shape[0] * cell_px[1])
    x = np.clip((columns + 0.5) * cell_px[0] - 0.5, 0, max(width - 1, 0))
    y = np.clip((rows + 0.5) * cell_px[1] - 0.5, 0, max(height - 1, 0))
    return Heads.from_points(np.column_stack((x, y)), np.clip(found, 0, 1))


def _peaks(scores: Scores, threshold: float) -> Mask:
    """Mark the cells of all local maxima, (h, w)."""
    peaks: Mask = (scores >= threshold) & (scores == cv2.dilate(scores, _NEIGHBOURHOOD))
    while True:
        # A cell that touches an equal one which is no peak lies on a shoulder, not on a summit.
        others = np.where(peaks, np.float32(-np.inf), scores)
        shoulders = peaks & (cv2.dilate(others, _NEIGHBOURHOOD) == scores)
        if not shoulders.any():
            return peaks
        peaks &= ~shoulders


def _summits(scores: Scores, peaks: Mask) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return fractional rows, columns and the scores of the summits, each a group of equal cells that touch."""
    count, labels = cv2.connectedComponents(peaks.astype(np.uint8), connectivity=8, ltype=cv2.CV_32S)
    rows, columns = np.nonzero(peaks)
    group = labels[rows, columns] - 1
    cells = np.bincount(group, minlength=count - 1)
    down, across = _offsets(scores, rows, columns)
    alone = cells[group] == 1

    def mean(values: NDArray[np.floating]) -> FloatArray:
        return np.asarray(np.bincount(group, values, count - 1) / cells, dtype=np.float64)

    return mean(rows + alone * down), mean(columns + alone * across), mean(scores[rows, columns])


def _offsets(scores: Scores, rows: Indices, columns: Indices) -> tuple[FloatArray, FloatArray]:
    """Return how far below and right of the cell's centre the parabolas have their peaks, within half a cell."""
    framed = cv2.copyMakeBorder(scores, 1, 1, 1, 1, cv2.BORDER_REFLECT_101).astype(np.float64)
    r, c = rows + 1, columns + 1
    down = _vertex(framed[r - 1, c], framed[r, c], framed[r + 1, c])
    return down, _vertex(framed[r, c - 1], framed[r, c], framed[r, c + 1])


def _vertex(before: FloatArray, here: FloatArray, after: FloatArray) -> FloatArray:
    bend = before - 2 * here + after
    offset = np.divide(before - after, 2 * bend, out=np.zeros_like(here), where=bend < -1e-9)
    return np.asarray(np.clip(offset, -0.5, 0.5), dtype=np.float64)
