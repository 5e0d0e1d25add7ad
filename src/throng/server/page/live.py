"""One client of the live WebSocket: the state once, then only what is new, and always the newest."""

import asyncio
import contextlib
from dataclasses import dataclass, field
from datetime import datetime

from fastapi import WebSocket, WebSocketDisconnect
from pydantic import ValidationError

from throng.bus.board import BoardState, CameraLive, Picture
from throng.core.reading import LineReading, Reading
from throng.core.stream import StreamState
from throng.server.changes import wait_for_change
from throng.server.page.context import Context
from throng.server.page.messages import (
    HEARTBEAT_S,
    ChangesMessage,
    HeartbeatMessage,
    StateMessage,
    WatchRequest,
    camera_message,
    picture_frame,
    state_message,
)
from throng.server.readings import line_message, reading_message

SHORTEST_PERIOD_S = 0.05
"""Time between two passes of one client: changes in between are sent together."""

StatusKey = tuple[StreamState, str, datetime, int, int]


def status_key(live: CameraLive) -> StatusKey:
    """Return what must differ for a stream state to be worth a message; frame times count by whole seconds."""
    status = live.status
    seconds = 0 if status.last_frame_at is None else int(status.last_frame_at.timestamp())
    return status.state, status.detail, status.since, status.reconnects, seconds


@dataclass(slots=True)
class Seen:
    """What one client was told. Holds no message: a client that is slow costs one such note."""

    cameras: dict[str, StatusKey] = field(default_factory=dict)
    readings: dict[tuple[str, str], Reading | None] = field(default_factory=dict)
    lines: dict[tuple[str, str], LineReading] = field(default_factory=dict)
    pictures: dict[str, Picture] = field(default_factory=dict)

    def note(self, state: BoardState) -> None:
        """Remember that the client knows this state."""
        self.cameras = {key: status_key(live) for key, live in state.cameras.items()}
        self.readings = {key: live.reading for key, live in state.zones.items()}
        self.lines = dict(state.lines)


def news(seen: Seen, state: BoardState, *, title: str, now: datetime) -> StateMessage | ChangesMessage | None:
    """Decide what a client that has seen `seen` must be told; None when nothing is new.

    Cameras or zones that came or went change the shape of the page, so the whole state is sent again.
    """
    if state.cameras.keys() != seen.cameras.keys() or state.zones.keys() != seen.readings.keys():
        return state_message(state, title=title, now=now)
    cameras = [live for key, live in state.cameras.items() if status_key(live) != seen.cameras[key]]
    readings = [z.reading for key, z in state.zones.items() if z.reading is not seen.readings[key]]
    lines = [line for key, line in state.lines.items() if line is not seen.lines.get(key)]
    if not (cameras or readings or lines):
        return None
    return ChangesMessage(
        server_time=now,
        cameras=tuple(camera_message(live) for live in cameras),
        readings=tuple(reading_message(reading) for reading in readings if reading is not None),
        lines=tuple(line_message(line) for line in lines),
    )


@dataclass(frozen=True, slots=True)
class Goodbye:
    """Why the server hangs up."""

    code: int
    reason: str


class LiveSession:
    """Serves one client until it leaves or the server stops.

    Sending waits for the client, and what happens meanwhile is not queued: the next pass compares the board with what
    this client was told. Other clients have their own session and do not notice.
    """

    def __init__(self, socket: WebSocket, context: Context) -> None:
        self._socket = socket
        self._board = context.board
        self._changes = context.changes
        self._clock = context.clock
        self._title = context.title
        self._seen = Seen()
        self._watched: tuple[str, ...] = ()

    async def run(self) -> None:
        """Accept the client and serve it."""
        await self._socket.accept()
        with self._changes.listen() as wake, contextlib.suppress(WebSocketDisconnect):
            listening = asyncio.create_task(self._listen(wake))
            telling = asyncio.create_task(self._tell(wake))
            try:
                done, _ = await asyncio.wait((listening, telling), return_when=asyncio.FIRST_COMPLETED)
            finally:
                await _end(listening, telling)
            goodbye = done.pop().result()
            await self._socket.close(goodbye.code, goodbye.reason)

    async def _listen(self, wake: asyncio.Event) -> Goodbye:
        while True:
            try:
                request = WatchRequest.model_validate_json(await self._socket.receive_text())
            except (ValidationError, KeyError):
                return Goodbye(1008, 'expected {"watch": [camera ids]}')
            self._watched = tuple(dict.fromkeys(request.watch))
            wake.set()

    async def _tell(self, wake: asyncio.Event) -> Goodbye:
        loop = asyncio.get_running_loop()
        await self._send_state()
        next_heartbeat_s = loop.time() + HEARTBEAT_S
        while not self._changes.stopping:
            if await wait_for_change(wake, at_most_s=next_heartbeat_s - loop.time()):
                await self._send_news()
                await self._send_pictures()
                await asyncio.sleep(SHORTEST_PERIOD_S)
            if loop.time() >= next_heartbeat_s:
                await self._send(HeartbeatMessage(server_time=self._clock.now()))
                next_heartbeat_s = loop.time() + HEARTBEAT_S
        return Goodbye(1001, "the server stops")

    async def _send_state(self) -> None:
        state = self._board.state()
        await self._send(state_message(state, title=self._title, now=self._clock.now()))
        self._seen.note(state)

    async def _send_news(self) -> None:
        state = self._board.state()
        message = news(self._seen, state, title=self._title, now=self._clock.now())
        if message is not None:
            await self._send(message)
            self._seen.note(state)

    async def _send_pictures(self) -> None:
        known = self._seen.cameras.keys()
        watched = [camera_id for camera_id in self._watched if camera_id in known]
        self._seen.pictures = {key: self._seen.pictures[key] for key in watched if key in self._seen.pictures}
        for camera_id in watched:
            picture = self._board.picture(camera_id)
            if picture is not None and picture is not self._seen.pictures.get(camera_id):
                await self._socket.send_bytes(picture_frame(camera_id, picture))
                self._seen.pictures[camera_id] = picture

    async def _send(self, message: StateMessage | ChangesMessage | HeartbeatMessage) -> None:
        await self._socket.send_text(message.model_dump_json())


async def _end(*tasks: asyncio.Task[Goodbye]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    for task in tasks:
        if not task.cancelled():
            task.exception()
