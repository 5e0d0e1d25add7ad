"""Metrics of CrowdSafe: the readings of the zone that a camera covers."""

from datetime import timedelta
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from fastapi import Query, Request, Response

from throng.report.formats import Format
from throng.server.api.exports import FILES, export_zone
from throng.server.api.history import Span
from throng.server.api.objects import Call
from throng.server.api.wire import Id
from throng.server.auth.access import Viewer
from throng.server.compat.crowdsafe_figures import live_metrics, share, stored_metrics
from throng.server.compat.crowdsafe_places import camera_and_zone, required_zone
from throng.server.compat.crowdsafe_schemas import AggregateBody, AnyTime, MetricsBody, SummaryBody
from throng.server.compat.newest import newest_of
from throng.server.compat.router import SlashRouter
from throng.server.context import Context, Ctx
from throng.server.problems import Problem
from throng.server.zone_statistics import zone_statistics
from throng.store import sites
from throng.store.columns import from_us, to_us
from throng.store.history import Summary, zone_history
from throng.store.history_plan import bucket_count, buckets
from throng.store.newest_rows import newest_rows

routes = SlashRouter(stem="crowdsafe", tags=["compat: crowdsafe"])

INTERVALS = {"hourly": ("hour", timedelta(days=1)), "daily": ("day", timedelta(days=30)),
             "weekly": ("week", timedelta(weeks=12))}  # fmt: skip
"""Their intervals: our buckets, and how far back they reach by default."""

AGGREGATED = ("count", "density_mean_per_m2", "speed_mean_mps", "risk_score")
MOST_ROWS = 10_000

Start = Annotated[AnyTime | None, Query(description="begin")]
End = Annotated[AnyTime | None, Query(description="end; now by default")]


@routes.get("/api/metrics/{camera_id}")
async def list_metrics(
    camera_id: Id,
    context: Ctx,
    request: Request,
    viewer: Viewer,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    start: Start = None,
    end: End = None,
) -> list[MetricsBody]:
    """Give readings, newest first."""
    camera, zone = await camera_and_zone(Call(context, request, viewer), camera_id)
    if zone is None:
        return []
    async with context.database.read() as session:
        rows = await newest_rows(
            session, zone.id, camera_id=camera.id, limit=limit, since_us=None if start is None else to_us(start),
            until_us=None if end is None else to_us(end),
        )  # fmt: skip
    return [stored_metrics(row, camera.id) for row in rows]


@routes.get("/api/metrics/{camera_id}/current")
async def get_current_metrics(camera_id: Id, context: Ctx, request: Request, viewer: Viewer) -> MetricsBody:
    """Give what is true now."""
    camera, zone = await camera_and_zone(Call(context, request, viewer), camera_id)
    newest = None if zone is None else newest_of(context.hub, zone.id, camera.id)
    return live_metrics(newest, camera.id)


@routes.get("/api/metrics/{camera_id}/summary")
async def get_summary(
    camera_id: Id, context: Ctx, request: Request, viewer: Viewer, start: Start = None, end: End = None
) -> SummaryBody:
    """Give the figures of a time, the last 24 hours by default."""
    zone = await required_zone(Call(context, request, viewer), camera_id)
    span = _span(context, start, end, timedelta(days=1))
    async with context.database.read() as session:
        site = await sites.get(session, zone.site_id, site_ids=None)
        now = context.clock.now() + timedelta(seconds=1)
        found = await zone_statistics(session, zone, site, since=span.since, until=span.until, now=now)
    count, density = found.values["count"], found.values["density_mean_per_m2"]
    return SummaryBody(
        camera_id=str(camera_id),
        start=span.since,
        end=span.until,
        total_readings=found.readings,
        avg_count=count.mean,
        max_count=count.high,
        min_count=count.low,
        avg_density=density.mean,
        max_density=density.high,
        avg_velocity=found.values["speed_mean_mps"].mean,
        share_unknown=found.share_unknown,
    )


@routes.get("/api/metrics/{camera_id}/aggregate")
async def aggregate(
    camera_id: Id,
    context: Ctx,
    request: Request,
    viewer: Viewer,
    interval: Literal["hourly", "daily", "weekly"] = "hourly",
    start: Start = None,
    end: End = None,
) -> list[AggregateBody]:
    """Give a history in hours, days or weeks of the site's time zone; pieces of which nothing is known are left out."""
    zone = await required_zone(Call(context, request, viewer), camera_id)
    name, usual = INTERVALS[interval]
    span = _span(context, start, end, usual)
    if bucket_count(name, span.length_us) > MOST_ROWS:
        raise Problem(422, f"more than {MOST_ROWS} rows; ask for less time, or for a longer interval")
    async with context.database.read() as session:
        site = await sites.get(session, zone.site_id, site_ids=None)
        of = buckets(name, to_us(span.since), to_us(span.until), ZoneInfo(site.time_zone))
        found = await zone_history(session, zone.id, of, fields=AGGREGATED, camera_id=camera_id)
    return [_aggregated(begin, one) for begin, one in zip(of.edges_us, found, strict=False) if one is not None]


@routes.get("/api/metrics/{camera_id}/export", response_class=Response, responses=FILES)
async def export(
    camera_id: Id,
    context: Ctx,
    request: Request,
    viewer: Viewer,
    how: Annotated[Literal["csv", "docx", "pdf", "md"], Query(alias="format")] = "csv",
    start: Start = None,
    end: End = None,
) -> Response:
    """Give the report of what a camera covers, the last 24 hours by default."""
    zone = await required_zone(Call(context, request, viewer), camera_id)
    span = _span(context, start, end, timedelta(days=1))
    return await export_zone(zone.id, context, viewer, span, Format(how), "auto")


def _span(context: Context, start: AnyTime | None, end: AnyTime | None, usual: timedelta) -> Span:
    until = end or context.clock.now() + timedelta(seconds=1)
    since = start or max(until - usual, from_us(0))
    if not since < until:
        raise Problem(422, f"start must be before end, got {since.isoformat()} and {until.isoformat()}")
    return Span(since, until)


def _aggregated(begin_us: int, one: Summary) -> AggregateBody:
    count, density, risk = (one.values[name] for name in ("count", "density_mean_per_m2", "risk_score"))
    return AggregateBody(
        timestamp=from_us(begin_us),
        readings=one.readings,
        avg_count=count.mean,
        max_count=count.high,
        min_count=count.low,
        avg_density=density.mean,
        max_density=density.high,
        avg_velocity=one.values["speed_mean_mps"].mean,
        avg_risk_score=share(risk.mean),
        max_risk_score=share(risk.high),
    )
