"""Cameras of CrowdSafe: ours, each with the zone that it covers."""

from typing import Any

from fastapi import Request, Response
from fastapi.responses import StreamingResponse

from throng.core.errors import ThrongError
from throng.server.api import cameras_schemas
from throng.server.api.bodies import LIMITED_BY_ITSELF
from throng.server.api.camera_sources import require_allowed
from throng.server.api.cameras import camera_columns, check_references
from throng.server.api.objects import Call, create, remove, replace, show
from throng.server.api.pictures import stream
from throng.server.api.videos import take_video
from throng.server.api.wire import Id
from throng.server.auth.access import Admin, Operator, Viewer
from throng.server.compat.crowdsafe_figures import live_metrics
from throng.server.compat.crowdsafe_places import camera_and_zone, source_type, status_of, zone_of
from throng.server.compat.crowdsafe_schemas import (
    CameraBody,
    CameraChange,
    CameraNew,
    CameraWhole,
    Message,
    TestAnswer,
    UploadAnswer,
)
from throng.server.compat.newest import newest_of
from throng.server.compat.router import SlashRouter
from throng.server.compat.rows import any_version, every, free_key, site_for_new
from throng.server.context import Context, Ctx
from throng.server.problems import Problem
from throng.store.tables import Camera, Zone

routes = SlashRouter(stem="crowdsafe", tags=["compat: crowdsafe"])

ZONE_COLUMNS = {"location": "description", "area_sqm": "area_m2", "expected_capacity": "capacity"}
"""Fields of a camera that are columns of its zone here."""

CAMERA_COLUMNS = ("name", "is_active", "latitude", "longitude")


@routes.get("/api/cameras")
async def list_cameras(context: Ctx, viewer: Viewer) -> list[CameraBody]:
    """List all cameras."""
    async with context.database.read() as session:
        cameras = await every(session, Camera, site_ids=viewer.site_ids)
        zones: dict[int, dict[str, Zone]] = {}
        for zone in await every(session, Zone, site_ids=viewer.site_ids):
            zones.setdefault(zone.site_id, {})[zone.key] = zone
    return [_shown(camera, zone_of(camera, zones.get(camera.site_id, {}), context), context) for camera in cameras]


@routes.post("/api/cameras", status_code=201)
async def create_camera(body: CameraNew, context: Ctx, request: Request, admin: Admin) -> CameraWhole:
    """Add a camera, and the zone that it covers."""
    call = Call(context, request, admin)
    site_id = await site_for_new(call, body.site_id)
    zone_key = await free_key(call, Zone, site_id, body.name)
    columns = await _source_columns(call, body, key=await free_key(call, Camera, site_id, body.name), now=None)
    columns |= {name: value for name in CAMERA_COLUMNS if (value := getattr(body, name)) is not None}
    zone = Zone(site_id=site_id, key=zone_key, name=body.name, **_zone_columns(body))
    await create(call, zone)
    camera = await create(call, Camera(site_id=site_id, **columns | {"zone_keys": [zone_key]}))
    return await _whole(call, camera.id)


@routes.get("/api/cameras/{camera_id}")
async def get_camera(camera_id: Id, context: Ctx, request: Request, viewer: Viewer) -> CameraWhole:
    """Show a camera with what is true now."""
    return await _whole(Call(context, request, viewer), camera_id)


@routes.put("/api/cameras/{camera_id}")
async def replace_camera(
    camera_id: Id, body: CameraChange, context: Ctx, request: Request, admin: Admin
) -> CameraWhole:
    """Change a camera; what is left out stays."""
    call = Call(context, request, admin)
    camera, zone = await camera_and_zone(call, camera_id)
    if _zone_columns(body) and zone is None:
        raise Problem(422, f"camera {camera.name} covers no zone that could have {', '.join(ZONE_COLUMNS)}")
    if zone is not None and zone.polygon is not None and body.area_sqm not in {None, zone.area_m2}:
        raise Problem(422, f"area_sqm: the area of zone {zone.name} follows from its polygon ({zone.area_m2} m²)")
    columns: dict[str, Any] = {}
    if body.source_url is not None or body.fps_target is not None:
        wanted = await _source_columns(call, body, key=camera.key, now=camera)
        columns = {name: wanted[name] for name in ("kind", "source", "credentials", "mode")}
    columns |= {name: value for name in CAMERA_COLUMNS if (value := getattr(body, name)) is not None}
    if columns:
        await replace(call, Camera, camera_id, columns, tags=any_version(), check=check_references)
    if zone is not None and (changed := _zone_columns(body)):
        await replace(call, Zone, zone.id, changed, tags=any_version())
    return await _whole(call, camera_id)


@routes.delete("/api/cameras/{camera_id}")
async def delete_camera(camera_id: Id, context: Ctx, request: Request, admin: Admin) -> Message:
    """Remove a camera. Its zone and its readings stay until they are erased."""
    await remove(Call(context, request, admin), Camera, camera_id, tags=any_version())
    return Message(message="the camera was removed")


@routes.post("/api/cameras/{camera_id}/upload", status_code=202, max_body_size=LIMITED_BY_ITSELF)
async def upload(camera_id: Id, context: Ctx, request: Request, operator: Operator) -> UploadAnswer:
    """Send a video in the part `file`, to be measured with the calibration and the zones of a camera."""
    await show(Call(context, request, operator), Camera, camera_id)
    job = await take_video(request, context, operator, part="file", camera_id=camera_id)
    return UploadAnswer(
        message="the video waits to be measured", video_id=str(job.id), filename=job.name, camera_id=str(camera_id)
    )


@routes.post("/api/cameras/{camera_id}/test")
async def test_camera(camera_id: Id, context: Ctx, request: Request, operator: Operator) -> TestAnswer:
    """Say whether a camera may be where it is, and whether it reports."""
    camera = await show(Call(context, request, operator), Camera, camera_id)
    status = status_of(camera, context)
    try:
        if camera.source is not None:
            await require_allowed(camera.source, context.settings, on_edge=camera.edge_id is not None)
    except ThrongError as error:
        return TestAnswer(success=False, status=status, message=str(error))
    works = status in {"online", "processing"}
    return TestAnswer(success=works, status=status, message=_TOLD[status])


_TOLD = {
    "online": "it reports",
    "processing": "a video of it is being measured",
    "error": "it reports that it sees nothing",
    "offline": "its address is allowed, but nothing has come from it; see GET /api/v1/health",
}


@routes.post("/api/cameras/{camera_id}/start")
async def start_camera(camera_id: Id, context: Ctx, request: Request, admin: Admin) -> Message:
    """Let a camera be run."""
    await replace(Call(context, request, admin), Camera, camera_id, {"is_active": True}, tags=any_version())
    return Message(message="the camera is active")


@routes.post("/api/cameras/{camera_id}/stop")
async def stop_camera(camera_id: Id, context: Ctx, request: Request, admin: Admin) -> Message:
    """Let a camera be run no longer."""
    await replace(Call(context, request, admin), Camera, camera_id, {"is_active": False}, tags=any_version())
    return Message(message="the camera is not active any more")


@routes.get("/api/cameras/{camera_id}/stream", response_class=StreamingResponse)
async def stream_pictures(camera_id: Id, context: Ctx, request: Request, operator: Operator) -> Response:
    """Give pictures as they come (MJPEG)."""
    return await stream(camera_id, request, context, operator, plain=False)


async def _whole(call: Call, camera_id: int) -> CameraWhole:
    camera, zone = await camera_and_zone(call, camera_id)
    newest = None if zone is None else newest_of(call.context.hub, zone.id, camera.id)
    shown = _shown(camera, zone, call.context)
    return CameraWhole(**shown.model_dump(), metrics=live_metrics(newest, camera.id))


def _shown(camera: Camera, zone: Zone | None, context: Context) -> CameraBody:
    size = (camera.calibration or {}).get("image_size")
    return CameraBody(
        id=str(camera.id),
        name=camera.name,
        location="" if zone is None else zone.description,
        source_type=source_type(camera.source),
        source_url=camera.source,
        area_sqm=None if zone is None else zone.area_m2,
        expected_capacity=None if zone is None else zone.capacity,
        calibration_method=None if camera.calibration is None else "calibrated",
        is_active=camera.is_active,
        status=status_of(camera, context),
        latitude=camera.latitude,
        longitude=camera.longitude,
        fps_target=camera.mode.get("rate_hz"),
        resolution=None if size is None else "x".join(map(str, size)),
        created_at=camera.created_at,
    )


async def _source_columns(call: Call, body: CameraChange, *, key: str, now: Camera | None) -> dict[str, Any]:
    """Return the columns of a camera with what is asked of its source, its address checked."""
    source = body.source_url if body.source_url is not None else None if now is None else now.source
    mode = {} if now is None else dict(now.mode)
    if body.fps_target is not None:
        mode["rate_hz"] = body.fps_target
    if source is None and body.source_type not in {None, "file"}:
        raise Problem(422, f"source_url is missing for source_type {body.source_type}")
    fields = {
        "key": key, "name": body.name or key, "kind": "sensor" if source is None else "video", "source": source,
        "edge_id": None if now is None else now.edge_id, "mode": mode,
    }  # fmt: skip
    return await camera_columns(cameras_schemas.CameraChange.model_validate(fields), call.context, now=now)


def _zone_columns(body: CameraChange) -> dict[str, Any]:
    return {column: value for name, column in ZONE_COLUMNS.items() if (value := getattr(body, name)) is not None}
