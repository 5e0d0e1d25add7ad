"""Whether the labels belong to the frames they are compared with, or to their neighbours."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from throng.core.points import FloatArray
from throng.core.scoring import iou_matrix, nearness_matrix
from throng.evaluation.clip import Look
from throng.evaluation.truth import Labelled, Truth

LONGEST_SHIFT = 10
"""Frames to either side that are tried."""

ENOUGH_FRAMES = 400
"""Of longer clips only so many frames, evenly spread, are tried: more do not change the answer."""

LEAST_FIT = 0.1
"""Below this fit too few people were found to tell."""

CLEARLY_BETTER = 1.01
"""By this factor another place must fit better before the labels count as shifted: one frame at a walk costs 3–10 %."""


@dataclass(frozen=True, slots=True)
class Alignment:
    """How well the labels fit when they are moved against the video.

    Attributes:
        best_shift: label frame − video frame where the fit is best; 0 when the labels are aligned, None when
            too little was found to tell.
        fit_at_best, fit_at_zero: how well the people labelled are covered by what was found, mean in [0, 1].
    """

    best_shift: int | None
    fit_at_best: float
    fit_at_zero: float


def similarity(boxes: FloatArray, labelled: Labelled) -> FloatArray:
    """Return how alike every box found and every person labelled are, (N, M) in [0, 1]: by overlap, or by the head."""
    if labelled.boxes is not None:
        return iou_matrix(boxes, labelled.boxes)
    return nearness_matrix(boxes, labelled.heads)


def align(looks: Sequence[Look], truth: Truth) -> Alignment:
    """Move the labels by up to `LONGEST_SHIFT` frames to either side and see where they fit best.

    The fit of a shift is the mean, over all people labelled, of the likeness to the box that is most like them.
    Of equal fits the shortest shift wins.
    """
    looks = looks[:: -(-len(looks) // ENOUGH_FRAMES)] if looks else looks
    shifts = sorted(range(-LONGEST_SHIFT, LONGEST_SHIFT + 1), key=abs)
    fits = {shift: _fit(looks, truth, shift) for shift in shifts}
    best = max(shifts, key=lambda shift: np.nan_to_num(fits[shift], nan=-1.0))
    if not fits[best] >= LEAST_FIT:
        return Alignment(None, fits[best], fits[0])
    if fits[best] < fits[0] * CLEARLY_BETTER:
        best = 0
    return Alignment(best, fits[best], fits[0])


def _fit(looks: Sequence[Look], truth: Truth, shift: int) -> float:
    """Mean likeness over the people labelled; NaN when nobody is."""
    likeness = [np.empty(0)]
    for look in looks:
        labelled = truth.at(look.sequence + shift)
        if labelled is None or look.boxes is None or len(labelled) == 0:
            continue
        likeness.append(similarity(look.boxes, labelled).max(axis=0, initial=0.0))
    people = np.concatenate(likeness)
    return float(people.mean()) if len(people) else float("nan")
