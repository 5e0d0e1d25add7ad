"""How well head points name single people, and from which probability on they should count."""

import numpy as np
from scipy.spatial import KDTree

from throng.core.count_scores import f1, heads_score
from throng.core.observation import Heads
from throng.core.points import ImagePoints, Mask
from throng.core.scoring import DetectionScore
from throng.vision.counter_card import HeadPoints

THRESHOLDS = (0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6)
"""Probabilities that are tried."""

LOWEST_THRESHOLD = min(THRESHOLDS)

REACH_PX = 8.0
"""A point this near to a head has found it."""

APART_PX = 30.0
"""People without a neighbour within this distance stand apart."""

_LEAST_SHARE = 0.01


class HeadSkill:
    """Scores of head points over many pictures, at every threshold."""

    def __init__(self) -> None:
        self._all = dict.fromkeys(THRESHOLDS, DetectionScore())
        self._recalled = dict.fromkeys(THRESHOLDS, DetectionScore())
        self._right = dict.fromkeys(THRESHOLDS, DetectionScore())

    def add(self, heads: Heads, present: ImagePoints) -> None:
        """Take in one picture.

        Args:
            heads: found at `LOWEST_THRESHOLD`.
            present: (N, 2) pixels of the heads that are there.
        """
        for threshold in THRESHOLDS:
            found = ImagePoints(heads.points[heads.scores >= threshold])
            self._all[threshold] += heads_score(found, present, within_px=REACH_PX)
            lonely = ImagePoints(present[_apart(present)])
            self._recalled[threshold] += heads_score(found, lonely, within_px=REACH_PX)
            sure = ImagePoints(found[_apart(found)])
            self._right[threshold] += heads_score(sure, present, within_px=REACH_PX)

    def best(self) -> HeadPoints:
        """Return the threshold with the best F1 over all heads, with recall and precision where people stand apart."""
        threshold = max(THRESHOLDS, key=lambda t: np.nan_to_num(f1(self._all[t])))
        recall, precision = self._recalled[threshold].recall, self._right[threshold].precision
        return HeadPoints(threshold, *(max(_LEAST_SHARE, float(np.nan_to_num(v))) for v in (recall, precision)))


def _apart(points: ImagePoints) -> Mask:
    """Tell which points, (N, 2), have no neighbour near them."""
    if len(points) < 2:
        return np.ones(len(points), dtype=np.bool_)
    distances = np.asarray(KDTree(points).query(points, k=2)[0])
    return np.asarray(distances[:, 1] >= APART_PX, dtype=np.bool_)
