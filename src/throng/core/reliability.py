"""How far foretold probabilities can be trusted: Brier score, skill and reliability."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

BINS = 10


@dataclass(frozen=True, slots=True)
class ReliabilityBin:
    """What came of the forecasts within one tenth of probability.

    Attributes:
        forecast: mean of their probabilities.
        happened: share of them that came true.
        samples: how many.
    """

    forecast: float
    happened: float
    samples: int


@dataclass(frozen=True, slots=True)
class BrierScore:
    """How good probabilities were; NaN where there was nothing to judge.

    Attributes:
        brier: mean squared distance from what happened, 0 for a prophet.
        reference: the same for always saying how often it happens.
        skill: 1 − brier / reference; above 0 is better than that; NaN where it always or never happened.
        base_rate: how often it happened.
        samples: forecasts judged.
        bins: those that hold a forecast, by rising probability.
    """

    brier: float
    reference: float
    skill: float
    base_rate: float
    samples: int
    bins: tuple[ReliabilityBin, ...]


def brier_score(probabilities: ArrayLike, happened: ArrayLike) -> BrierScore:
    r"""Judge forecasts (Brier 1950).

    .. math:: B = \frac1n \sum (p_i - o_i)^2, \quad B_{ref} = \bar o (1 - \bar o), \quad skill = 1 - B / B_{ref}

    Args:
        probabilities: (N,) in [0, 1].
        happened: (N,) whether it came true.
    """
    p, o = np.asarray(probabilities, dtype=np.float64), np.asarray(happened, dtype=np.float64)
    if p.ndim != 1 or p.shape != o.shape:
        raise ValueError(f"expected two series of one length, got shapes {p.shape} and {o.shape}")
    if not ((p >= 0) & (p <= 1)).all():
        raise ValueError("expected probabilities in [0, 1]")
    if len(p) == 0:
        return BrierScore(np.nan, np.nan, np.nan, np.nan, 0, ())
    brier, base_rate = float(((p - o) ** 2).mean()), float(o.mean())
    reference = base_rate * (1 - base_rate)
    chosen = np.minimum((p * BINS).astype(np.int64), BINS - 1)
    bins = tuple(
        ReliabilityBin(float(p[chosen == i].mean()), float(o[chosen == i].mean()), int((chosen == i).sum()))
        for i in np.unique(chosen)
    )
    return BrierScore(brier, reference, 1 - brier / reference if reference > 0 else np.nan, base_rate, len(p), bins)
