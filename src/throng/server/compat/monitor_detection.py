"""Counting in pictures, as Smart Crowd Density Monitor offers it."""

import anyio.to_thread
from fastapi import Request

from throng.core.site import Camera as AnyCamera
from throng.server.api.detect import calibrated_camera
from throng.server.api.objects import Call, show
from throng.server.api.pictures import newest_plain
from throng.server.api.wire import Id
from throng.server.auth.access import Operator
from throng.server.compat.monitor_cameras import camera_of
from throng.server.compat.monitor_counts import AI, take_count
from throng.server.compat.monitor_schemas import DetectBody, Detected, DetectedAt
from throng.server.compat.monitor_shown import whole
from throng.server.compat.newest import newest_of
from throng.server.compat.router import SlashRouter
from throng.server.context import Ctx
from throng.server.detection import detect
from throng.server.problems import Problem
from throng.server.uploaded_picture import LARGEST_PICTURE_BYTES, checked_picture, decode_base64
from throng.store.tables import Camera, Zone

routes = SlashRouter(stem="monitor", tags=["compat: crowd monitor"])

MODELS = {"yolo": None, "haar": "hog"}
"""Their two modes: our default, and the classical detector."""


@routes.post("/api/detection/detect", max_body_size=LARGEST_PICTURE_BYTES * 3 // 2)
async def detect_picture(body: DetectBody, context: Ctx, _operator: Operator) -> Detected:
    """Count the people of a picture. It is not stored."""
    at, model = context.clock.now(), MODELS[body.mode]

    def look() -> dict[str, object]:
        image = checked_picture(decode_base64(body.image))
        return detect(image, camera=AnyCamera("picture", ""), model=model, at=at, with_picture=False).reading

    count = _count(await anyio.to_thread.run_sync(look))
    if count is None:
        raise Problem(422, "nothing can be said of this picture")
    return Detected(count=count, mode=body.mode)


@routes.post("/api/detection/detect/{location_id}")
async def detect_location(location_id: Id, context: Ctx, request: Request, operator: Operator) -> DetectedAt:
    """Take what the camera of a location reports now, or count in its newest picture, and update the location."""
    call = Call(context, request, operator)
    zone = await show(call, Zone, location_id)
    camera = await camera_of(call, zone)
    if camera is None:
        raise Problem(422, f"location {zone.name} has no camera; set its camera_url")
    reported = newest_of(context.hub, zone.id, camera.id)
    count = whole(None if reported is None else reported.number("count"))
    if count is None:
        count = await _seen(call, camera)
    if count is None:
        raise Problem(503, f"nothing can be said of location {zone.name} now; see the health of its camera")
    await take_count(call, zone, count, source=AI)
    return DetectedAt(location_id=zone.id, location_name=zone.name, count=count, mode="yolo")


async def _seen(call: Call, camera: Camera) -> int | None:
    row, image = await newest_plain(call.context, call.principal, camera.id)
    at, seen_by = call.context.clock.now(), calibrated_camera(row)
    found = await anyio.to_thread.run_sync(
        lambda: detect(image, camera=seen_by, model=seen_by.model, at=at, with_picture=False)
    )
    return _count(found.reading)


def _count(reading: dict[str, object]) -> int | None:
    count = reading["count"]
    return round(count) if isinstance(count, int | float) else None
