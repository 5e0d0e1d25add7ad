"""Routes of alerts: see them, take them, say when they are over."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated
from uuid import uuid4

from fastapi import APIRouter, Depends, Query, Request
from sqlalchemy.ext.asyncio import AsyncSession

from throng.server.api.alerts_schemas import (
    AlertNew,
    AlertShown,
    AlertWhole,
    AssignBody,
    CommentBody,
    DeliveryShown,
    NoteBody,
    SnoozeBody,
    StepShown,
)
from throng.server.api.etags import ChangeTags, Tags
from throng.server.api.objects import Call
from throng.server.api.paging import Cursor, Page, page
from throng.server.api.wire import Id, IdField, Short, Time
from throng.server.auth.access import Operator, Viewer
from throng.server.context import Ctx
from throng.server.errors import ServerError
from throng.server.live.alerts import tell_alert
from throng.store import alerts, site_objects, users
from throng.store.tables import Alert, AlertLevel, AlertState, Camera, Zone

routes = APIRouter(prefix="/api/v1", tags=["alerts"])

BY_HAND = "manual"


def _filter(
    state: Annotated[tuple[AlertState, ...], Query(max_length=6, description="in one of these states")] = (),
    level: Annotated[tuple[AlertLevel, ...], Query(max_length=4, description="of one of these levels")] = (),
    site_id: Annotated[IdField | None, Query(description="only of this site")] = None,
    zone_id: Annotated[IdField | None, Query(description="only in this zone")] = None,
    rule: Annotated[Short | None, Query(description="only of this rule")] = None,
    since: Annotated[Time | None, Query(description="raised at this time or later")] = None,
    until: Annotated[Time | None, Query(description="raised before this time")] = None,
) -> alerts.AlertFilter:
    return alerts.AlertFilter(state, level, site_id, zone_id, rule, since, until)


Wanted = Annotated[alerts.AlertFilter, Depends(_filter)]


@routes.get("/alerts", operation_id="list_alerts")
async def list_alerts(context: Ctx, viewer: Viewer, cursor: Cursor, wanted: Wanted) -> Page[AlertShown]:
    """List alerts, the newest first."""
    async with context.database.read() as session:
        rows, position = await alerts.find(
            session, wanted, site_ids=viewer.site_ids, after=cursor.after, limit=cursor.limit
        )
    return page(rows, position, AlertShown.model_validate)


@routes.post("/alerts", operation_id="create_alert", status_code=201)
async def create_alert(body: AlertNew, context: Ctx, request: Request, operator: Operator) -> AlertShown:
    """Raise an alert by hand."""
    operator.require_site(body.site_id, f"site {body.site_id}")
    async with context.database.write() as session:
        await _check_place(session, body)
        row = Alert(
            **body.model_dump(mode="json"), rule=BY_HAND, merge_key=f"{BY_HAND}:{uuid4().hex}",
            state=AlertState.ACTIVE.value, raised_at=context.clock.now(), numbers={},
        )  # fmt: skip
        await site_objects.add(session, row)
        await alerts.note_raised(session, row, actor=operator.name)
        await Call(context, request, operator).note(session, "create", row, detail={"title": row.title})
    return tell_alert(context.hub, row)


@routes.get("/alerts/{alert_id}", operation_id="get_alert")
async def get_alert(alert_id: Id, context: Ctx, viewer: Viewer, tags: ChangeTags) -> AlertWhole:
    """Show an alert with what happened to it, and who was told. Its `ETag` is for changing it."""
    async with context.database.read() as session:
        row = await site_objects.get(session, Alert, alert_id, site_ids=viewer.site_ids)
        steps = await alerts.steps(session, alert_id)
        deliveries = await alerts.deliveries(session, alert_id)
    tags.show(row.version)
    return AlertWhole(
        **AlertShown.model_validate(row).model_dump(),
        steps=[StepShown.model_validate(s, from_attributes=True) for s in steps],
        deliveries=[DeliveryShown.model_validate(d, from_attributes=True) for d in deliveries],
    )


@routes.post("/alerts/{alert_id}/acknowledge", operation_id="acknowledge_alert")
async def acknowledge_alert(
    alert_id: Id, body: NoteBody, context: Ctx, request: Request, operator: Operator, tags: ChangeTags
) -> AlertShown:
    """Say that you have seen an alert and take care of it."""
    return await _step(Call(context, request, operator), alert_id, "acknowledge", tags, note=body.note)


@routes.post("/alerts/{alert_id}/resolve", operation_id="resolve_alert")
async def resolve_alert(
    alert_id: Id, body: NoteBody, context: Ctx, request: Request, operator: Operator, tags: ChangeTags
) -> AlertShown:
    """Say that an alert is over."""
    return await _step(Call(context, request, operator), alert_id, "resolve", tags, note=body.note)


@routes.post("/alerts/{alert_id}/comment", operation_id="comment_alert")
async def comment_alert(
    alert_id: Id, body: CommentBody, context: Ctx, request: Request, operator: Operator, tags: ChangeTags
) -> AlertShown:
    """Write something to an alert, also to one that is over."""
    return await _step(Call(context, request, operator), alert_id, "comment", tags, note=body.note)


@routes.post("/alerts/{alert_id}/assign", operation_id="assign_alert")
async def assign_alert(
    alert_id: Id, body: AssignBody, context: Ctx, request: Request, operator: Operator, tags: ChangeTags
) -> AlertShown:
    """Give an alert to a user, or to nobody."""

    async def assign(session: AsyncSession, row: Alert, now: datetime) -> None:
        if body.username is not None and await users.by_username(session, body.username) is None:
            raise ServerError(f"there is no user {body.username!r}")
        await alerts.assign(session, row, body.username, actor=operator.name, at=now)

    return await _changed(Call(context, request, operator), alert_id, "assign", tags, assign)


@routes.post("/alerts/{alert_id}/snooze", operation_id="snooze_alert")
async def snooze_alert(
    alert_id: Id, body: SnoozeBody, context: Ctx, request: Request, operator: Operator, tags: ChangeTags
) -> AlertShown:
    """Keep an alert silent until some time, for a reason that everybody can read."""

    async def snooze(session: AsyncSession, row: Alert, now: datetime) -> None:
        if body.until <= now:
            raise ServerError(f"until must lie in the future; it is {now.isoformat()} now")
        await alerts.snooze(session, row, until=body.until, reason=body.reason, actor=operator.name, at=now)

    return await _changed(Call(context, request, operator), alert_id, "snooze", tags, snooze)


async def _step(call: Call, alert_id: int, action: str, tags: Tags, *, note: str) -> AlertShown:
    async def take(session: AsyncSession, row: Alert, now: datetime) -> None:
        await alerts.take(session, row, action, actor=call.principal.name, at=now, note=note)

    return await _changed(call, alert_id, action, tags, take)


async def _changed(
    call: Call, alert_id: int, action: str, tags: Tags, do: Callable[[AsyncSession, Alert, datetime], Awaitable[None]]
) -> AlertShown:
    async with call.context.database.write() as session:
        row = await site_objects.get(session, Alert, alert_id, site_ids=call.principal.site_ids)
        tags.require(row.version)
        await do(session, row, call.context.clock.now())
        await call.note(session, action, row)
    tags.show(row.version)
    return tell_alert(call.context.hub, row)


async def _check_place(session: AsyncSession, body: AlertNew) -> None:
    here = frozenset({body.site_id})
    if body.zone_id is not None:
        await site_objects.get(session, Zone, body.zone_id, site_ids=here)
    if body.camera_id is not None:
        await site_objects.get(session, Camera, body.camera_id, site_ids=here)
