"""The live WebSocket, with a real client."""

import gc
import json
import os
import socket
import time
from typing import TYPE_CHECKING, Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

from throng.bus.board import Picture
from throng.core.stream import StreamState
from throng.server.run import ServerThread

if TYPE_CHECKING:
    from tests.server.conftest import Feed

pytestmark = pytest.mark.integration


def live(server: ServerThread, *, origin: str | None = None) -> ClientConnection:
    url = f"ws://127.0.0.1:{server.port}/api/v1/live"
    client: ClientConnection = connect(url, max_size=None, origin=None if origin is None else Origin(origin))
    return client


def hear(client: ClientConnection, kind: str, *, within_s: float = 4.0) -> dict[str, Any]:
    """Return the next JSON message of a kind; others are passed over."""
    deadline = time.monotonic() + within_s
    while True:
        data = client.recv(timeout=deadline - time.monotonic())
        if isinstance(data, str):
            message: dict[str, Any] = json.loads(data)
            if message["type"] == kind:
                return message


def hear_picture(client: ClientConnection, *, within_s: float = 4.0) -> tuple[dict[str, Any], bytes]:
    deadline = time.monotonic() + within_s
    while True:
        data = client.recv(timeout=deadline - time.monotonic())
        if isinstance(data, bytes):
            length = int.from_bytes(data[:4], "big")
            return json.loads(data[4 : 4 + length]), data[4 + length :]


def test_state_first_then_only_what_changed(feed: "Feed", server: ServerThread) -> None:
    feed.camera("gate", "hall", "yard")
    feed.reading(42.0)
    with live(server) as client:
        state = json.loads(client.recv(timeout=3))
        assert state["type"] == "state"
        assert state["cameras"][0]["label"] == "rtsp://***@10.0.0.7/stream"
        assert state["zones"][0]["trend"]["count"] == [42.0]

        feed.reading(12.0, zone_id="yard")
        readings = hear(client, "changes")
        assert [(r["zone_id"], r["count"]) for r in readings["readings"]] == [("yard", 12.0)]
        assert readings["cameras"] == readings["lines"] == []

        feed.status("gate", StreamState.STALLED, "no frame for 6 s")
        status = hear(client, "changes")
        assert [(c["state"], c["detail"]) for c in status["cameras"]] == [("stalled", "no frame for 6 s")]
        assert status["readings"] == []


def test_state_comes_again_when_a_camera_joins(feed: "Feed", server: ServerThread) -> None:
    with live(server) as client:
        assert hear(client, "state")["cameras"] == []
        feed.camera("gate")
        assert [z["id"] for z in hear(client, "state")["zones"]] == ["hall"]


def test_heartbeat_without_any_change(server: ServerThread) -> None:
    with live(server) as client:
        hear(client, "state")
        started = time.monotonic()
        hear(client, "heartbeat", within_s=3)
        assert time.monotonic() - started < 2.6


def test_pictures_only_of_watched_cameras_and_the_newest(feed: "Feed", server: ServerThread) -> None:
    for camera_id in ("gate", "yard"):
        feed.camera(camera_id)
    feed.picture("gate")
    newest = feed.picture("gate")
    feed.picture("yard")
    with live(server) as client:
        hear(client, "state")
        client.send(json.dumps({"watch": ["gate", "nowhere"]}))
        header, jpeg = hear_picture(client)
        assert (header["camera_id"], header["sequence"], jpeg) == ("gate", newest.sequence, newest.jpeg)

        feed.picture("yard")
        client.send(json.dumps({"watch": ["yard"]}))
        assert hear_picture(client)[0]["camera_id"] == "yard"


@pytest.mark.parametrize("words", ["{}", "nonsense", '{"watch": "gate"}', '{"watch": [], "more": 1}', b"\x00"])
def test_client_that_talks_nonsense_is_sent_away(server: ServerThread, words: str | bytes) -> None:
    with live(server) as client:
        client.send(words)
        with pytest.raises(ConnectionClosed) as closed:
            hear(client, "never")
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1008


@pytest.mark.parametrize(
    "headers", [{"Origin": "http://evil.example"}, {"Origin": "null"}, {"Host": "evil.example:80"}], ids=str
)
def test_pages_of_others_get_no_socket(server: ServerThread, headers: dict[str, str]) -> None:
    address = ("127.0.0.1", server.port)
    request = {"Host": f"127.0.0.1:{server.port}", **headers}
    with socket.create_connection(address, timeout=3) as raw:
        raw.sendall(handshake(request))
        assert raw.recv(4096).split(b"\r\n")[0].startswith(b"HTTP/1.1 403")


def test_own_page_gets_a_socket(server: ServerThread) -> None:
    with live(server, origin=f"http://127.0.0.1:{server.port}") as client:
        hear(client, "state")
    with pytest.raises(InvalidStatus):
        live(server, origin="http://127.0.0.1:1")


def test_client_that_does_not_read_costs_nothing_and_disturbs_nobody(feed: "Feed", server: ServerThread) -> None:
    feed.camera()
    size = 200_000
    with socket.socket() as deaf, live(server) as client:
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        deaf.connect(("127.0.0.1", server.port))
        deaf.sendall(handshake({"Host": f"127.0.0.1:{server.port}"}) + masked(b'{"watch": ["gate"]}'))
        client.send(json.dumps({"watch": ["gate"]}))

        last = feed.picture(jpeg_bytes=os.urandom(size))
        deadline = time.monotonic() + 2.5
        while time.monotonic() < deadline:
            last = feed.picture(jpeg_bytes=os.urandom(size))
            time.sleep(0.01)
        started = time.monotonic()
        while hear_picture(client)[0]["sequence"] != last.sequence:
            pass

        assert time.monotonic() - started < 1.0
        assert server.unsent_bytes() < 3 * size
        gc.collect()
        assert sum(type(thing) is Picture for thing in gc.get_objects()) < 10


def test_server_that_stops_says_goodbye_even_with_a_deaf_client(feed: "Feed", server: ServerThread) -> None:
    feed.camera()
    with socket.socket() as deaf, live(server) as client:
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        deaf.connect(("127.0.0.1", server.port))
        deaf.sendall(handshake({"Host": f"127.0.0.1:{server.port}"}) + masked(b'{"watch": ["gate"]}'))
        feed.picture(jpeg_bytes=os.urandom(5_000_000))
        time.sleep(0.3)

        started = time.monotonic()
        server.stop()
        assert time.monotonic() - started < 4
        with pytest.raises(ConnectionClosed) as closed:
            hear(client, "never")
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code in {1001, 1012}


def handshake(headers: dict[str, str]) -> bytes:
    lines = ["GET /api/v1/live HTTP/1.1", "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13"]
    lines += ["Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode()


def masked(text: bytes) -> bytes:
    """A client's text frame, masked with zeros, for texts shorter than 126 bytes."""
    return bytes([0x81, 0x80 | len(text), 0, 0, 0, 0]) + text
