"""One client of the live WebSocket."""

import asyncio
import time
from typing import Any

from fastapi import WebSocket, WebSocketDisconnect
from pydantic import TypeAdapter, ValidationError

from throng.server.auth.identify import still_allowed
from throng.server.auth.principal import Principal
from throng.server.context import Context
from throng.server.live.messages import PONG, FromClient, Packet, Ping, Renew, Subscribe, error_packet
from throng.server.live.socket import EXTENSION, Outlet
from throng.server.live.views import View, parse_topics
from throng.server.problems import Problem

RENEWAL_S = 600.0
"""How long an authorisation holds before it is asked for again."""

BEHIND_AT_MOST_S = 60.0
"""A client that reads nothing for so long is hung up on."""

MESSAGES_PER_S = 20
_client_message: TypeAdapter[FromClient] = TypeAdapter(FromClient)


class LiveSession:
    """Serves one client until it leaves, falls silent, or is no longer allowed.

    Args:
        socket: not yet accepted; its server must be `throng serve`, whose protocol gives the outlet.
        context: the server's.
        principal: who it is.
        topics: what they watch at first.
        resume: (epoch, sequence) of the state they have, None for nothing.
    """

    def __init__(
        self,
        socket: WebSocket,
        context: Context,
        principal: Principal,
        *,
        topics: frozenset[str],
        resume: tuple[str, int] | None,
    ) -> None:
        self.view = View(topics, principal.site_ids)
        self.told = 0
        self._socket = socket
        self._context = context
        self._hub = context.hub
        self._principal = principal
        self._resume = resume
        self._outlet = _outlet(socket)
        self._ended = asyncio.Event()
        self._ending = (1000, "")
        self._last_sent_s = time.monotonic()
        self._token: str | None = None
        self._allowance = float(MESSAGES_PER_S)
        self._heard_s = time.monotonic()

    def offer(self, packet: Packet) -> bool:
        """Send a message now; False when the client has not read the ones before."""
        if self._outlet.write(packet.frame):
            self._last_sent_s = time.monotonic()
            return True
        if time.monotonic() - self._last_sent_s > BEHIND_AT_MOST_S:
            self._end(1008, "reads too slowly")
        return False

    def goodbye(self) -> None:
        """The server stops."""
        self._end(1001, "the server stops")

    async def run(self) -> None:
        """Accept the client and serve it."""
        await self._socket.accept()
        self._greet()
        self._hub.add(self)
        tasks = [asyncio.create_task(work) for work in (self._listen(), self._renew(), self._ended.wait())]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._hub.remove(self)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        if self._ended.is_set():
            await self._hang_up(*self._ending)

    def _greet(self) -> None:
        hub = self._hub
        if self._resume is not None and hub.can_resume(*self._resume):
            packet = hub.since(self.view, self._resume[1])
        else:
            packet = hub.state(self.view)
        self.told = hub.sequence
        if packet is not None:
            self.offer(packet)

    async def _listen(self) -> None:
        try:
            while True:
                self._heard(await self._socket.receive())
        except WebSocketDisconnect:
            return

    def _heard(self, event: Any) -> None:
        if event["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(event.get("code", 1005))
        if not self._may_speak():
            self._end(1008, f"more than {MESSAGES_PER_S} messages per second")
            return
        try:
            message = _client_message.validate_json(event.get("text") or event.get("bytes") or b"")
            self._obey(message)
        except ValidationError:
            self.offer(error_packet('expected {"type": "subscribe", "topics": […]}, {"type": "renew", …} or ping'))
        except Problem as problem:
            self.offer(error_packet(str(problem)))

    def _obey(self, message: FromClient) -> None:
        if isinstance(message, Ping):
            self.offer(PONG)
        elif isinstance(message, Renew):
            self._token = message.token
        elif isinstance(message, Subscribe):
            view = View(parse_topics(message.topics), self.view.site_ids)
            self._hub.remove(self)
            self.view, self._resume = view, None
            self._greet()
            self._hub.add(self)

    async def _renew(self) -> None:
        while True:
            await asyncio.sleep(RENEWAL_S)
            principal = await still_allowed(self._socket, self._context, token=self._token)
            if principal is None or (principal.kind, principal.id) != (self._principal.kind, self._principal.id):
                self._end(4401, "log in again")
                return
            if principal.site_ids != self.view.site_ids:
                self._hub.remove(self)
                self.view = View(self.view.topics, principal.site_ids)
                self._resume = None
                self._greet()
                self._hub.add(self)

    def _may_speak(self) -> bool:
        now_s = time.monotonic()
        self._allowance = min(MESSAGES_PER_S, self._allowance + (now_s - self._heard_s) * MESSAGES_PER_S) - 1
        self._heard_s = now_s
        return self._allowance >= 0

    def _end(self, code: int, reason: str) -> None:
        if not self._ended.is_set():
            self._ending = (code, reason)
            self._ended.set()

    async def _hang_up(self, code: int, reason: str) -> None:
        try:
            async with asyncio.timeout(1.0):
                await self._socket.close(code, reason)
        except (TimeoutError, RuntimeError, WebSocketDisconnect):
            return


def _outlet(socket: WebSocket) -> Outlet:
    outlet: Outlet | None = socket.scope.get("extensions", {}).get(EXTENSION)
    if outlet is None:
        raise RuntimeError("the live stream needs the server's own WebSocket protocol: serve with throng.server.run")
    return outlet
