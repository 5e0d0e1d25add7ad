"""Routes that give histories and statistics as files: CSV, JSON, XLSX, DOCX, PDF, Markdown."""

import re
from typing import Annotated
from zoneinfo import ZoneInfo

import anyio.to_thread
from fastapi import APIRouter, Query
from fastapi.responses import Response

from throng.report.document import Document
from throng.report.formats import MEDIA_TYPES, Format, write_report
from throng.server.api.history import Range, Span
from throng.server.api.statistics import site_statistics
from throng.server.api.wire import Id
from throng.server.auth.access import Viewer
from throng.server.context import Ctx
from throng.server.problems import Problem
from throng.server.zone_report import site_document, zone_document
from throng.server.zone_statistics import zone_statistics
from throng.store import site_objects, sites
from throng.store.columns import to_us
from throng.store.history_plan import BucketName, Buckets, bucket_count, buckets, choose_bucket
from throng.store.tables import Zone

routes = APIRouter(prefix="/api/v1", tags=["exports"])

MOST_ROWS = 10_000
CHART_POINTS = 240

Wanted = Annotated[Format, Query(alias="format", description="how the file is written")]
FILES: dict[int | str, dict[str, object]] = {
    200: {"content": {media: {} for media in MEDIA_TYPES.values()}, "description": "The file."}
}


@routes.get("/zones/{zone_id}/export", operation_id="export_zone", response_class=Response, responses=FILES)
async def export_zone(
    zone_id: Id,
    context: Ctx,
    principal: Viewer,
    span: Range,
    how: Wanted = Format.PDF,
    bucket: Annotated[BucketName, Query(description="length of a row; `auto` makes about 240 of them")] = "auto",
) -> Response:
    """Give the report of a zone: figures, charts and its history, the last 24 hours by default."""
    now = context.clock.now()
    async with context.database.read() as session:
        zone, site = await site_objects.get_with_site(session, Zone, zone_id, site_ids=principal.site_ids)
        one = await zone_statistics(session, zone, site, since=span.since, until=span.until, now=now)
        of = _rows(bucket, span, ZoneInfo(site.time_zone))
        document = await zone_document(session, one, of=of, now=now)
    return await _file(document, how, f"{site.key}-{zone.key}-{span.since:%Y%m%d}-{span.until:%Y%m%d}")


@routes.get("/sites/{site_id}/export", operation_id="export_site", response_class=Response, responses=FILES)
async def export_site(site_id: Id, context: Ctx, principal: Viewer, span: Range, how: Wanted = Format.PDF) -> Response:
    """Give the report of a site: one row per zone, the fullest first."""
    principal.require_site(site_id, f"site {site_id}")
    async with context.database.read() as session:
        site = await sites.get(session, site_id, site_ids=principal.site_ids)
    every = await site_statistics(context, site_id, since=span.since, until=span.until)
    document = site_document(site.name, every, now=context.clock.now())
    return await _file(document, how, f"{site.key}-{span.since:%Y%m%d}-{span.until:%Y%m%d}")


def _rows(bucket: str, span: Span, place: ZoneInfo) -> Buckets:
    if bucket == "raw":
        raise Problem(422, "bucket: raw readings are given by /history; a report has buckets of a minute or longer")
    name = choose_bucket(span.length_us, CHART_POINTS, finest_s=60) if bucket == "auto" else bucket
    if bucket_count(name, span.length_us) > MOST_ROWS:
        raise Problem(422, f"more than {MOST_ROWS} rows; ask for less time, or for a longer bucket")
    return buckets(name, to_us(span.since), to_us(span.until), place)


async def _file(document: Document, how: Format, stem: str) -> Response:
    content = await anyio.to_thread.run_sync(write_report, document, how)
    name = f"{re.sub(r'[^A-Za-z0-9._-]', '_', stem)}.{how.value}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, media_type=MEDIA_TYPES[how], headers=headers)
