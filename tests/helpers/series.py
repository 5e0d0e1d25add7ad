"""Densities of a crowd that nobody filmed, with the errors of a counter."""

import numpy as np

from throng.core.points import FloatArray
from throng.core.trend_state import Trend


def lasting_noise(rng: np.random.Generator, samples: int, *, std: float, lasts_s: float) -> FloatArray:
    """Errors of a counter, a second apart, whose correlation falls to 1/e in so many seconds, (N,)."""
    kept = np.exp(-1 / lasts_s)
    steps = rng.normal(0, std * np.sqrt(1 - kept**2), samples)
    noise = np.empty(samples)
    noise[0] = rng.normal(0, std)
    for i in range(1, samples):
        noise[i] = kept * noise[i - 1] + steps[i]
    return noise


def ramp(samples: int, *, start: float, per_min: float, begins_s: int = 0) -> FloatArray:
    """A density that stays, then changes by so much a minute, never below 0, (N,)."""
    return np.asarray(np.maximum(0.0, start + per_min / 60 * np.maximum(0, np.arange(samples) - begins_s)))


def wandering(rng: np.random.Generator, samples: int, *, start: float, slope_std_per_min: float) -> FloatArray:
    """A density whose slope comes and goes within ten minutes, (N,)."""
    slopes = lasting_noise(rng, samples, std=slope_std_per_min / 60, lasts_s=600)
    return np.asarray(np.maximum(0.0, start + np.cumsum(slopes)))


def feed(trend: Trend, values: FloatArray, *, std: float = 0.2, begin_s: float = 0.0, every_s: float = 1.0) -> None:
    """Give a trend samples at equal steps."""
    for i, value in enumerate(values.tolist()):
        trend.update(begin_s + i * every_s, value, std**2)
