"""Alerts as the familiar doors need them: those of one zone, one at a time, and figures of all."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from throng.store.site_objects import SiteIds
from throng.store.tables import Alert, AlertState, Zone


@dataclass(frozen=True, slots=True)
class AlertFigure:
    """How many alerts of a kind there are; `acknowledged` also counts those that are resolved by now."""

    rule: str
    level: str
    state: str
    count: int
    acknowledged: int


async def hold(session: AsyncSession, zone_id: int) -> None:
    """Let nobody else judge a zone before the transaction ends; on SQLite writers take turns anyway."""
    await session.execute(select(Zone.id).where(Zone.id == zone_id).with_for_update())


async def open_of(session: AsyncSession, zone_id: int, rules: Sequence[str]) -> Sequence[Alert]:
    """Return the alerts of a zone by some rules that are not resolved."""
    query = select(Alert).where(
        Alert.zone_id == zone_id, Alert.rule.in_(rules), Alert.state != AlertState.RESOLVED.value
    )
    return (await session.scalars(query)).all()


async def figures(session: AsyncSession, *, site_ids: SiteIds, since: datetime | None = None) -> list[AlertFigure]:
    """Return how many alerts of each rule, level and state there are, raised from `since` on."""
    acknowledged = func.count(Alert.acknowledged_at)
    query = select(Alert.rule, Alert.level, Alert.state, func.count(), acknowledged)
    if site_ids is not None:
        query = query.where(Alert.site_id.in_(site_ids))
    if since is not None:
        query = query.where(Alert.raised_at >= since)
    rows = await session.execute(query.group_by(Alert.rule, Alert.level, Alert.state))
    return [AlertFigure(*row) for row in rows]
