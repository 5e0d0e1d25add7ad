"""The newest raw readings of a zone, as lists of them need them."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from throng.store.tables import readings


async def newest_rows(
    session: AsyncSession,
    zone_ids: list[int],
    *,
    limit: int,
    since_us: int | None = None,
    until_us: int | None = None,
    camera_id: int | None = None,
) -> list[dict[str, Any]]:
    """Return raw readings, newest first, as mappings of the columns of `readings`.

    Args:
        session: reads.
        zone_ids: of these zones.
        limit: at most so many.
        since_us, until_us: from the first to before the second; None for without limit.
        camera_id: only of this camera; None for all.
    """
    t = readings.c
    query = select(readings).where(t.zone_id.in_(zone_ids))
    for condition in (
        None if since_us is None else t.at_us >= since_us,
        None if until_us is None else t.at_us < until_us,
        None if camera_id is None else t.camera_id == camera_id,
    ):
        if condition is not None:
            query = query.where(condition)
    rows = await session.execute(query.order_by(t.at_us.desc(), t.zone_id, t.camera_id).limit(limit))
    return [dict(row) for row in rows.mappings()]
