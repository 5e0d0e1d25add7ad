"""How far measured numbers are from the truth: pure functions on arrays."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import linear_sum_assignment

from throng.core.points import FloatArray, ImagePoints

IOU_MATCH = 0.5
"""Overlap from which a box counts as found (Pascal VOC and MOTChallenge)."""


@dataclass(frozen=True, slots=True)
class ErrorStats:
    """Errors of a series of numbers against the truth; NaN where there was nothing to compare.

    Attributes:
        mae: mean absolute error.
        rmse: root mean square error.
        bias: mean of measured − truth; positive reads too high.
        mean_truth: mean of the truth.
        samples: number of pairs that were compared.
    """

    mae: float
    rmse: float
    bias: float
    mean_truth: float
    samples: int


def error_stats(measured: ArrayLike, truth: ArrayLike) -> ErrorStats:
    r"""Compare two series of equal length.

    .. math:: MAE = \frac1n \sum |m_i - t_i|, \quad RMSE = \sqrt{\frac1n \sum (m_i - t_i)^2}, \quad
              bias = \frac1n \sum (m_i - t_i)

    Args:
        measured, truth: (N,) numbers of one unit.

    Returns:
        The errors; NaN with 0 samples when the series are empty.

    Raises:
        ValueError: the series differ in length, or hold something that is not a number; leave unknown readings out
            and count them apart.
    """
    m, t = np.asarray(measured, dtype=np.float64), np.asarray(truth, dtype=np.float64)
    if m.ndim != 1 or m.shape != t.shape:
        raise ValueError(f"expected two series of one length, got shapes {m.shape} and {t.shape}")
    if not (np.isfinite(m).all() and np.isfinite(t).all()):
        raise ValueError("unknown values cannot be compared: leave them out and count them apart")
    if len(m) == 0:
        return ErrorStats(np.nan, np.nan, np.nan, np.nan, 0)
    errors = m - t
    return ErrorStats(
        mae=float(np.abs(errors).mean()),
        rmse=float(np.sqrt((errors**2).mean())),
        bias=float(errors.mean()),
        mean_truth=float(t.mean()),
        samples=len(m),
    )


def interval_coverage(low: ArrayLike, high: ArrayLike, truth: ArrayLike) -> float:
    """Return the share of true values inside their intervals, ends included; NaN when there are none.

    Honest 90 % intervals hold the truth in 90 % of the cases or a little more.

    Args:
        low, high, truth: (N,) numbers of one unit.
    """
    t = np.asarray(truth, dtype=np.float64)
    if len(t) == 0:
        return float("nan")
    rounding = 1e-9
    above = np.asarray(low, dtype=np.float64) - rounding <= t
    below = t <= np.asarray(high, dtype=np.float64) + rounding
    return float((above & below).mean())


def quantiles(values: ArrayLike, shares: ArrayLike) -> FloatArray:
    """Return the quantiles of values, linear between neighbours; NaN for each share when there are no values.

    Args:
        values: (N,) numbers; NaN (not measured) is left out.
        shares: (Q,) in [0, 1].
    """
    v, q = np.asarray(values, dtype=np.float64), np.asarray(shares, dtype=np.float64)
    v = v[np.isfinite(v)]
    return np.full(q.shape, np.nan) if len(v) == 0 else np.asarray(np.quantile(v, q), dtype=np.float64)


def iou_matrix(a: FloatArray, b: FloatArray) -> FloatArray:
    """Return the overlap (intersection over union) of every box of `a` with every box of `b`.

    Args:
        a, b: (N, 4) and (M, 4) boxes x1, y1, x2, y2 in pixels.

    Returns:
        (N, M) in [0, 1]; 0 where a box has no area.
    """
    corner = np.maximum(a[:, None, :2], b[None, :, :2])
    opposite = np.minimum(a[:, None, 2:], b[None, :, 2:])
    shared = np.prod(np.clip(opposite - corner, 0, None), axis=2)
    together = _areas(a)[:, None] + _areas(b)[None, :] - shared
    return np.asarray(np.divide(shared, together, out=np.zeros_like(shared), where=together > 0), dtype=np.float64)


def nearness_matrix(boxes: FloatArray, heads: ImagePoints) -> FloatArray:
    r"""Return how well every box explains every head point: the counterpart of the overlap for truth in points.

    .. math:: s = \max(0, 1 - d / h)

    with d the distance from the middle of the upper edge of the box to the point and h the height of the box. It is
    0.5 or more when the point lies within half a body height of where the box has its head.

    Args:
        boxes: (N, 4) x1, y1, x2, y2 in pixels.
        heads: (M, 2) pixels.

    Returns:
        (N, M) in [0, 1].
    """
    tops = np.column_stack(((boxes[:, 0] + boxes[:, 2]) / 2, boxes[:, 1]))
    heights = np.maximum(boxes[:, 3] - boxes[:, 1], 1e-9)
    distance = np.linalg.norm(tops[:, None] - heads[None], axis=2)
    return np.asarray(np.clip(1 - distance / heights[:, None], 0, None), dtype=np.float64)


def match_pairs(similarity: FloatArray, at_least: float = IOU_MATCH) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Pair rows with columns one to one: as many pairs as possible, and of those the ones most alike.

    The assignment is the optimal one (Kuhn 1955), not greedy by score, so it does not depend on the order of the
    boxes or on scores that two detectors define differently.

    Args:
        similarity: (N, M) in [0, 1], such as overlaps.
        at_least: pairs less alike than this are never made.

    Returns:
        Rows and columns of the pairs, both (K,); empty when nothing is alike enough.
    """
    allowed = similarity >= at_least
    if not allowed.any():
        return np.empty(0, dtype=np.intp), np.empty(0, dtype=np.intp)
    one_more_pair = min(similarity.shape) + 1.0
    rows, columns = linear_sum_assignment(np.where(allowed, one_more_pair + similarity, 0.0), maximize=True)
    kept = allowed[rows, columns]
    return rows[kept], columns[kept]


@dataclass(frozen=True, slots=True)
class DetectionScore:
    """How many finds were people and how many people were found; sums of frames add up.

    Attributes:
        matched: pairs of a find and a person.
        found: finds.
        present: people.
    """

    matched: int = 0
    found: int = 0
    present: int = 0

    @property
    def precision(self) -> float:
        """Share of the finds that are people; NaN when nothing was found."""
        return self.matched / self.found if self.found else float("nan")

    @property
    def recall(self) -> float:
        """Share of the people that were found; NaN when nobody was there."""
        return self.matched / self.present if self.present else float("nan")

    def __add__(self, other: "DetectionScore") -> Self:
        return type(self)(self.matched + other.matched, self.found + other.found, self.present + other.present)


def detection_score(similarity: FloatArray, at_least: float = IOU_MATCH) -> DetectionScore:
    """Score one frame.

    Args:
        similarity: (N, M) of N finds with M people.
        at_least: how much a find must be like a person.
    """
    rows, _ = match_pairs(similarity, at_least)
    return DetectionScore(matched=len(rows), found=similarity.shape[0], present=similarity.shape[1])


def _areas(boxes: FloatArray) -> FloatArray:
    sides = np.clip(boxes[:, 2:] - boxes[:, :2], 0, None)
    return np.asarray(sides[:, 0] * sides[:, 1], dtype=np.float64)
