"""A count that comes through the door of Smart Crowd Density Monitor: it is stored, judged and told to everybody."""

from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from throng.server.api.objects import Call
from throng.server.compat.monitor_rules import MonitorRule, judge
from throng.server.compat.newest import newest_readings
from throng.server.ingest.by_person import batch_of
from throng.server.live.items import Kind
from throng.store import alerts, manual_counts, site_objects
from throng.store.ingesting import store_batches
from throng.store.tables import Alert, AlertLevel, AlertState, ManualCount, Site, Zone

RULE = "monitor."
"""Begin of the rules of alerts that this door raises."""

AI = "AI"


async def take_count(call: Call, zone: Zone, count: int, *, source: str) -> None:
    """Keep a count as a reading, raise and resolve alerts by the rules of this door, and tell who watches."""
    context, now = call.context, call.context.clock.now()
    newest = newest_readings(context.hub, site_ids={zone.site_id}).get(zone.id)
    before = None if newest is None else newest.number("count")
    async with context.database.write() as session:
        site = await session.get_one(Site, zone.site_id)
        at = now
        while await _taken(session, zone.id, at):
            at += timedelta(microseconds=1)
        row = ManualCount(
            zone_id=zone.id, at=at, count=count, counted_by=call.principal.name[:200], note=f"source: {source}",
            created_at=now,
        )  # fmt: skip
        await manual_counts.add(session, row)
        batch = batch_of(row, zone, site, received=now)
        await store_batches(session, [batch])
        changed = await _judge(session, call, zone, count, before=before)
    context.ingest.tell(zone.site_id, batch)
    for alert in changed:
        tell_alert(call, alert)


def tell_alert(call: Call, alert: Alert) -> None:
    """Tell who watches that an alert is new or has changed."""
    from throng.server.api.alerts_schemas import AlertShown  # noqa: PLC0415

    body = AlertShown.model_validate(alert).model_dump_json().encode()
    call.context.hub.put(Kind.ALERT, alert.site_id, (alert.id, alert.zone_id or 0), body)


async def _taken(session: AsyncSession, zone_id: int, at: Any) -> bool:
    same = select(ManualCount.id).where(ManualCount.zone_id == zone_id, ManualCount.at == at)
    return await session.scalar(same) is not None


async def _judge(session: AsyncSession, call: Call, zone: Zone, count: int, *, before: float | None) -> list[Alert]:
    now = call.context.clock.now()
    rules = [f"{RULE}{rule.value}" for rule in MonitorRule]
    open_ones = (
        await session.scalars(
            select(Alert).where(
                Alert.zone_id == zone.id, Alert.rule.in_(rules), Alert.state != AlertState.RESOLVED.value
            )
        )
    ).all()
    by_rule = {MonitorRule(alert.rule.removeprefix(RULE)): alert for alert in open_ones}
    verdict = judge(count, before=before, capacity=zone.capacity, active=frozenset(by_rule))
    changed = []
    for rule in sorted(verdict.resolves):
        await alerts.take(session, by_rule[rule], "resolve", actor="Throng", at=now, note=f"{count} people")
        changed.append(by_rule[rule])
    for rule in sorted(verdict.raises):
        alert = _alert(zone, rule, count, before=before)
        alert.raised_at = now
        await site_objects.add(session, alert)
        await alerts.note_raised(session, alert, actor="Throng")
        changed.append(alert)
    return changed


def _alert(zone: Zone, rule: MonitorRule, count: int, *, before: float | None) -> Alert:
    occupancy = None if zone.capacity is None else count / zone.capacity
    if rule is MonitorRule.SPIKE and before is not None:
        message = f"{zone.name}: {count} people, {100 * (count / before - 1):.0f} % more than before ({before:.0f})"
    else:
        message = f"{zone.name}: {count} people, {100 * (occupancy or 0):.0f} % of its capacity of {zone.capacity}"
    return Alert(
        site_id=zone.site_id, zone_id=zone.id, rule=f"{RULE}{rule.value}", merge_key=f"{RULE}{rule.value}:{zone.id}",
        level=AlertLevel.WARNING.value, state=AlertState.ACTIVE.value, title=message[:300], message=message,
        numbers={"count": count, "occupancy": occupancy, "before": before},
    )  # fmt: skip
