"""The WebSockets of Smart Crowd Density Monitor, fed by our live state.

A client has no queue: what it must be told follows from the sequence number it was told last, so a slow one gets the
newest of each location when it reads again.
"""

import asyncio
import json
import math
from typing import Any

from fastapi import WebSocket, WebSocketDisconnect

from throng.server.api.wire import Id
from throng.server.auth.access import Viewer
from throng.server.auth.identify import still_allowed
from throng.server.auth.principal import Principal
from throng.server.compat.monitor_cameras import cameras_of_zones
from throng.server.compat.monitor_shown import location_shown, update_shown
from throng.server.compat.newest import newest_readings
from throng.server.compat.router import SlashRouter
from throng.server.compat.rows import every
from throng.server.context import Context, Ctx
from throng.server.live.items import Kind
from throng.server.live.messages import Packet
from throng.server.live.views import View
from throng.store import site_objects
from throng.store.tables import Zone

routes = SlashRouter(stem="monitor", tags=["compat: crowd monitor"])

GATHER_S = 0.1
"""Changes within this time are told together."""

BEHIND_AT_MOST_S = 60.0
"""A client that reads nothing for so long is hung up on."""

RENEWAL_S = 600.0
"""How long an authorisation holds before it is asked for again."""

ZONES_FOR_S = 30.0
"""How long the names and capacities of the zones hold."""

LOOK_AGAIN_S = 1.0
"""How old they must be to be read again for a zone that is not among them."""


@routes.websocket("/ws/crowd")
async def watch_all(socket: WebSocket, context: Ctx, principal: Viewer) -> None:
    """Tell all locations, then every update."""
    await MonitorSession(socket, context, principal, zone_id=None).run()


@routes.websocket("/ws/crowd/{location_id}")
async def watch_one(socket: WebSocket, location_id: Id, context: Ctx, principal: Viewer) -> None:
    """Tell the updates of one location, the newest one first."""
    async with context.database.read() as session:
        await site_objects.get(session, Zone, location_id, site_ids=principal.site_ids)
    await MonitorSession(socket, context, principal, zone_id=location_id).run()


class MonitorSession:
    """Serves one client until it leaves, reads nothing any more, or is no longer allowed.

    Args:
        socket: not yet accepted.
        context: the server's.
        principal: who it is.
        zone_id: the one location that is watched; None for all.
    """

    def __init__(self, socket: WebSocket, context: Context, principal: Principal, *, zone_id: int | None) -> None:
        self.view = View(frozenset({"all" if zone_id is None else f"zone:{zone_id}"}), principal.site_ids)
        self.told = 0
        self._socket = socket
        self._context = context
        self._principal = principal
        self._zone_id = zone_id
        self._told_to = 0
        self._pong_due = False
        self._closing: tuple[int, str] | None = None
        self._wake = asyncio.Event()
        self._zones: dict[int, Zone] = {}
        self._zones_s = -math.inf

    def offer(self, packet: Packet) -> bool:  # noqa: ARG002
        """Note that there is something new."""
        self._wake.set()
        return True

    def goodbye(self) -> None:
        """The server stops."""
        self._close(1001, "the server stops")

    async def run(self) -> None:
        """Accept the client and serve it."""
        await self._socket.accept()
        self._context.hub.add(self)
        tasks = [asyncio.create_task(work) for work in (self._tell(), self._listen(), self._renew())]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._context.hub.remove(self)
            for task in tasks:
                task.cancel()
            ends = await asyncio.gather(*tasks, return_exceptions=True)
        for end in ends:
            if isinstance(end, Exception) and not isinstance(end, WebSocketDisconnect | TimeoutError):
                raise end

    async def _tell(self) -> None:
        self._told_to = self._context.hub.sequence
        await self._send(await self._first())
        while self._closing is None:
            if self._pong_due:
                self._pong_due = False
                await self._send({"type": "pong"})
            for zone in await self._changed():
                await self._send(self._update(zone))
            await self._wake.wait()
            self._wake.clear()
            await asyncio.sleep(GATHER_S)
        async with asyncio.timeout(1.0):
            await self._socket.close(*self._closing)

    async def _first(self) -> dict[str, Any]:
        """Return the state of what is watched."""
        await self._read_zones()
        if self._zone_id is not None:
            return self._update(self._zones[self._zone_id])
        async with self._context.database.read() as session:
            cameras = await cameras_of_zones(session, site_ids=self.view.site_ids)
        newest = newest_readings(self._context.hub, site_ids=self.view.site_ids)
        shown = [
            location_shown(zone, cameras.get((zone.site_id, zone.key)), newest.get(zone.id))
            for zone in self._zones.values()
        ]
        return {"type": "initial_state", "data": [one.model_dump(mode="json") for one in shown]}

    async def _changed(self) -> list[Zone]:
        """Return the locations of which something has come in since this was asked last."""
        hub, told_to = self._context.hub, self._told_to
        self._told_to = hub.sequence
        items = hub.items(Kind.ZONE, site_ids=self.view.site_ids)
        changed = {item.ids[0] for item in items if item.sequence > told_to and self.view.shows(item)}
        if changed:
            await self._read_zones(older_than_s=ZONES_FOR_S if changed <= self._zones.keys() else LOOK_AGAIN_S)
        return [self._zones[zone_id] for zone_id in sorted(changed) if zone_id in self._zones]

    def _update(self, zone: Zone) -> dict[str, Any]:
        newest = newest_readings(self._context.hub, site_ids={zone.site_id}).get(zone.id)
        return {"type": "crowd_update", "data": update_shown(zone, newest).model_dump(mode="json")}

    async def _read_zones(self, *, older_than_s: float = ZONES_FOR_S) -> None:
        now_s = asyncio.get_running_loop().time()
        if now_s - self._zones_s >= older_than_s:
            self._zones_s = now_s
            async with self._context.database.read() as session:
                self._zones = {zone.id: zone for zone in await every(session, Zone, site_ids=self.view.site_ids)}

    async def _send(self, content: dict[str, Any]) -> None:
        async with asyncio.timeout(BEHIND_AT_MOST_S):
            await self._socket.send_text(json.dumps(content, ensure_ascii=False))

    async def _listen(self) -> None:
        """Answer pings; everything else that these clients say is of no use here."""
        while True:
            event = await self._socket.receive()
            if event["type"] == "websocket.disconnect":
                return
            self._pong_due = self._pong_due or _is_ping(event.get("text") or "")
            self._wake.set()

    async def _renew(self) -> None:
        while True:
            await asyncio.sleep(RENEWAL_S)
            principal = await still_allowed(self._socket, self._context)
            if principal is None or (principal.kind, principal.id) != (self._principal.kind, self._principal.id):
                self._close(4401, "log in again")
                await asyncio.sleep(BEHIND_AT_MOST_S)
                return
            if principal.site_ids != self.view.site_ids:
                self._context.hub.remove(self)
                self.view = View(self.view.topics, principal.site_ids)
                self._zones_s = -math.inf
                self._context.hub.add(self)

    def _close(self, code: int, reason: str) -> None:
        self._closing = self._closing or (code, reason)
        self._wake.set()


def _is_ping(text: str) -> bool:
    try:
        message = json.loads(text)
    except (ValueError, RecursionError):
        return False
    return isinstance(message, dict) and message.get("type") == "ping"
