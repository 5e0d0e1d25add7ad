"""Reporting to a server that fails in every way: nothing is lost, nothing is stored twice, memory stays bounded."""

import asyncio
import random
import socketserver
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from central import START, central_server
from sqlalchemy import func, select

from throng.core.crowd_state import CrowdEvent, EventKind
from throng.core.errors import ThrongError
from throng.core.estimate import Estimate
from throng.core.reading import Reading, Validity
from throng.edge import uplink as uplink_room
from throng.edge.server_link import RefusedError, ServerLink, UnreachableError, enrol
from throng.edge.spool import MemorySpool
from throng.edge.uplink import Uplink
from throng.server.central import create_server
from throng.server.run import ServerThread
from throng.server.settings import load_settings
from throng.store.database import Database
from throng.store.tables import Happening, readings

Deed = Callable[[BaseHTTPRequestHandler, bytes], None]
TOKEN = "edge_edge"


def reading(n: int, **more: Any) -> Reading:
    at = START + timedelta(seconds=n)
    base = Reading(
        zone_id="gate", camera_id="north", at=at, pts_s=float(n), validity=Validity.LIVE, reasons=(), models=("m",),
        simulated=False, frames=2, count=Estimate(5.0, 4.0, 6.0), density=None, level_of_service=None, speed=None,
        occupancy=None, last_good_at=at,
    )  # fmt: skip
    return replace(base, **more)


class Obstacle:
    """A real HTTP server before the real one: it does what it is told, then passes requests on."""

    def __init__(self, target: str, deeds: list[Deed]) -> None:
        outer = self
        self.deeds = deeds
        self.keys: list[str] = []

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.keys.append(self.headers["Idempotency-Key"] or "")
                if outer.deeds:
                    outer.deeds.pop(0)(self, body)
                    return
                answered(self, passed_on(target, self, body))

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"


def passed_on(target: str, handler: BaseHTTPRequestHandler, body: bytes) -> httpx.Response:
    names = ("Authorization", "Content-Type", "Idempotency-Key")
    headers = {name: handler.headers[name] for name in names if handler.headers[name]}
    return httpx.post(f"{target}{handler.path}", content=body, headers=headers, trust_env=False, timeout=60)


def answered(handler: BaseHTTPRequestHandler, answer: httpx.Response) -> None:
    handler.send_response(answer.status_code)
    handler.send_header("Content-Length", str(len(answer.content)))
    handler.end_headers()
    handler.wfile.write(answer.content)


def says(status: int, **headers: str) -> Deed:
    def deed(handler: BaseHTTPRequestHandler, body: bytes) -> None:
        handler.send_response(status)
        for name, value in {"Content-Length": "0", **headers}.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()

    return deed


def resets(handler: BaseHTTPRequestHandler, body: bytes) -> None:
    handler.close_connection = True
    handler.connection.close()


def half_an_answer(handler: BaseHTTPRequestHandler, body: bytes) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", "500")
    handler.end_headers()
    handler.wfile.write(b'{"stored": 1')
    handler.close_connection = True


def nonsense(handler: BaseHTTPRequestHandler, body: bytes) -> None:
    answered(handler, httpx.Response(200, content=b"<html>log in to the hotel</html>"))


def stores_and_resets(target: str) -> Deed:
    """The worst: the server has it, and the sender does not know."""

    def deed(handler: BaseHTTPRequestHandler, body: bytes) -> None:
        assert passed_on(target, handler, body).status_code == 200
        resets(handler, body)

    return deed


@contextmanager
def before(target: str, *deeds: Deed) -> Iterator[Obstacle]:
    obstacle = Obstacle(target, list(deeds))
    thread = threading.Thread(target=obstacle.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield obstacle
    finally:
        obstacle.server.shutdown()
        obstacle.server.server_close()
        thread.join()


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uplink_room, "FIRST_PAUSE_S", 0.02)
    monkeypatch.setattr(uplink_room, "LONGEST_PAUSE_S", 0.1)
    monkeypatch.setattr(uplink_room, "CLOSE_S", 20.0)
    monkeypatch.setattr(socketserver.BaseServer, "handle_error", lambda *_: None)


@pytest.fixture
def central(tmp_path: Path) -> Iterator[tuple[str, str]]:
    """The address of a real central server, and that of its database."""
    database_url = f"sqlite:///{tmp_path / 'throng.db'}"

    async def fill() -> None:
        async with central_server(database_url, tmp_path / "data"):
            pass

    asyncio.run(fill())
    app = create_server(load_settings(data_dir=tmp_path / "data", database_url=database_url), clock=Today())
    with ServerThread(app, port=0) as thread:
        yield thread.url, database_url


class Today:
    """The day on which the readings are made."""

    def now(self) -> Any:
        return START + timedelta(minutes=1)

    def monotonic_s(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


def counted(database_url: str) -> tuple[int, list[Happening]]:
    """Return how many readings there are, and the events."""

    async def look() -> tuple[int, list[Happening]]:
        database = Database(database_url)
        async with database.read() as session:
            rows = await session.scalar(select(func.count()).select_from(readings))
            events = [*await session.scalars(select(Happening))]
        await database.close()
        return rows or 0, events

    return asyncio.run(look())


def until(true: Callable[[], bool], *, what: str) -> None:
    give_up = time.monotonic() + 60
    while not true():
        assert time.monotonic() < give_up, what
        time.sleep(0.01)


def test_a_server_that_fails_in_all_ways_gets_everything_once(
    central: tuple[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    target, database_url = central
    deeds = (
        says(500), resets, half_an_answer, nonsense, says(429, Retry_After="0.1"), says(503), stores_and_resets(target),
        says(401), says(302, Location="http://elsewhere"),
    )  # fmt: skip
    with before(target, *deeds) as obstacle:
        uplink = Uplink(link := ServerLink(obstacle.url, TOKEN), generator=random.Random(1))
        for n in range(30):
            uplink.report([reading(n)])
        until(lambda: uplink.status()["waiting"] == 0, what="everything is sent")
        first = obstacle.keys[: len(deeds) + 1]
        assert len(set(first)) == 1, "the same batch is sent with the same key until it is taken"
        event = CrowdEvent(EventKind.SURGE, 0.6, ("v up",), (1.0, 2.0))
        uplink.report([reading(40, events=(event,)), reading(41, events=(replace(event, score=0.4),)), reading(42)])
        uplink.report([reading(43, events=(event,)), reading(44, zone_id="nowhere"), reading(45, zone_id="nowhere")])
        uplink.close()
        link.close()
        status = uplink.status()
    assert (status["waiting"], status["problem"], status["failing_since"]) == (0, None, None)
    assert (status["rejected"], status["refused"], status["dropped"]) == (2, 0, 0)
    rows, events = counted(database_url)
    assert rows == 34
    assert sorted((e.started_at, e.ended_at, e.score) for e in events) == [
        (START + timedelta(seconds=40), START + timedelta(seconds=41), 0.6),
        (START + timedelta(seconds=43), START + timedelta(seconds=43), 0.6),
    ]
    assert [r.message for r in caplog.records if "nowhere" in r.message] == [
        "the server rejects readings: zone_id: the site has no zone 'nowhere'"
    ]
    assert TOKEN not in caplog.text


def test_what_the_server_never_takes_is_dropped_with_its_sentence(caplog: pytest.LogCaptureFixture) -> None:
    def refuse(handler: BaseHTTPRequestHandler, body: bytes) -> None:
        answered(handler, httpx.Response(422, content=b'{"detail": "no such thing"}'))

    with before("http://127.0.0.1:9", refuse) as obstacle:
        uplink = Uplink(link := ServerLink(obstacle.url, TOKEN))
        uplink.report([reading(1)])
        until(lambda: uplink.status()["refused"] == 1, what="it is refused")
        assert "no such thing" in str(uplink.status()["problem"])
        uplink.close()
        link.close()
    assert "no such thing" in caplog.text


def test_memory_is_bounded_while_nobody_answers(monkeypatch: pytest.MonkeyPatch, caplog: Any) -> None:
    monkeypatch.setattr(uplink_room, "CLOSE_S", 0.2)
    link = ServerLink("http://127.0.0.1:9", TOKEN)
    uplink = Uplink(link, spool=MemorySpool(most=100))
    for n in range(50):
        uplink.report([reading(n)] * 5)
    status = uplink.status()
    assert (status["waiting"], status["dropped"]) == (100, 150)
    until(lambda: uplink.status()["problem"] is not None, what="it is told")
    assert "127.0.0.1:9" in uplink.status()["problem"]
    began = time.monotonic()
    uplink.close()
    link.close()
    assert time.monotonic() - began < 3
    assert sum("the oldest are dropped" in r.message for r in caplog.records) == 1


def test_spool_keeps_an_open_batch_and_drops_the_oldest_of_the_rest() -> None:
    spool = MemorySpool(most=4)
    assert spool.batch() is None
    assert spool.put([("readings", b"1"), ("events", b"2")]) == 0
    batch = spool.batch()
    assert batch is not None
    assert batch.body() == b'{"readings":[1],"events":[2]}'
    assert spool.put([("readings", str(n).encode()) for n in range(3, 8)]) == 3
    assert spool.batch() is batch
    spool.done("another")
    assert len(spool) == 4
    spool.done(batch.key)
    following = spool.batch()
    assert following is not None
    assert (following.key == batch.key, [row for _, row in following.rows]) == (False, [b"6", b"7"])


def test_addresses_and_codes_are_checked() -> None:
    for wrong in ("ftp://x", "throng.local", "http://", "https://user:secret@host", "http://h:99999", "http://[::1"):
        with pytest.raises(ThrongError) as error:
            ServerLink(wrong, TOKEN)
        assert "secret" not in str(error.value)
    refusing = httpx.MockTransport(lambda _: httpx.Response(409, json={"detail": "used up"}))
    with pytest.raises(RefusedError, match="used up"):
        enrol("https://throng.local/", "enrol_x", software="throng", transport=refusing)
    silent = httpx.MockTransport(lambda _: httpx.Response(200, json=[]))
    with pytest.raises(UnreachableError, match="does not answer as a Throng server"):
        enrol("https://throng.local", "enrol_x", software="throng", transport=silent)
