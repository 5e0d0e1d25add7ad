"""Routes of counts that people, or their scripts, made by eye."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import Field

from throng.server.api.paging import Cursor, Page, page
from throng.server.api.wire import Id, Text, Time, Wire, example
from throng.server.audit_trail import noted
from throng.server.auth.access import Operator, Viewer
from throng.server.context import Ctx
from throng.server.ingest.batching import FUTURE
from throng.server.ingest.by_person import batch_of
from throng.server.live.items import Kind
from throng.server.problems import Problem
from throng.store import manual_counts
from throng.store.columns import to_us
from throng.store.ingesting import store_batches
from throng.store.retention import load_retention
from throng.store.site_objects import get_with_site
from throng.store.tables import ManualCount, Zone
from throng.store.tables.readings import BY_A_PERSON

routes = APIRouter(prefix="/api/v1/zones/{zone_id}/manual-counts", tags=["manual_counts"])

LARGEST_COUNT = 2**31 - 1
FOREVER = (datetime(1970, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC))


class NewManualCount(Wire):
    """What somebody counted."""

    model_config = example(count=120, at="2026-06-01T12:00:00Z", note="from the balcony, by tens")

    count: int = Field(ge=0, le=LARGEST_COUNT, description="people in the zone")
    at: Time | None = Field(default=None, description="when; now if it is left out")
    note: Text = Field(default="", description="how, from where, why")


class ShownManualCount(Wire):
    """A count by a person."""

    model_config = example(
        id=5, zone_id=1, at="2026-06-01T12:00:00Z", count=120, counted_by="operator", note="from the balcony, by tens",
        created_at="2026-06-01T12:01:10Z",
    )  # fmt: skip

    id: int
    zone_id: int
    at: datetime
    count: int = Field(description="people in the zone")
    counted_by: str = Field(description="who, as they were called then")
    note: str
    created_at: datetime


def _shown(row: ManualCount) -> ShownManualCount:
    return ShownManualCount(
        id=row.id, zone_id=row.zone_id, at=row.at, count=row.count, counted_by=row.counted_by, note=row.note,
        created_at=row.created_at,
    )  # fmt: skip


@routes.post("", operation_id="create_manual_count", status_code=201)
async def create(
    zone_id: Id, new: NewManualCount, request: Request, context: Ctx, principal: Operator
) -> ShownManualCount:
    """Keep a count by a person; it is a reading of the zone as well."""
    now = context.clock.now()
    at = new.at or now
    async with context.database.write() as session:
        zone, site = await get_with_site(session, Zone, zone_id, site_ids=principal.site_ids)
        oldest = (await load_retention(session)).since("readings", now)
        if at > now + FUTURE or (oldest is not None and at < oldest):
            raise Problem(422, f"at: {at.isoformat()} is in the future, or older than what is kept; give when it was")
        row = ManualCount(
            zone_id=zone_id, at=at, count=new.count, counted_by=principal.name[:200], note=new.note, created_at=now
        )
        await manual_counts.add(session, row)
        batch = batch_of(row, zone, site, received=now)
        await store_batches(session, [batch])
        await noted(
            session, request, principal, "manual_count.create", "manual_count", row.id, site.id,
            zone_id=zone_id, count=new.count, at=at.isoformat(),
        )  # fmt: skip
    context.ingest.tell(site.id, batch)
    return _shown(row)


@routes.get("", operation_id="list_manual_counts")
async def find(
    zone_id: Id,
    context: Ctx,
    principal: Viewer,
    wanted: Cursor,
    since: Annotated[Time | None, Query(alias="from", description="from this time on")] = None,
    until: Annotated[Time | None, Query(alias="to", description="before this time")] = None,
) -> Page[ShownManualCount]:
    """List the counts of a zone, newest first."""
    since_us, until_us = to_us(since or FOREVER[0]), to_us(until or FOREVER[1])
    if wanted.position and len(wanted.position) != 2:
        raise Problem(422, "this cursor is of another list")
    after = (wanted.position[0], wanted.position[1]) if wanted.position else None
    async with context.database.read() as session:
        await get_with_site(session, Zone, zone_id, site_ids=principal.site_ids)
        rows, position = await manual_counts.find(
            session, zone_id, since_us=since_us, until_us=until_us, after=after, limit=wanted.limit
        )
    return page(rows, position, _shown)


@routes.delete("/{count_id}", operation_id="delete_manual_count", status_code=204)
async def remove(zone_id: Id, count_id: Id, request: Request, context: Ctx, principal: Operator) -> None:
    """Take a count back, and its reading with it."""
    batch = None
    async with context.database.write() as session:
        zone, site = await get_with_site(session, Zone, zone_id, site_ids=principal.site_ids)
        row = await manual_counts.get(session, zone_id, count_id)
        was_newest = await manual_counts.remove(session, row)
        before = await manual_counts.newest(session, zone_id) if was_newest else None
        if before is not None:
            batch = batch_of(before, zone, site, received=context.clock.now())
            batch.readings = []  # it is stored; only the newest changes
            await store_batches(session, [batch])
        await noted(
            session, request, principal, "manual_count.delete", "manual_count", count_id, site.id,
            zone_id=zone_id, count=row.count, at=row.at.isoformat(),
        )  # fmt: skip
    if was_newest:
        context.ingest.forget_newest(zone_id, BY_A_PERSON)
        context.hub.put(Kind.ZONE, site.id, (zone_id, BY_A_PERSON), None)
    if batch is not None:
        context.ingest.tell(site.id, batch)
