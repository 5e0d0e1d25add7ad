"""Pictures over plain HTTP, for other programs; the page itself takes them from the WebSocket."""

from fastapi import APIRouter, Response
from fastapi.responses import StreamingResponse

from throng.server.page.context import Context, Ctx
from throng.server.picture_stream import PICTURE_ANSWERS, STREAM_ANSWERS, CameraPictures

routes = APIRouter(prefix="/api/v1/cameras/{camera_id}", tags=["pictures"])


@routes.get("/picture.jpg", response_class=Response, responses=PICTURE_ANSWERS)
async def picture(camera_id: str, context: Ctx) -> Response:
    """Return the newest picture of a live camera; 404 before the first one, 503 while the camera is not live."""
    return await _pictures(context, camera_id).newest()


@routes.get("/stream.mjpg", response_class=StreamingResponse, responses=STREAM_ANSWERS)
async def stream(camera_id: str, context: Ctx) -> Response:
    """Return pictures as they come; ends with the camera, or when none came for ten seconds."""
    return _pictures(context, camera_id).stream()


def _pictures(context: Context, camera_id: str) -> CameraPictures:
    return CameraPictures(context.board, context.changes, context.clock, camera_id, camera_id)
