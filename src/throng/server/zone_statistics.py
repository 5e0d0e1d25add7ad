"""What a zone was like over a time: peaks, means, busiest hours, time above thresholds, time nobody knows of."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from throng.server.api.history_points import Bucketed, zone_points
from throng.server.problems import Problem
from throng.store.columns import to_us
from throng.store.history import Summary, zone_history
from throng.store.history_plan import bucket_count, buckets, choose_bucket
from throng.store.tables import Site, Zone

FIELDS = ("count", "density_mean_per_m2", "density_peak_per_m2", "speed_mean_mps", "inflow_per_min", "outflow_per_min")
MOST_HOURS = 24 * 800
ABOVE = ("above_caution_s", "above_warning_s", "above_critical_s", "above_80_s", "above_100_s")


@dataclass(frozen=True, slots=True)
class Spread:
    """One number over the whole time; None where nothing is known."""

    mean: float | None
    low: float | None
    high: float | None
    high_at: datetime | None


@dataclass(frozen=True, slots=True)
class HourMean:
    """The mean count of one hour."""

    begin: datetime
    count: float


@dataclass(frozen=True, slots=True)
class ZoneStatistics:
    """A zone from `since` until `until`.

    Attributes:
        readings: how many came.
        share_unknown: share of the time of which nothing is known; time to come is left out.
        values: by the names of `FIELDS`; the mean is over the time that is known.
        above_s: seconds by the names of `ABOVE`, of the upper bounds.
        busiest: the hours with the largest mean count, the fullest first.
        by_hour: mean count by the hour of the day at the site, None where never known.
        by_weekday: the same by the day of the week, Monday first.
    """

    zone: Zone
    site: Site
    since: datetime
    until: datetime
    readings: int
    share_unknown: float
    values: dict[str, Spread]
    above_s: dict[str, float]
    busiest: tuple[HourMean, ...]
    by_hour: tuple[float | None, ...]
    by_weekday: tuple[float | None, ...]


async def zone_statistics(
    session: AsyncSession, zone: Zone, site: Site, *, since: datetime, until: datetime, now: datetime
) -> ZoneStatistics:
    """Work out the statistics of a zone from its roll-ups.

    Raises:
        Problem: 422, the time is longer than two years.
    """
    since_us, until_us = to_us(since), to_us(min(until, now))
    if until_us <= since_us:
        raise Problem(422, "this time lies ahead; statistics are of what has been")
    if bucket_count("hour", until_us - since_us) > MOST_HOURS:
        raise Problem(422, "statistics reach over two years at most; ask for less")
    step = choose_bucket(until_us - since_us, 1000) if until_us - since_us < 48 * 3_600_000_000 else "hour"
    of = buckets(step, since_us, until_us, ZoneInfo(site.time_zone))
    found = await zone_history(session, zone.id, of, fields=FIELDS)
    begins = [point["at"] for point in zone_points(found, Bucketed(of, to_us(now)), FIELDS)]
    known_s = sum(one.seconds["known_s"] for one in found if one is not None)
    length_s = (until_us - since_us) / 1e6
    hours = _hour_means(found, begins, ZoneInfo(site.time_zone))
    return ZoneStatistics(
        zone=zone,
        site=site,
        since=since,
        until=until,
        readings=sum(one.readings for one in found if one is not None),
        share_unknown=round(min(1.0, max(0.0, 1 - known_s / length_s)), 6),
        values={name: _spread(found, begins, name) for name in FIELDS},
        above_s={name: round(sum(one.seconds[name] for one in found if one is not None), 1) for name in ABOVE},
        busiest=tuple(sorted(hours, key=lambda hour: (-hour.count, hour.begin))[:5]),
        by_hour=_grouped(hours, 24, lambda at: at.hour),
        by_weekday=_grouped(hours, 7, lambda at: at.weekday()),
    )


def _spread(found: Sequence[Summary | None], begins: Sequence[datetime], name: str) -> Spread:
    n, total = 0, 0.0
    low: float | None = None
    high: float | None = None
    high_at: datetime | None = None
    for one, begin in zip(found, begins, strict=True):
        spread = None if one is None else one.values.get(name)
        if spread is None or spread.low is None or spread.high is None:
            continue
        n, total = n + spread.n, total + spread.total
        low = spread.low if low is None else min(low, spread.low)
        if high is None or spread.high > high:
            high, high_at = spread.high, begin
    return Spread(total / n if n else None, low, high, high_at)


def _hour_means(found: Sequence[Summary | None], begins: Sequence[datetime], zone: ZoneInfo) -> list[HourMean]:
    sums: defaultdict[datetime, list[float]] = defaultdict(lambda: [0.0, 0.0])
    for one, begin in zip(found, begins, strict=True):
        spread = None if one is None else one.values.get("count")
        if spread is not None and spread.n:
            hour = begin.replace(minute=0, second=0, microsecond=0).astimezone(zone)
            sums[hour][0] += spread.total
            sums[hour][1] += spread.n
    return [HourMean(begin, total / n) for begin, (total, n) in sorted(sums.items())]


def _grouped(hours: Sequence[HourMean], groups: int, which: Callable[[datetime], int]) -> tuple[float | None, ...]:
    values: list[list[float]] = [[] for _ in range(groups)]
    for hour in hours:
        values[which(hour.begin)].append(hour.count)
    return tuple(sum(group) / len(group) if group else None for group in values)
