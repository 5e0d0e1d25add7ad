"""Replays readings through the forecast, and holds what it said against what came."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from throng.core.crowd_state import Outlook
from throng.core.daily_profile import HOURS_AHEAD, HourlyHistory, daily_profile, missing_days
from throng.core.estimate import Estimate
from throng.core.forecast import HORIZONS_S, outlook
from throng.core.points import FloatArray
from throng.core.reliability import BrierScore, brier_score
from throng.core.scoring import ErrorStats, error_stats
from throng.core.trend import LocalLinearTrend
from throng.core.trend_state import Trend
from throng.evaluation.reading_history import ReadingHistory

THRESHOLDS_PER_M2 = (4.0, 5.0)
EVERY_S = 10.0
"""A forecast is judged every ten seconds: those between are much the same."""
AROUND_S = 5.0
"""What came is the mean of the readings so many seconds around the time foretold."""
LONGEST_GAP_S = 120.0


@dataclass(frozen=True, slots=True)
class HorizonReport:
    """How good the density foretold so many seconds ahead was, in people/m².

    Attributes:
        ahead_s: seconds ahead.
        forecast: its errors.
        persistence: errors of saying that nothing will change.
    """

    ahead_s: float
    forecast: ErrorStats
    persistence: ErrorStats


@dataclass(frozen=True, slots=True)
class ThresholdReport:
    """How good the probabilities of passing a threshold were.

    Attributes:
        threshold_per_m2: people/m².
        by_horizon: (seconds ahead, score).
        time_to_told: how often a time until the threshold was told, the zone not being beyond it.
        time_to_judged: how often of those it can be judged: readings went on until the threshold or the end of the
            interval.
        time_to_coverage: share of those judged that were within the 90 % interval; NaN for none.
    """

    threshold_per_m2: float
    by_horizon: tuple[tuple[float, BrierScore], ...]
    time_to_told: int
    time_to_judged: int
    time_to_coverage: float


@dataclass(frozen=True, slots=True)
class DayReport:
    """How good the daily profile foretold the last day, in people/m².

    Attributes:
        errors: of the hourly means.
        coverage: share of the hours within their band.
        days: of history that it was learnt from.
        missing_days: days of history that are missing; nothing could be foretold when there are some.
    """

    errors: ErrorStats
    coverage: float
    days: int
    missing_days: int


@dataclass(frozen=True, slots=True, eq=False)
class BacktestReport:
    """How far the forecasts for one zone could be trusted.

    Attributes:
        zone_id, begin: which zone, from when.
        hours: from the first reading to the last.
        readings, unknown: readings, and those of them without a density.
        forecasts: moments at which a forecast was judged.
        significant: share of them at which the slope was more than noise.
        horizons, thresholds: by rising seconds and densities.
        day: the daily profile.
        notes: what a reader must know, in plain words.
    """

    zone_id: str
    begin: datetime
    hours: float
    readings: int
    unknown: int
    forecasts: int
    significant: float
    horizons: tuple[HorizonReport, ...]
    thresholds: tuple[ThresholdReport, ...]
    day: DayReport
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Said:
    at_s: float
    outlook: Outlook
    means: FloatArray


class Passed:
    """When the readings passed a threshold.

    Args:
        history: the readings.
        threshold: people/m².
    """

    def __init__(self, history: ReadingHistory, threshold: float) -> None:
        known = np.isfinite(history.density_per_m2)
        times = history.at_s[known]
        self._beyond_s = times[mean_around(history, times) > threshold]
        self._last_s = np.append(times[:-1][np.diff(times) > LONGEST_GAP_S], times[-1:])

    def watched_until(self, begun_s: float) -> float:
        """Return the time until which readings went on without a gap of two minutes."""
        i = int(np.searchsorted(self._last_s, begun_s))
        return float(self._last_s[i]) if i < len(self._last_s) else begun_s

    def after(self, begun_s: float) -> float | None:
        """Return the first time beyond the threshold from then on, None where there was none before a gap."""
        i = int(np.searchsorted(self._beyond_s, begun_s))
        if i == len(self._beyond_s) or self._beyond_s[i] > self.watched_until(begun_s):
            return None
        return float(self._beyond_s[i])


def backtest(
    history: ReadingHistory,
    thresholds_per_m2: Sequence[float] = THRESHOLDS_PER_M2,
    *,
    horizons_s: Sequence[float] = HORIZONS_S,
    make_trend: Callable[[], Trend] = LocalLinearTrend,
    zone: ZoneInfo | None = None,
) -> BacktestReport:
    """Replay readings and judge every forecast by the readings that came after it.

    Args:
        history: readings of one zone.
        thresholds_per_m2: densities, each above 0.
        horizons_s: seconds ahead, above 0 and at most 600.
        make_trend: what follows the density.
        zone: time zone of the place, for the daily profile; None for UTC.
    """
    horizons = tuple(sorted(set(horizons_s)))
    said = _replay(history, make_trend(), thresholds_per_m2, horizons)
    times = np.array([moment.at_s for moment in said])
    known = np.isfinite(history.density_per_m2)
    now = mean_around(history, times)
    came = np.array([mean_around(history, times + ahead) for ahead in horizons]).reshape(len(horizons), len(said))
    day = _judge_day(history, zone or ZoneInfo("UTC"))
    return BacktestReport(
        zone_id=history.zone_id,
        begin=history.begin,
        hours=float(history.at_s[-1] - history.at_s[0]) / 3600,
        readings=len(history.at_s),
        unknown=int((~known).sum()),
        forecasts=len(said),
        significant=float(np.mean([moment.outlook.significant for moment in said])) if said else math.nan,
        horizons=tuple(
            HorizonReport(
                ahead,
                _errors(np.array([moment.means[i] for moment in said]), came[i]),
                _errors(now, came[i]),
            )
            for i, ahead in enumerate(horizons)
        ),
        thresholds=tuple(
            _judge_threshold(history, said, came, number=i, threshold=threshold)
            for i, threshold in enumerate(sorted(set(thresholds_per_m2)))
        ),
        day=day,
        notes=tuple(_notes(history, said, thresholds_per_m2)),
    )


def mean_around(history: ReadingHistory, at_s: FloatArray) -> FloatArray:
    """Return the mean density within 5 s of each time (T,); NaN where it was unknown all the while."""
    known = np.isfinite(history.density_per_m2)
    times, sums = history.at_s[known], np.concatenate(([0.0], np.cumsum(history.density_per_m2[known])))
    first, last = np.searchsorted(times, at_s - AROUND_S), np.searchsorted(times, at_s + AROUND_S, side="right")
    number = last - first
    return np.where(number > 0, (sums[last] - sums[first]) / np.maximum(number, 1), np.nan)


def _replay(
    history: ReadingHistory, trend: Trend, thresholds: Sequence[float], horizons: tuple[float, ...]
) -> list[_Said]:
    said: list[_Said] = []
    area_m2 = history.area_m2 if math.isfinite(history.area_m2) else None
    next_s = -math.inf
    series = zip(
        history.at_s.tolist(), history.density_per_m2.tolist(), history.variance.tolist(), history.balances, strict=True
    )
    for at_s, density, variance, balance in series:
        trend.update(at_s, density, variance)
        if at_s < next_s:
            continue
        told = outlook(trend, thresholds, balance=balance, area_m2=area_m2, horizons_s=horizons)
        state = trend.state()
        if told is not None and state is not None:
            said.append(_Said(at_s, told, np.maximum(0.0, state.ahead(horizons)[0])))
            next_s = at_s + EVERY_S - 1e-6
    return said


def _errors(foretold: FloatArray, came: FloatArray) -> ErrorStats:
    both = np.isfinite(foretold) & np.isfinite(came)
    return error_stats(foretold[both], came[both])


def _judge_threshold(
    history: ReadingHistory, said: list[_Said], came: FloatArray, *, number: int, threshold: float
) -> ThresholdReport:
    by_horizon = []
    outlooks = [moment.outlook.thresholds[number] for moment in said]
    for i, row in enumerate(came):
        known = np.isfinite(row)
        probabilities = np.array([outlook.probabilities[i][1] for outlook in outlooks])
        ahead_s = outlooks[0].probabilities[i][0] if outlooks else math.nan
        by_horizon.append((ahead_s, brier_score(probabilities[known], row[known] > threshold)))
    told = [
        (moment.at_s, outlook.time_to_s)
        for moment, outlook in zip(said, outlooks, strict=True)
        if outlook.time_to_s is not None and outlook.time_to_s.value > 0
    ]
    passed = Passed(history, threshold)
    verdicts = [_held(passed, at_s, time_to) for at_s, time_to in told]
    judged = [verdict for verdict in verdicts if verdict is not None]
    return ThresholdReport(
        threshold_per_m2=threshold,
        by_horizon=tuple(by_horizon),
        time_to_told=len(told),
        time_to_judged=len(judged),
        time_to_coverage=float(np.mean(judged)) if judged else math.nan,
    )


def _held(passed: Passed, begun_s: float, time_to: Estimate) -> bool | None:
    """Whether the threshold was passed within the interval; None where the readings do not say."""
    when_s = passed.after(begun_s)
    if when_s is not None:
        # Readings are a second apart and smoothed over ten: an interval narrower than that cannot be judged.
        return time_to.low - AROUND_S <= when_s - begun_s <= time_to.high + AROUND_S
    watched_s = passed.watched_until(begun_s) - begun_s
    return False if watched_s > time_to.high + AROUND_S else None


def _judge_day(history: ReadingHistory, zone: ZoneInfo) -> DayReport:
    """Learn the profile from all but the last 24 hours, and foretell those."""
    gathered = HourlyHistory(zone)
    for at_s, density in zip(history.at_s.tolist(), history.density_per_m2.tolist(), strict=True):
        gathered.add(history.begin + timedelta(seconds=at_s), density)
    hours = gathered.hours()
    if not hours:
        return DayReport(error_stats([], []), math.nan, 0, missing_days(hours, zone))
    split = max(hours) - timedelta(hours=HOURS_AHEAD - 1)
    before = {begin: value for begin, value in hours.items() if begin < split}
    profile = daily_profile(before, zone)
    days = len({begin.astimezone(zone).date() for begin in before})
    if profile is None:
        return DayReport(error_stats([], []), math.nan, days, missing_days(before, zone))
    told = [(profile.at(begin), value) for begin, value in hours.items() if begin >= split]
    pairs = [(foretold.value, value) for foretold, value in told if foretold is not None]
    return DayReport(
        errors=error_stats([foretold.value for foretold, _ in pairs], [value for _, value in pairs]),
        coverage=float(np.mean([foretold.low <= value <= foretold.high for foretold, value in pairs]))
        if pairs
        else math.nan,
        days=days,
        missing_days=0,
    )


def _notes(history: ReadingHistory, said: list[_Said], thresholds: Sequence[float]) -> list[str]:
    notes = []
    highest = float(np.nanmax(mean_around(history, history.at_s)))
    never = [f"{threshold:g}" for threshold in sorted(set(thresholds)) if highest <= threshold]
    if never:
        notes.append(f"{', '.join(never)} people/m² were never passed (at most {highest:.2f}): no skill can be told")
    if history.repeated:
        notes.append(f"{history.repeated} readings were left out because their time went backwards")
    if not said:
        notes.append("there were too few readings in a row for a forecast")
    return notes
