"""Kalman filters side by side, from sluggish to quick, weighed by how well each foretells the series."""

import numpy as np

from throng.core.points import FloatArray
from throng.core.trend_state import TrendState, wandered

LOOK_BACK_S = (30.0, 50.0, 80.0, 150.0)
"""Over how long the filters average a slope, (R Δ / q_s)^(1/4) for measurements of variance R every Δ seconds."""
LEVEL_SHARES = (0.0, 0.02, 0.1)
"""How far the level wanders from one block to the next, as shares of the measurement's variance."""
MEMORY = 0.95
"""Per block: filters are judged by their last 20 blocks, less than two minutes."""
FILTER_DAMPING_S = 3600.0
"""In what is measured slopes last longer than in what is foretold: one that does last must not read too low."""
_PRIOR_BLOCKS = 8.0
_SCALES = (0.02, 50.0)
_JUMP_SIGMAS = 4.0
_WEIGHT_LEAK = 0.002


class TrendBank:
    r"""Filters of one series, one per pair of `LOOK_BACK_S` and `LEVEL_SHARES` (multi-process models, Harrison and
    Stevens 1976).

    All variances carry a common factor, which each filter learns from its own errors (West and Harrison 1997, 4.5):

    .. math:: n' = \delta n + 1, \quad v' = v \, (\delta n + e^2/S) / n'

    Args:
        value, variance: the first measurement.
        slope_variance: of a slope before anything is known, unit² per second².
        block_s: usual seconds between measurements.
        damping_s: how long slopes last.
        unrest: standard deviation of slopes that come up in the calmest series, unit per second: it widens what is
            foretold, not what is filtered.
    """

    def __init__(
        self,
        value: float,
        variance: float,
        *,
        slope_variance: float,
        block_s: float,
        damping_s: float,
        unrest: float,
    ) -> None:
        look_back, shares = (grid.ravel() for grid in np.meshgrid(LOOK_BACK_S, LEVEL_SHARES, indexing="ij"))
        self._unit_slope_noise: FloatArray = block_s / look_back**4
        self._unit_level_noise: FloatArray = shares / block_s
        self._damping_s, self._unrest = damping_s, unrest
        self._variance = variance
        size = len(shares)
        self._level, self._slope = np.full(size, value), np.zeros(size)
        self._p = np.stack((np.full(size, variance), np.zeros(size), np.full(size, slope_variance)))
        self._scale, self._known = np.ones(size), np.full(size, _PRIOR_BLOCKS)
        # Before they are judged, and as judgements fade: each step quicker is less likely.
        i, j = np.meshgrid(np.arange(len(LOOK_BACK_S)), np.arange(len(LEVEL_SHARES)), indexing="ij")
        self._log_prior: FloatArray = np.log(2.0) / 2 * (i - j).ravel()
        self._log_weight = self._log_prior
        self._jumped = np.zeros(size, dtype=np.int8)

    @property
    def weights(self) -> FloatArray:
        """How much each filter is believed, (12,), sum 1."""
        weights = np.exp(self._log_weight - self._log_weight.max())
        weights /= weights.sum()
        return np.asarray((1 - _WEIGHT_LEAK) * weights + _WEIGHT_LEAK / len(weights))

    def step(self, after_s: float, value: float, variance: float) -> None:
        """Take in a measurement so many seconds after the last one."""
        self._variance = variance
        level, slope, p = self._carried(after_s)
        error = value - level
        jumps = self._find_jumps(error, p[0] + variance)
        # A jump of the level says nothing about the slope.
        p[0] += np.where(jumps, error**2 / self._scale, 0.0)
        p[1] = np.where(jumps, 0.0, p[1])
        spread = p[0] + variance
        self._judge(error, spread, jumps)
        to_level, to_slope = p[0] / spread, p[1] / spread
        self._level, self._slope = level + to_level * error, slope + to_slope * error
        self._p = np.stack((p[0] - to_level * p[0], p[1] - to_level * p[1], p[2] - to_slope * p[1]))

    @property
    def scale(self) -> float:
        """By what factor the given variances were wrong."""
        return float(self.weights @ self._scale)

    def mixed(self) -> TrendState:
        """Return what all filters say together at the time of the last measurement: mean and variance of both."""
        weights, level, slope, p = self.weights, self._level, self._slope, self._p * self._scale
        mean_level, mean_slope = float(weights @ level), float(weights @ slope)
        off_level, off_slope = level - mean_level, slope - mean_slope
        noise = weights * self._scale * self._variance
        return TrendState(
            level=mean_level,
            slope_per_s=mean_slope,
            level_variance=float(weights @ (p[0] + off_level**2)),
            covariance=float(weights @ (p[1] + off_level * off_slope)),
            slope_variance=float(weights @ (p[2] + off_slope**2)),
            level_noise_per_s=float(noise @ self._unit_level_noise),
            slope_noise_per_s3=float(noise @ self._unit_slope_noise) + 2 * self._unrest**2 / self._damping_s,
            damping_s=self._damping_s,
        )

    def _carried(self, after_s: float) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Levels, slopes and their variances (3, 12) later, without a measurement."""
        kept = float(np.exp(-after_s / FILTER_DAMPING_S))
        reach = FILTER_DAMPING_S * (1 - kept)
        slope_noise = self._unit_slope_noise * self._variance
        p00, p01, p11 = self._p
        carried = np.stack(
            (
                p00 + 2 * reach * p01 + reach**2 * p11
                + self._unit_level_noise * self._variance * after_s
                + slope_noise * wandered(after_s, damping_s=FILTER_DAMPING_S),
                kept * (p01 + reach * p11) + slope_noise * reach**2 / 2,
                kept**2 * p11 + slope_noise * FILTER_DAMPING_S * (1 - kept**2) / 2,
            )
        )  # fmt: skip
        return self._level + reach * self._slope, kept * self._slope, carried

    def _find_jumps(self, error: FloatArray, spread: FloatArray) -> np.ndarray:
        """A second jump to the same side is a slope."""
        side = np.where(error**2 > _JUMP_SIGMAS**2 * self._scale * spread, np.sign(error), 0).astype(np.int8)
        jumps = (side != 0) & (side != self._jumped)
        self._jumped = side
        return np.asarray(jumps)

    def _judge(self, error: FloatArray, spread: FloatArray, jumps: np.ndarray) -> None:
        """Weigh the filters and learn the factor of the variances; a jump teaches nothing about it."""
        off = error**2 / (self._scale * spread)
        weight = self._log_prior + MEMORY * (self._log_weight - self._log_prior)
        weight -= 0.5 * (off + np.log(self._scale * spread))
        self._log_weight = weight - weight.max()
        known = MEMORY * self._known + 1
        learnt = self._scale * (MEMORY * self._known + np.minimum(off, _JUMP_SIGMAS**2)) / known
        self._scale = np.where(jumps, self._scale, np.clip(learnt, *_SCALES))
        self._known = np.where(jumps, self._known, known)
