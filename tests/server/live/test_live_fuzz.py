"""Whatever a client of the live WebSocket sends, it is answered or hung up on, and nobody else notices."""

import asyncio
import json
import logging
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from central import CentralServer, central_server
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from throng.server.auth.identify import API_TOKEN_PREFIX
from throng.server.central import create_server
from throng.server.live.items import Kind
from throng.server.run import ServerThread
from throng.server.settings import load_settings

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=12), inner, max_size=5),
    max_leaves=20,
)
TOPICS = st.lists(st.text(max_size=20) | st.from_regex(r"(site|zone|line|camera):-?[0-9]{0,25}") | JSON, max_size=250)
NEARLY = st.fixed_dictionaries(
    {"type": st.sampled_from(("subscribe", "renew", "ping", "state", "changes")) | JSON},
    optional={"topics": TOPICS | JSON, "token": st.text(max_size=5000) | JSON, "more": JSON},
)
DEEP = st.integers(1, 30_000).map(lambda depth: "[" * depth)
MESSAGES = (
    st.binary(max_size=2000) | st.text(max_size=2000) | JSON.map(json.dumps) | NEARLY.map(json.dumps) | DEEP
    | NEARLY.map(lambda value: json.dumps(value).encode()) | st.just("x" * 70_000)
)  # fmt: skip
QUERIES = st.dictionaries(st.sampled_from(("topics", "resume", "token", "x")), st.text(max_size=40), max_size=3)
FUZZ = settings(
    max_examples=60, deadline=None, database=None, derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip


class Served:
    """A real server, and somebody who watches it while others send nonsense."""

    def __init__(self, thread: ServerThread, server: CentralServer) -> None:
        self.thread = thread
        self.hub = server.context.hub
        self.site_id = server.site_id
        self.told = 0

    def connect(self, query: str = "") -> ClientConnection:
        address = f"{self.thread.url.replace('http', 'ws')}/api/v1/live?{query}"
        headers = {"Authorization": f"Bearer {API_TOKEN_PREFIX}viewer"}
        return connect(address, additional_headers=headers, open_timeout=10)

    def tell(self, watcher: ClientConnection) -> None:
        """Change something; the watcher must hear of it."""
        self.told += 1
        body = b'{"n":%d}' % self.told
        self.hub.call_soon(lambda: self.hub.put(Kind.ZONE, self.site_id, (1, 1), body))
        while True:
            message = json.loads(watcher.recv(timeout=10))
            if any(item["body"] == {"n": self.told} for item in message.get("items", ())):
                return


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    url = f"sqlite:///{tmp_path / 'throng.db'}"

    async def filled() -> CentralServer:
        async with central_server(url, tmp_path / "data") as server:
            return server

    prepared = asyncio.run(filled())
    app = create_server(
        load_settings(data_dir=tmp_path / "data", database_url=url, requests_per_s=1e6, requests_burst=1e6)
    )
    server = CentralServer(app, prepared.clock)
    server.site_id = prepared.site_id
    with ServerThread(app, port=0) as thread:
        yield Served(thread, server)


def mistakes(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What the server has logged as errors; the client of the test logs into the same process."""
    return [r.getMessage() for r in caplog.records if not r.name.startswith("websockets.client")]


@pytest.mark.filterwarnings("ignore:Generating overly large repr")
def test_nonsense_is_answered_or_hung_up_on_and_others_go_on(served: Served, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.ERROR)

    @FUZZ
    @given(st.lists(MESSAGES, min_size=1, max_size=6))
    def send(messages: list[str | bytes]) -> None:
        with served.connect() as client:
            with suppress(ConnectionClosed):
                for message in messages:
                    client.send(message)
                client.send('{"type":"ping"}')
                while json.loads(client.recv(timeout=10))["type"] != "pong":
                    pass
            # 1006 cut off while it still sent, 1007 no text, 1008 too many, 1009 too large: never 1011, our mistake.
            assert client.close_code in {None, 1006, 1007, 1008, 1009}
        served.tell(watcher)

    with served.connect() as watcher:
        send()
    assert served.hub.listeners <= 2
    assert not mistakes(caplog), "the server made a mistake"


def test_nonsense_in_the_address_is_refused(served: Served, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.ERROR)

    @FUZZ
    @given(QUERIES)
    def ask(query: dict[str, Any]) -> None:
        from urllib.parse import urlencode

        with suppress(InvalidStatus), served.connect(urlencode(query)) as client:
            assert json.loads(client.recv(timeout=10))["type"] == "state"
        served.tell(watcher)

    with served.connect() as watcher:
        ask()
        with pytest.raises(InvalidStatus) as refused:
            served.connect("topics=nothing:1").close()
    assert refused.value.response.status_code == 422
    assert not mistakes(caplog), "the server made a mistake"
