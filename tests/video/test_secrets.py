"""No password leaves the process on any error path or log path of any source."""

import logging
import time
import traceback
from collections.abc import Callable, Iterator
from typing import Any

import av
import pytest

from throng.core.stream import StreamState
from throng.video.errors import SourceError, VideoError
from throng.video.options import SourceOptions
from throng.video.sources import Adapter, open_source

SECRET = "Zq9hunter9qZ"
FAST = SourceOptions(open_timeout_s=0.6, read_timeout_s=0.2, backoff_first_s=0.02, backoff_max_s=0.05, hardware="off")
USER_INFO = [f"admin:{SECRET}@", f"admin:p%40{SECRET}%2Fx@"]
QUERIES = [f"?user=bob&pwd={SECRET}", f"?access_token={SECRET}"]


@pytest.fixture(params=["av", "opencv"])
def adapter(request: pytest.FixtureRequest) -> Adapter:
    chosen: Adapter = request.param
    return chosen


@pytest.fixture(autouse=True)
def nothing_leaks(caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> Iterator[None]:
    """After every test: neither the logs, at their most talkative, nor the terminal hold the secret."""
    caplog.set_level(logging.DEBUG)
    yield
    printed = capfd.readouterr()
    for said in (caplog.text, printed.out, printed.err):
        assert "Zq9" not in said
        assert "9qZ" not in said
    for record in caplog.records:
        assert SECRET not in f"{record.__dict__}"


def everything_said(error: BaseException) -> str:
    """The message, the arguments and the traceback of an error and of every error behind it."""
    said, seen = "", set()
    behind: list[BaseException | None] = [error]
    while behind:
        each = behind.pop()
        if each is None or id(each) in seen:
            continue
        seen.add(id(each))
        said += f"{each} {each!r} {each.args} {getattr(each, 'filename', '')} {getattr(each, '__notes__', '')}"
        said += "".join(traceback.format_exception(each, chain=False))
        behind += [each.__cause__, each.__context__]
    return said


def refuse(uri: str, adapter: Adapter = "av", options: SourceOptions = FAST) -> str:
    with pytest.raises(VideoError) as caught:
        open_source(uri, adapter=adapter, options=options).open()
    return everything_said(caught.value)


@pytest.mark.integration
@pytest.mark.parametrize("status", [401, 403, 404, 500])
@pytest.mark.parametrize("user", USER_INFO)
def test_http_refusals(http_camera: Any, adapter: Adapter, status: int, user: str) -> None:
    http_camera.status = status
    assert SECRET not in refuse(http_camera.url.replace("://", f"://{user}") + QUERIES[0], adapter)


@pytest.mark.integration
@pytest.mark.parametrize("query", QUERIES)
def test_a_silent_server(http_camera: Any, adapter: Adapter, query: str) -> None:
    http_camera.silent = True
    assert SECRET not in refuse(http_camera.url + query, adapter)
    http_camera.stop.set()


@pytest.mark.parametrize("user", USER_INFO)
@pytest.mark.parametrize("scheme", ["rtsp", "http"])
def test_nobody_listens(adapter: Adapter, user: str, scheme: str) -> None:
    assert SECRET not in refuse(f"{scheme}://{user}127.0.0.1:9/live", adapter)


@pytest.mark.parametrize(
    "uri",
    [
        f"ftp://admin:{SECRET}@host/live",
        f"udp://host/live?key={SECRET}",
        # characters that a URL should have encoded
        f"rtsp://admin:a@b/{SECRET}@127.0.0.1:9/live",
        f"rtsp://admin:{SECRET} with space@127.0.0.1:9/live",
        f"rtsp://admin:{SECRET}#x@127.0.0.1:9/live",
        f"rtsp://admin:[{SECRET}@127.0.0.1:9/live",
        f"rtsp://127.0.0.1:9/user=admin&password={SECRET}&channel=1",
    ],
)
def test_addresses_that_cannot_be_opened(adapter: Adapter, uri: str) -> None:
    assert SECRET not in refuse(uri, adapter)


@pytest.mark.integration
def test_a_whole_life_of_a_live_source(http_camera: Any) -> None:
    http_camera.frames = 6
    source = open_source(http_camera.url.replace("://", f"://admin:{SECRET}@") + QUERIES[1], options=FAST)
    said = repr(source)
    source.open()
    said += repr(source.info)
    seen = set()
    until = time.monotonic() + 8
    while time.monotonic() < until and source.status.state is not StreamState.FAILED:
        source.read(0.02)
        seen.add(source.status.state)
        said += f"{source.status}"
        if source.status.reconnects == 1:
            http_camera.frames, http_camera.stall_after = None, 6
        if source.status.reconnects == 3:
            http_camera.status = 401
        if "not accepted" in source.status.detail:
            http_camera.status, http_camera.stall_after, http_camera.size = 200, None, (320, 240)
    source.close()
    said += f"{source.status}"
    assert {StreamState.LIVE, StreamState.STALLED, StreamState.CONNECTING} <= seen
    assert source.status.state is StreamState.FAILED
    assert "***" in source.info.label
    assert SECRET not in said


@pytest.mark.integration
def test_rtsp_with_a_password(rtsp_server: Callable[..., tuple[int, Callable[[], None]]], adapter: Adapter) -> None:
    port, kill = rtsp_server("--user", "admin", "--password", SECRET)
    options = SourceOptions(open_timeout_s=3, read_timeout_s=0.3, backoff_first_s=0.02, backoff_max_s=0.05)
    assert SECRET not in refuse(f"rtsp://admin:not{SECRET}@127.0.0.1:{port}/live", adapter, options)
    assert SECRET not in refuse(f"rtsp://admin:{SECRET}@127.0.0.1:{port}/nowhere", adapter, options)
    source = open_source(f"rtsp://admin:{SECRET}@127.0.0.1:{port}/live", adapter=adapter, options=options)
    source.open()
    assert source.info.label == f"rtsp://***@127.0.0.1:{port}/live"
    kill()
    until = time.monotonic() + 8
    while source.status.state is not StreamState.CONNECTING and time.monotonic() < until:
        source.read(0.05)
    assert source.status.state is StreamState.CONNECTING
    assert SECRET not in f"{source.status}"
    source.close()


def test_ffmpeg_itself_is_quiet() -> None:
    assert av.logging.get_level() is None
    with pytest.raises(SourceError):
        open_source(f"rtsp://admin:{SECRET}@127.0.0.1:9/live", options=FAST).open()
