"""Routes of statistics: of a zone, of a site, of two times or many zones side by side, and what is to come."""

from datetime import datetime, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query
from pydantic import Field

from throng.core.daily_profile import HourOutlook, busiest, daily_profile, missing_days
from throng.server.api.history import Range
from throng.server.api.wire import Id, IdField, Time, Wire
from throng.server.auth.access import Viewer
from throng.server.context import Context, Ctx
from throng.server.problems import Problem
from throng.server.zone_statistics import ABOVE, Spread, ZoneStatistics, zone_statistics
from throng.store import site_objects, sites
from throng.store.columns import to_us
from throng.store.history import zone_history
from throng.store.history_plan import buckets
from throng.store.tables import Zone

routes = APIRouter(prefix="/api/v1", tags=["statistics"])

WEEKS_OF_HISTORY = 8
MOST_ZONES = 50


class SpreadShown(Wire):
    """One number over the whole time; null where nothing is known."""

    mean: float | None
    min: float | None
    max: float | None
    max_at: datetime | None = Field(description="begin of the bucket in which the largest value lies")


class HourShown(Wire):
    """The mean count of one hour."""

    begin: datetime
    count: float


class StatisticsShown(Wire):
    """A zone over a time."""

    zone_id: int
    zone: str = Field(description="its name")
    site_id: int
    time_zone: str
    since: datetime
    until: datetime
    readings: int
    share_unknown: float = Field(description="share of the time of which nothing is known")
    values: dict[str, SpreadShown]
    above_s: dict[str, float] = Field(
        description="seconds in which the upper bound was above the thresholds of density, and 80 and 100 % of capacity"
    )
    busiest_hours: list[HourShown]
    by_hour: list[float | None] = Field(description="mean count by hour of the day at the site, 24 values")
    by_weekday: list[float | None] = Field(description="mean count by day of the week, Monday first")


class Comparison(Wire):
    """Zones, or two times of one, side by side; `change` is the second time against the first, in %."""

    first: list[StatisticsShown]
    second: list[StatisticsShown] | None
    change_percent: list[dict[str, float | None]] | None


class ForecastHour(Wire):
    """One hour to come."""

    begin: datetime
    count: float
    count_low: float = Field(description="lower end of the 90 % band")
    count_high: float
    days: int = Field(description="days of history that speak for this hour")


class Forecast(Wire):
    """The next 24 hours from the usual week of the place; what happens now is in the live state (`outlook`)."""

    zone_id: int
    time_zone: str
    hours: list[ForecastHour | None] = Field(description="24 of them; null where too little is known")
    busiest_hours: list[ForecastHour]
    missing_days: int = Field(description="how many more days of history are needed before anything can be said")


@routes.get("/zones/{zone_id}/statistics", operation_id="get_zone_statistics")
async def read_zone_statistics(zone_id: Id, context: Ctx, principal: Viewer, span: Range) -> StatisticsShown:
    """Give peaks, means, busiest hours and time above thresholds; the last 24 hours by default."""
    async with context.database.read() as session:
        zone, site = await site_objects.get_with_site(session, Zone, zone_id, site_ids=principal.site_ids)
        now = context.clock.now()
        return shown(await zone_statistics(session, zone, site, since=span.since, until=span.until, now=now))


@routes.get("/sites/{site_id}/statistics", operation_id="get_site_statistics")
async def read_site_statistics(site_id: Id, context: Ctx, principal: Viewer, span: Range) -> list[StatisticsShown]:
    """Give the statistics of every zone of a site."""
    principal.require_site(site_id, f"site {site_id}")
    return [shown(one) for one in await site_statistics(context, site_id, since=span.since, until=span.until)]


@routes.get("/compare", operation_id="compare_zones_and_times")
async def compare(
    context: Ctx,
    principal: Viewer,
    span: Range,
    zone_id: Annotated[list[IdField], Query(min_length=1, max_length=MOST_ZONES, description="one or several zones")],
    other_from: Annotated[Time | None, Query(description="begin of a second time, as long as the first")] = None,
) -> Comparison:
    """Compare zones with each other, and with the same zones at another time."""
    now = context.clock.now()
    first, second = [], []
    async with context.database.read() as session:
        for one in zone_id:
            zone, site = await site_objects.get_with_site(session, Zone, one, site_ids=principal.site_ids)
            first.append(await zone_statistics(session, zone, site, since=span.since, until=span.until, now=now))
            if other_from is not None:
                until = other_from + (span.until - span.since)
                second.append(await zone_statistics(session, zone, site, since=other_from, until=until, now=now))
    if other_from is None:
        return Comparison(first=[shown(one) for one in first], second=None, change_percent=None)
    changes = [_change(a, b) for a, b in zip(first, second, strict=True)]
    return Comparison(first=[shown(x) for x in first], second=[shown(x) for x in second], change_percent=changes)


@routes.get("/zones/{zone_id}/forecast", operation_id="get_zone_forecast")
async def read_forecast(zone_id: Id, context: Ctx, principal: Viewer) -> Forecast:
    """Give the next 24 hours, with bands, from eight weeks of history."""
    now = context.clock.now()
    async with context.database.read() as session:
        zone, site = await site_objects.get_with_site(session, Zone, zone_id, site_ids=principal.site_ids)
        place = ZoneInfo(site.time_zone)
        since = now - timedelta(weeks=WEEKS_OF_HISTORY)
        of = buckets("hour", to_us(since), to_us(now), place)
        found = await zone_history(session, zone.id, of, fields=("count",))
    first = since.replace(minute=0, second=0, microsecond=0)
    means = {
        first + timedelta(hours=n): one.values["count"].mean
        for n, one in enumerate(found)
        if one is not None and one.seconds["known_s"] >= 1800
    }
    known = {at: mean for at, mean in means.items() if mean is not None}
    profile = daily_profile(known, place)
    ahead = () if profile is None else profile.ahead(now)
    return Forecast(
        zone_id=zone_id,
        time_zone=site.time_zone,
        hours=[None if hour is None else _hour(hour) for hour in ahead] or [None] * 24,
        busiest_hours=[_hour(hour) for hour in busiest(ahead)],
        missing_days=missing_days(known, place),
    )


async def site_statistics(context: Context, site_id: int, *, since: datetime, until: datetime) -> list[ZoneStatistics]:
    """Return the statistics of every active zone of a site.

    Raises:
        NotFoundError: there is no such site.
        Problem: 422, it has too many zones for one answer.
    """
    now = context.clock.now()
    async with context.database.read() as session:
        site = await sites.get(session, site_id, site_ids=None)
        zones = [zone for zone in (await site_objects.of_site(session, Zone, site_id)).values() if zone.is_active]
        if len(zones) > MOST_ZONES:
            raise Problem(422, f"the site has more than {MOST_ZONES} zones; ask zone by zone")
        return [await zone_statistics(session, z, site, since=since, until=until, now=now) for z in zones]


def shown(one: ZoneStatistics) -> StatisticsShown:
    """Return statistics as the API gives them."""
    return StatisticsShown(
        zone_id=one.zone.id,
        zone=one.zone.name,
        site_id=one.site.id,
        time_zone=one.site.time_zone,
        since=one.since,
        until=one.until,
        readings=one.readings,
        share_unknown=one.share_unknown,
        values={name: _spread(value) for name, value in one.values.items()},
        above_s={name: one.above_s[name] for name in ABOVE},
        busiest_hours=[HourShown(begin=hour.begin, count=hour.count) for hour in one.busiest],
        by_hour=list(one.by_hour),
        by_weekday=list(one.by_weekday),
    )


def _spread(value: Spread) -> SpreadShown:
    return SpreadShown(mean=value.mean, min=value.low, max=value.high, max_at=value.high_at)


def _change(first: ZoneStatistics, second: ZoneStatistics) -> dict[str, float | None]:
    changes: dict[str, float | None] = {}
    for name, value in first.values.items():
        before, after = value.mean, second.values[name].mean
        changes[name] = None if not before or after is None else round(100 * (after - before) / before, 2)
    return changes


def _hour(hour: HourOutlook) -> ForecastHour:
    value = hour.value
    return ForecastHour(begin=hour.begin, count=value.value, count_low=value.low, count_high=value.high, days=hour.days)
