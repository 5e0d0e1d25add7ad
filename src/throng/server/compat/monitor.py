"""The door of Smart Crowd Density Monitor: a location is our zone."""

import json
import re
from datetime import timedelta
from typing import Annotated, Any

import anyio.to_thread
from fastapi import Query
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request

from throng.core.site import Camera as CoreCamera
from throng.server.api.cameras import camera_columns
from throng.server.api.cameras_schemas import CameraChange
from throng.server.api.detect import calibrated_camera
from throng.server.api.objects import Call, create, remove, replace
from throng.server.api.pictures import newest_plain
from throng.server.api.wire import Id
from throng.server.auth.access import Admin, Operator, Viewer
from throng.server.compat.monitor_counts import take_count
from throng.server.compat.monitor_rules import density_level
from throng.server.compat.monitor_schemas import (
    CountLog,
    CountUpdate,
    DayStats,
    DetectBody,
    Detected,
    DetectedAt,
    Location,
    LocationChange,
    LocationPatch,
    LocationStats,
)
from throng.server.compat.newest import NewestReading, newest_readings
from throng.server.compat.router import SlashRouter
from throng.server.context import Context, Ctx
from throng.server.detection import checked_picture, decode_base64, detect
from throng.server.problems import Problem
from throng.server.zone_statistics import zone_statistics
from throng.store import site_objects, sites
from throng.store.columns import from_us
from throng.store.newest_rows import newest_rows
from throng.store.tables import Camera, Zone
from throng.store.tables.readings import BY_A_PERSON

routes = SlashRouter(tags=["compat: crowd monitor"])

MODELS = {"yolo": None, "haar": "hog"}
"""Their two modes: our default, and the classical detector."""


@routes.get("/api/locations")
async def list_locations(context: Ctx, viewer: Viewer) -> list[Location]:
    """List all locations."""
    newest = newest_readings(context.hub, site_ids=viewer.site_ids)
    found: list[Location] = []
    async with context.database.read() as session:
        cameras = await _cameras(session, viewer.site_ids)
        after: int | None = None
        while True:
            rows, after = await site_objects.find(session, Zone, site_ids=viewer.site_ids, after=after, limit=500)
            found += [location(zone, cameras.get((zone.site_id, zone.key)), newest.get(zone.id)) for zone in rows]
            if after is None:
                return found


@routes.post("/api/locations", status_code=201)
async def create_location(body: LocationChange, context: Ctx, request: Request, admin: Admin) -> Location:
    """Add a location, and its camera when it has an address."""
    call = Call(context, request, admin)
    site_id = body.site_id or await _only_site(call)
    zone = Zone(site_id=site_id, key=await _free_key(call, site_id, body.name), **_zone_columns(body.model_dump()))
    await create(call, zone)
    if body.camera_url:
        await _set_camera(call, zone, body.camera_url)
    return await _shown(call, zone.id)


@routes.get("/api/locations/{location_id}")
async def get_location(location_id: Id, context: Ctx, request: Request, viewer: Viewer) -> Location:
    """Show a location."""
    return await _shown(Call(context, request, viewer), location_id)


@routes.put("/api/locations/{location_id}")
async def replace_location(
    location_id: Id, body: LocationChange, context: Ctx, request: Request, admin: Admin
) -> Location:
    """Change a location."""
    return await _change(Call(context, request, admin), location_id, body.model_dump(exclude={"site_id"}))


@routes.patch("/api/locations/{location_id}")
async def patch_location(
    location_id: Id, body: LocationPatch, context: Ctx, request: Request, admin: Admin
) -> Location:
    """Change a part of a location."""
    return await _change(Call(context, request, admin), location_id, body.model_dump(exclude_unset=True))


@routes.delete("/api/locations/{location_id}", status_code=204)
async def delete_location(location_id: Id, context: Ctx, request: Request, admin: Admin) -> None:
    """Remove a location."""
    await remove(Call(context, request, admin), Zone, location_id, tags=_NoTags())  # type: ignore[arg-type]


@routes.post("/api/locations/{location_id}/update-count")
async def update_count(
    location_id: Id, body: CountUpdate, context: Ctx, request: Request, operator: Operator
) -> Location:
    """Take a count: it is stored, alerts are checked, and everybody who watches is told."""
    call = Call(context, request, operator)
    await take_count(call, await _zone(call, location_id), body.count, source=body.source)
    return await _shown(call, location_id)


@routes.get("/api/locations/{location_id}/logs")
async def logs(
    location_id: Id, context: Ctx, request: Request, viewer: Viewer, limit: Annotated[int, Query(ge=1, le=1000)] = 50
) -> list[CountLog]:
    """Give the newest counts, newest first."""
    zone = await _zone(Call(context, request, viewer), location_id)
    async with context.database.read() as session:
        rows = await newest_rows(session, [zone.id], limit=limit)
    return [_log(row, zone) for row in rows]


@routes.get("/api/locations/{location_id}/stats")
async def stats(location_id: Id, context: Ctx, request: Request, viewer: Viewer) -> LocationStats:
    """Give the figures of the last 24 hours."""
    zone, now = await _zone(Call(context, request, viewer), location_id), context.clock.now()
    async with context.database.read() as session:
        site = await sites.get(session, zone.site_id, site_ids=None)
        since = now - timedelta(days=1)
        found = await zone_statistics(session, zone, site, since=since, until=now + timedelta(seconds=1), now=now)
    count = found.values["count"]
    day = DayStats(avg_count=count.mean, max_count=count.high, min_count=count.low, total_readings=found.readings)
    return LocationStats(location=zone.name, last_24h=day)


@routes.post("/api/detection/detect")
async def detect_picture(body: DetectBody, context: Ctx, _operator: Operator) -> Detected:
    """Count the people of a picture."""
    count = await _count(context, body.image, mode=body.mode)
    return Detected(count=count, mode=body.mode)


@routes.post("/api/detection/detect/{location_id}")
async def detect_location(location_id: Id, context: Ctx, request: Request, operator: Operator) -> DetectedAt:
    """Count the people that the camera of a location sees now, and update it."""
    call = Call(context, request, operator)
    zone = await _zone(call, location_id)
    async with context.database.read() as session:
        camera = (await _cameras(session, frozenset({zone.site_id}))).get((zone.site_id, zone.key))
    if camera is None:
        raise Problem(422, f"location {zone.name} has no camera; set its camera_url")
    row, image = await newest_plain(context, operator, camera.id)
    at, seen_by = context.clock.now(), calibrated_camera(row)
    found = await anyio.to_thread.run_sync(
        lambda: detect(image, camera=seen_by, model=seen_by.model, at=at, with_picture=False)
    )
    count = _whole(found.reading["count"])
    if count is None:
        raise Problem(503, f"nothing can be said of location {zone.name} now; see the health of its camera")
    await take_count(call, zone, count, source="AI")
    return DetectedAt(location_id=zone.id, location_name=zone.name, count=count, mode="yolo")


def location(zone: Zone, camera: Camera | None, newest: NewestReading | None) -> Location:
    """Return a zone as this door shows it."""
    count = None if newest is None else _whole(newest.number("count"))
    occupancy = None if count is None or not zone.capacity else count / zone.capacity
    return Location(
        id=zone.id,
        name=zone.name,
        description=zone.description,
        latitude=None if zone.latitude is None else f"{zone.latitude:.6f}",
        longitude=None if zone.longitude is None else f"{zone.longitude:.6f}",
        capacity_limit=zone.capacity,
        current_count=count,
        density_level=density_level(occupancy),
        occupancy_percentage=None if occupancy is None else round(100 * occupancy, 1),
        is_active=zone.is_active,
        camera_url=None if camera is None else camera.source,
        last_updated=None if newest is None else newest.row.get("at"),
    )


def _log(row: dict[str, Any], zone: Zone) -> CountLog:
    count = _whole(row["count"])
    occupancy = None if count is None or not zone.capacity else count / zone.capacity
    by_hand = row["camera_id"] == BY_A_PERSON and "source: AI" not in (row["detail"] or "")
    return CountLog(
        id=row["at_us"],
        location=zone.id,
        location_name=zone.name,
        people_count=count,
        density_level=density_level(occupancy),
        occupancy_percentage=None if occupancy is None else round(100 * occupancy, 1),
        source="MANUAL" if by_hand else "AI",
        timestamp=from_us(row["at_us"]),
    )


def _whole(value: Any) -> int | None:
    return None if value is None else round(float(value))


async def _count(context: Context, image: str, *, mode: str) -> int:
    at = context.clock.now()

    def look() -> Any:
        picture = checked_picture(decode_base64(image))
        return detect(picture, camera=CoreCamera("picture", ""), model=MODELS[mode], at=at, with_picture=False)

    found = await anyio.to_thread.run_sync(look)
    count = _whole(found.reading["count"])
    if count is None:
        raise Problem(422, "nothing can be said of this picture")
    return count


async def _zone(call: Call, zone_id: int) -> Zone:
    async with call.context.database.read() as session:
        return await site_objects.get(session, Zone, zone_id, site_ids=call.principal.site_ids)


async def _shown(call: Call, zone_id: int) -> Location:
    zone = await _zone(call, zone_id)
    async with call.context.database.read() as session:
        cameras = await _cameras(session, frozenset({zone.site_id}))
    newest = newest_readings(call.context.hub, site_ids={zone.site_id}).get(zone.id)
    return location(zone, cameras.get((zone.site_id, zone.key)), newest)


async def _change(call: Call, zone_id: int, fields: dict[str, Any]) -> Location:
    camera_url = fields.pop("camera_url", None)
    await replace(call, Zone, zone_id, _zone_columns(fields), tags=_NoTags())  # type: ignore[arg-type]
    if camera_url:
        await _set_camera(call, await _zone(call, zone_id), camera_url)
    return await _shown(call, zone_id)


def _zone_columns(fields: dict[str, Any]) -> dict[str, Any]:
    names = {"capacity_limit": "capacity"}
    kept = ("name", "description", "capacity_limit", "is_active", "latitude", "longitude")
    columns = {names.get(name, name): fields[name] for name in kept if name in fields}
    for name, most in (("latitude", 90.0), ("longitude", 180.0)):
        if columns.get(name) is not None:
            columns[name] = _degrees(columns[name], name, most)
    return columns


def _degrees(text: Any, name: str, most: float) -> float:
    try:
        value = float(text)
    except ValueError as error:
        raise Problem(422, f"{name}: expected degrees, got {str(text)[:40]!r}") from error
    if not -most <= value <= most:
        raise Problem(422, f"{name}: expected -{most:g} to {most:g} degrees, got {value:g}")
    return value


async def _only_site(call: Call) -> int:
    async with call.context.database.read() as session:
        rows, _ = await sites.find(session, site_ids=call.principal.site_ids, limit=2)
    if len(rows) != 1:
        raise Problem(422, f"site_id: you see {'several sites' if rows else 'no site'}; name the site of the location")
    return rows[0].id


async def _free_key(call: Call, site_id: int, name: str) -> str:
    stem = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:50] or "location"
    async with call.context.database.read() as session:
        taken = await site_objects.of_site(session, Zone, site_id)
    return next(key for n in range(1, len(taken) + 2) if (key := stem if n == 1 else f"{stem}-{n}") not in taken)


async def _cameras(session: AsyncSession, site_ids: frozenset[int] | None) -> dict[tuple[int, str], Camera]:
    """Return the camera of each zone by site and key of the zone: the first one that names it."""
    found: dict[tuple[int, str], Camera] = {}
    after: int | None = None
    while True:
        rows, after = await site_objects.find(session, Camera, site_ids=site_ids, after=after, limit=500)
        for camera in rows:
            for key in camera.zone_keys or ():
                found.setdefault((camera.site_id, key), camera)
        if after is None:
            return found


async def _set_camera(call: Call, zone: Zone, address: str) -> None:
    async with call.context.database.read() as session:
        now = (await _cameras(session, frozenset({zone.site_id}))).get((zone.site_id, zone.key))
    key = f"{zone.key}-camera"[:64] if now is None else now.key
    body = CameraChange(key=key, name=f"{zone.name}: camera"[:200], source=address, zone_keys=())
    columns = await camera_columns(body, call.context, now=now) | {"zone_keys": [zone.key]}
    if now is None:
        await create(call, Camera(site_id=zone.site_id, **columns))
    else:
        wanted = {name: columns[name] for name in ("source", "credentials")}
        await replace(call, Camera, now.id, wanted, tags=_NoTags())  # type: ignore[arg-type]


class _NoTags:
    """These clients know no entity tags."""

    def require(self, version: int) -> None:
        """Let everything pass."""

    def show(self, version: int) -> None:
        """Say nothing."""


def dumps(content: Any) -> str:
    """Return JSON as the WebSocket of this door sends it."""
    return json.dumps(content, ensure_ascii=False)
