"""Routes of pictures: what a camera sees now, once or as a stream. Every look is in the audit log."""

from typing import Annotated

from fastapi import APIRouter, Query, Response
from fastapi.responses import StreamingResponse
from starlette.requests import Request

from throng.core.points import Image
from throng.server.api.wire import Id
from throng.server.audit_trail import noted
from throng.server.auth.access import Operator
from throng.server.auth.principal import Principal
from throng.server.context import Context, Ctx
from throng.server.picture_stream import PICTURE_ANSWERS, STREAM_ANSWERS, CameraPictures
from throng.server.problems import Problem
from throng.store import site_objects
from throng.store.tables import Camera

routes = APIRouter(prefix="/api/v1/cameras/{camera_id}", tags=["pictures"])

Plain = Annotated[bool, Query(description="without anything drawn into the picture")]


@routes.get("/picture.jpg", operation_id="get_picture", response_class=Response, responses=PICTURE_ANSWERS)
async def picture(camera_id: Id, request: Request, context: Ctx, principal: Operator, plain: Plain = False) -> Response:
    """Give the newest picture of a live camera; 404 before the first one, 503 while the camera is not live."""
    pictures = await _pictures(context, principal, camera_id, plain=plain)
    answer = await pictures.newest()
    await _note(context, request, principal, camera_id, how="picture")
    return answer


@routes.get("/stream.mjpg", operation_id="stream_pictures", response_class=StreamingResponse, responses=STREAM_ANSWERS)
async def stream(camera_id: Id, request: Request, context: Ctx, principal: Operator, plain: Plain = False) -> Response:
    """Give pictures as they come (MJPEG); ends with the camera, or when none came for ten seconds."""
    pictures = await _pictures(context, principal, camera_id, plain=plain)
    answer = pictures.stream()
    await _note(context, request, principal, camera_id, how="stream")
    return answer


async def _pictures(context: Context, principal: Principal, camera_id: int, *, plain: bool) -> CameraPictures:
    async with context.database.read() as session:
        camera = await site_objects.get(session, Camera, camera_id, site_ids=principal.site_ids)
    if camera.key not in context.boards.board(camera.site_id).state().cameras:
        raise Problem(404, f"camera {camera.name} does not run in this server; ask the box that runs it for pictures")
    board, changes = context.boards.board(camera.site_id), context.boards.changes(camera.site_id)
    return CameraPictures(board, changes, context.clock, camera.key, camera.name, plain=plain)


async def newest_plain(context: Context, principal: Principal, camera_id: int) -> tuple[Camera, Image]:
    """Return a camera and what it sees now, (H, W, 3) BGR, with nothing drawn in.

    Raises:
        NotFoundError: there is none for them.
        Problem: it does not run here (404) or is not live (503).
    """
    pictures = await _pictures(context, principal, camera_id, plain=True)
    answer = await pictures.newest()
    async with context.database.read() as session:
        camera = await site_objects.get(session, Camera, camera_id, site_ids=principal.site_ids)
    from throng.camera.still import decode_picture  # noqa: PLC0415  OpenCV is needed here only

    return camera, decode_picture(bytes(answer.body))


async def _note(context: Context, request: Request, principal: Principal, camera_id: int, *, how: str) -> None:
    async with context.database.write() as session:
        camera = await session.get_one(Camera, camera_id)
        await noted(session, request, principal, "video.view", "camera", camera_id, site_id=camera.site_id, how=how)
