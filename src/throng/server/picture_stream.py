"""Pictures over plain HTTP: the newest one, and all of them as MJPEG, never an old one as if it were now."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

from fastapi import Response
from fastapi.responses import StreamingResponse

from throng.bus.board import LiveBoard, Picture
from throng.core.clock import Clock
from throng.core.stream import StreamState, StreamStatus
from throng.server.changes import BoardChanges, wait_for_change
from throng.server.problems import Problem

BOUNDARY = "throng-picture"
PICTURE_STALE_S = 5.0
"""A picture older than this is no longer what the camera sees."""

SILENT_STREAM_ENDS_S = 10.0
"""An MJPEG stream without a new picture for this long is closed: viewers keep showing the last one otherwise."""

PICTURE_ANSWERS: dict[int | str, dict[str, object]] = {
    200: {"content": {"image/jpeg": {}}, "description": "The newest picture."},
    404: {"description": "No such camera, or no picture yet."},
    503: {"description": "The camera is not live: its last picture is not what it sees now."},
}
STREAM_ANSWERS: dict[int | str, dict[str, object]] = {
    200: {"content": {"multipart/x-mixed-replace": {}}, "description": "One part per new picture."},
    404: {"description": "No such camera."},
    503: {"description": "The camera has ended or failed."},
}

FINAL = frozenset({StreamState.ENDED, StreamState.FAILED})


@dataclass(frozen=True, slots=True)
class CameraPictures:
    """The pictures of one camera on a board.

    Attributes:
        camera_id: as the board knows it.
        name: for messages.
        plain: without anything drawn in.
    """

    board: LiveBoard
    changes: BoardChanges
    clock: Clock
    camera_id: str
    name: str
    plain: bool = False

    async def newest(self) -> Response:
        """Answer with the newest picture.

        Raises:
            Problem: 404 before the first one, 503 while the camera is not live.
        """
        now = self._now()
        if now.picture is None:
            raise Problem(404, f"camera {self.name} has sent no picture yet; {now.what}", headers=now.headers)
        if not now.live:
            raise self._not_live(now)
        return Response(await self._jpeg(now.picture), media_type="image/jpeg", headers=now.headers)

    def stream(self) -> Response:
        """Answer with pictures as they come; ends with the camera, or when none came for ten seconds.

        Raises:
            Problem: 404 when the board has no such camera, 503 when it has ended or failed.
        """
        now = self._now()
        if now.status.state in FINAL:
            raise self._not_live(now)
        media_type = f"multipart/x-mixed-replace; boundary={BOUNDARY}"
        return StreamingResponse(self._parts(), media_type=media_type, headers={"Cache-Control": "no-store"})

    def _now(self) -> "_CameraNow":
        cameras = self.board.state().cameras
        if self.camera_id not in cameras:
            known = ", ".join(sorted(cameras)) or "none"
            raise Problem(404, f"there is no camera {self.name!r} here; cameras: {known}")
        live = cameras[self.camera_id]
        age_s = 0.0 if live.picture is None else max(0.0, (self.clock.now() - live.picture.at).total_seconds())
        return _CameraNow(live.status, live.picture, age_s)

    def _not_live(self, now: "_CameraNow") -> Problem:
        last = "it never sent one" if now.picture is None else f"its last one is {now.picture_age_s:.1f} s old"
        return Problem(503, f"camera {self.name} has no live picture ({last}); {now.what}", headers=now.headers)

    async def _jpeg(self, picture: Picture) -> bytes:
        if not self.plain:
            return picture.jpeg
        if picture.plain is None:
            raise Problem(404, f"camera {self.name} gives pictures with everything drawn in only")
        return await asyncio.to_thread(picture.plain)

    async def _parts(self) -> AsyncIterator[bytes]:
        changes, loop = self.changes, asyncio.get_running_loop()
        now = self._now()
        # An old picture at the start may be the last one; later ones are new, even if the analysis runs behind.
        shown = None if now.live else now.picture
        ends_at_s = loop.time() + SILENT_STREAM_ENDS_S
        with changes.listen() as wake:
            while not changes.stopping and loop.time() < ends_at_s:
                now = self._now()
                if now.status.state is StreamState.LIVE and now.picture is not None and now.picture is not shown:
                    shown, ends_at_s = now.picture, loop.time() + SILENT_STREAM_ENDS_S
                    yield _part(await self._jpeg(now.picture))
                if now.status.state in FINAL:
                    return
                await wait_for_change(wake, at_most_s=ends_at_s - loop.time())


@dataclass(frozen=True, slots=True)
class _CameraNow:
    """One camera at the time of a request."""

    status: StreamStatus
    picture: Picture | None
    picture_age_s: float

    @property
    def live(self) -> bool:
        """The newest picture is what the camera sees now."""
        fresh = self.picture is not None and self.picture_age_s <= PICTURE_STALE_S
        return fresh and self.status.state is StreamState.LIVE

    @property
    def what(self) -> str:
        """The state of the stream in words."""
        return f"its stream is {self.status.state}" + (f": {self.status.detail}" if self.status.detail else "")

    @property
    def headers(self) -> dict[str, str]:
        """State and age, for programs that look at headers only."""
        headers = {"Cache-Control": "no-store", "X-Throng-Stream-State": self.status.state.value}
        if self.picture is not None:
            headers["X-Throng-Picture-Age-S"] = f"{self.picture_age_s:.3f}"
            headers["X-Throng-Picture-At"] = self.picture.at.isoformat()
        return headers


def _part(jpeg: bytes) -> bytes:
    head = f"--{BOUNDARY}\r\nContent-Type: image/jpeg\r\nContent-Length: {len(jpeg)}\r\n\r\n"
    return head.encode() + jpeg + b"\r\n"
