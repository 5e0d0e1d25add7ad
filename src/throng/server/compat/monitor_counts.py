"""A count that comes through the door of Smart Crowd Density Monitor: it is stored, judged and told to everybody."""

import json
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from throng.server.api.objects import Call
from throng.server.audit_trail import noted
from throng.server.compat.monitor_rules import MonitorRule, judge
from throng.server.ingest.by_person import REASON, batch_of
from throng.server.live.alerts import tell_alert
from throng.store import alerts, manual_counts, site_objects, sites, zone_alerts
from throng.store.batches import Batch
from throng.store.columns import to_us
from throng.store.errors import ConflictError
from throng.store.ingesting import store_batches
from throng.store.newest_rows import newest_rows
from throng.store.tables import Alert, AlertLevel, AlertState, ManualCount, Zone

RULE = "monitor."
"""Begin of the rules of alerts that this door raises."""

AI = "AI"
AI_REASON = "counted in a picture"
AI_DETAIL = json.dumps({"reasons": [AI_REASON]}, separators=(",", ":"))
"""What tells counts of the source AI from those by people, which come the same way."""

ACTOR = "Throng"

LOOK_BACK = timedelta(days=1)
"""A count that is older is not the one before."""


async def take_count(call: Call, zone: Zone, count: int, *, source: str) -> None:
    """Keep a count as a reading, raise and resolve alerts by the rules of this door, and tell who watches.

    Args:
        call: who sends it.
        zone: where.
        count: people, at least 0.
        source: `AI` or `MANUAL`.
    """
    context, now = call.context, call.context.clock.now()
    async with context.database.write() as session:
        await zone_alerts.hold(session, zone.id)
        since_us = to_us(now - LOOK_BACK)
        before = await newest_rows(session, zone.id, limit=1, since_us=since_us, known=True)
        site = await sites.get(session, zone.site_id, site_ids=None)
        row = await _kept(session, zone, count, call, note=f"source: {source}", at=now)
        batch = batch_of(row, zone, site, received=now)
        if source == AI:
            batch = _by_model(batch)
        await store_batches(session, [batch])
        await noted(
            session, call.connection, call.principal, "manual_count.create", "manual_count", row.id, zone.site_id,
            zone_id=zone.id, count=count, source=source,
        )  # fmt: skip
        changed = await _judged(session, zone, count, before=before[0]["count"] if before else None, at=now)
    context.ingest.tell(zone.site_id, batch)
    for alert in changed:
        tell_alert(context.hub, alert)


async def _kept(session: AsyncSession, zone: Zone, count: int, call: Call, *, note: str, at: datetime) -> ManualCount:
    """Store a count at the first microsecond from `at` on at which nobody has counted this zone."""
    now = at
    while True:
        row = ManualCount(
            zone_id=zone.id, at=at, count=count, counted_by=call.principal.name[:200], note=note, created_at=now
        )
        try:
            return await manual_counts.add(session, row)
        except ConflictError:
            at += timedelta(microseconds=1)


def _by_model(batch: Batch) -> Batch:
    """Say that a model has counted; `detail` is the last column of a row."""
    newest = {pair: replace(one, body=one.body.replace(REASON, AI_REASON)) for pair, one in batch.newest_zones.items()}
    return replace(batch, readings=[(*row[:-1], AI_DETAIL) for row in batch.readings], newest_zones=newest)


async def _judged(session: AsyncSession, zone: Zone, count: int, *, before: float | None, at: datetime) -> list[Alert]:
    """Raise and resolve alerts, and return those that have changed."""
    rules = [f"{RULE}{rule.value}" for rule in MonitorRule]
    open_ones = await zone_alerts.open_of(session, zone.id, rules)
    by_rule = {MonitorRule(alert.rule.removeprefix(RULE)): alert for alert in open_ones}
    verdict = judge(count, before=before, capacity=zone.capacity, active=frozenset(by_rule))
    changed = [by_rule[rule] for rule in sorted(verdict.resolves)]
    for alert in changed:
        await alerts.take(session, alert, "resolve", actor=ACTOR, at=at, note=f"{count} people")
    for rule in sorted(verdict.raises):
        alert = _alert(zone, rule, count, before=before, at=at)
        await site_objects.add(session, alert)
        await alerts.note_raised(session, alert, actor=ACTOR)
        changed.append(alert)
    return changed


def _alert(zone: Zone, rule: MonitorRule, count: int, *, before: float | None, at: datetime) -> Alert:
    share = None if zone.capacity is None else count / zone.capacity
    if rule is MonitorRule.SPIKE and before:
        message = f"{zone.name}: {count} people, {100 * (count / before - 1):.0f} % more than before ({before:.0f})"
    else:
        message = f"{zone.name}: {count} people, {100 * (share or 0):.0f} % of its capacity of {zone.capacity}"
    name = f"{RULE}{rule.value}"
    return Alert(
        site_id=zone.site_id, zone_id=zone.id, rule=name, merge_key=f"{name}:{zone.id}",
        level=AlertLevel.WARNING.value, state=AlertState.ACTIVE.value, title=message[:300], message=message,
        numbers={"count": count, "occupancy": share, "before": before}, raised_at=at,
    )  # fmt: skip
