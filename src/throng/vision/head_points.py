"""Head points from the score map of a network: its local maxima, to a fraction of a cell."""

import cv2
import numpy as np
from numpy.typing import NDArray

from throng.core.observation import Heads
from throng.core.points import FloatArray

_WINDOW = np.ones((3, 3), dtype=np.uint8)


def find_heads(
    scores: NDArray[np.float32],
    cell_px: tuple[float, float],
    *,
    threshold: float,
    image_size: tuple[int, int] | None = None,
) -> Heads:
    """Find the local maxima of a score map; there is no upper limit to their number.

    A cell is a head when no neighbour scores higher; of neighbours with the very same score the first counts. The
    point is the centroid of the 3 × 3 cells around it, so that it does not jump from cell to cell.

    Args:
        scores: (h, w) float32 in [0, 1], how likely a head's centre lies in each cell.
        cell_px: width and height of a cell in pixels of the full frame.
        threshold: least score of a head.
        image_size: width and height of the full frame, in which all points then lie; None for no limit.

    Returns:
        The heads, row by row; empty where no score reaches the threshold.
    """
    highest = cv2.dilate(scores, _WINDOW, borderType=cv2.BORDER_CONSTANT, borderValue=-1.0)
    rows, columns = np.nonzero((scores >= highest) & (scores >= threshold))
    first = _first_of_plateaus(scores, rows, columns)
    rows, columns = rows[first], columns[first]
    cells = np.column_stack((columns, rows)) + _offsets(scores, rows, columns)
    points = (cells + 0.5) * np.asarray(cell_px) - 0.5
    if image_size is not None:
        points = np.clip(points, 0.0, np.asarray(image_size) - 1.0)
    return Heads.from_points(points, scores[rows, columns])


def _first_of_plateaus(
    scores: NDArray[np.float32], rows: NDArray[np.intp], columns: NDArray[np.intp]
) -> NDArray[np.bool_]:
    """Tell which maxima have no equal maximum left of or above them in their neighbourhood, (N,)."""
    order = np.full((scores.shape[0] + 2, scores.shape[1] + 2), len(rows), dtype=np.intp)
    order[rows + 1, columns + 1] = np.arange(len(rows))
    first = np.ones(len(rows), dtype=np.bool_)
    for dy, dx in ((-1, -1), (-1, 0), (-1, 1), (0, -1)):
        first &= order[rows + 1 + dy, columns + 1 + dx] == len(rows)
    return first


def _offsets(scores: NDArray[np.float32], rows: NDArray[np.intp], columns: NDArray[np.intp]) -> FloatArray:
    """Return the centroid of the neighbourhood relative to its middle, (N, 2) x, y in cells."""
    padded = np.pad(scores, 1).astype(np.float64)
    weight = np.zeros(len(rows))
    moment = np.zeros((len(rows), 2))
    for dy in (-1, 0, 1):
        for dx in (-1, 0, 1):
            score = padded[rows + 1 + dy, columns + 1 + dx]
            weight += score
            moment += score[:, None] * np.array([dx, dy])
    return np.asarray(moment / np.maximum(weight, 1e-12)[:, None], dtype=np.float64)
