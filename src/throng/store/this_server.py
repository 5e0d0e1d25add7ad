"""The cameras that belong to no edge box: the server runs them itself, as an edge of its own at each site."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from throng.store.edges import THIS_SERVER
from throng.store.secret_box import hashed
from throng.store.tables import Camera, CameraKind, Edge

NAME = "This server"


async def sites_with_cameras(session: AsyncSession) -> Sequence[int]:
    """Return the sites that have active video cameras without an edge."""
    mine = (Camera.edge_id.is_(None), Camera.is_active.is_(True), Camera.kind == CameraKind.VIDEO.value)
    return (await session.scalars(select(Camera.site_id).where(*mine).distinct().order_by(Camera.site_id))).all()


async def take_over(session: AsyncSession, site_id: int, token: str) -> int:
    """Give the server's own edge of a site a new token, which ends the old one; return the edge's id."""
    edge = await _own(session, site_id)
    if edge is None:
        edge = Edge(site_id=site_id, key=THIS_SERVER, name=NAME, status={})
        session.add(edge)
    edge.token_hash = hashed(token)
    edge.enrolment_hash = edge.enrolment_until = None
    await session.flush()
    return edge.id


async def taken_by_another(session: AsyncSession, site_id: int, token: str) -> bool:
    """Whether another process has given the server's own edge of a site a token of its own.

    An edge that was removed, or whose token an administrator has ended, was taken by nobody.
    """
    edge = await _own(session, site_id)
    return edge is not None and edge.token_hash is not None and edge.token_hash != hashed(token)


async def _own(session: AsyncSession, site_id: int) -> Edge | None:
    return await session.scalar(select(Edge).where(Edge.site_id == site_id, Edge.key == THIS_SERVER))
