"""The WebSockets of the door of Smart Crowd Density Monitor, over real sockets, and to a client that does not read."""

import asyncio
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from central import START, CentralServer, central_server
from doors import door
from websockets.sync.client import ClientConnection, connect

from throng.server.auth.identify import API_TOKEN_PREFIX
from throng.server.auth.principal import Principal
from throng.server.central import create_server
from throng.server.compat.monitor_live import MonitorSession
from throng.server.live.items import Kind
from throng.server.run import ServerThread
from throng.server.settings import load_settings
from throng.store.tables import Role

LOCATION = frozenset(
    {"id", "name", "description", "latitude", "longitude", "capacity_limit", "current_count", "density_level",
     "occupancy_percentage", "is_active", "camera_url", "last_updated"}
)  # fmt: skip
UPDATE = frozenset(
    {"location_id", "location_name", "current_count", "capacity_limit", "density_level", "occupancy_percentage",
     "last_updated"}
)  # fmt: skip


class Served:
    """A served application with the door open."""

    def __init__(self, server: CentralServer, thread: ServerThread) -> None:
        self.server = server
        self.thread = thread

    def count(self, zone_id: int, people: int, *, site_id: int | None = None) -> None:
        """Let the live state hear of a count."""
        hub, body = self.server.context.hub, reading(people)
        hub.call_soon(lambda: hub.put(Kind.ZONE, site_id or self.server.site_id, (zone_id, 1), body))

    def connect(self, path: str, who: str | None) -> ClientConnection:
        query = "" if who is None else f"?token={API_TOKEN_PREFIX}{who}"
        return connect(f"{self.thread.url.replace('http', 'ws')}{path}{query}", open_timeout=5)


def reading(people: int) -> bytes:
    return json.dumps({"reading": {"count": people, "validity": "live", "at": START.isoformat()}}).encode()


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    """A real server with the sites of `CentralServer`."""
    url = f"sqlite:///{tmp_path / 'door.db'}"

    async def filled() -> CentralServer:
        async with central_server(url, tmp_path / "data") as server:
            return server

    prepared = asyncio.run(filled())
    app = create_server(load_settings(data_dir=tmp_path / "data", database_url=url, compat=("crowd_monitor",)))
    server = CentralServer(app, prepared.clock)
    server.site_id, server.other_site_id = prepared.site_id, prepared.other_site_id
    server.zone_id, server.other_zone_id = prepared.zone_id, prepared.other_zone_id
    with ServerThread(app, port=0) as thread:
        yield Served(server, thread)


def said(client: ClientConnection, kind: str) -> dict[str, Any]:
    """Return the next message of a kind."""
    while True:
        message: dict[str, Any] = json.loads(client.recv(timeout=10))
        if message["type"] == kind:
            return message


def test_the_websockets_tell_the_state_and_every_update(served: Served) -> None:
    gate, east = served.server.zone_id, served.server.other_zone_id
    served.count(gate, 40)
    time.sleep(0.05)
    with (
        served.connect("/ws/crowd/", "viewer") as everything,
        served.connect(f"/ws/crowd/{gate}", "viewer-here") as one,
    ):
        state = said(everything, "initial_state")["data"]
        assert [frozenset(place) for place in state] == [LOCATION, LOCATION]
        assert [place["current_count"] for place in state] == [40, None]
        first = said(one, "crowd_update")["data"]
        assert (frozenset(first), first["current_count"]) == (UPDATE, 40)
        served.count(east, 7, site_id=served.server.other_site_id)
        assert said(everything, "crowd_update")["data"]["location_name"] == "East stand"
        served.count(gate, 360)
        for client in (everything, one):
            update = said(client, "crowd_update")["data"]
            assert (update["location_id"], update["current_count"], update["density_level"]) == (gate, 360, "HIGH")
            assert (update["capacity_limit"], update["occupancy_percentage"]) == (400, 90.0)
            client.send("nonsense")
            client.send('{"type": "ping"}')
            assert said(client, "pong") == {"type": "pong"}
    for path, who, status in (("/ws/crowd/", None, 401), (f"/ws/crowd/{east}/", "viewer-here", 404),
                              ("/ws/crowd/999/", "viewer", 404)):  # fmt: skip
        with pytest.raises(Exception, match=f"HTTP {status}"), served.connect(path, who):
            pass
    with served.connect("/ws/crowd", "viewer-here") as here:
        assert [place["id"] for place in said(here, "initial_state")["data"]] == [gate]


class SlowSocket:
    """A client that reads only when it is told to."""

    def __init__(self) -> None:
        self.may_read = asyncio.Event()
        self.got: list[dict[str, Any]] = []
        self.closed: tuple[int, str] | None = None

    async def accept(self) -> None:
        pass

    async def send_text(self, text: str) -> None:
        await self.may_read.wait()
        self.got.append(json.loads(text))

    async def receive(self) -> dict[str, Any]:
        await asyncio.Event().wait()
        raise AssertionError

    async def close(self, code: int, reason: str) -> None:
        self.closed = code, reason


def test_a_slow_client_gets_the_newest_only(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with door(tmp_path, "crowd_monitor") as server:
            socket = SlowSocket()
            somebody = Principal("user", 1, "viewer", Role.VIEWER, None)
            session = MonitorSession(socket, server.context, somebody, zone_id=None)  # type: ignore[arg-type]
            running = asyncio.create_task(session.run())
            await asyncio.sleep(0.2)
            for people in range(500):
                server.context.hub.put(Kind.ZONE, server.site_id, (server.zone_id, 1), reading(people))
                await asyncio.sleep(0)
            socket.may_read.set()
            async with asyncio.timeout(10):
                while len(socket.got) < 2:
                    await asyncio.sleep(0.05)
            updates = [one["data"]["current_count"] for one in socket.got if one["type"] == "crowd_update"]
            assert updates == [499]
            session.goodbye()
            async with asyncio.timeout(10):
                await running
            assert socket.closed == (1001, "the server stops")
            assert server.context.hub.listeners == 0

    asyncio.run(scenario())
