"""The live stream over real sockets: WebSocket and server-sent events."""

import asyncio
import json
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from central import CentralServer, central_server
from pydantic import TypeAdapter
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from throng.server.auth.identify import API_TOKEN_PREFIX
from throng.server.central import create_server
from throng.server.live.items import Kind
from throng.server.live.messages import FromServer
from throng.server.run import ServerThread
from throng.server.settings import load_settings

BODY = b'{"zone_id":1,"reading":{"count":%d}}'
schema: TypeAdapter[FromServer] = TypeAdapter(FromServer)


class Live:
    """A served application and the means to change its live state from the test."""

    def __init__(self, server: CentralServer, thread: ServerThread) -> None:
        self.server = server
        self.thread = thread
        self.hub = server.context.hub

    def put(self, kind: Kind, site_id: int, ids: tuple[int, ...], body: bytes | None) -> None:
        self.hub.call_soon(lambda: self.hub.put(kind, site_id, ids, body))

    def connect(self, who: str = "viewer", query: str = "") -> ClientConnection:
        address = f"{self.thread.url.replace('http', 'ws')}/api/v1/live?{query}"
        headers = {"Authorization": f"Bearer {API_TOKEN_PREFIX}{who}"}
        return connect(address, additional_headers=headers, open_timeout=5)


@pytest.fixture
def live(tmp_path: Path) -> Iterator[Live]:
    """A real server with a site; its database is SQLite, since the stream does not touch it."""
    url = f"sqlite:///{tmp_path / 'throng.db'}"

    async def filled() -> CentralServer:
        async with central_server(url, tmp_path / "data") as server:
            return server

    prepared = asyncio.run(filled())
    app = create_server(load_settings(data_dir=tmp_path / "data", database_url=url))
    served = CentralServer(app, prepared.clock)
    served.site_id, served.other_site_id = prepared.site_id, prepared.other_site_id
    served.zone_id, served.other_zone_id = prepared.zone_id, prepared.other_zone_id
    with ServerThread(app, port=0) as thread:
        yield Live(served, thread)


def read(client: ClientConnection, kind: str) -> dict[str, Any]:
    """Return the next message of a kind; all messages keep to the schema."""
    while True:
        text = client.recv(timeout=5)
        schema.validate_json(text)
        message: dict[str, Any] = json.loads(text)
        if message["type"] == kind:
            return message


def test_a_client_gets_the_state_then_changes_and_resumes_after_a_break(live: Live) -> None:
    here, there = live.server.site_id, live.server.other_site_id
    live.put(Kind.ZONE, here, (1, 1), BODY % 5)
    live.put(Kind.ZONE, there, (2, 2), BODY % 6)
    with live.connect("viewer-here") as client:
        state = read(client, "state")
        assert [item["ids"] for item in state["items"]] == [[1, 1]], "the other site does not exist for them"
        live.put(Kind.ZONE, there, (2, 2), BODY % 7)
        live.put(Kind.ZONE, here, (1, 1), BODY % 8)
        changes = read(client, "changes")
        assert [(i["ids"], i["body"]["reading"]["count"]) for i in changes["items"]] == [([1, 1], 8)]
        client.send('{"type":"ping"}')
        read(client, "pong")
        read(client, "heartbeat")
    live.put(Kind.ZONE, here, (3, 1), BODY % 9)
    time.sleep(0.05)
    with live.connect(query=f"resume={state['epoch']}:{changes['sequence']}") as client:
        missed = read(client, "changes")
        assert [item["ids"] for item in missed["items"]] == [[3, 1]]
    with live.connect(query="resume=0123456789ab:1&topics=zone:3") as client:
        assert [item["ids"] for item in read(client, "state")["items"]] == [[3, 1]]


def test_nobody_gets_in_without_a_token_and_nonsense_is_answered(live: Live) -> None:
    with (
        pytest.raises(Exception, match=r"HTTP (401|403)"),
        connect(f"{live.thread.url.replace('http', 'ws')}/api/v1/live"),
    ):
        pass
    with live.connect() as client:
        read(client, "state")
        for nonsense in (
            "",
            "{",
            "[]",
            '{"type":"subscribe"}',
            '{"type":"subscribe","topics":["zone:x"]}',
            b"\xff\x00",
        ):
            client.send(nonsense)
            assert read(client, "error")["detail"]
        client.send('{"type":"subscribe","topics":["alerts"]}')
        assert read(client, "state")["items"] == []


def test_a_client_that_floods_is_hung_up_on(live: Live) -> None:
    with live.connect() as client:
        with pytest.raises(ConnectionClosed):
            flood(client)
        assert client.close_code == 1008


def flood(client: ClientConnection) -> None:
    """Send as fast as answers come."""
    for _ in range(500):
        client.send('{"type":"ping"}')
        client.recv(timeout=5)


def test_a_client_that_does_not_read_costs_no_memory(live: Live) -> None:
    big = b'{"text":"%s"}' % (b"x" * 20_000)
    with stalled_client(live), live.connect() as quick:
        read(quick, "state")
        for n in range(400):
            live.put(Kind.ZONE, live.server.site_id, (n % 20, 1), big)
            time.sleep(0.002)
        live.put(Kind.ZONE, live.server.site_id, (99, 1), BODY % 1)
        while [99, 1] not in [item["ids"] for item in read(quick, "changes")["items"]]:
            pass
        assert live.hub.behind == 1
        assert live.thread.unsent_bytes() < 1_500_000, "400 messages of 20 kB would be 8 MB"


@contextmanager
def stalled_client(live: Live) -> Iterator[socket.socket]:
    """A client that shakes hands and then never reads."""
    with socket.socket() as stalled:
        stalled.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        stalled.connect(("127.0.0.1", live.thread.port))
        stalled.sendall(
            b"GET /api/v1/live HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n"
            b"Authorization: Bearer %sviewer\r\n\r\n" % API_TOKEN_PREFIX.encode()
        )
        assert stalled.recv(12) == b"HTTP/1.1 101"
        while live.hub.listeners == 0:
            time.sleep(0.01)
        yield stalled


def test_server_sent_events_carry_the_same_and_resume_by_the_last_id(live: Live) -> None:
    headers = {"Authorization": f"Bearer {API_TOKEN_PREFIX}viewer"}
    address = f"{live.thread.url}/api/v1/live/events"
    live.put(Kind.ZONE, live.server.site_id, (1, 1), BODY % 5)
    time.sleep(0.05)
    with httpx.stream("GET", address, headers=headers, timeout=5) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        lines = answer.iter_lines()
        last_id, state = _event(lines)
        assert state["items"][0]["body"]["reading"]["count"] == 5
        live.put(Kind.ZONE, live.server.site_id, (1, 1), BODY % 6)
        while True:
            last_id, message = _event(lines)
            if message["type"] == "changes":
                break
        assert message["items"][0]["body"]["reading"]["count"] == 6
    live.put(Kind.ZONE, live.server.site_id, (2, 1), BODY % 7)
    time.sleep(0.05)
    with httpx.stream("GET", address, headers={**headers, "Last-Event-ID": last_id}, timeout=5) as answer:
        _, message = _event(answer.iter_lines())
        assert [item["ids"] for item in message["items"]] == [[2, 1]]


def test_the_state_can_be_asked_for_once(live: Live) -> None:
    live.put(Kind.ZONE, live.server.site_id, (live.server.zone_id, 1), BODY % 5)
    live.put(Kind.ZONE, live.server.other_site_id, (live.server.other_zone_id, 2), BODY % 6)
    time.sleep(0.05)
    headers = {"Authorization": f"Bearer {API_TOKEN_PREFIX}viewer-here"}
    with httpx.Client(base_url=f"{live.thread.url}/api/v1", headers=headers) as client:
        assert len(client.get("/live/state").json()["items"]) == 1
        assert len(client.get(f"/zones/{live.server.zone_id}/live").json()["items"]) == 1
        assert len(client.get(f"/sites/{live.server.site_id}/live").json()["items"]) == 1
        assert client.get(f"/sites/{live.server.other_site_id}/live").status_code == 404
        assert client.get(f"/zones/{live.server.other_zone_id}/live").status_code == 404
        schemas = client.get("/live/schemas").json()
        assert "StateMessage" in json.dumps(schemas)


def _event(lines: Iterator[str]) -> tuple[str, dict[str, Any]]:
    event_id = ""
    for line in lines:
        if line.startswith("id: "):
            event_id = line[4:]
        elif line.startswith("data: "):
            return event_id, json.loads(line[6:])
    raise AssertionError("the stream ended")
