"""How long what was measured is kept, and its erasing in small bites."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Table, delete, func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from throng.store import partitions
from throng.store.columns import to_us
from throng.store.database import Database
from throng.store.errors import StoreError
from throng.store.tables import (
    AuditEntry,
    Base,
    Setting,
    density_snapshots,
    ingested_batches,
    line_readings,
    readings,
    readings_hour,
    readings_minute,
)

SETTING = "retention"
LONGEST_DAYS = 36_500
BITE = 2_000
"""Rows per transaction: other writers must not wait long."""

MARGIN = timedelta(hours=1)
"""Raw readings live longer than they are accepted, so that a late one never replaces the roll-up of a minute by what
is left of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """Days that each kind of data is kept; None for ever.

    Attributes:
        readings: raw readings of zones.
        minutes, hours: their roll-ups.
        line_readings: crossings of lines.
        density_snapshots: density pictures.
        events: behaviour events.
        ingested_batches: answers to batches, for senders that repeat one.
        audit_log: who did what.
        manual_counts: counts by people.
    """

    readings: int | None = 30
    minutes: int | None = 400
    hours: int | None = None
    line_readings: int | None = 400
    density_snapshots: int | None = 7
    events: int | None = 400
    ingested_batches: int | None = 3
    audit_log: int | None = 400
    manual_counts: int | None = None

    def since(self, kind: str, now: datetime) -> datetime | None:
        """Return how old something of a kind may be to be accepted; None for any age."""
        days: int | None = getattr(self, kind)
        return None if days is None else now - timedelta(days=days)

    def erased_before(self, kind: str, now: datetime) -> datetime | None:
        """Return the UTC midnight before which a kind is erased; None for never."""
        since = self.since(kind, now)
        return None if since is None else (since - MARGIN).replace(hour=0, minute=0, second=0, microsecond=0)


def parse_retention(value: Any) -> Retention:
    """Return the retention of a setting: {kind: days or null}; what is not named is as by default.

    Raises:
        StoreError: a kind is unknown, or its days are no whole number of at least 1.
    """
    kinds = [field.name for field in fields(Retention)]
    if not isinstance(value, Mapping) or set(value) - set(kinds):
        raise StoreError(f"retention: expected days for some of {', '.join(kinds)}, got {value!r}")
    for kind, days in value.items():
        whole = type(days) is int and 1 <= days <= LONGEST_DAYS
        if days is not None and not whole:
            raise StoreError(f"retention: {kind}: expected 1 to {LONGEST_DAYS} days, or null for ever, got {days!r}")
    return Retention(**value)


async def load_retention(session: AsyncSession) -> Retention:
    """Read the retention that holds."""
    value = await session.scalar(select(Setting.value).where(Setting.key == SETTING))
    return parse_retention(value or {})


async def erase_old(database: Database, retention: Retention, now: datetime) -> dict[str, int]:
    """Erase everything that is too old, a bite per transaction, and return the rows (or partitions) per kind."""
    erased: dict[str, int] = {}
    for kind, table in PER_PAIR.items():
        before = retention.erased_before(kind, now)
        if before is None:
            continue
        if kind == "readings" and not database.is_sqlite:
            async with database.write() as session:
                dropped = await partitions.drop_before(session, partitions.day_of(to_us(before)))
            erased["partitions"] = dropped
        async for pair in _pairs(database, table):
            erased[kind] = erased.get(kind, 0) + await _erase_pair(database, table, pair, to_us(before))
    for kind, (table, key, at) in BY_TIME.items():
        before = retention.erased_before(kind, now)
        if before is not None:
            erased[kind] = await _erase(database, table, key, table.c[at] < _bound(at, before))
    return {kind: count for kind, count in erased.items() if count}


PER_PAIR: dict[str, Table] = {
    "readings": readings,
    "minutes": readings_minute,
    "hours": readings_hour,
    "line_readings": line_readings,
    "density_snapshots": density_snapshots,
}
"""Tables whose key is (zone or line, camera, time)."""

BY_TIME: dict[str, tuple[Table, tuple[str, ...], str]] = {
    "events": (Base.metadata.tables["events"], ("id",), "ended_at"),
    "ingested_batches": (ingested_batches, ("sender", "idempotency_key"), "at_us"),
    "audit_log": (Base.metadata.tables[AuditEntry.__tablename__], ("id",), "at"),
    "manual_counts": (Base.metadata.tables["manual_counts"], ("id",), "at"),
}
"""Table, key and time of what is erased by its time alone."""


def _bound(at: str, before: datetime) -> Any:
    return to_us(before) if at.endswith("_us") else before


async def _pairs(database: Database, table: Table) -> AsyncIterator[tuple[int, int]]:
    """Yield each pair of ids that a table begins with: one step of its index for each, however long the table is."""
    first, second = list(table.c)[:2]
    query = select(first, second).order_by(first, second).limit(1)
    async with database.read() as session:
        found = (await session.execute(query)).one_or_none()
    while found is not None:
        pair = (found[0], found[1])
        yield pair
        async with database.read() as session:
            found = (await session.execute(query.where(tuple_(first, second) > pair))).one_or_none()


async def _erase_pair(database: Database, table: Table, pair: tuple[int, int], before_us: int) -> int:
    first, second, at = list(table.c)[:3]
    ours = (first == pair[0], second == pair[1])
    erased = 0
    while True:
        async with database.write() as session:
            bite = select(at).where(*ours, at < before_us).order_by(at).limit(BITE).subquery()
            last = await session.scalar(select(func.max(bite.c[0])))
            if last is None:
                return erased
            gone = await session.execute(delete(table).where(*ours, at <= last))
        erased += int(getattr(gone, "rowcount", 0))


async def _erase(database: Database, table: Table, key: tuple[str, ...], old: Any) -> int:
    columns = [table.c[name] for name in key]
    erased = 0
    while True:
        async with database.write() as session:
            bite = (await session.execute(select(*columns).where(old).limit(BITE))).all()
            if bite:
                await session.execute(delete(table).where(tuple_(*columns).in_([tuple(row) for row in bite])))
        erased += len(bite)
        if len(bite) < BITE:
            return erased
