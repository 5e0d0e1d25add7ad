"""Asks an ASGI application without a socket, and takes the answer as soon as its status is known."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from fastapi import FastAPI

from throng.server.live.socket import EXTENSION


@dataclass(frozen=True, slots=True)
class Answer:
    """What came: the status (101 for a WebSocket that was accepted), and the body as far as it was waited for."""

    status: int
    headers: dict[str, str]
    body: bytes


class Deaf:
    """An outlet that nobody reads."""

    def write(self, frame: bytes) -> bool:
        return True

    def unsent_bytes(self) -> int:
        return 0


async def ask(
    app: FastAPI, method: str, path: str, *, headers: Mapping[str, str], body: bytes = b"", whole: bool = True
) -> Answer:
    """Send one request; `method` may be WEBSOCKET.

    Args:
        app: whom.
        method, path: with its query.
        headers: further than the host.
        body: of the request.
        whole: wait for the whole body; else the request is dropped when its status is known, as streams never end.
    """
    bare, _, query = path.partition("?")
    is_socket = method == "WEBSOCKET"
    scope = {
        "type": "websocket" if is_socket else "http", "method": method, "path": unquote(bare),
        "raw_path": bare.encode(), "query_string": query.encode(), "root_path": "", "http_version": "1.1",
        "scheme": "ws" if is_socket else "http", "server": ("localhost", 80), "client": ("10.1.2.3", 999),
        "subprotocols": [], "state": {}, "asgi": {"version": "3.0"},
        "headers": [(b"host", b"localhost"), *((k.lower().encode(), v.encode()) for k, v in headers.items())],
        "extensions": {"websocket.http.response": {}, EXTENSION: Deaf()},
    }  # fmt: skip
    came: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    first = {"type": "websocket.connect"} if is_socket else {"type": "http.request", "body": body, "more_body": False}
    waiting = [first]

    async def receive() -> Any:
        return waiting.pop(0) if waiting else await asyncio.Event().wait()

    async def send(message: Any) -> None:
        came.put_nowait(message)

    task = asyncio.create_task(app(scope, receive, send))
    task.add_done_callback(lambda _: came.put_nowait({"type": "over"}))
    try:
        return await _answer(came, whole=whole and not is_socket)
    finally:
        task.cancel()
        with suppress(Exception, asyncio.CancelledError):
            await task


async def _answer(came: asyncio.Queue[dict[str, Any]], *, whole: bool) -> Answer:
    async with asyncio.timeout(60):
        message = await came.get()
        if message["type"] == "websocket.accept":
            return Answer(101, {}, b"")
        assert message["type"].endswith("response.start"), message
        headers = {name.decode(): value.decode() for name, value in message["headers"]}
        parts = []
        while whole and (part := await came.get())["type"] != "over":
            parts.append(part.get("body", b""))
            if not part.get("more_body", False):
                break
    return Answer(message["status"], headers, b"".join(parts))
