"""What an uploaded video needs to know of the camera whose calibration it is measured with."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from throng.store.tables import Camera, Line, Site, Zone


async def surroundings(session: AsyncSession, camera: Camera) -> tuple[Site, Sequence[Zone], Sequence[Line]]:
    """Return the site of a camera with its active zones and lines."""
    site = await session.get_one(Site, camera.site_id)
    zones = await session.scalars(
        select(Zone).where(Zone.site_id == camera.site_id, Zone.is_active.is_(True)).order_by(Zone.id)
    )
    lines = await session.scalars(
        select(Line).where(Line.site_id == camera.site_id, Line.is_active.is_(True)).order_by(Line.id)
    )
    return site, zones.all(), lines.all()
