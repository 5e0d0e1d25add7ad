"""Locations of Smart Crowd Density Monitor: our zones, their counts, and what they were like."""

from datetime import timedelta
from typing import Annotated, Any

from fastapi import Query, Request

from throng.server.api.objects import Call, create, replace, show
from throng.server.api.wire import Id
from throng.server.api.zones import delete_zone
from throng.server.auth.access import Admin, Operator, Viewer
from throng.server.compat.monitor_cameras import camera_of, camera_to_be, cameras_of_zones
from throng.server.compat.monitor_counts import take_count
from throng.server.compat.monitor_schemas import (
    CountLog,
    CountUpdate,
    DayStats,
    Location,
    LocationChange,
    LocationPatch,
    LocationStats,
)
from throng.server.compat.monitor_shown import location_shown, log_shown
from throng.server.compat.newest import newest_readings
from throng.server.compat.router import SlashRouter
from throng.server.compat.rows import any_version, every, free_key, site_for_new
from throng.server.context import Ctx
from throng.server.problems import Problem
from throng.server.zone_statistics import zone_statistics
from throng.store import sites
from throng.store.newest_rows import newest_rows
from throng.store.tables import Zone

routes = SlashRouter(stem="monitor", tags=["compat: crowd monitor"])

COLUMNS = {
    "name": "name", "description": "description", "capacity_limit": "capacity", "is_active": "is_active",
    "latitude": "latitude", "longitude": "longitude",
}  # fmt: skip
"""Fields of a location and the columns of a zone that keep them."""

MAY_BE_NULL = frozenset({"capacity_limit", "latitude", "longitude"})
LIMITS = {"latitude": 90.0, "longitude": 180.0}


@routes.get("/api/locations")
async def list_locations(context: Ctx, viewer: Viewer) -> list[Location]:
    """List all locations."""
    newest = newest_readings(context.hub, site_ids=viewer.site_ids)
    async with context.database.read() as session:
        cameras = await cameras_of_zones(session, site_ids=viewer.site_ids)
        zones = await every(session, Zone, site_ids=viewer.site_ids)
    return [location_shown(zone, cameras.get((zone.site_id, zone.key)), newest.get(zone.id)) for zone in zones]


@routes.post("/api/locations", status_code=201)
async def create_location(body: LocationChange, context: Ctx, request: Request, admin: Admin) -> Location:
    """Add a location, and its camera when it has an address."""
    call = Call(context, request, admin)
    site_id = await site_for_new(call, body.site_id)
    key = await free_key(call, Zone, site_id, body.name)
    zone = Zone(site_id=site_id, key=key, **_columns(body.model_dump()))
    set_camera = await camera_to_be(call, zone, body.camera_url, now=None) if body.camera_url else None
    await create(call, zone)
    if set_camera is not None:
        await set_camera()
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
    return await _changed(Call(context, request, admin), location_id, body.model_dump())


@routes.patch("/api/locations/{location_id}")
async def patch_location(
    location_id: Id, body: LocationPatch, context: Ctx, request: Request, admin: Admin
) -> Location:
    """Change a part of a location."""
    return await _changed(Call(context, request, admin), location_id, body.model_dump(exclude_unset=True))


@routes.delete("/api/locations/{location_id}", status_code=204)
async def delete_location(location_id: Id, context: Ctx, request: Request, admin: Admin) -> None:
    """Remove a location; its counts stay until they are erased."""
    await delete_zone(location_id, context, request, admin, any_version())


@routes.post("/api/locations/{location_id}/update-count")
async def update_count(
    location_id: Id, body: CountUpdate, context: Ctx, request: Request, operator: Operator
) -> Location:
    """Take a count: it is stored, alerts are checked, and everybody who watches is told."""
    call = Call(context, request, operator)
    await take_count(call, await show(call, Zone, location_id), body.count, source=body.source)
    return await _shown(call, location_id)


@routes.get("/api/locations/{location_id}/logs")
async def list_logs(
    location_id: Id, context: Ctx, request: Request, viewer: Viewer, limit: Annotated[int, Query(ge=1, le=1000)] = 50
) -> list[CountLog]:
    """Give the newest counts, newest first."""
    zone = await show(Call(context, request, viewer), Zone, location_id)
    async with context.database.read() as session:
        rows = await newest_rows(session, zone.id, limit=limit)
    return [log_shown(row, zone) for row in rows]


@routes.get("/api/locations/{location_id}/stats")
async def get_stats(location_id: Id, context: Ctx, request: Request, viewer: Viewer) -> LocationStats:
    """Give the figures of the last 24 hours."""
    zone = await show(Call(context, request, viewer), Zone, location_id)
    now = context.clock.now() + timedelta(seconds=1)  # a reading of this moment counts
    async with context.database.read() as session:
        site = await sites.get(session, zone.site_id, site_ids=None)
        found = await zone_statistics(session, zone, site, since=now - timedelta(days=1), until=now, now=now)
    count = found.values["count"]
    mean = None if count.mean is None else round(count.mean, 2)
    day = DayStats(avg_count=mean, max_count=count.high, min_count=count.low, total_readings=found.readings)
    return LocationStats(location=zone.name, last_24h=day)


async def _shown(call: Call, zone_id: int) -> Location:
    zone = await show(call, Zone, zone_id)
    newest = newest_readings(call.context.hub, site_ids={zone.site_id}).get(zone.id)
    return location_shown(zone, await camera_of(call, zone), newest)


async def _changed(call: Call, zone_id: int, fields: dict[str, Any]) -> Location:
    zone = await show(call, Zone, zone_id)
    set_camera = None
    if address := fields.get("camera_url"):
        set_camera = await camera_to_be(call, zone, address, now=await camera_of(call, zone))
    await replace(call, Zone, zone_id, _columns(fields), tags=any_version())
    if set_camera is not None:
        await set_camera()
    return await _shown(call, zone_id)


def _columns(fields: dict[str, Any]) -> dict[str, Any]:
    """Return the columns of a zone; null stands for what is not said, where it cannot stand for nothing."""
    columns: dict[str, Any] = {}
    for name, column in COLUMNS.items():
        if name in fields and (fields[name] is not None or name in MAY_BE_NULL):
            columns[column] = _degrees(fields[name], name) if name in LIMITS else fields[name]
    return columns


def _degrees(given: str | float | None, name: str) -> float | None:
    if given is None or given == "":
        return None
    try:
        value = float(given)
    except ValueError as error:
        raise Problem(422, f"{name}: expected degrees, got {str(given)[:40]!r}") from error
    if not -LIMITS[name] <= value <= LIMITS[name]:
        raise Problem(422, f"{name}: expected -{LIMITS[name]:g} to {LIMITS[name]:g} degrees, got {value:g}")
    return value
