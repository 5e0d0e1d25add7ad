"""Edge boxes: how they enrol, what they report of themselves, what they are to run."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from throng.store.secret_box import hashed
from throng.store.tables import Camera, Edge, Line, Site, Zone

THIS_SERVER = "this-server"
"""Key of the edge that the server itself is at a site: it runs the cameras that belong to no box."""


@dataclass(frozen=True, slots=True)
class EdgeWork:
    """What one edge is to run."""

    edge: Edge
    site: Site
    zones: Sequence[Zone]
    lines: Sequence[Line]
    cameras: Sequence[Camera]


async def enrol(session: AsyncSession, code: str, *, token: str, software: str, at: datetime) -> Edge | None:
    """Give the edge that a one-time code belongs to its token, and end the code.

    Returns:
        The edge; None when the code is unknown, used or too old.
    """
    edge = await session.scalar(select(Edge).where(Edge.enrolment_hash == hashed(code)).with_for_update())
    if edge is None or edge.enrolment_until is None or edge.enrolment_until <= at:
        return None
    edge.token_hash = hashed(token)
    edge.enrolment_hash = edge.enrolment_until = None
    edge.software, edge.last_seen_at = software, at
    await session.flush()
    return edge


async def seen(
    session: AsyncSession, edge_id: int, *, at: datetime, software: str, clock_offset_s: float, status: dict[str, Any]
) -> None:
    """Keep what an edge said of itself. That is no change by a person: the version stays."""
    kept = {"last_seen_at": at, "software": software, "clock_offset_s": clock_offset_s, "status": status}
    await session.execute(
        update(Edge)
        .where(Edge.id == edge_id)
        .values(**kept, version=Edge.version, updated_at=Edge.updated_at)
        .execution_options(synchronize_session=False)
    )


async def work(session: AsyncSession, edge: Edge) -> EdgeWork:
    """Return what an edge is to run: the active zones and lines of its site, and its own active cameras.

    The server itself, as the edge `THIS_SERVER`, has those that belong to nobody else.
    """
    mine = Camera.edge_id.is_(None) if edge.key == THIS_SERVER else Camera.edge_id == edge.id
    site = await session.get_one(Site, edge.site_id)
    zones = await session.scalars(_active(Zone, edge.site_id))
    lines = await session.scalars(_active(Line, edge.site_id))
    cameras = await session.scalars(_active(Camera, edge.site_id).where(mine))
    return EdgeWork(edge, site, zones.all(), lines.all(), cameras.all())


def work_version(edge_work: EdgeWork) -> str:
    """Return what changes whenever the work of an edge does."""
    rows: list[Edge | Site | Zone | Line | Camera] = [
        edge_work.edge, edge_work.site, *edge_work.zones, *edge_work.lines, *edge_work.cameras
    ]  # fmt: skip
    text = ";".join(f"{type(row).__name__}{row.id}.{row.version}" for row in rows)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _active(table: Any, site_id: int) -> Select[Any]:
    return select(table).where(table.site_id == site_id, table.is_active.is_(True)).order_by(table.id)
