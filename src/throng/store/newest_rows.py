"""The newest raw readings of a zone, as lists of them need them."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from throng.store.tables import latest_zones, readings


async def newest_rows(
    session: AsyncSession,
    zone_id: int,
    *,
    limit: int,
    since_us: int | None = None,
    until_us: int | None = None,
    camera_id: int | None = None,
    known: bool = False,
) -> list[dict[str, Any]]:
    """Return raw readings, newest first, as mappings of the columns of `readings`.

    Each camera is asked for its own newest ones: in that order the primary key gives them without sorting a month.

    Args:
        session: reads.
        zone_id: whose.
        limit: at most so many.
        since_us, until_us: from the first to before the second; None for without limit.
        camera_id: only of this camera; None for all.
        known: only those with a count.
    """
    t = readings.c
    conditions = [t.zone_id == zone_id]
    if since_us is not None:
        conditions.append(t.at_us >= since_us)
    if until_us is not None:
        conditions.append(t.at_us < until_us)
    if known:
        conditions.append(t["count"].is_not(None))
    found: list[dict[str, Any]] = []
    for camera in await _cameras(session, zone_id) if camera_id is None else [camera_id]:
        query = select(readings).where(*conditions, t.camera_id == camera).order_by(t.at_us.desc()).limit(limit)
        found += [dict(row) for row in (await session.execute(query)).mappings()]
    found.sort(key=lambda row: (-row["at_us"], row["camera_id"]))
    return found[:limit]


async def _cameras(session: AsyncSession, zone_id: int) -> list[int]:
    newest = latest_zones.c
    rows = await session.scalars(select(newest.camera_id).where(newest.zone_id == zone_id).order_by(newest.camera_id))
    return list(rows)
