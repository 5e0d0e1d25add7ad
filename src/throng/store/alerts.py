"""The life of an alert: which step is possible in which state, and what each step leaves behind."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncSession

from throng.store import site_objects
from throng.store.errors import ConflictError
from throng.store.site_objects import SiteIds
from throng.store.tables import Alert, AlertState, AlertStep, Delivery

OPEN = frozenset(AlertState) - {AlertState.RESOLVED}
TOLD = frozenset({AlertState.ACTIVE, AlertState.ESCALATED, AlertState.ACKNOWLEDGED, AlertState.SNOOZED})

TRANSITIONS: Mapping[str, tuple[frozenset[AlertState], AlertState | None]] = MappingProxyType(
    {
        "raise": (frozenset({AlertState.PENDING}), AlertState.ACTIVE),
        "acknowledge": (TOLD - {AlertState.ACKNOWLEDGED}, AlertState.ACKNOWLEDGED),
        "snooze": (TOLD, AlertState.SNOOZED),
        "wake": (frozenset({AlertState.SNOOZED}), AlertState.ACTIVE),
        "escalate": (frozenset({AlertState.ACTIVE}), AlertState.ESCALATED),
        "resolve": (OPEN, AlertState.RESOLVED),
        "assign": (OPEN, None),
        "comment": (frozenset(AlertState), None),
    }
)
"""Action: the states in which it is possible, and the state it leads to; None for the same one."""


async def take(session: AsyncSession, alert: Alert, action: str, *, actor: str, at: datetime, note: str = "") -> None:
    """Take one step of the life of an alert.

    Args:
        session: writes.
        alert: which one; gets its new state, and who acknowledged or resolved it.
        action: one of `TRANSITIONS`.
        actor: who.
        at: when.
        note: what they say to it.

    Raises:
        ConflictError: it is not possible in the present state.
    """
    possible, leads_to = TRANSITIONS[action]
    state = AlertState(alert.state)
    if state not in possible:
        raise ConflictError(
            f"alert {alert.id} is {state}: {action} is possible while it is {', '.join(sorted(possible))}"
        )
    if action == "acknowledge":
        alert.acknowledged_at, alert.acknowledged_by = at, actor
    elif action == "resolve":
        alert.resolved_at, alert.resolved_by = at, actor
    if leads_to not in {None, AlertState.SNOOZED}:
        alert.snoozed_until = None
    alert.state = (leads_to or state).value
    alert.updated_at = at
    session.add(AlertStep(alert_id=alert.id, at=at, action=action, state=alert.state, actor=actor, note=note))
    await session.flush()


async def snooze(
    session: AsyncSession, alert: Alert, *, until: datetime, reason: str, actor: str, at: datetime
) -> None:
    """Keep an alert silent for some time.

    Raises:
        ConflictError: it is resolved, or not raised yet.
    """
    alert.snoozed_until = until
    await take(session, alert, "snooze", actor=actor, at=at, note=reason)


async def assign(session: AsyncSession, alert: Alert, username: str | None, *, actor: str, at: datetime) -> None:
    """Give an alert to somebody, or to nobody.

    Raises:
        ConflictError: it is resolved.
    """
    alert.assigned_to = username
    await take(session, alert, "assign", actor=actor, at=at, note=username or "")


async def wake_due(session: AsyncSession, *, at: datetime) -> Sequence[Alert]:
    """Wake the alerts whose snooze has ended, and return them; a job calls this every few seconds."""
    due = select(Alert).where(Alert.state == AlertState.SNOOZED.value, Alert.snoozed_until <= at)
    alerts = (await session.scalars(due)).all()
    for alert in alerts:
        await take(session, alert, "wake", actor="Throng", at=at)
    return alerts


async def note_raised(session: AsyncSession, alert: Alert, *, actor: str) -> None:
    """Write the first step of an alert that was added."""
    session.add(AlertStep(alert_id=alert.id, at=alert.raised_at, action="raise", state=alert.state, actor=actor))
    await session.flush()


async def steps(session: AsyncSession, alert_id: int) -> Sequence[AlertStep]:
    """Return what happened to an alert, the first first."""
    query = select(AlertStep).where(AlertStep.alert_id == alert_id).order_by(AlertStep.at, AlertStep.id)
    return (await session.scalars(query)).all()


async def deliveries(session: AsyncSession, alert_id: int) -> Sequence[Delivery]:
    """Return who was told about an alert."""
    return (await session.scalars(select(Delivery).where(Delivery.alert_id == alert_id).order_by(Delivery.id))).all()


@dataclass(frozen=True, slots=True)
class AlertFilter:
    """Which alerts are wanted; what is None or empty does not matter.

    Attributes:
        since, until: raised from `since` to before `until`.
    """

    states: Sequence[str] = ()
    levels: Sequence[str] = ()
    site_id: int | None = None
    zone_id: int | None = None
    rule: str | None = None
    since: datetime | None = None
    until: datetime | None = None


async def find(
    session: AsyncSession, wanted: AlertFilter, *, site_ids: SiteIds, after: int | None, limit: int
) -> tuple[Sequence[Alert], int | None]:
    """Return alerts, the newest first, and the position to go on from, None at the end."""
    conditions: list[ColumnElement[bool]] = []
    if wanted.states:
        conditions.append(Alert.state.in_(wanted.states))
    if wanted.levels:
        conditions.append(Alert.level.in_(wanted.levels))
    if wanted.since is not None:
        conditions.append(Alert.raised_at >= wanted.since)
    if wanted.until is not None:
        conditions.append(Alert.raised_at < wanted.until)
    return await site_objects.find(
        session, Alert, *conditions, site_ids=site_ids, site_id=wanted.site_id,
        equal={"zone_id": wanted.zone_id, "rule": wanted.rule}, after=after, limit=limit, newest_first=True,
    )  # fmt: skip
