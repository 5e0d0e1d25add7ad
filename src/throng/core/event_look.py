"""What the rules for events see of one sample, and what they answer."""

from dataclasses import dataclass
from math import inf

import numpy as np
from numpy.typing import NDArray

from throng.core.crowd_sample import CrowdSample
from throng.core.points import FloatArray, Mask

MOVING_MPS = 0.4
"""Whoever is faster walks. Above the sway of a body and the jitter of a box."""

_FASTEST_MPS = 5.0
"""Nobody in a crowd is faster: more is a track that jumped."""

_SECTORS = 8


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """The people inside a zone at one time.

    Attributes:
        sample: what it was made from.
        ids: (N,) int64, -1 for not followed.
        ground: (N, 2) site metres, all finite.
        velocities_mps: (N, 2) m/s, NaN where unknown.
        weights: (N,) people.
        speeds_mps: (N,) m/s, at most 5, NaN where unknown.
        known: (N,) the velocity is known.
    """

    sample: CrowdSample
    ids: NDArray[np.int64]
    ground: FloatArray
    velocities_mps: FloatArray
    weights: FloatArray
    speeds_mps: FloatArray
    known: Mask

    @property
    def at_s(self) -> float:
        """Stream time."""
        return self.sample.at_s

    @property
    def blind(self) -> bool:
        """Nobody is seen and nobody says that the zone is empty."""
        return len(self.ids) == 0 and self.sample.density_per_m2 is None

    @property
    def people(self) -> float:
        """How many there are."""
        return float(self.weights.sum())

    @property
    def followed_share(self) -> float:
        """Share of the people whose velocity is known; 1 for nobody."""
        return float(self.weights[self.known].sum()) / self.people if self.people > 0 else 1.0


def look_at(sample: CrowdSample, inside: Mask) -> Look:
    """Take the people inside the zone out of a sample; velocities beyond 5 m/s are cut to it."""
    velocities = sample.velocities_mps[inside]
    velocities = np.where(np.isfinite(velocities).all(axis=1, keepdims=True), velocities, np.nan)
    speeds = np.hypot(velocities[:, 0], velocities[:, 1])
    cut = np.minimum(1.0, _FASTEST_MPS / np.maximum(speeds, 1e-9))
    return Look(
        sample=sample,
        ids=sample.ids[inside],
        ground=np.asarray(sample.ground[inside], dtype=np.float64),
        velocities_mps=velocities * cut[:, None],
        weights=sample.weights[inside],
        speeds_mps=np.minimum(speeds, _FASTEST_MPS),
        known=np.isfinite(speeds),
    )


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a rule says of one look.

    Attributes:
        score: 0.5 is where the event begins, 1 is beyond doubt.
        evidence: the numbers behind it, in plain words.
        at_m: where, None for nowhere in particular.
    """

    score: float
    evidence: tuple[str, ...] = ()
    at_m: tuple[float, float] | None = None


CALM = Verdict(0.0)
"""Measured, and nothing happens."""


def grade(value: float, *, nothing: float, begins: float, full: float) -> float:
    """Return 0 up to `nothing`, 0.5 at `begins` and 1 from `full` on, straight between them; rising limits."""
    return float(np.interp(value, (nothing, begins, full), (0.0, 0.5, 1.0)))


def weighted_median(values: FloatArray, weights: FloatArray) -> float:
    """Return the value that half of the weight lies below; NaN for no weight."""
    if len(values) == 0 or weights.sum() <= 0:
        return float("nan")
    order = np.argsort(values)
    below = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(below, below[-1] / 2)])


def order_of(look: Look, *, above_mps: float) -> tuple[float, float]:
    """Return polarisation and direction entropy of those who are faster; NaN for fewer than three.

    The entropy is over 8 sectors, 0 for one of them and 1 for all alike.
    """
    fast = look.known & (look.speeds_mps > above_mps)
    if fast.sum() < 3:
        return float("nan"), float("nan")
    units = look.velocities_mps[fast] / look.speeds_mps[fast, None]
    weights = look.weights[fast]
    mean = weights @ units / weights.sum()
    sector = np.floor((np.arctan2(units[:, 1], units[:, 0]) / (2 * np.pi) + 0.5) * _SECTORS).astype(int) % _SECTORS
    shares = np.bincount(sector, weights, minlength=_SECTORS) / weights.sum()
    used = shares[shares > 0]
    return float(np.hypot(*mean)), float(-(used * np.log(used)).sum() / np.log(_SECTORS))


def divergence_of(look: Look) -> tuple[float, float]:
    r"""Fit :math:`v = a + B x` to everybody's velocities; return the trace of B and its standard error, 1/s.

    Positive where people part, negative where they converge. (NaN, inf) for fewer than six or people on one line.
    """
    known = look.known
    if known.sum() < 6:
        return float("nan"), inf
    places = look.ground[known] - look.ground[known].mean(axis=0)
    root = np.sqrt(look.weights[known])[:, None]
    design = np.column_stack((np.ones(len(places)), places)) * root
    normal = design.T @ design
    if np.linalg.cond(normal) > 1e6:
        return float("nan"), inf
    wanted = look.velocities_mps[known] * root
    inverse = np.linalg.inv(normal)
    fit = inverse @ design.T @ wanted
    noise = ((wanted - design @ fit) ** 2).sum(axis=0) / (len(places) - 3)
    return float(fit[1, 0] + fit[2, 1]), float(np.sqrt(noise[0] * inverse[1, 1] + noise[1] * inverse[2, 2]))
