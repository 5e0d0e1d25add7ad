"""The live stream as server-sent events, for programs and networks that have no WebSockets."""

import asyncio
from collections.abc import AsyncIterator

from throng.server.live.hub import HEARTBEAT_S, LiveHub
from throng.server.live.messages import Packet, heartbeat_packet
from throng.server.live.views import View

LONGEST_S = 600.0
"""After this time the stream ends; the browser comes again by itself, and is then asked who it is."""


class EventStream:
    """A listener that fetches for itself: what it has not been told follows from its last sequence number."""

    def __init__(self, hub: LiveHub, view: View, *, resume: tuple[str, int] | None) -> None:
        self.view = view
        self.told = 0
        self._hub = hub
        self._resume = resume
        self._wake = asyncio.Event()
        self._told_to = 0
        self._open = True

    def offer(self, packet: Packet) -> bool:  # noqa: ARG002
        """Note that there is something new."""
        self._wake.set()
        return True

    def goodbye(self) -> None:
        """The server stops."""
        self._open = False
        self._wake.set()

    async def chunks(self) -> AsyncIterator[bytes]:
        """Yield the stream until it has lasted `LONGEST_S` or the server stops."""
        hub = self._hub
        loop = asyncio.get_running_loop()
        end_s = loop.time() + LONGEST_S
        hub.add(self)
        try:
            yield self._first()
            while self._open and loop.time() < end_s:
                sequence = hub.sequence
                packet = hub.since(self.view, self._told_to)
                self._told_to = sequence
                yield self._event(packet or heartbeat_packet(sequence=sequence, now=hub.now()))
                await self._something_new()
        finally:
            hub.remove(self)

    def _first(self) -> bytes:
        hub = self._hub
        self._told_to = hub.sequence
        if self._resume is not None and hub.can_resume(*self._resume):
            self._told_to = self._resume[1]
            return b"retry: 1000\n\n"
        return b"retry: 1000\n\n" + self._event(hub.state(self.view))

    def _event(self, packet: Packet) -> bytes:
        return b"id: %s:%d\ndata: %s\n\n" % (self._hub.epoch.encode(), self._told_to, packet.json)

    async def _something_new(self) -> None:
        try:
            async with asyncio.timeout(HEARTBEAT_S):
                await self._wake.wait()
        except TimeoutError:
            return
        self._wake.clear()
