"""Pages of long lists by the key of the last row: every row once, whatever is added or removed meanwhile."""

from collections.abc import Sequence
from typing import Any, TypeVar

from sqlalchemy import Select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

Row = TypeVar("Row")


async def keyset(
    session: AsyncSession,
    query: Select[Row],
    column: InstrumentedAttribute[int],
    *,
    after: int | None,
    limit: int,
    newest_first: bool = False,
) -> tuple[Sequence[Row], int | None]:
    """Return one page of mapped rows and the position to go on from, None when there are no more.

    Args:
        session: reads.
        query: a select of one mapped class, filtered, without an order.
        column: its primary key.
        after: position that the page before returned; None for the first page.
        limit: rows per page.
        newest_first: from the highest key down.
    """
    if after is not None:
        query = query.where(column < after if newest_first else column > after)
    ordered = query.order_by(column.desc() if newest_first else column.asc()).limit(limit + 1)
    rows: Sequence[Any] = (await session.scalars(ordered)).all()
    if len(rows) <= limit:
        return rows, None
    page = rows[:limit]
    return page, getattr(page[-1], column.key)
