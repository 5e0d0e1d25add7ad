"""Recorded video: which files there are, of cameras that may be seen."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from throng.store.errors import NotFoundError
from throng.store.site_objects import SiteIds
from throng.store.tables import Camera, Recording


async def find(
    session: AsyncSession, *, site_ids: SiteIds, camera_id: int | None = None, limit: int = 100
) -> Sequence[Recording]:
    """Return recordings, newest first."""
    query = select(Recording).join(Camera, Camera.id == Recording.camera_id)
    if site_ids is not None:
        query = query.where(Camera.site_id.in_(site_ids))
    if camera_id is not None:
        query = query.where(Recording.camera_id == camera_id)
    query = query.order_by(Recording.started_at.desc(), Recording.id.desc()).limit(limit)
    return (await session.scalars(query)).all()


async def get(session: AsyncSession, recording_id: int, *, site_ids: SiteIds) -> tuple[Recording, int]:
    """Return a recording and the site of its camera.

    Raises:
        NotFoundError: there is none that may be seen.
    """
    row = await session.get(Recording, recording_id)
    camera = None if row is None else await session.get(Camera, row.camera_id)
    if row is None or camera is None or (site_ids is not None and camera.site_id not in site_ids):
        raise NotFoundError(f"there is no recording {recording_id}")
    return row, camera.site_id
