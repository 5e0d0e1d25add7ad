"""How far a density map's count can be off: a variance for every count, and 90 % intervals that were measured."""

import json
from dataclasses import asdict, dataclass
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import minimize

from throng.core.estimate import Estimate
from throng.core.points import FloatArray, Mask

COVERAGE = 0.9
"""Share of the true counts that an interval is to hold."""

LEAST_HALF_WIDTH = 0.5
"""People are whole: no interval is narrower than half a person to either side."""

FEWEST_PICTURES = 20
"""From fewer samples than this a 5 % tail cannot be told from chance."""

_LEAST_VARIANCE = (LEAST_HALF_WIDTH / 1.645) ** 2
_TRUSTED_SIGMAS = 3.0
_STARTS = ((0.1, 0.05), (1.0, 0.1), (3.0, 0.3))
_SMALLEST, _LARGEST = 1e-6, 1e4


@dataclass(frozen=True, slots=True)
class CountErrorModel:
    r"""The error of a count n read from a density map.

    .. math:: \sigma^2(n) = a \, n + (r \, n)^2, \quad
              [\, n - q_{low} \, \sigma(n), \; n + q_{high} \, \sigma(n) \,]

    Errors of single people are independent, so that their variances add (a per person); errors of a whole scene, such
    as a wrong scale, are shared by everybody in it (the share r). The two q are conformal quantiles of errors on
    pictures that the network was not trained on (Lei et al., JASA 113, 2018), one for each side, so that a biased
    network gets an interval that leans to the right side.

    Attributes:
        per_person: a, variance in people² per person, >= 0.
        relative: r, standard deviation as a share of the count, >= 0.
        q_low, q_high: how many standard deviations the 90 % interval reaches down and up, >= 0.
    """

    per_person: float
    relative: float
    q_low: float
    q_high: float

    def __post_init__(self) -> None:
        values = (self.per_person, self.relative, self.q_low, self.q_high)
        if not all(np.isfinite(values)) or min(values) < 0:
            raise ValueError(f"expected four finite numbers >= 0, got {values}")

    def variance(self, n: float) -> float:
        """Return the variance of a count of n people, in people².

        Raises:
            ValueError: the count is negative or no number.
        """
        if not n >= 0:
            raise ValueError(f"expected a count >= 0, got {n}")
        return self.per_person * n + (self.relative * n) ** 2

    def interval(self, n: float) -> Estimate:
        """Return a count with its 90 % interval: at least half a person to either side, never below 0.

        Raises:
            ValueError: the count is negative or no number.
        """
        return self.around(n, self.variance(n))

    def around(self, n: float, variance: float) -> Estimate:
        """Return a count with the 90 % interval of another variance, such as that of a fused count.

        Raises:
            ValueError: the count or the variance is negative or no number.
        """
        if not (n >= 0 and variance >= 0):
            raise ValueError(f"expected a count and a variance >= 0, got {n} and {variance}")
        sigma = np.sqrt(variance)
        low = max(0.0, n - max(LEAST_HALF_WIDTH, self.q_low * sigma))
        return Estimate(float(n), float(low), float(n + max(LEAST_HALF_WIDTH, self.q_high * sigma)))

    def covers(self, counts: ArrayLike, truths: ArrayLike) -> Mask:
        """Tell which true counts lie in the interval of what was counted, (N,), ends included."""
        estimates = [self.interval(float(n)) for n in np.asarray(counts, dtype=np.float64)]
        low, high = np.array([(e.low, e.high) for e in estimates], dtype=np.float64).reshape(-1, 2).T
        t = np.asarray(truths, dtype=np.float64)
        return np.asarray((low - 1e-9 <= t) & (t <= high + 1e-9), dtype=np.bool_)

    def to_json(self) -> str:
        """Return the model as a JSON object."""
        return json.dumps({name: round(value, 6) for name, value in asdict(self).items()})

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read what `to_json` wrote.

        Raises:
            ValueError: it is something else.
        """
        read = json.loads(text)
        names = ("per_person", "relative", "q_low", "q_high")
        if not isinstance(read, dict) or set(read) != set(names):
            raise ValueError(f"expected a JSON object with {', '.join(names)}, got {text[:80]!r}")
        if not all(isinstance(read[name], int | float) for name in names):
            raise ValueError(f"expected numbers for {', '.join(names)}, got {text[:80]!r}")
        return cls(*(float(read[name]) for name in names))

    @classmethod
    def fit(cls, counts: ArrayLike, truths: ArrayLike, *, weights: ArrayLike | None = None) -> Self:
        """Fit the model to counts of pictures that the network was not trained on.

        Blocks of pictures tell the error of single people from that of whole scenes: give whole pictures and their
        quarters, sixteenths, … together. The variance is that of greatest likelihood for errors of a normal
        distribution whose tails beyond three standard deviations fall with a power, so that a few wild pictures do
        not decide (Huber 1964, proposal 2).

        Args:
            counts: (N,) people that were counted, >= 0.
            truths: (N,) people that are labelled.
            weights: (N,) how much each sample weighs, None for equal; the 16 blocks of a picture may share the weight
                of one.

        Raises:
            ValueError: there are fewer than 20 samples, or the arrays do not fit together.
        """
        n, t, w = _checked(counts, truths, weights)
        per_person, relative = _likeliest(n, t - n, w)
        z = (t - n) / _sigmas(per_person, relative, n)
        tail = (1 - COVERAGE) / 2
        return cls(per_person, relative, _reach(-z, w, tail), _reach(z, w, tail))


UNMEASURED = CountErrorModel(per_person=2.0, relative=0.35, q_low=1.645, q_high=1.645)
"""For counters whose errors nobody measured: twice those of trained networks on scenes they have never seen."""


def held_out_coverage(
    counts: ArrayLike,
    truths: ArrayLike,
    *,
    pictures: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    folds: int = 10,
    seed: int = 0,
) -> Mask:
    """Tell which truths lie in the interval of a model that was fitted without their picture.

    The mean over the whole pictures is the coverage to expect on new ones; honest intervals have 0.85 to 0.95.

    Args:
        counts: (N,) people that were counted.
        truths: (N,) people that are labelled.
        pictures: (N,) which picture each sample is of, None where each is one of its own; the blocks of a picture
            are never split between fit and test.
        weights: as in `CountErrorModel.fit`.
        folds: in how many parts the pictures are dealt out.
        seed: of the dealing.

    Returns:
        (N,) in the order of the samples.

    Raises:
        ValueError: as in `CountErrorModel.fit`, for any fold.
    """
    n, t, w = _checked(counts, truths, weights)
    groups = np.arange(len(n)) if pictures is None else np.unique(np.asarray(pictures), return_inverse=True)[1]
    if groups.shape != n.shape:
        raise ValueError(f"expected the picture of each of {len(n)} samples, got shape {groups.shape}")
    order = np.random.default_rng(seed).permutation(int(groups.max()) + 1)
    fold = order[groups] % folds
    covered = np.zeros(len(n), dtype=np.bool_)
    for number in np.unique(fold):
        held = fold == number
        covered[held] = CountErrorModel.fit(n[~held], t[~held], weights=w[~held]).covers(n[held], t[held])
    return covered


def _checked(
    counts: ArrayLike, truths: ArrayLike, weights: ArrayLike | None
) -> tuple[FloatArray, FloatArray, FloatArray]:
    n, t = np.asarray(counts, dtype=np.float64), np.asarray(truths, dtype=np.float64)
    w = np.ones_like(n) if weights is None else np.asarray(weights, dtype=np.float64)
    if n.ndim != 1 or not n.shape == t.shape == w.shape:
        raise ValueError(f"expected series of one length, got shapes {n.shape}, {t.shape} and {w.shape}")
    if len(n) < FEWEST_PICTURES:
        raise ValueError(f"expected at least {FEWEST_PICTURES} samples to fit an interval to, got {len(n)}")
    if not (np.isfinite([n, t, w]).all() and min(n.min(), t.min()) >= 0 and w.min() >= 0 and w.sum() > 0):
        raise ValueError("expected finite counts, truths and weights >= 0")
    return n, t, w


def _sigmas(per_person: float, relative: float, n: FloatArray) -> FloatArray:
    return np.asarray(np.sqrt(np.maximum(per_person * n + (relative * n) ** 2, _LEAST_VARIANCE)), dtype=np.float64)


def _likeliest(n: FloatArray, errors: FloatArray, w: FloatArray) -> tuple[float, float]:
    """Return the two numbers of the variance under which the errors are most likely."""

    def cost(logs: NDArray[np.float64]) -> float:
        sigma = _sigmas(float(np.exp(logs[0])), float(np.exp(logs[1])), n)
        z = np.abs(errors) / sigma
        far = np.maximum(z / _TRUSTED_SIGMAS, 1.0)
        loss = np.minimum(z, _TRUSTED_SIGMAS) ** 2 / 2 + _TRUSTED_SIGMAS**2 * np.log(far)
        return float(np.sum(w * (np.log(sigma) + loss)) / w.sum())

    bounds = [(np.log(_SMALLEST), np.log(_LARGEST))] * 2
    fits = [minimize(cost, np.log(start), method="Nelder-Mead", bounds=bounds) for start in _STARTS]
    best = min(fits, key=lambda fit: float(fit.fun)).x
    return float(np.exp(best[0])), float(np.exp(best[1]))


def _reach(z: FloatArray, w: FloatArray, tail: float) -> float:
    """Return the conformal quantile: the new sample counts as one of average weight that lies beyond all others."""
    order = np.argsort(z)
    heap = np.cumsum(w[order]) / (w.sum() + w.mean())
    place = min(int(np.searchsorted(heap, 1 - tail)), len(z) - 1)
    return max(0.0, float(z[order[place]]))
