"""Counts by people. Each is also a reading of its zone by the camera `BY_A_PERSON`."""

from collections.abc import Sequence

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from throng.store.batches import minute_of
from throng.store.columns import from_us, to_us
from throng.store.errors import ConflictError, NotFoundError
from throng.store.readings import reading_rows
from throng.store.tables import ManualCount, latest_zones, readings
from throng.store.tables.readings import BY_A_PERSON


async def add(session: AsyncSession, row: ManualCount) -> ManualCount:
    """Add a count and give it its id.

    Raises:
        ConflictError: somebody has counted this zone at this very time.
    """
    same = select(ManualCount.id).where(ManualCount.zone_id == row.zone_id, ManualCount.at == row.at)
    if await session.scalar(same) is not None:
        raise ConflictError(f"zone {row.zone_id} has a manual count of {row.at.isoformat()} already; delete it first")
    session.add(row)
    await session.flush()
    return row


async def find(
    session: AsyncSession,
    zone_id: int,
    *,
    since_us: int,
    until_us: int,
    after: tuple[int, int] | None = None,
    limit: int = 100,
) -> tuple[Sequence[ManualCount], tuple[int, int] | None]:
    """Return counts from `since_us` to before `until_us`, newest first, and the position to go on from."""
    query = select(ManualCount).where(
        ManualCount.zone_id == zone_id, ManualCount.at >= from_us(since_us), ManualCount.at < from_us(until_us)
    )
    if after is not None:
        at, row_id = from_us(after[0]), after[1]
        query = query.where((ManualCount.at < at) | ((ManualCount.at == at) & (ManualCount.id < row_id)))
    rows = (await session.scalars(query.order_by(ManualCount.at.desc(), ManualCount.id.desc()).limit(limit + 1))).all()
    if len(rows) <= limit:
        return rows, None
    return rows[:limit], (to_us(rows[limit - 1].at), rows[limit - 1].id)


async def get(session: AsyncSession, zone_id: int, count_id: int) -> ManualCount:
    """Return one count.

    Raises:
        NotFoundError: there is none of this zone.
    """
    row = await session.get(ManualCount, count_id)
    if row is None or row.zone_id != zone_id:
        raise NotFoundError(f"there is no manual count {count_id} of zone {zone_id}")
    return row


async def remove(session: AsyncSession, row: ManualCount) -> bool:
    """Take a count and its reading back, and return whether it was the newest of its zone."""
    at_us = to_us(row.at)
    await session.delete(row)
    await session.flush()
    r, newest = readings.c, latest_zones.c
    await session.execute(
        delete(readings).where(r.zone_id == row.zone_id, r.camera_id == BY_A_PERSON, r.at_us == at_us)
    )
    await (await reading_rows(session)).stale([(row.zone_id, BY_A_PERSON, minute_of(at_us))])
    gone = await session.execute(
        delete(latest_zones)
        .where(newest.zone_id == row.zone_id, newest.camera_id == BY_A_PERSON, newest.at_us == at_us)
        .returning(newest.zone_id)
    )
    return gone.first() is not None


async def newest(session: AsyncSession, zone_id: int) -> ManualCount | None:
    """Return the newest count of a zone; None when there is none."""
    query = select(ManualCount).where(ManualCount.zone_id == zone_id).order_by(ManualCount.at.desc()).limit(1)
    found: ManualCount | None = await session.scalar(query)
    return found
