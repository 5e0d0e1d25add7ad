"""Is this scene like those that the counter was trained on, and do detector and counter agree?"""

import json
import re
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from throng.core.count_interval import count_interval
from throng.core.estimate import Estimate
from throng.core.points import FloatArray

FEWEST_PICTURES = 20
"""From fewer pictures than this the limit cannot be told from chance."""

LIMIT_SHARE = 0.98
"""Share of pictures like those of the training whose distance lies within the limit."""

CAUTIOUS_PRECISION = 0.8
"""For detectors whose precision nobody named."""

CROWDED = 30.0
"""From about so many people up, detectors lose people behind each other, whatever their recall is elsewhere."""

_FOLDS = 10
_STILL = 1e-2
_NUMBER = re.compile(r"\d+([.,]\d+)*")
_DIGITS = 6


@dataclass(frozen=True, slots=True, eq=False)
class DomainCheck:
    r"""How far the features of a picture lie from those of the training pictures.

    .. math:: d(s) = \frac1K \, |W (s - \mu)|^2

    the squared Mahalanobis distance (Lee et al., NeurIPS 2018) of the pooled features s, divided by their number, so
    that it is about 1 for a picture of the training.

    Attributes:
        mean: (C,) float64, :math:`\mu`.
        whitening: (K, C) float64, W, with :math:`W^T W` the inverse of the shrunk covariance.
        limit: distance from which a scene counts as unlike the training, > 0.
    """

    mean: FloatArray
    whitening: FloatArray
    limit: float

    def __post_init__(self) -> None:
        if self.mean.ndim != 1 or self.whitening.ndim != 2 or self.whitening.shape[1:] != self.mean.shape:
            raise ValueError(
                f"expected a mean (C,) and a whitening (K, C), got {self.mean.shape} and {self.whitening.shape}"
            )
        if not (np.isfinite(self.mean).all() and np.isfinite(self.whitening).all() and 0 < self.limit < np.inf):
            raise ValueError("expected a finite mean and whitening and a limit above 0")

    def distance(self, signature: NDArray[np.floating]) -> float:
        """Return the distance of one picture.

        Args:
            signature: (C,) pooled features.

        Raises:
            ValueError: they have another length.
        """
        if signature.shape != self.mean.shape:
            raise ValueError(f"expected a signature of shape {self.mean.shape}, got {signature.shape}")
        return float(np.square(self.whitening @ (signature - self.mean)).mean())

    def warning(self, distance: float, *, counter: str) -> str | None:
        """Say that a scene is unlike the training; None where it is not.

        Args:
            distance: of one picture, or smoothed over the last ones.
            counter: name of the counter.
        """
        if distance <= self.limit:
            return None
        return (
            f"the scene is unlike the pictures that {counter} was trained on (distance {distance:.1f}, limit "
            f"{self.limit:.1f}): the count may be wrong; check it against a count by eye"
        )

    def to_json(self) -> str:
        """Return the check as a JSON object."""
        mean, whitening = _rounded(self.mean), _rounded(self.whitening)
        return json.dumps({"mean": mean, "whitening": whitening, "limit": self.limit}, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read what `to_json` wrote.

        Raises:
            ValueError: it is something else.
        """
        read = json.loads(text)
        if not isinstance(read, dict) or set(read) != {"mean", "whitening", "limit"}:
            raise ValueError(f"expected a JSON object with mean, whitening and limit, got {text[:80]!r}")
        try:
            mean, whitening = (np.asarray(read[key], dtype=np.float64) for key in ("mean", "whitening"))
            return cls(mean, whitening, float(read["limit"]))
        except TypeError as error:
            raise ValueError(f"expected numbers for mean, whitening and limit: {error}") from error

    @classmethod
    def fit(cls, signatures: ArrayLike, *, limit_share: float = LIMIT_SHARE, seed: int = 0) -> Self:
        """Learn from the pictures of the training what is usual.

        The limit is a quantile of the distances of pictures that mean and covariance were not made from, a tenth at a
        time; on its own pictures every fit looks too good.

        Args:
            signatures: (N, C) pooled features, one row per picture, N >= 20.
            limit_share: share of such pictures that are to lie within the limit.
            seed: of the dealing into tenths.

        Raises:
            ValueError: there are too few pictures, or numbers that are not finite.
        """
        x = np.asarray(signatures, dtype=np.float64)
        if x.ndim != 2 or len(x) < FEWEST_PICTURES or not np.isfinite(x).all():
            raise ValueError(f"expected finite signatures (N, C) of at least {FEWEST_PICTURES} pictures, got {x.shape}")
        fold = np.random.default_rng(seed).permutation(len(x)) % _FOLDS
        distances = np.empty(len(x))
        for number in range(_FOLDS):
            held = fold == number
            check = cls(*_usual(x[~held]), limit=1.0)
            distances[held] = [check.distance(row) for row in x[held]]
        return cls(*_usual(x), limit=float(np.quantile(distances, limit_share, method="higher")))


def disagreement(
    count: Estimate, *, detected: int, recall: float, precision: float = CAUTIOUS_PRECISION
) -> tuple[str, ...]:
    """Say that a detector and a counter disagree by more than their errors explain; empty where they do not.

    A counter that sees fewer people than the detector is suspect in any scene. The other way round it is so only where
    few people are: in a crowd people hide each other, which the recall of a detector does not tell.

    Args:
        count: of the counter over the whole picture, with its interval.
        detected: people that the detector found in the same picture.
        recall, precision: of the detector.
    """
    present = count_interval(detected, recall=recall, precision=precision)
    if count.high < present.low:
        told = f"the detector finds {detected} people where the counter counts {count.value:.0f}"
    elif count.low > present.high and count.value < CROWDED:
        told = f"the counter counts {count.value:.0f} people where the detector finds {detected}"
    else:
        return ()
    return (f"{told}, which their errors do not explain: one of them is wrong; check the count by eye",)


class WarningFilter:
    """Keeps the warnings of one camera from flickering: told is what held in most of the last looks.

    Two warnings that differ in their numbers only are one; the newest text is told.

    Args:
        window_s: over how many seconds of the stream.
        share: in what share of the looks in that time a warning must have come.
    """

    def __init__(self, *, window_s: float = 10.0, share: float = 0.5) -> None:
        self._window_s = window_s
        self._share = share
        self._looks: deque[tuple[float, dict[str, str]]] = deque()

    def steady(self, pts_s: float, warnings: Sequence[str]) -> tuple[str, ...]:
        """Take in the warnings of one frame and return those to be told.

        Args:
            pts_s: time of the frame; frames come in order.
            warnings: of this frame.
        """
        self._looks.append((pts_s, {_NUMBER.sub("#", text): text for text in warnings}))
        while self._looks[0][0] <= pts_s - self._window_s:
            self._looks.popleft()
        newest: dict[str, str] = {}
        for _, told in self._looks:
            newest |= told
        seen = Counter(kind for _, told in self._looks for kind in told)
        return tuple(newest[kind] for kind in newest if seen[kind] >= self._share * len(self._looks))


def _usual(x: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the mean and the whitening of the shrunk covariance of features brought to one spread."""
    mean, spread = x.mean(axis=0), x.std(axis=0)
    # A feature that hardly moves would make every new picture look strange.
    spread = np.maximum(spread, max(_STILL * float(np.median(spread)), 1e-9))
    values, vectors = np.linalg.eigh(_shrunk_covariance((x - mean) / spread))
    floor = max(float(values[-1]) * 1e-10, 1e-12)
    return mean, np.asarray((vectors / np.sqrt(np.maximum(values, floor))).T / spread, dtype=np.float64)


def _shrunk_covariance(centred: FloatArray) -> FloatArray:
    r"""Return the covariance drawn towards a multiple of the identity, (C, C).

    .. math:: \Sigma = (1 - \lambda) S + \lambda T, \quad T = \frac{\mathrm{tr} S}{C} I, \quad
              \lambda = \min\left(1, \frac{\sum_i |x_i x_i^T - S|^2}{N^2 \, |S - T|^2}\right)

    (Ledoit and Wolf, J. Multivariate Analysis 88, 2004).
    """
    n, c = centred.shape
    sample = centred.T @ centred / n
    target = np.trace(sample) / c * np.eye(c)
    apart = float(np.square(sample - target).sum())
    chance = (float(np.square(np.square(centred).sum(axis=1)).sum()) / n - float(np.square(sample).sum())) / n
    share = 1.0 if apart <= 0 else min(1.0, max(0.0, chance / apart))
    return np.asarray((1 - share) * sample + share * target, dtype=np.float64)


def _rounded(values: FloatArray) -> list[float] | list[list[float]]:
    """Round to six significant digits, so that the text stays short."""
    with np.errstate(divide="ignore"):
        digits = _DIGITS - 1 - np.floor(np.log10(np.abs(values)))
    scale = 10.0 ** np.where(np.isfinite(digits), digits, 0.0)
    rounded = np.round(values * scale) / scale
    listed: list[float] | list[list[float]] = rounded.tolist()
    return listed
