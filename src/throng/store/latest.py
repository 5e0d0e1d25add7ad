"""The newest of everything as it is stored: what the live state begins with, and what other processes have added."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from throng.store.tables import Alert, AlertState, Line, Zone, latest_lines, latest_zones


@dataclass(frozen=True, slots=True)
class Latest:
    """The newest reading of one zone or line by one camera.

    Attributes:
        ids: (zone or line, camera).
        at_us: of the reading.
        received_us: when it came in.
        row: JSON as it is told to who watches.
    """

    kind: Literal["zone", "line"]
    site_id: int
    ids: tuple[int, int]
    at_us: int
    received_us: int
    row: str


async def latest_since(session: AsyncSession, received_us: int) -> list[Latest]:
    """Return the newest readings that came in at or after a time; those of what is gone are left out."""
    found: list[Latest] = []
    zones = await session.execute(
        select(latest_zones, Zone.site_id)
        .join(Zone, Zone.id == latest_zones.c.zone_id)
        .where(latest_zones.c.received_us >= received_us)
    )
    found += [Latest("zone", r.site_id, (r.zone_id, r.camera_id), r.at_us, r.received_us, r.row) for r in zones]
    lines = await session.execute(
        select(latest_lines, Line.site_id)
        .join(Line, Line.id == latest_lines.c.line_id)
        .where(latest_lines.c.received_us >= received_us)
    )
    found += [Latest("line", r.site_id, (r.line_id, r.camera_id), r.at_us, r.received_us, r.row) for r in lines]
    return found


async def open_alerts(session: AsyncSession) -> Sequence[Alert]:
    """Return all alerts that are not resolved."""
    return (await session.scalars(select(Alert).where(Alert.state != AlertState.RESOLVED.value))).all()


async def alerts_changed_since(session: AsyncSession, at: datetime) -> Sequence[Alert]:
    """Return alerts that have changed at or after a time, resolved ones too."""
    return (await session.scalars(select(Alert).where(Alert.updated_at >= at).order_by(Alert.updated_at))).all()
