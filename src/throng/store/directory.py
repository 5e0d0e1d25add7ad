"""What the names in readings mean: zones, lines and cameras of a site by their keys."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from throng.store.errors import NotFoundError
from throng.store.tables import Camera, CameraKind, Line, Site, Zone


@dataclass(frozen=True, slots=True)
class ZoneEntry:
    """What completing a reading needs of a zone; None where nobody said."""

    id: int
    area_m2: float | None
    capacity: int | None


@dataclass(frozen=True, slots=True)
class CameraEntry:
    """A camera or sensor, and the edge box that it belongs to; None for none."""

    id: int
    is_sensor: bool
    edge_id: int | None


@dataclass(frozen=True, slots=True)
class SiteDirectory:
    """Everything of a site by its key."""

    site_id: int
    zones: Mapping[str, ZoneEntry]
    lines: Mapping[str, int]
    cameras: Mapping[str, CameraEntry]


async def load_directory(session: AsyncSession, site_id: int) -> SiteDirectory:
    """Read the directory of a site.

    Raises:
        NotFoundError: there is no such site.
    """
    if await session.scalar(select(Site.id).where(Site.id == site_id)) is None:
        raise NotFoundError(f"there is no site {site_id}")
    zones = await session.execute(select(Zone.key, Zone.id, Zone.area_m2, Zone.capacity).where(Zone.site_id == site_id))
    lines = await session.execute(select(Line.key, Line.id).where(Line.site_id == site_id))
    cameras = await session.execute(
        select(Camera.key, Camera.id, Camera.kind, Camera.edge_id).where(Camera.site_id == site_id)
    )
    return SiteDirectory(
        site_id,
        zones={row.key: ZoneEntry(row.id, row.area_m2, row.capacity) for row in zones},
        lines={row.key: row.id for row in lines},
        cameras={
            key: CameraEntry(camera_id, kind == CameraKind.SENSOR, edge_id) for key, camera_id, kind, edge_id in cameras
        },
    )
