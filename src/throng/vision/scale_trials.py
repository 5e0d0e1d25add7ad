"""Which scale fits a picture that nobody has calibrated: the one at which the counter agrees with itself.

The picture is counted at several scales. Where heads have a size that the counter knows, a little larger or smaller
makes no difference, and it sees the same people in the same places; where they are too small it loses them, and where
the picture is blown up too far it sees people in its grain, and others at every scale.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from throng.core.density_map import DensityMap
from throng.core.points import FloatArray, Image
from throng.vision.ports import DensityCounter

SCALES: tuple[float, ...] = (0.125, 0.177, 0.25, 0.354, 0.5, 0.707, 1.0, 1.414, 2.0, 2.828, 4.0)
"""Scales that are tried, half an octave apart."""

LARGEST_INPUT_PX = 1_600_000
"""Pixels of the network's input beyond which a picture is not enlarged: more would cost more than it gives."""

FEWEST_PEOPLE = 3.0
"""With fewer people than this in the picture nobody can tell the scale."""

MOST_DISAGREEMENT = 0.3
"""Where even the best neighbouring scales differ by more, what the counter sees is no people: a haze of equal density
per network cell doubles from one scale to the next, which is a disagreement of a third."""

HEADS_WEIGHT = 0.03
"""How much twice as many head points speak for a scale, in disagreement: the large and near are seen at all scales."""

PEOPLE_WEIGHT = 0.1
"""How much twice as many people speak for a scale, in disagreement: a small picture that is enlarged too little agrees
with itself about the few who are large enough. Chosen on kept-back pictures made smaller, grey, by 2, 3 and 4."""

SPARSE_SCALES = (0.7, 1.0)
"""Between these scales is the one for a picture in which nobody can tell it."""

_SMALLEST_SIDE_PX = 96
_BLOCKS = 16
_BLUR_BLOCKS = 0.8
_STEPS = 4


@dataclass(frozen=True, slots=True, eq=False)
class ScaleCurve:
    """One picture counted at rising scales.

    Attributes:
        scales: (S,) scales that were tried, at least one.
        people: (S,) people at each.
        heads: (S,) head points at each.
        disagreement: (S - 1,) in [0, 1], how much the maps of neighbouring scales differ.
    """

    scales: FloatArray
    people: FloatArray
    heads: FloatArray
    disagreement: FloatArray


def try_scales(
    counter: DensityCounter, image: Image, *, scales: Sequence[float] = SCALES, limit_px: int = LARGEST_INPUT_PX
) -> ScaleCurve:
    r"""Count a picture at every scale that makes it neither tiny nor too large; at least at one.

    Two maps are compared in blocks of a sixteenth of the picture, a little smoothed,

    .. math:: d = \frac{\sum_b |m_b - m'_b|}{\sum_b (m_b + m'_b)}

    (Bray and Curtis, Ecological Monographs 27, 1957), so that equal counts of other people are no agreement.

    Args:
        counter: counts.
        image: (H, W, 3) uint8 BGR.
        scales: rising.
        limit_px: largest input of the network.
    """
    height, width = image.shape[:2]
    possible = [s for s in scales if width * height * s**2 <= limit_px and min(width, height) * s >= _SMALLEST_SIDE_PX]
    possible = possible or [min(1.0, float(np.sqrt(limit_px / (width * height))))]
    crowds = [counter.count([image], scale=s)[0] for s in possible]
    blocks = np.array([_in_blocks(crowd.density) for crowd in crowds])
    apart = np.abs(np.diff(blocks, axis=0)).sum(axis=(1, 2))
    both = (blocks[1:] + blocks[:-1]).sum(axis=(1, 2))
    return ScaleCurve(
        scales=np.array(possible),
        people=np.array([crowd.density.total for crowd in crowds]),
        heads=np.array([float(len(crowd.heads)) for crowd in crowds]),
        disagreement=np.divide(apart, both, out=np.ones_like(apart), where=both > 0),
    )


def best_scale(curves: Sequence[ScaleCurve]) -> float | None:
    """Return the scale at which pictures of one camera agree best with themselves; None where nobody can tell.

    The disagreements of the pictures are averaged, less a bonus for scales at which more people and more heads are
    found, and the least is taken, between the scales by a parabola and to a quarter of an octave: finer nobody can
    tell.

    Args:
        curves: of pictures of one size, at least one.
    """
    scales = curves[0].scales
    if len(scales) < 3:
        return None
    disagreement = np.mean([curve.disagreement for curve in curves], axis=0)
    people = np.mean([_between(curve.people) for curve in curves], axis=0)
    heads = np.mean([_between(np.log2(1 + curve.heads)) for curve in curves], axis=0)
    possible = (people >= FEWEST_PEOPLE) & (disagreement <= MOST_DISAGREEMENT)
    if not possible.any():
        return None
    cost = disagreement - HEADS_WEIGHT * heads - PEOPLE_WEIGHT * np.log2(1 + people)
    at = int(np.argmin(np.where(possible, cost, np.inf)))
    places = (np.log(scales[1:]) + np.log(scales[:-1])) / 2
    octaves = (places[at] + _vertex(cost, at) * (places[1] - places[0])) / np.log(2)
    return float(2 ** (round(octaves * _STEPS) / _STEPS))


def sparse_scale(curve: ScaleCurve) -> float:
    """Return the scale for a picture with so few people that nobody can tell it: where the fewest are seen.

    Somebody who is there is counted alike at neighbouring scales (one person on kept-back pictures as 0.9 at 0.7 and as
    1.0 at full size); a plant or a lamp that looks like a head does so at one scale and not at the next.

    Args:
        curve: of the picture.

    Returns:
        One of the tried scales within `SPARSE_SCALES`; 1 where none of them was tried.
    """
    fit = (curve.scales >= SPARSE_SCALES[0]) & (curve.scales <= SPARSE_SCALES[1])
    return float(curve.scales[np.argmin(np.where(fit, curve.people, np.inf))]) if fit.any() else 1.0


def _vertex(cost: FloatArray, at: int) -> float:
    """Return where the parabola through the least cost and its neighbours has its least, in steps from it."""
    if at in {0, len(cost) - 1}:
        return 0.0
    before, here, after = cost[at - 1 : at + 2]
    bend = before - 2 * here + after
    return float(np.clip((before - after) / (2 * bend), -0.5, 0.5)) if bend > 0 else 0.0


def _between(values: FloatArray) -> FloatArray:
    return np.asarray((values[1:] + values[:-1]) / 2, dtype=np.float64)


def _in_blocks(density: DensityMap) -> FloatArray:
    """Return the people in each of 16×16 blocks of the picture; a cell on a border is shared out by area."""
    totals = np.zeros((density.people.shape[0] + 1, density.people.shape[1] + 1))
    totals[1:, 1:] = density.people.cumsum(axis=0, dtype=np.float64).cumsum(axis=1)
    (width, height), (across, down) = density.image_size, density.cell_px
    rows = _at_borders(totals, height, down)
    blocks = np.diff(np.diff(_at_borders(rows.T, width, across).T, axis=0), axis=1)
    smooth = cv2.GaussianBlur(blocks, (0, 0), _BLUR_BLOCKS, borderType=cv2.BORDER_REFLECT)
    return np.asarray(smooth, dtype=np.float64)


def _at_borders(totals: FloatArray, side_px: int, cell_px: float) -> FloatArray:
    """Interpolate running totals (cells + 1, K) along their first axis at the borders of the blocks."""
    edges = np.minimum(np.arange(len(totals)) * cell_px, side_px)
    borders = np.linspace(0, side_px, _BLOCKS + 1)
    return np.array([np.interp(borders, edges, column) for column in totals.T]).T
