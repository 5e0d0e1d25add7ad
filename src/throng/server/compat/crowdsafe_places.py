"""Which zone a camera covers, and how the camera is."""

import re
from collections.abc import Mapping
from typing import Literal

from sqlalchemy.ext.asyncio import AsyncSession

from throng.server.api.objects import Call, show
from throng.server.compat.newest import read_item
from throng.server.context import Context
from throng.server.live.items import Kind
from throng.server.problems import Problem
from throng.server.videos.job import JobState
from throng.store import site_objects
from throng.store.tables import Camera, Zone

Status = Literal["online", "offline", "error", "processing"]
SourceType = Literal["rtsp", "http", "file", "usb"]

DEVICE = re.compile(r"[0-9]{1,3}|/dev/.*")


def zone_of(camera: Camera, zones: Mapping[str, Zone], context: Context) -> Zone | None:
    """Return the zone of a camera: the first that it names, else the first that it reports; None where nobody knows.

    Args:
        camera: of a site.
        zones: of the site, by key.
        context: its live state says which zones the camera reports.
    """
    for key in camera.zone_keys or ():
        if key in zones:
            return zones[key]
    reported = {item.ids[0] for item in context.hub.items(Kind.ZONE, site_ids={camera.site_id})
                if item.ids[1] == camera.id}  # fmt: skip
    return next((zone for zone in zones.values() if zone.id in reported), None)


async def camera_and_zone(call: Call, camera_id: int) -> tuple[Camera, Zone | None]:
    """Return a camera that the caller may see, and its zone.

    Raises:
        NotFoundError: there is none for them.
    """
    camera = await show(call, Camera, camera_id)
    async with call.context.database.read() as session:
        return camera, zone_of(camera, await zones_of(session, camera), call.context)


async def required_zone(call: Call, camera_id: int) -> Zone:
    """Return the zone of a camera.

    Raises:
        Problem: 404, it covers none.
    """
    camera, zone = await camera_and_zone(call, camera_id)
    if zone is None:
        raise Problem(404, f"camera {camera.name} covers no zone yet; give it one in zone_keys, or let it report")
    return zone


async def zones_of(session: AsyncSession, camera: Camera) -> dict[str, Zone]:
    """Return the zones of a camera's site by key."""
    return await site_objects.of_site(session, Zone, camera.site_id)


def status_of(camera: Camera, context: Context) -> Status:
    """Return how a camera is: `error` when it sees nothing, `processing` while a video of it is measured."""
    running, _ = context.videos.library.find(
        lambda job: job.camera_id == camera.id and job.state is JobState.RUNNING, limit=1
    )
    if running:
        return "processing"
    items = [item for item in context.hub.items(Kind.ZONE, site_ids={camera.site_id}) if item.ids[1] == camera.id]
    alive = [item for item in items if item.overdue_since is None]
    if not camera.is_active or not alive:
        return "offline"
    return "online" if any(read_item(item).known for item in alive) else "error"


def source_type(source: str | None) -> SourceType:
    """Return the kind of a source; a camera without one gets its video by uploads."""
    if source is None:
        return "file"
    if DEVICE.fullmatch(source):
        return "usb"
    return "http" if source.startswith(("http:", "https:")) else "rtsp"
