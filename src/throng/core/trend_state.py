"""Level and slope of a series with what is not known about them, carried ahead in time."""

import math
from dataclasses import dataclass, replace
from typing import Protocol, Self

import numpy as np
from numpy.typing import ArrayLike

from throng.core.estimate import Estimate
from throng.core.points import FloatArray

DAMPING_S = 600.0
"""Slopes die down over ten minutes: crowds that fill stop filling, and nobody said when."""

Z90 = 1.6448536269514722
"""Standard deviations from the middle to the ends of a 90 % interval."""


@dataclass(frozen=True, slots=True)
class Prediction:
    """A value ahead, as a normal law.

    Attributes:
        mean: in the unit of the series.
        variance: its square.
    """

    mean: float
    variance: float


@dataclass(frozen=True, slots=True)
class TrendState:
    r"""Where a series is and where it is going.

    The slope is a process that dies down (Ornstein and Uhlenbeck 1930; "damped trend", Gardner and McKenzie 1985), the
    level its integral with a random walk on top:

    .. math:: dx = s\,dt + \sqrt{q_x}\,dW_1, \quad ds = -s/\tau\,dt + \sqrt{q_s}\,dW_2

    so that after h seconds, with :math:`d = \tau (1 - e^{-h/\tau})`,

    .. math:: \mu = x + d s, \quad \sigma^2 = P_{xx} + 2 d P_{xs} + d^2 P_{ss} + q_x h
              + q_s \tau^2 \left(h - 2 d + \tfrac{\tau}{2} (1 - e^{-2h/\tau})\right)

    Attributes:
        level: the value now.
        slope_per_s: its change per second.
        level_variance, covariance, slope_variance: of the two.
        level_noise_per_s: :math:`q_x`, unit² per second.
        slope_noise_per_s3: :math:`q_s`, unit² per second³.
        damping_s: :math:`\tau`.
    """

    level: float
    slope_per_s: float
    level_variance: float
    covariance: float
    slope_variance: float
    level_noise_per_s: float
    slope_noise_per_s3: float
    damping_s: float = DAMPING_S

    def ahead(self, seconds: ArrayLike) -> tuple[FloatArray, FloatArray]:
        """Return means and variances of the level so many seconds >= 0 ahead, in the shape of `seconds`."""
        h = np.asarray(seconds, dtype=np.float64)
        reach = self.damping_s * -np.expm1(-h / self.damping_s)
        mean = self.level + reach * self.slope_per_s
        known = self.level_variance + 2 * reach * self.covariance + reach**2 * self.slope_variance
        noise = self.level_noise_per_s * h + self.slope_noise_per_s3 * wandered(h, damping_s=self.damping_s)
        return np.asarray(mean), np.asarray(np.maximum(known, 0) + noise)

    def predict(self, ahead_s: float) -> Prediction:
        """Return the level so many seconds >= 0 ahead."""
        mean, variance = self.ahead(ahead_s)
        return Prediction(float(mean), float(variance))

    def later(self, seconds: float) -> Self:
        """Return the state so many seconds >= 0 later, when nothing more was measured."""
        kept = math.exp(-seconds / self.damping_s)
        reach = self.damping_s * (1 - kept)
        mean, variance = self.ahead(seconds)
        return replace(
            self,
            level=float(mean),
            slope_per_s=kept * self.slope_per_s,
            level_variance=float(variance),
            covariance=kept * (self.covariance + reach * self.slope_variance) + self.slope_noise_per_s3 * reach**2 / 2,
            slope_variance=kept**2 * self.slope_variance + self.slope_noise_per_s3 * self.damping_s * (1 - kept**2) / 2,
        )

    def with_slope(self, slope_per_s: float, variance: float) -> Self:
        """Return the state after the slope was measured in another way, both weighed by their variances.

        The level moves along, as far as it is known together with the slope.
        """
        surprise, spread = slope_per_s - self.slope_per_s, self.slope_variance + variance
        if spread <= 0:
            return self
        to_level, to_slope = self.covariance / spread, self.slope_variance / spread
        return replace(
            self,
            level=self.level + to_level * surprise,
            slope_per_s=self.slope_per_s + to_slope * surprise,
            level_variance=max(0.0, self.level_variance - to_level * self.covariance),
            covariance=self.covariance * (1 - to_slope),
            slope_variance=self.slope_variance * (1 - to_slope),
        )

    @property
    def slope_snr(self) -> float:
        """How many standard deviations the slope is from 0; 0.0 for no slope, infinite for an exact one."""
        if self.slope_per_s == 0:
            return 0.0
        sigma = math.sqrt(self.slope_variance)
        return abs(self.slope_per_s) / sigma if sigma > 0 else math.inf


def wandered(seconds: ArrayLike, *, damping_s: float) -> FloatArray:
    r"""Return how far a slope of noise 1 carries the level, :math:`\approx h^3/3` for h well below the damping."""
    h = np.asarray(seconds, dtype=np.float64)
    once, twice = -np.expm1(-h / damping_s), -np.expm1(-2 * h / damping_s)
    return np.asarray(np.maximum(0.0, damping_s**2 * (h - 2 * damping_s * once + damping_s / 2 * twice)))


class Trend(Protocol):
    """Something that follows a series."""

    def update(self, at_s: float, value: float, variance: float) -> None:
        """Take in a sample.

        Args:
            at_s: when, seconds on any clock.
            value: what was measured; NaN for a sample that is missing, which only lets time pass.
            variance: of its error, the square of its unit.
        """
        ...

    def state(self) -> TrendState | None:
        """Return where the series is at the time of the newest sample; None where too little is known."""
        ...

    def predict(self, ahead_s: float) -> Prediction | None:
        """Return the value so many seconds after the newest sample; None where too little is known."""
        ...


def variance_of(estimate: Estimate) -> float:
    """Return the variance of a normal law with that 90 % interval."""
    return ((estimate.high - estimate.low) / (2 * Z90)) ** 2
