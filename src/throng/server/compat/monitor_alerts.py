"""Alerts as Smart Crowd Density Monitor shows them: all of ours that belong to a zone."""

from typing import Annotated, Literal

from fastapi import Query, Request

from throng.server.api.alerts import resolve_alert
from throng.server.api.alerts_schemas import NoteBody
from throng.server.api.objects import Call, show
from throng.server.api.wire import Id, IdField
from throng.server.auth.access import Operator, Viewer
from throng.server.compat.monitor_schemas import MonitorAlert
from throng.server.compat.monitor_shown import alert_shown
from throng.server.compat.router import SlashRouter
from throng.server.compat.rows import any_version, every
from throng.server.context import Ctx
from throng.store import alerts, site_objects
from throng.store.errors import NotFoundError
from throng.store.tables import Alert, AlertState, Zone

routes = SlashRouter(stem="monitor", tags=["compat: crowd monitor"])

STATES = {"ACTIVE": tuple(sorted(alerts.OPEN)), "RESOLVED": (AlertState.RESOLVED,), None: ()}


@routes.get("/api/alerts")
async def list_alerts(
    context: Ctx,
    viewer: Viewer,
    status: Annotated[Literal["ACTIVE", "RESOLVED"] | None, Query(description="ACTIVE: not resolved")] = None,
    location: Annotated[IdField | None, Query(description="only of this location")] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 500,
) -> list[MonitorAlert]:
    """List alerts, newest first."""
    async with context.database.read() as session:
        if location is not None:
            await site_objects.get(session, Zone, location, site_ids=viewer.site_ids)
        wanted = alerts.AlertFilter(states=STATES[status], zone_id=location)
        rows, _ = await alerts.find(session, wanted, site_ids=viewer.site_ids, after=None, limit=limit)
        zones = {zone.id: zone for zone in await every(session, Zone, site_ids=viewer.site_ids)}
    return [alert_shown(row, zones[row.zone_id]) for row in rows if row.zone_id is not None and row.zone_id in zones]


@routes.post("/api/alerts/{alert_id}/resolve")
async def resolve(alert_id: Id, context: Ctx, request: Request, operator: Operator) -> MonitorAlert:
    """Say that an alert is over; one that is over already stays as it is."""
    call = Call(context, request, operator)
    alert = await show(call, Alert, alert_id)
    zone_id = alert.zone_id
    if zone_id is None:
        raise NotFoundError(f"there is no alert {alert_id} of a location")
    if alert.state != AlertState.RESOLVED.value:
        await resolve_alert(alert_id, NoteBody(), context, request, operator, any_version())
        alert = await show(call, Alert, alert_id)
    return alert_shown(alert, await show(call, Zone, zone_id))
