"""Routes of what has been: histories of zones and lines, events, density pictures."""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import numpy as np
from fastapi import APIRouter, Depends, Query
from fastapi.responses import Response
from pydantic_core import to_json

from throng.core.crowd_state import EventKind
from throng.server.api.history_points import Bucketed, line_points, raw_points, zone_points
from throng.server.api.history_schemas import DensitySnapshot, LineHistory, ShownEvent, ZoneHistory
from throng.server.api.paging import Cursor, Page, PageRequest, page
from throng.server.api.wire import LARGEST_ID, Id, Time
from throng.server.auth.access import Viewer
from throng.server.context import Ctx
from throng.server.problems import Problem
from throng.store.columns import from_us, to_us
from throng.store.happenings import find_events, find_snapshots
from throng.store.history import line_history, raw_history, zone_history
from throng.store.history_plan import BucketName, bucket_count, buckets, choose_bucket
from throng.store.retention import Retention, load_retention
from throng.store.site_objects import get_with_site
from throng.store.tables import Happening, Line, Zone
from throng.store.tables.readings import AVERAGED, NUMBERS

routes = APIRouter(prefix="/api/v1", tags=["history"])

MOST_POINTS = 10_000
LARGEST_PEOPLE_BYTES = 4 * 1024 * 1024

Camera = Annotated[int | None, Query(ge=0, le=LARGEST_ID, description="only of this camera; 0 for counts by people")]
Bucket = Annotated[
    BucketName, Query(description="length of a bucket; `auto` takes the shortest that makes at most `points` of them")
]
Points = Annotated[int, Query(ge=1, le=5000, description="how many points `auto` may make")]


@dataclass(frozen=True, slots=True)
class Span:
    """From when to when."""

    since: datetime
    until: datetime

    @property
    def length_us(self) -> int:
        """How long."""
        return to_us(self.until) - to_us(self.since)


def _span(
    context: Ctx,
    since: Annotated[Time | None, Query(alias="from", description="begin; a day before `to` by default")] = None,
    until: Annotated[Time | None, Query(alias="to", description="end; now by default")] = None,
) -> Span:
    end = until or context.clock.now()
    begin = since or max(end - timedelta(days=1), from_us(0))
    # Beyond the year 9000 the days of a time zone cannot be counted any more.
    if not begin < end or end.year > 9000:
        raise Problem(422, f"from must be before to, got {begin.isoformat()} and {end.isoformat()}")
    return Span(begin, end)


Range = Annotated[Span, Depends(_span)]


@routes.get("/zones/{zone_id}/history", operation_id="get_zone_history", response_model=ZoneHistory)
async def read_zone_history(
    zone_id: Id,
    context: Ctx,
    principal: Viewer,
    span: Range,
    bucket: Bucket = "auto",
    points: Points = 500,
    fields: Annotated[
        str, Query(max_length=1000, description=f"comma-separated, of {', '.join(AVERAGED)}; with `raw` any number")
    ] = "count,density_mean_per_m2",
    camera_id: Camera = None,
) -> Response:
    """Give the history of a zone as points without holes: what nobody measured is null, never 0."""
    names = _fields(fields, NUMBERS if bucket == "raw" else AVERAGED)
    now = context.clock.now()
    async with context.database.read() as session:
        zone, site = await get_with_site(session, Zone, zone_id, site_ids=principal.site_ids)
        time_zone = site.time_zone
        if bucket == "raw":
            rows = await raw_history(
                session, zone.id, to_us(span.since), to_us(span.until), fields=names, camera_id=camera_id,
                limit=MOST_POINTS + 1,
            )  # fmt: skip
            if len(rows) > MOST_POINTS:
                raise Problem(422, f"more than {MOST_POINTS} readings; ask for less time, or for a bucket")
            chosen, found = "raw", raw_points(rows, names, since=span.since, until=min(span.until, now))
        else:
            of = _bucketed(bucket, span, points, time_zone, now, await load_retention(session))
            history = await zone_history(session, zone.id, of.buckets, fields=names, camera_id=camera_id)
            chosen, found = of.buckets.name, zone_points(history, of, names)
    return _json({"zone_id": zone_id, "time_zone": time_zone, "bucket": chosen, "points": found})


@routes.get("/lines/{line_id}/history", operation_id="get_line_history", response_model=LineHistory)
async def read_line_history(
    line_id: Id,
    context: Ctx,
    principal: Viewer,
    span: Range,
    bucket: Bucket = "auto",
    points: Points = 500,
    camera_id: Camera = None,
) -> Response:
    """Give how many crossed a line, in and out, per bucket."""
    if bucket == "raw":
        raise Problem(422, "bucket: a line has no raw history; the shortest bucket of auto is one second")
    now = context.clock.now()
    async with context.database.read() as session:
        line, site = await get_with_site(session, Line, line_id, site_ids=principal.site_ids)
        of = _bucketed(bucket, span, points, site.time_zone, now, Retention(readings=None, minutes=None))
        found = await line_history(session, line.id, of.buckets, camera_id=camera_id)
    body = {"line_id": line_id, "time_zone": site.time_zone, "bucket": of.buckets.name}
    return _json(body | {"points": line_points(found, of)})


@routes.get("/zones/{zone_id}/events", operation_id="list_zone_events")
async def read_events(
    zone_id: Id, context: Ctx, principal: Viewer, span: Range, wanted: Cursor, kind: EventKind | None = None
) -> Page[ShownEvent]:
    """List the behaviour events of a zone that went on in a span, newest first."""
    async with context.database.read() as session:
        await get_with_site(session, Zone, zone_id, site_ids=principal.site_ids)
        rows, position = await find_events(
            session, zone_id, since_us=to_us(span.since), until_us=to_us(span.until),
            kind=None if kind is None else kind.value, after=_after(wanted), limit=wanted.limit,
        )  # fmt: skip
    return page(rows, position, _event)


@routes.get("/zones/{zone_id}/density-snapshots", operation_id="list_density_snapshots")
async def read_snapshots(
    zone_id: Id, context: Ctx, principal: Viewer, span: Range, wanted: Cursor, camera_id: Camera = None
) -> Page[DensitySnapshot]:
    """List the density pictures of a zone, newest first."""
    async with context.database.read() as session:
        await get_with_site(session, Zone, zone_id, site_ids=principal.site_ids)
        rows, position = await find_snapshots(
            session, zone_id, since_us=to_us(span.since), until_us=to_us(span.until), camera_id=camera_id,
            after=_after(wanted), limit=min(wanted.limit, 50),
        )  # fmt: skip
    return page(rows, position, _snapshot)


def _bucketed(bucket: str, span: Span, points: int, time_zone: str, now: datetime, retention: Retention) -> Bucketed:
    name = bucket
    if bucket == "auto":
        name = choose_bucket(span.length_us, points, finest_s=_finest_s(span.since, now, retention))
    if bucket_count(name, span.length_us) > MOST_POINTS:
        raise Problem(422, f"more than {MOST_POINTS} points; ask for less time, or for a longer bucket")
    return Bucketed(buckets(name, to_us(span.since), to_us(span.until), ZoneInfo(time_zone)), to_us(now))


def _finest_s(since: datetime, now: datetime, retention: Retention) -> int:
    """The shortest bucket whose readings are all still there."""
    raw, minutes = retention.since("readings", now), retention.since("minutes", now)
    if minutes is not None and since < minutes:
        return 3600
    return 60 if raw is not None and since < raw else 1


def _fields(text: str, known: Sequence[str]) -> list[str]:
    names = list(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))
    unknown = [name for name in names if name not in known]
    if unknown or not names:
        raise Problem(422, f"fields: expected some of {', '.join(known)}; got {', '.join(unknown)[:100] or 'none'}")
    return names


def _after(wanted: PageRequest) -> tuple[int, int] | None:
    if wanted.position and len(wanted.position) != 2:
        raise Problem(422, "this cursor is of another list")
    return (wanted.position[0], wanted.position[1]) if wanted.position else None


def _event(row: Happening) -> ShownEvent:
    return ShownEvent(**{name: getattr(row, name) for name in ShownEvent.model_fields})


def _snapshot(row: Any) -> DensitySnapshot:
    packed = zlib.decompressobj().decompress(row.people, LARGEST_PEOPLE_BYTES)
    people = np.frombuffer(packed, dtype="<f2").astype(float)
    return DensitySnapshot(
        zone_id=row.zone_id, camera_id=row.camera_id, at=from_us(row.at_us), x0_m=row.x0_m, y0_m=row.y0_m,
        cell_m=row.cell_m, rows=row.rows, columns=row.columns,
        people=[round(float(p), 4) if np.isfinite(p) else None for p in people],
    )  # fmt: skip


def _json(body: dict[str, Any]) -> Response:
    return Response(to_json(body), media_type="application/json", headers={"Cache-Control": "no-cache"})
