"""When a place is usually how full: its week from history, and the next 24 hours with bands."""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from throng.core.estimate import Estimate
from throng.core.points import FloatArray

DAYS_NEEDED = 7
"""Days on which an hour must be known before anything is said of it."""
HOURS_AHEAD = 24
_PART_MIN = 5
_PARTS_NEEDED = 6
_PRIOR_WEEKS = 2.0
_FRESH_S = 8 * 7 * 86400.0


@dataclass(frozen=True, slots=True)
class HourOutlook:
    """What one hour will probably hold.

    Attributes:
        begin: start of the hour, aware, in the site's time zone.
        value: mean over the hour, with the band that holds nine of ten such hours.
        days: days on which this hour is known.
        weeks: of those, the same day of the week.
    """

    begin: datetime
    value: Estimate
    days: int
    weeks: int


class HourlyHistory:
    """Means over the local hours of a place, gathered one value at a time.

    An hour counts once half of it is known (six of its twelve parts of five minutes); the mean is over its parts, so
    that a minute with many readings weighs no more. Eight weeks are kept. Where clocks go back, the hour that comes
    twice is two hours; where they go forward, there is no such hour.

    Args:
        zone: the time zone of the place.
    """

    def __init__(self, zone: ZoneInfo) -> None:
        self.zone = zone
        self._hours: dict[datetime, dict[int, tuple[float, int]]] = {}
        self._newest: datetime | None = None

    def add(self, at: datetime, value: float) -> None:
        """Take in a value, such as a density or a count; one that is not finite is unknown and left out.

        Raises:
            ValueError: the time has no zone.
        """
        begin = hour_of(at, self.zone)
        if not math.isfinite(value):
            return
        part = (at - begin) // timedelta(minutes=_PART_MIN)
        total, number = self._hours.setdefault(begin, {}).get(part, (0.0, 0))
        self._hours[begin][part] = (total + value, number + 1)
        if self._newest is None or begin > self._newest:
            self._newest = begin
            oldest = begin - timedelta(seconds=_FRESH_S)
            for hour in [hour for hour in self._hours if hour < oldest]:
                del self._hours[hour]

    def hours(self) -> dict[datetime, float]:
        """Return the mean of each hour that is known well enough, by its start in UTC, in order of time."""
        known = {begin: parts for begin, parts in self._hours.items() if len(parts) >= _PARTS_NEEDED}
        return {begin: float(np.mean([t / n for t, n in known[begin].values()])) for begin in sorted(known)}


@dataclass(frozen=True, slots=True)
class DailyProfile:
    r"""The usual week of a place.

    A slot is a day of the week and an hour. Its centre is the median of its n hours, drawn towards the median of that
    hour on all days while weeks are few:

    .. math:: c = \frac{n \, m_{slot} + 2 \, m_{hour}}{n + 2}

    Bands are quantiles of how far the known hours were from a centre learnt without them, on the scale of square
    roots, on which a crowd varies by as much when it is large as when it is small. With k distances the
    :math:`\lceil 0.95 (k+1) \rceil`-th is taken, the largest where there are too few: less than 19 days promise less
    than 90 %.

    Attributes:
        zone: time zone of the place.
        values: known values by (day of the week, hour), Monday 0.
        bands: how far below and above the root of the centre the band of each hour reaches.
    """

    zone: ZoneInfo
    values: Mapping[tuple[int, int], tuple[float, ...]]
    bands: Mapping[int, tuple[float, float]]

    def at(self, begin: datetime) -> HourOutlook | None:
        """Return what the hour that begins then will hold; None where that hour is known on less than 7 days.

        Raises:
            ValueError: the time has no zone.
        """
        local = hour_of(begin, self.zone).astimezone(self.zone)
        same_hour = _same_hour(self.values, local.hour)
        days = sum(len(values) for values in same_hour)
        if days < DAYS_NEEDED:
            return None
        centre = _centre(same_hour, local.weekday())
        low, high = (max(0.0, math.sqrt(centre) + off) ** 2 for off in self.bands[local.hour])
        value = Estimate(centre, min(low, centre), max(high, centre))
        return HourOutlook(local, value, days, len(same_hour[local.weekday()]))

    def ahead(self, now: datetime, hours: int = HOURS_AHEAD) -> tuple[HourOutlook | None, ...]:
        """Return the hours that begin after `now`, one after the other; None for those of which too little is known."""
        first = hour_of(now, self.zone) + timedelta(hours=1)
        return tuple(self.at(first + timedelta(hours=i)) for i in range(hours))


def daily_profile(history: Mapping[datetime, float], zone: ZoneInfo) -> DailyProfile | None:
    """Learn the usual week from hourly means >= 0.

    Args:
        history: mean by the start of the hour, aware; what is not finite is left out.
        zone: time zone of the place.

    Returns:
        The profile; None where no hour is known on 7 days. `missing_days` says how many are missing.

    Raises:
        ValueError: a time has no zone, or a mean is negative.
    """
    slots: dict[tuple[int, int], list[float]] = defaultdict(list)
    for at, value in history.items():
        if value < 0:
            raise ValueError(f"daily profile: expected values >= 0, got {value} at {at}")
        local = hour_of(at, zone).astimezone(zone)
        if math.isfinite(value):
            slots[local.weekday(), local.hour].append(value)
    if missing_days(history, zone) > 0:
        return None
    values = {slot: tuple(known) for slot, known in slots.items()}
    return DailyProfile(zone, values, {hour: _band(_same_hour(values, hour)) for hour in {hour for _, hour in values}})


def missing_days(history: Mapping[datetime, float], zone: ZoneInfo) -> int:
    """Return how many more days of history are needed before anything can be said; 0 when there are enough."""
    days: dict[int, set[date]] = defaultdict(set)
    for at, value in history.items():
        local = hour_of(at, zone).astimezone(zone)
        if math.isfinite(value):
            days[local.hour].add(local.date())
    return max(0, DAYS_NEEDED - max((len(known) for known in days.values()), default=0))


def busiest(hours: Iterable[HourOutlook | None], number: int = 3) -> tuple[HourOutlook, ...]:
    """Return the fullest hours, the fullest first, the earlier one where two are alike."""
    known = [hour for hour in hours if hour is not None]
    return tuple(sorted(known, key=lambda hour: (-hour.value.value, hour.begin.astimezone(UTC)))[:number])


def hour_of(at: datetime, zone: ZoneInfo) -> datetime:
    """Return the start of the local hour that a time is in, in UTC.

    Raises:
        ValueError: the time has no zone.
    """
    if at.tzinfo is None:
        raise ValueError(f"expected a time with its zone, got {at.isoformat()}")
    local = at.astimezone(zone)
    into = timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
    return at.astimezone(UTC) - into


def _centre(same_hour: list[FloatArray], day: int) -> float:
    """The centre of one day of the week from the values of that hour on all seven."""
    everything, slot = np.concatenate(same_hour), same_hour[day]
    of_slot = float(np.median(slot)) if len(slot) else 0.0
    return (len(slot) * of_slot + _PRIOR_WEEKS * float(np.median(everything))) / (len(slot) + _PRIOR_WEEKS)


def _same_hour(values: Mapping[tuple[int, int], tuple[float, ...]], hour: int) -> list[FloatArray]:
    return [np.array(values.get((day, hour), ())) for day in range(7)]


def _band(same_hour: list[FloatArray]) -> tuple[float, float]:
    """How far values are from the centres that all others give, on the scale of square roots: below and above."""
    if sum(len(slot) for slot in same_hour) < DAYS_NEEDED:
        return -math.inf, math.inf
    distances = []
    for day, slot in enumerate(same_hour):
        for i, value in enumerate(slot):
            others = [np.delete(values, i) if d == day else values for d, values in enumerate(same_hour)]
            distances.append(math.sqrt(value) - math.sqrt(_centre(others, day)))
    apart, number = sorted(distances), len(distances)
    reach = min(number, math.ceil(0.95 * (number + 1))) - 1
    return apart[number - 1 - reach], apart[reach]
