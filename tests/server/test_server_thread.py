"""Starting and stopping the server."""

import socket
import threading
from typing import TYPE_CHECKING

import httpx
import pytest

from throng.core.errors import ThrongError
from throng.server.page.app import create_app
from throng.server.run import ServerThread

if TYPE_CHECKING:
    from tests.server.conftest import Feed

pytestmark = pytest.mark.integration


def test_port_in_use_is_one_sentence(feed: "Feed", server: ServerThread) -> None:
    with pytest.raises(ThrongError, match=rf"port {server.port} on 127.0.0.1 is in use.*--port"):
        ServerThread(create_app(feed.board, title="second"), port=server.port).start()


@pytest.mark.parametrize(
    ("host", "port", "sentence"),
    [
        ("127.0.0.1", 70000, r"port 70000.*1 to 65535"),
        ("192.0.2.1", 0, r"192\.0\.2\.1 is not an address of this machine"),
    ],
)
def test_impossible_address_is_one_sentence(feed: "Feed", host: str, port: int, sentence: str) -> None:
    with pytest.raises(ThrongError, match=sentence):
        ServerThread(create_app(feed.board, title="none"), host=host, port=port).start()


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://localhost:8000"),
        ("0.0.0.0", "http://localhost:8000"),
        ("::", "http://localhost:8000"),
        ("::1", "http://[::1]:8000"),
        ("10.0.0.5", "http://10.0.0.5:8000"),
        ("box.local", "http://box.local:8000"),
    ],
)
def test_url_is_one_a_browser_can_open(feed: "Feed", host: str, url: str) -> None:
    assert ServerThread(create_app(feed.board, title="t"), host=host).url == url


def test_stop_frees_the_port_and_the_board(feed: "Feed", server: ServerThread) -> None:
    port = server.port
    assert httpx.get(server.url + "/healthz").status_code == 200

    server.stop()
    server.stop()

    assert not any(thread.name == "throng-server" for thread in threading.enumerate())
    with socket.socket() as again:
        again.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        again.bind(("127.0.0.1", port))
    feed.camera()
    feed.reading()


def test_server_can_start_again(feed: "Feed", server: ServerThread) -> None:
    server.stop()
    server.start()

    assert httpx.get(server.url + "/healthz").json()["status"] == "ok"
