"""What a zone means for others of its site: cameras name it by its key."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from throng.store.tables import Camera, Zone


async def rename_in_cameras(session: AsyncSession, site_id: int, key: str, new_key: str | None) -> None:
    """Follow the new key of a zone, or its end (None), in the cameras that look at it."""
    for camera in await session.scalars(select(Camera).where(Camera.site_id == site_id)):
        keys = camera.zone_keys
        if keys is not None and key in keys:
            camera.zone_keys = [new_key if k == key else k for k in keys if k != key or new_key is not None]
    await session.flush()


async def keys(session: AsyncSession, site_id: int) -> frozenset[str]:
    """Return the keys of all zones of a site."""
    return frozenset((await session.scalars(select(Zone.key).where(Zone.site_id == site_id))).all())
