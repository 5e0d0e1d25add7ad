"""Alerts as CrowdSafe shows them."""

import json
from collections import Counter
from typing import Annotated, Literal

from fastapi import Query, Request

from throng.core.crowdsafe import CrowdSafeTrigger
from throng.server.api.alerts import acknowledge_alert, resolve_alert
from throng.server.api.alerts_schemas import NoteBody
from throng.server.api.objects import Call, show
from throng.server.api.wire import Id, IdField
from throng.server.auth.access import Operator, Viewer
from throng.server.compat.crowdsafe_figures import LEVELS
from throng.server.compat.crowdsafe_places import camera_and_zone, zone_of
from throng.server.compat.crowdsafe_schemas import AlertBody, AlertStatistics, CountBody
from throng.server.compat.router import SlashRouter
from throng.server.compat.rows import any_version, every
from throng.server.context import Context, Ctx
from throng.store import alerts, site_objects, zone_alerts
from throng.store.site_objects import SiteIds
from throng.store.tables import Alert, AlertLevel, AlertState, Camera, Zone

routes = SlashRouter(stem="crowdsafe", tags=["compat: crowdsafe"])

TRIGGERS = {
    "density": CrowdSafeTrigger.EXTREME_DENSITY, "occupancy": CrowdSafeTrigger.EXTREME_DENSITY,
    "surge": CrowdSafeTrigger.SUDDEN_SURGE, "rush": CrowdSafeTrigger.SUDDEN_SURGE,
    "panic": CrowdSafeTrigger.SUDDEN_SURGE, "stagnation": CrowdSafeTrigger.STAGNATION,
    "blocked_exit": CrowdSafeTrigger.STAGNATION, "risk": CrowdSafeTrigger.RISK,
}  # fmt: skip
"""Begin of our rules' names, and what CrowdSafe calls such a reason; others keep their own name."""

Level = Literal["SAFE", "CAUTION", "WARNING", "CRITICAL"]
UNSEEN = (AlertState.ACTIVE, AlertState.ESCALATED)


@routes.get("/api/alerts")
async def list_alerts(
    context: Ctx,
    request: Request,
    viewer: Viewer,
    camera_id: Annotated[
        IdField | None, Query(description="only of this camera, or of the zone that it covers")
    ] = None,
    risk_level: Annotated[Level | None, Query(description="only of this level")] = None,
    resolved: Annotated[bool | None, Query(description="only those that are, or are not, resolved")] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> list[AlertBody]:
    """List alerts, newest first."""
    zone_id: int | None = None
    if camera_id is not None:
        _, zone = await camera_and_zone(Call(context, request, viewer), camera_id)
        zone_id = None if zone is None else zone.id
    states = () if resolved is None else (AlertState.RESOLVED,) if resolved else tuple(sorted(alerts.OPEN))
    levels = tuple(level for level in AlertLevel if LEVELS[level] == risk_level)
    wanted = alerts.AlertFilter(states=states, levels=levels, zone_id=zone_id)
    async with context.database.read() as session:
        if camera_id is not None and zone_id is None:
            rows, _ = await site_objects.find(
                session, Alert, site_ids=viewer.site_ids, equal={"camera_id": camera_id}, limit=limit, newest_first=True
            )
            rows = [r for r in rows if (not states or r.state in states) and (not levels or r.level in levels)]
        else:
            rows, _ = await alerts.find(session, wanted, site_ids=viewer.site_ids, after=None, limit=limit)
    cameras = await _cameras(context, viewer.site_ids)
    return [_shown(row, cameras) for row in rows]


@routes.get("/api/alerts/unacknowledged/count")
async def count_unacknowledged(context: Ctx, viewer: Viewer) -> CountBody:
    """Count the alerts that nobody has taken yet."""
    async with context.database.read() as session:
        figures = await zone_alerts.figures(session, site_ids=viewer.site_ids)
    return CountBody(count=sum(one.count for one in figures if one.state in UNSEEN))


@routes.get("/api/alerts/statistics")
async def get_statistics(context: Ctx, viewer: Viewer) -> AlertStatistics:
    """Count alerts of each kind."""
    async with context.database.read() as session:
        figures = await zone_alerts.figures(session, site_ids=viewer.site_ids)
    levels, triggers = Counter[str](), Counter[str]()
    for one in figures:
        levels[LEVELS[one.level]] += one.count
        triggers[trigger_of(one.rule)] += one.count
    total = sum(one.count for one in figures)
    resolved = sum(one.count for one in figures if one.state == AlertState.RESOLVED.value)
    return AlertStatistics(
        total=total, resolved=resolved, unresolved=total - resolved, acknowledged=sum(o.acknowledged for o in figures),
        by_risk_level=dict(levels), by_trigger=dict(triggers),
    )  # fmt: skip


@routes.get("/api/alerts/{alert_id}")
async def get_alert(alert_id: Id, context: Ctx, request: Request, viewer: Viewer) -> AlertBody:
    """Show an alert."""
    return await _one(Call(context, request, viewer), alert_id)


@routes.post("/api/alerts/{alert_id}/acknowledge")
async def acknowledge(alert_id: Id, context: Ctx, request: Request, operator: Operator) -> AlertBody:
    """Say that somebody takes care of an alert."""
    await acknowledge_alert(alert_id, NoteBody(), context, request, operator, any_version())
    return await _one(Call(context, request, operator), alert_id)


@routes.post("/api/alerts/{alert_id}/resolve")
async def resolve(alert_id: Id, context: Ctx, request: Request, operator: Operator) -> AlertBody:
    """Say that an alert is over."""
    await resolve_alert(alert_id, NoteBody(), context, request, operator, any_version())
    return await _one(Call(context, request, operator), alert_id)


def trigger_of(rule: str) -> str:
    """Return what CrowdSafe calls the reason of a rule; the rule's own name where it has no word for it."""
    if rule in set(CrowdSafeTrigger):
        return rule
    return next((str(trigger) for begin, trigger in TRIGGERS.items() if rule.startswith(begin)), rule)


async def _one(call: Call, alert_id: int) -> AlertBody:
    alert = await show(call, Alert, alert_id)
    return _shown(alert, await _cameras(call.context, frozenset({alert.site_id})))


async def _cameras(context: Context, site_ids: SiteIds) -> dict[int, int]:
    """Return the first camera of each zone."""
    async with context.database.read() as session:
        cameras = await every(session, Camera, site_ids=site_ids)
        zones: dict[int, dict[str, Zone]] = {}
        for zone in await every(session, Zone, site_ids=site_ids):
            zones.setdefault(zone.site_id, {})[zone.key] = zone
    found: dict[int, int] = {}
    for camera in cameras:
        covered = zone_of(camera, zones.get(camera.site_id, {}), context)
        if covered is not None:
            found.setdefault(covered.id, camera.id)
    return found


def _shown(alert: Alert, cameras: dict[int, int]) -> AlertBody:
    camera_id = alert.camera_id or cameras.get(alert.zone_id or 0)
    return AlertBody(
        id=str(alert.id),
        alert_id=str(alert.id),
        camera_id=None if camera_id is None else str(camera_id),
        timestamp=alert.raised_at,
        risk_level=LEVELS[alert.level],
        trigger_condition=trigger_of(alert.rule),
        message=alert.message or alert.title,
        metrics_snapshot=json.dumps(alert.numbers),
        acknowledged=alert.acknowledged_at is not None,
        acknowledged_by=alert.acknowledged_by,
        acknowledged_at=alert.acknowledged_at,
        resolved=alert.state == AlertState.RESOLVED.value,
        resolved_at=alert.resolved_at,
    )
