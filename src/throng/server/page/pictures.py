"""Pictures over plain HTTP, for other programs; the page itself takes them from the WebSocket."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

from fastapi import APIRouter, HTTPException, Response
from fastapi.responses import JSONResponse, StreamingResponse

from throng.bus.board import Picture
from throng.core.stream import StreamState, StreamStatus
from throng.server.page.changes import wait_for_change
from throng.server.page.context import Context, Ctx
from throng.server.page.messages import PICTURE_STALE_S

BOUNDARY = "throng-picture"
SILENT_STREAM_ENDS_S = 10.0
"""An MJPEG stream without a new picture for this long is closed: viewers keep showing the last one otherwise."""

PICTURE_ANSWERS: dict[int | str, dict[str, object]] = {
    200: {"content": {"image/jpeg": {}}, "description": "The newest picture, overlay drawn in."},
    404: {"description": "No such camera, or no picture yet."},
    503: {"description": "The camera is not live: its last picture is not what it sees now."},
}
STREAM_ANSWERS: dict[int | str, dict[str, object]] = {
    200: {"content": {"multipart/x-mixed-replace": {}}, "description": "One part per new picture."},
    404: {"description": "No such camera."},
    503: {"description": "The camera has ended or failed."},
}

routes = APIRouter(prefix="/api/v1/cameras/{camera_id}", tags=["pictures"])

FINAL = frozenset({StreamState.ENDED, StreamState.FAILED})


@dataclass(frozen=True, slots=True)
class CameraNow:
    """One camera at the time of a request."""

    id: str
    status: StreamStatus
    picture: Picture | None
    picture_age_s: float

    @property
    def live(self) -> bool:
        """The newest picture is what the camera sees now."""
        fresh = self.picture is not None and self.picture_age_s <= PICTURE_STALE_S
        return fresh and self.status.state is StreamState.LIVE

    @property
    def headers(self) -> dict[str, str]:
        """State and age, for programs that look at headers only."""
        headers = {"Cache-Control": "no-store", "X-Throng-Stream-State": self.status.state.value}
        if self.picture is not None:
            headers["X-Throng-Picture-Age-S"] = f"{self.picture_age_s:.3f}"
            headers["X-Throng-Picture-At"] = self.picture.at.isoformat()
        return headers


@routes.get("/picture.jpg", response_class=Response, responses=PICTURE_ANSWERS)
async def picture(camera_id: str, context: Ctx) -> Response:
    """Return the newest picture of a live camera; 404 before the first one, 503 while the camera is not live."""
    now = _camera(context, camera_id)
    if now.picture is None:
        raise HTTPException(
            404, f"camera {now.id} has sent no picture yet; {_what_is(now.status)}", headers=now.headers
        )
    if not now.live:
        return _not_live(now)
    return Response(now.picture.jpeg, media_type="image/jpeg", headers=now.headers)


@routes.get("/stream.mjpg", response_class=StreamingResponse, responses=STREAM_ANSWERS)
async def stream(camera_id: str, context: Ctx) -> Response:
    """Return pictures as they come; ends with the camera, or when none came for ten seconds."""
    now = _camera(context, camera_id)
    if now.status.state in FINAL:
        return _not_live(now)
    return StreamingResponse(
        _parts(context, camera_id),
        media_type=f"multipart/x-mixed-replace; boundary={BOUNDARY}",
        headers={"Cache-Control": "no-store"},
    )


def _camera(context: Context, camera_id: str) -> CameraNow:
    cameras = context.board.state().cameras
    if camera_id not in cameras:
        known = ", ".join(sorted(cameras)) or "none"
        raise HTTPException(404, f"there is no camera {camera_id!r}; cameras: {known}")
    live = cameras[camera_id]
    age_s = 0.0 if live.picture is None else max(0.0, (context.clock.now() - live.picture.at).total_seconds())
    return CameraNow(camera_id, live.status, live.picture, age_s)


def _not_live(now: CameraNow) -> Response:
    last = "it never sent one" if now.picture is None else f"its last one is {now.picture_age_s:.1f} s old"
    body = {"detail": f"camera {now.id} has no live picture ({last}); {_what_is(now.status)}"}
    return JSONResponse(body, status_code=503, headers=now.headers)


def _what_is(status: StreamStatus) -> str:
    return f"its stream is {status.state}" + (f": {status.detail}" if status.detail else "")


async def _parts(context: Context, camera_id: str) -> AsyncIterator[bytes]:
    changes, loop = context.changes, asyncio.get_running_loop()
    now = _camera(context, camera_id)
    # An old picture at the start may be the last one; later ones are new, even if the analysis runs behind.
    shown = None if now.live else now.picture
    ends_at_s = loop.time() + SILENT_STREAM_ENDS_S
    with changes.listen() as wake:
        while not changes.stopping and loop.time() < ends_at_s:
            now = _camera(context, camera_id)
            if now.status.state is StreamState.LIVE and now.picture is not None and now.picture is not shown:
                shown, ends_at_s = now.picture, loop.time() + SILENT_STREAM_ENDS_S
                yield _part(now.picture)
            if now.status.state in FINAL:
                return
            await wait_for_change(wake, at_most_s=ends_at_s - loop.time())


def _part(picture: Picture) -> bytes:
    head = f"--{BOUNDARY}\r\nContent-Type: image/jpeg\r\nContent-Length: {len(picture.jpeg)}\r\n\r\n"
    return head.encode() + picture.jpeg + b"\r\n"
