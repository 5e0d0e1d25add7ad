"""Reads behaviour events and density pictures of a zone, newest first."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from throng.store.columns import from_us, to_us
from throng.store.tables import Happening, density_snapshots


async def find_events(
    session: AsyncSession,
    zone_id: int,
    *,
    since_us: int,
    until_us: int,
    kind: str | None = None,
    after: tuple[int, int] | None = None,
    limit: int = 100,
) -> tuple[Sequence[Happening], tuple[int, int] | None]:
    """Return events that go on between two times, and the position to go on from, None at the end.

    Args:
        session: reads.
        zone_id: where.
        since_us, until_us: from `since_us` to before `until_us`.
        kind: only these.
        after: position that the call before returned: (begin in microseconds, id).
        limit: at most so many.
    """
    query = select(Happening).where(
        Happening.zone_id == zone_id, Happening.ended_at >= from_us(since_us), Happening.started_at < from_us(until_us)
    )
    if kind is not None:
        query = query.where(Happening.kind == kind)
    if after is not None:
        started_at, row_id = from_us(after[0]), after[1]
        earlier = (Happening.started_at == started_at) & (Happening.id < row_id)
        query = query.where((Happening.started_at < started_at) | earlier)
    query = query.order_by(Happening.started_at.desc(), Happening.id.desc()).limit(limit + 1)
    rows = (await session.scalars(query)).all()
    if len(rows) <= limit:
        return rows, None
    last = rows[limit - 1]
    return rows[:limit], (to_us(last.started_at), last.id)


async def find_snapshots(
    session: AsyncSession,
    zone_id: int,
    *,
    since_us: int,
    until_us: int,
    camera_id: int | None = None,
    after: tuple[int, int] | None = None,
    limit: int = 20,
) -> tuple[Sequence[Row[Any]], tuple[int, int] | None]:
    """Return density pictures and the position to go on from: (time in microseconds, camera); see `find_events`."""
    t = density_snapshots.c
    query = select(density_snapshots).where(t.zone_id == zone_id, t.at_us >= since_us, t.at_us < until_us)
    if camera_id is not None:
        query = query.where(t.camera_id == camera_id)
    if after is not None:
        query = query.where(tuple_(t.at_us, t.camera_id) < after)
    rows = (await session.execute(query.order_by(t.at_us.desc(), t.camera_id.desc()).limit(limit + 1))).all()
    if len(rows) <= limit:
        return rows, None
    last = rows[limit - 1]
    return rows[:limit], (last.at_us, last.camera_id)
