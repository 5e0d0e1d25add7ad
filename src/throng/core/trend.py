"""Follows a noisy series: its level, its slope, and how sure both are."""

import math

from throng.core.trend_bank import TrendBank
from throng.core.trend_state import DAMPING_S, Prediction, TrendState

BLOCK_S = 5.0
"""Samples of so many seconds become one: the errors of a counter last for seconds."""
MAX_GAP_S = 120.0
"""After so long without a sample, what was known before says nothing."""
MIN_BLOCKS = 4
"""Fewer blocks say nothing about a slope."""
SMALLEST_STD = 0.02
"""Nothing is measured better than that, in the unit of the series (people/m²): 2 people on 100 m²."""
_GATE_SIGMAS = 5.0


class LocalLinearTrend:
    r"""A local-linear Kalman filter over irregular samples (Harvey 1989; West and Harrison 1997).

    **Noise that lasts.** Whom a counter misses now it misses in the next second too. Samples are therefore pooled into
    blocks of 5 s, and the variance of a block is the mean of its samples', not that divided by their number.

    **How fast things change** is not known before. 12 filters (`TrendBank`) run side by side, from "nothing but noise"
    to "everything changes within half a minute"; they are weighed by how well each foretold the last minutes, and
    each learns from its own errors by what factor the given variance is wrong.

    **Bad input.** A sample alone beyond 5 standard deviations is left out; a second one on the same side is believed,
    and the level jumps without a slope. NaN only lets time pass. After a gap of 2 minutes, and where time goes
    backwards, everything is forgotten.

    What all samples have in common, such as a counter that always reads 10 % low, no series can show.

    Memory and time per sample are constant.

    Args:
        smallest_std: floor of the standard deviation of a sample, in the unit of the series.
        slope_std_per_s: how steep slopes are before anything is known; 0.3 people/m² per minute by default.
        damping_s: how long slopes last.
        unrest_per_s: slopes that may come up however calm it is; 0.1 people/m² per minute by default.
    """

    def __init__(
        self,
        *,
        smallest_std: float = SMALLEST_STD,
        slope_std_per_s: float = 0.3 / 60,
        damping_s: float = DAMPING_S,
        unrest_per_s: float = 0.1 / 60,
    ) -> None:
        self._smallest_variance = smallest_std**2
        self._slope_variance = slope_std_per_s**2
        self._damping_s = damping_s
        self._unrest = unrest_per_s
        self._forget()

    def _forget(self) -> None:
        self._bank: TrendBank | None = None
        self._mixed: TrendState | None = None
        self._scale = 1.0
        self._blocks = 0
        self._bank_at_s = self._now_s = self._good_at_s = -math.inf
        self._interval_s = 0.0
        self._outlier_side = 0
        self._open: list[float] = [0.0, 0.0, 0.0, 0.0]
        self._begun_s = -math.inf

    def update(self, at_s: float, value: float, variance: float) -> None:
        """Take in a sample; NaN for one that is missing.

        Raises:
            ValueError: the time is not finite, or the variance of a known value is negative or not finite.
        """
        if not math.isfinite(at_s):
            raise ValueError(f"trend: expected a finite time in seconds, got {at_s}")
        if at_s < self._now_s or at_s - self._good_at_s > MAX_GAP_S:
            self._forget()
        self._now_s = at_s
        if self._open[0] and at_s - self._begun_s >= BLOCK_S - 1e-6:
            self._close_block()
        if not math.isfinite(value):
            return
        if not (math.isfinite(variance) and variance >= 0):
            raise ValueError(f"trend: expected a finite variance >= 0, got {variance}")
        variance = max(variance, self._smallest_variance)
        if self._good_at_s > -math.inf:
            self._interval_s = at_s - self._good_at_s
        self._good_at_s = at_s
        if self._stands_alone(value, variance):
            return
        self._pool(at_s, value, variance)

    def state(self) -> TrendState | None:
        """Return level and slope at the time of the newest sample; None before 4 blocks and after 2 minutes of none."""
        if self._mixed is None or self._blocks < MIN_BLOCKS or self._now_s - self._good_at_s > MAX_GAP_S:
            return None
        return self._mixed.later(self._now_s - self._bank_at_s)

    def predict(self, ahead_s: float) -> Prediction | None:
        """Return the value so many seconds after the newest sample; None where too little is known."""
        state = self.state()
        return None if state is None else state.predict(ahead_s)

    def _stands_alone(self, value: float, variance: float) -> bool:
        """Whether the sample is beyond belief and the one before it was not."""
        if self._bank is None or self._mixed is None:
            return False
        expected = self._mixed.predict(self._now_s - self._bank_at_s)
        away, spread = value - expected.mean, expected.variance + max(1.0, self._scale) * variance
        side = int(math.copysign(1, away)) if away**2 > _GATE_SIGMAS**2 * spread else 0
        alone = side not in (0, self._outlier_side)
        self._outlier_side = side
        return alone

    def _pool(self, at_s: float, value: float, variance: float) -> None:
        if not self._open[0]:
            self._begun_s = at_s
        self._open = [a + b for a, b in zip(self._open, (1.0, at_s - self._begun_s, value, variance), strict=True)]
        # At the last sample that fits, not at the first that does not: no need to be a sample late.
        if at_s - self._begun_s + self._interval_s >= BLOCK_S - 1e-6:
            self._close_block()

    def _close_block(self) -> None:
        samples, offsets, values, variances = self._open
        self._open = [0.0, 0.0, 0.0, 0.0]
        at_s = self._begun_s + offsets / samples
        value, variance = values / samples, variances / samples
        if self._bank is None:
            self._bank = TrendBank(
                value,
                variance,
                slope_variance=self._slope_variance,
                block_s=BLOCK_S,
                damping_s=self._damping_s,
                unrest=self._unrest,
            )
        else:
            self._bank.step(at_s - self._bank_at_s, value, variance)
        self._mixed, self._scale = self._bank.mixed(), self._bank.scale
        self._bank_at_s = at_s
        self._blocks += 1
