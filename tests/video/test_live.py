"""Live sources against real servers: newest frame, stalls, reconnects, refusals."""

import itertools
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from throng.core.frame import Frame
from throng.core.stream import StreamState, StreamStatus
from throng.video.classify import Fault
from throng.video.errors import SourceError
from throng.video.options import SourceOptions
from throng.video.ports import FrameSource
from throng.video.sources import Adapter, open_source

pytestmark = pytest.mark.integration

FAST = SourceOptions(open_timeout_s=3.0, read_timeout_s=0.3, backoff_first_s=0.02, backoff_max_s=0.05, hardware="off")
StartRtsp = Callable[..., tuple[int, Callable[[], None]]]
NumberOf = Callable[[NDArray[np.uint8]], int]


@pytest.fixture(params=["av", "opencv"])
def adapter(request: pytest.FixtureRequest) -> Adapter:
    chosen: Adapter = request.param
    return chosen


def wait_for(source: FrameSource, accept: Callable[[StreamStatus], bool], *, within_s: float = 5.0) -> list[Frame]:
    """Read until the status is as wanted; return the frames that came on the way."""
    frames = []
    until = time.monotonic() + within_s
    while not accept(source.status):
        assert time.monotonic() < until, f"still {source.status}"
        frame = source.read(0.05)
        if frame is not None:
            frames.append(frame)
    return frames


def read_for(source: FrameSource, seconds: float) -> list[Frame]:
    until = time.monotonic() + seconds
    return [frame for _ in iter(lambda: time.monotonic() < until, False) if (frame := source.read(0.1)) is not None]


def refusal(uri: str, adapter: Adapter = "av") -> tuple[Fault, str, float]:
    source = open_source(uri, adapter=adapter, options=FAST)
    began = time.monotonic()
    with pytest.raises(SourceError) as caught:
        source.open()
    took_s = time.monotonic() - began
    assert source.status.state is StreamState.FAILED
    source.close()
    return caught.value.fault, str(caught.value), took_s


def growing(frames: list[Frame]) -> bool:
    return all(
        later.pts_s > earlier.pts_s and later.sequence > earlier.sequence and later.arrived_at >= earlier.arrived_at
        for earlier, later in itertools.pairwise(frames)
    )


def test_mjpeg_over_http(http_camera: Any, adapter: Adapter) -> None:
    http_camera.fps = 25
    source = open_source(http_camera.url, camera_id="phone", adapter=adapter, options=FAST)
    source.open()
    assert (source.info.width, source.info.height, source.info.live) == (160, 120, True)
    assert source.info.fps is None
    frames = read_for(source, 1.0)
    status = source.status
    assert (status.state, status.detail) == (StreamState.LIVE, "")
    assert status.last_frame_at is not None
    source.close()
    assert source.status.state is StreamState.ENDED
    assert 15 <= len(frames) <= 30
    assert growing(frames)
    late = frames[5:]
    assert (late[-1].pts_s - late[0].pts_s) / (late[-1].sequence - late[0].sequence) == pytest.approx(0.04, rel=0.25)
    assert source.read(0.1) is None


def test_a_slow_reader_gets_the_newest_frame_and_sees_the_gap(http_camera: Any, number_of: NumberOf) -> None:
    http_camera.fps = 100
    source = open_source(http_camera.url, options=FAST)
    source.open()
    first = source.read(1.0)
    time.sleep(0.5)
    second = source.read(1.0)
    source.close()
    assert first is not None
    assert second is not None
    assert second.sequence - first.sequence >= 20
    assert number_of(second.image) - number_of(first.image) == second.sequence - first.sequence
    assert second.pts_s - first.pts_s == pytest.approx(0.5, abs=0.15)


def test_a_stall_in_the_middle_of_a_picture_shows_and_heals(http_camera: Any) -> None:
    http_camera.stall_after = 12
    source = open_source(http_camera.url, options=FAST)
    source.open()
    before = wait_for(source, lambda status: status.state is StreamState.STALLED)
    assert "no frame for 0.3 s" in source.status.detail
    wait_for(source, lambda status: status.state is StreamState.CONNECTING)
    http_camera.stall_after = None
    http_camera.stop.set()
    http_camera.stop.clear()
    wait_for(source, lambda status: status.state is StreamState.LIVE)
    after = read_for(source, 0.3)
    assert source.status.reconnects >= 1
    assert source.status.detail == ""
    source.close()
    assert growing(before + after)
    assert after[0].pts_s - before[-1].pts_s == pytest.approx(
        (after[0].arrived_at - before[-1].arrived_at).total_seconds(), abs=0.15
    )


def test_a_torn_picture_is_never_shown(http_camera: Any, number_of: NumberOf) -> None:
    http_camera.stall_after = 9
    source = open_source(http_camera.url, options=FAST)
    source.open()
    frames = wait_for(source, lambda status: status.reconnects >= 2)
    source.close()
    assert max(number_of(frame.image) for frame in frames) == 8


def test_twenty_reconnects_leak_nothing(http_camera: Any) -> None:
    http_camera.frames, http_camera.fps = 6, 200
    source = open_source(http_camera.url, options=FAST)
    source.open()

    def ours() -> tuple[int, int]:
        threads = sum(thread.name.startswith("throng") for thread in threading.enumerate())
        return threads, len(os.listdir("/proc/self/fd"))

    wait_for(source, lambda status: status.reconnects >= 3)
    threads, files = ours()
    frames = wait_for(source, lambda status: status.reconnects >= 23, within_s=15.0)
    threads_after, files_after = ours()
    source.close()
    assert growing(frames)
    assert threads_after == threads == 1
    assert files_after <= files + 3
    assert not any(thread.name.startswith("throng") for thread in threading.enumerate())


@pytest.mark.parametrize(
    ("status", "fault", "word"),
    [
        (401, Fault.AUTH, "user name or password"),
        (403, Fault.FORBIDDEN, "may not see"),
        (404, Fault.NOT_FOUND, "no such stream"),
        (500, Fault.SERVER, "answered with an error"),
    ],
)
def test_a_refusal_is_told_at_once_and_not_repeated(http_camera: Any, status: int, fault: Fault, word: str) -> None:
    http_camera.status = status
    told, message, took_s = refusal(http_camera.url)
    assert told is fault
    assert word in message
    assert took_s < 1.0
    time.sleep(0.2)
    assert http_camera.connections == 1


def test_opencv_cannot_say_why_but_says_what_to_check(http_camera: Any) -> None:
    http_camera.status = 401
    fault, message, _ = refusal(http_camera.url, "opencv")
    assert fault is Fault.SERVER
    assert "check user, password and path" in message


def test_a_server_that_accepts_and_says_nothing(http_camera: Any, adapter: Adapter) -> None:
    http_camera.silent = True
    source = open_source(
        http_camera.url, adapter=adapter, options=SourceOptions(open_timeout_s=0.5, read_timeout_s=0.3, hardware="off")
    )
    began = time.monotonic()
    with pytest.raises(SourceError):
        source.open()
    assert 0.3 < time.monotonic() - began < 2.0
    http_camera.stop.set()


@pytest.mark.parametrize("uri", ["http://127.0.0.1:9/video", "rtsp://127.0.0.1:9/live"])
def test_nobody_listens(uri: str, adapter: Adapter) -> None:
    fault, message, _ = refusal(uri, adapter)
    assert fault is Fault.UNREACHABLE
    assert "cannot be reached" in message


def test_a_change_of_size_fails_also_across_a_reconnect(http_camera: Any) -> None:
    http_camera.frames = 8
    source = open_source(http_camera.url, options=FAST)
    source.open()
    http_camera.size = (320, 240)
    frames = wait_for(source, lambda status: status.state is StreamState.FAILED)
    assert {frame.size for frame in frames} <= {(160, 120)}
    assert "160×120 to 320×240" in source.status.detail
    assert source.read(0.1) is None
    source.close()
    assert source.status.state is StreamState.FAILED


def test_a_video_file_on_a_web_server_is_a_recording(
    http_camera: Any, tmp_path: Path, make_video: Callable[..., Path], number_of: NumberOf, adapter: Adapter
) -> None:
    make_video(tmp_path / "a.mp4", frames=30, options={"movflags": "faststart"})
    http_camera.folder = tmp_path
    source = open_source(http_camera.url.replace("/video", "/a.mp4"), adapter=adapter, options=FAST)
    source.open()
    assert not source.info.live
    numbers = []
    while (frame := source.read(1.0)) is not None:
        numbers.append(number_of(frame.image))
    assert numbers == list(range(30))
    assert source.status.state is StreamState.ENDED


def hls(folder: Path, make_video: Callable[..., Path], *, ended: bool) -> None:
    make_video(
        folder / "live.m3u8",
        frames=60,
        fps=20,
        container_format="hls",
        options={"hls_time": "0.5", "hls_list_size": "0"},
    )
    if not ended:
        playlist = folder / "live.m3u8"
        playlist.write_text(playlist.read_text().replace("#EXT-X-ENDLIST\n", ""))


def test_hls_on_demand_is_a_recording(http_camera: Any, tmp_path: Path, make_video: Callable[..., Path]) -> None:
    hls(tmp_path, make_video, ended=True)
    http_camera.folder = tmp_path
    source = open_source(http_camera.url.replace("/video", "/live.m3u8"), options=FAST)
    source.open()
    assert not source.info.live
    times = []
    while (frame := source.read(1.0)) is not None:
        times.append(frame.pts_s)
    assert np.allclose(times, np.arange(60) / 20, atol=1e-3)


def test_live_hls_is_spread_over_its_time(http_camera: Any, tmp_path: Path, make_video: Callable[..., Path]) -> None:
    hls(tmp_path, make_video, ended=False)
    http_camera.folder = tmp_path
    source = open_source(http_camera.url.replace("/video", "/live.m3u8"), options=FAST)
    source.open()
    assert source.info.live
    frames = read_for(source, 0.6)
    source.close()
    assert len(frames) >= 6
    waits = np.diff([frame.arrived_at.timestamp() for frame in frames])
    assert np.median(waits) == pytest.approx(0.05, rel=0.5)
    assert np.allclose(np.diff([frame.pts_s for frame in frames[1:]]) / np.diff([f.sequence for f in frames[1:]]), 0.05)


def test_rtsp(rtsp_server: StartRtsp, adapter: Adapter) -> None:
    port, _ = rtsp_server()
    source = open_source(f"rtsp://127.0.0.1:{port}/live", adapter=adapter, options=FAST)
    source.open()
    assert (source.info.width, source.info.height, source.info.live) == (160, 120, True)
    frames = read_for(source, 0.6)
    source.close()
    assert growing(frames)
    steady = frames[-8:]
    rate = np.diff([frame.pts_s for frame in steady]) / np.diff([frame.sequence for frame in steady])
    assert np.median(rate) == pytest.approx(0.05, abs=0.005)


def test_rtsp_says_what_is_wrong(rtsp_server: StartRtsp) -> None:
    port, _ = rtsp_server("--user", "admin", "--password", "right")
    for user, path, fault in (
        ("admin:wrong@", "live", Fault.AUTH),
        ("", "live", Fault.AUTH),
        ("admin:right@", "nowhere", Fault.NOT_FOUND),
        ("admin:right@", "sound", Fault.NO_PICTURE),
    ):
        told, message, took_s = refusal(f"rtsp://{user}127.0.0.1:{port}/{path}")
        assert told is fault
        assert took_s < 2.0
        assert "right" not in message
        assert "wrong" not in message
    source = open_source(f"rtsp://admin:right@127.0.0.1:{port}/live", options=FAST)
    source.open()
    assert source.read(1.0) is not None
    source.close()


def test_rtsp_comes_back_after_the_server_was_killed(rtsp_server: StartRtsp) -> None:
    port, kill = rtsp_server()
    source = open_source(f"rtsp://127.0.0.1:{port}/live", options=FAST)
    source.open()
    before = read_for(source, 0.3)
    kill()
    before += wait_for(source, lambda status: status.state is StreamState.CONNECTING)
    time.sleep(0.3)
    assert source.status.state is StreamState.CONNECTING
    assert "next attempt in" in source.status.detail
    rtsp_server("--port", str(port))
    wait_for(source, lambda status: status.state is StreamState.LIVE, within_s=8.0)
    after = read_for(source, 0.3)
    assert source.status.reconnects == 1
    source.close()
    assert growing(before + after)


def test_closing_from_another_thread_ends_a_waiting_read(http_camera: Any) -> None:
    http_camera.stall_after = 5
    source = open_source(http_camera.url, options=SourceOptions(read_timeout_s=2.0, hardware="off"))
    source.open()
    while source.read(0.2) is not None:
        pass
    threading.Timer(0.2, source.close).start()
    began = time.monotonic()
    assert source.read(10.0) is None
    assert time.monotonic() - began < 1.0
    assert source.status.state is StreamState.ENDED
    http_camera.stop.set()
