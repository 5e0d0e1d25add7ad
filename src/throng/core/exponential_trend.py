"""The simple way to follow a series: an exponential mean and the mean of its changes."""

import math

from throng.core.trend import MAX_GAP_S, SMALLEST_STD
from throng.core.trend_state import Prediction, TrendState

ALPHA = 0.3
"""Weight of a sample that comes a second after the last one."""
_MIN_SAMPLES = 10


class ExponentialTrend:
    r"""An exponential moving average of the level and of its slope.

    .. math:: a = 1 - (1 - \alpha)^{\Delta t}, \quad x' = x + a (z - x), \quad s' = s + a ((x' - x)/\Delta t - s)

    with :math:`\Delta t` in seconds, at most 1 per sample. It looks back over seconds only, so that its slope is mostly
    noise; `LocalLinearTrend` is the one to trust. Variances come from the errors that it made: those of samples whose
    errors last for seconds read too small.

    Args:
        alpha: in (0, 1].
    """

    def __init__(self, *, alpha: float = ALPHA) -> None:
        if not 0 < alpha <= 1:
            raise ValueError(f"exponential trend: expected alpha in (0, 1], got {alpha}")
        self._alpha = alpha
        self._now_s = -math.inf
        self._forget()

    def _forget(self) -> None:
        self._samples = 0
        self._good_at_s = -math.inf
        self._level = self._slope_per_s = self._error_variance = 0.0
        self._interval_s = 1.0

    def update(self, at_s: float, value: float, variance: float) -> None:
        """Take in a sample; NaN lets time pass, a gap of 2 minutes or a step back in time forgets everything."""
        if at_s < self._now_s or at_s - self._good_at_s > MAX_GAP_S:
            self._forget()
        self._now_s = at_s
        after_s = at_s - self._good_at_s
        if not math.isfinite(value) or after_s <= 0:
            return
        if self._samples == 0:
            self._level, self._error_variance = value, max(variance, SMALLEST_STD**2)
        else:
            self._move(value, after_s)
        self._good_at_s = at_s
        self._samples += 1

    def _move(self, value: float, after_s: float) -> None:
        share = 1 - (1 - self._alpha) ** min(after_s, 1 / self._alpha)
        error = value - self._level
        self._level += share * error
        self._slope_per_s += share * (share * error / after_s - self._slope_per_s)
        # Errors are learnt over 20 samples: a variance needs more than a mean.
        self._error_variance += 0.05 * (error**2 - self._error_variance)
        self._interval_s += 0.05 * (after_s - self._interval_s)

    def state(self) -> TrendState | None:
        """Return level and slope at the time of the newest sample; None before 10 samples."""
        if self._samples < _MIN_SAMPLES or self._now_s - self._good_at_s > MAX_GAP_S:
            return None
        share = 1 - (1 - self._alpha) ** min(self._interval_s, 1 / self._alpha)
        averaged = share / (2 - share)
        variance = max(self._error_variance, SMALLEST_STD**2)
        state = TrendState(
            level=self._level,
            slope_per_s=self._slope_per_s,
            level_variance=averaged * variance,
            covariance=0.0,
            slope_variance=averaged * variance * (share / self._interval_s) ** 2,
            level_noise_per_s=variance * share**2 / self._interval_s,
            slope_noise_per_s3=0.0,
        )
        return state.later(self._now_s - self._good_at_s)

    def predict(self, ahead_s: float) -> Prediction | None:
        """Return the value so many seconds after the newest sample; None where too little is known."""
        state = self.state()
        return None if state is None else state.predict(ahead_s)
