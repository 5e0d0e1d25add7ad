"""The camera of a location: the first one of its site that names the zone."""

from collections.abc import Awaitable, Callable

from sqlalchemy.ext.asyncio import AsyncSession

from throng.server.api.cameras import camera_columns
from throng.server.api.cameras_schemas import CameraChange
from throng.server.api.objects import Call, create, replace
from throng.server.compat.rows import any_version, every, free_key
from throng.store.site_objects import SiteIds
from throng.store.tables import Camera, Zone


async def cameras_of_zones(session: AsyncSession, *, site_ids: SiteIds) -> dict[tuple[int, str], Camera]:
    """Return the camera of each zone by site and key of the zone."""
    found: dict[tuple[int, str], Camera] = {}
    for camera in await every(session, Camera, site_ids=site_ids):
        for key in camera.zone_keys or ():
            found.setdefault((camera.site_id, key), camera)
    return found


async def camera_of(call: Call, zone: Zone) -> Camera | None:
    """Return the camera of a zone; None without one."""
    async with call.context.database.read() as session:
        return (await cameras_of_zones(session, site_ids=frozenset({zone.site_id}))).get((zone.site_id, zone.key))


async def camera_to_be(call: Call, zone: Zone, address: str, *, now: Camera | None) -> Callable[[], Awaitable[object]]:
    """Check the address of a location's camera, and return what sets it; nothing is changed before.

    Args:
        call: who.
        zone: the location, which may be new.
        address: may hold a name and a password.
        now: its present camera; None without one.

    Raises:
        ThrongError: an address that cameras of this server may not have.
    """
    key = await free_key(call, Camera, zone.site_id, f"{zone.key}-camera") if now is None else now.key
    edge_id = None if now is None else now.edge_id
    fields = {"key": key, "name": f"{zone.name[:190]}: camera", "source": address, "edge_id": edge_id}
    wanted = CameraChange.model_validate(fields)
    columns = await camera_columns(wanted, call.context, now=now)

    async def set_camera() -> None:
        if now is None:
            await create(call, Camera(site_id=zone.site_id, **columns | {"zone_keys": [zone.key]}))
        else:
            changed = {name: columns[name] for name in ("source", "credentials")}
            await replace(call, Camera, now.id, changed, tags=any_version())

    return set_camera
