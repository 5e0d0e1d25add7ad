"""Who came in and who left, kept straight by how many are there."""

import math
from dataclasses import dataclass

from throng.core.estimate import Estimate
from throng.core.trend_state import Z90, variance_of

MAX_GAP_S = 120.0
"""After so long without flows, the books begin anew."""
MISSED_SHARE = 0.1
"""Standard deviation of crossings that are missed or counted twice, as a share of the crossings."""
DRIFT_STD_PER_MIN = 2.0
"""How large the drift of the lines may be before anything is known."""
DRIFT_MEMORY_S = 3600.0
"""Time in which a drift may become another one."""
COUNT_ERROR_S = 10.0
"""How long the error of a count lasts."""


@dataclass(frozen=True, slots=True)
class Ledger:
    """People in a zone after the books and the count were reconciled.

    Attributes:
        people: how many are there, with the 90 % interval.
        residual: people counted less people expected from the books, the last time both were known; NaN before.
        drift_per_min: how many people per minute the lines miss of those who come (negative: of those who leave), with
            the 90 % interval.
        uncorrected: people by the books alone since they began, with nothing set straight.
    """

    people: Estimate
    residual: float
    drift_per_min: Estimate
    uncorrected: float


class FlowLedger:
    r"""The books of one zone: dN/dt = Q_in − Q_out + d, with a drift d because lines miss people.

    A Kalman filter over (N, d) takes the crossings as known but for a share, and the count of the area as a measurement
    with its interval:

    .. math:: N' = N + in - out + d \Delta t, \quad \sigma_N'^2 = \sigma_N^2 + (0.1)^2 (in + out) + \ldots

    A line that misses one in ten of those who leave drifts; the books alone would fill up within the hour. The drift
    forgets within an hour, so that it cannot swallow a crowd that really grows.

    Memory is constant. Times that go backwards and gaps of two minutes begin new books. After flows that are not
    known the books begin anew as well, with the drift that was learnt.
    """

    def __init__(self) -> None:
        self._now_s = -math.inf
        self._begin()

    def _begin(self) -> None:
        self._people: float | None = None
        self._books = self._people_variance = self._covariance = 0.0
        self._drift_per_s, self._drift_variance = 0.0, (DRIFT_STD_PER_MIN / 60) ** 2
        self._residual = math.nan

    def update(self, at_s: float, *, entered: float | None, left: float | None, count: Estimate | None) -> None:
        """Take in one reading period.

        Args:
            at_s: its end, seconds on any clock.
            entered, left: crossings in it; None when unknown: who came meanwhile is in no book, and new ones begin.
            count: people in the zone by area, None when unknown.

        Raises:
            ValueError: the time is not finite, or crossings are negative or not finite.
        """
        if not math.isfinite(at_s):
            raise ValueError(f"books: expected a finite time in seconds, got {at_s}")
        after_s = at_s - self._now_s
        if after_s < 0 or after_s > MAX_GAP_S:
            self._begin()
            after_s = 0.0
        self._now_s = at_s
        if entered is None or left is None:
            self._people, self._covariance = None, 0.0
            return
        self._cross(after_s, entered, left)
        if count is not None and math.isfinite(count.value) and math.isfinite(count.high - count.low):
            self._reconcile(after_s, count)

    def ledger(self) -> Ledger | None:
        """Return the books; None before anybody was counted, or when the flows are not known now."""
        if self._people is None:
            return None
        half, drift_half = Z90 * math.sqrt(self._people_variance), Z90 * math.sqrt(self._drift_variance)
        people = max(0.0, self._people)
        return Ledger(
            people=Estimate(people, max(0.0, min(people, self._people - half)), max(people, self._people + half)),
            residual=self._residual,
            drift_per_min=Estimate(
                self._drift_per_s, self._drift_per_s - drift_half, self._drift_per_s + drift_half
            ).scaled(60),
            uncorrected=self._books,
        )

    def _cross(self, after_s: float, entered: float, left: float) -> None:
        if not (math.isfinite(entered) and math.isfinite(left) and entered >= 0 and left >= 0):
            raise ValueError(f"books: expected crossings >= 0, got {entered} in and {left} out")
        if self._people is None:
            return
        self._books += entered - left
        self._people += entered - left + after_s * self._drift_per_s
        self._people_variance += 2 * after_s * self._covariance + after_s**2 * self._drift_variance
        self._people_variance += MISSED_SHARE**2 * (entered + left)
        self._covariance += after_s * self._drift_variance
        self._drift_variance += (DRIFT_STD_PER_MIN / 60) ** 2 * after_s / DRIFT_MEMORY_S

    def _reconcile(self, after_s: float, count: Estimate) -> None:
        # Ten counts within ten seconds have much the same error: together they say as much as one.
        variance = max(variance_of(count), 0.25) * max(1.0, COUNT_ERROR_S / max(after_s, 0.1))
        if self._people is None:
            self._people = self._books = count.value
            self._people_variance, self._covariance = variance, 0.0
            return
        self._residual = count.value - self._people
        spread = self._people_variance + variance
        to_people, to_drift = self._people_variance / spread, self._covariance / spread
        self._people += to_people * self._residual
        self._drift_per_s += to_drift * self._residual
        self._drift_variance -= to_drift * self._covariance
        self._covariance *= 1 - to_people
        self._people_variance *= 1 - to_people
