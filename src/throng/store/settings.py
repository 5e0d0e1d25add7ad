"""Settings that administrators change while the server runs, one row per section."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from throng.store.tables import Setting


async def load(session: AsyncSession) -> dict[str, Any]:
    """Return all sections that somebody has set."""
    return {row.key: row.value for row in await session.scalars(select(Setting).order_by(Setting.key))}


async def save(session: AsyncSession, sections: Mapping[str, Any]) -> None:
    """Keep sections; those that are not named stay as they are."""
    kept = {row.key: row for row in await session.scalars(select(Setting))}
    for key, value in sections.items():
        if key not in kept:
            session.add(Setting(key=key, value=value))
        elif kept[key].value != value:
            kept[key].value = value
    await session.flush()
