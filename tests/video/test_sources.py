"""The table from what a user writes to the way it is opened."""

import errno
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from throng.core.stream import StreamState
from throng.video.backoff import Backoff
from throng.video.classify import Fault, classify, sentence
from throng.video.errors import SourceError, VideoError
from throng.video.live import LiveSource
from throng.video.network import NetworkSource
from throng.video.options import DEFAULT_OPTIONS
from throng.video.recording import RecordingSource
from throng.video.sources import open_source


@pytest.mark.parametrize(
    ("uri", "kind"),
    [
        ("gate.mp4", RecordingSource),
        ("/videos/gate.mp4", RecordingSource),
        ("file:///videos/gate.mp4", RecordingSource),
        ("rtsp://cam/live", NetworkSource),
        ("RTSPS://cam/live", NetworkSource),
        ("http://phone:8080/video", NetworkSource),
        ("https://host/live.m3u8", NetworkSource),
        ("0", LiveSource),
        ("12", LiveSource),
        ("/dev/video0", LiveSource),
    ],
)
def test_each_kind_of_source(uri: str, kind: type) -> None:
    source = open_source(uri)
    assert type(source) is kind
    assert source.status.state is StreamState.CONNECTING


def test_a_number_that_is_a_folder_is_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "7").mkdir()
    assert type(open_source("7")) is RecordingSource


@pytest.mark.parametrize("uri", ["ftp://host/a.mp4", "sim://plaza", "udp://239.0.0.1:1234", "", "  "])
def test_what_nobody_understands_is_answered_with_what_is(uri: str) -> None:
    with pytest.raises(VideoError, match="not understood") as caught:
        open_source(uri)
    for understood in ("rtsp://", "https://", "/dev/video0", "video file", "folder of pictures"):
        assert understood in str(caught.value)


@pytest.mark.parametrize("uri", ["63", "/dev/video63"])
@pytest.mark.parametrize("adapter", ["av", "opencv"])
def test_a_camera_that_is_not_plugged_in(uri: str, adapter: str) -> None:
    with pytest.raises(SourceError, match="there is no such camera") as caught:
        open_source(uri, adapter="opencv" if adapter == "opencv" else "av").open()
    assert "/dev/video63" in str(caught.value)


@pytest.mark.parametrize("name", ["open_timeout_s", "read_timeout_s", "backoff_first_s", "backoff_max_s", "folder_fps"])
@pytest.mark.parametrize("value", [0.0, -1.0, float("nan"), float("inf")])
def test_options_are_checked_by_name(name: str, value: float) -> None:
    changes: dict[str, Any] = {name: value}
    with pytest.raises(VideoError, match=name):
        replace(DEFAULT_OPTIONS, **changes)


@pytest.mark.parametrize(
    ("error", "network", "fault"),
    [
        (FileNotFoundError(2, "x"), False, Fault.NOT_FOUND),
        (PermissionError(13, "x"), False, Fault.UNREADABLE),
        (ConnectionRefusedError(111, "x"), True, Fault.UNREACHABLE),
        (TimeoutError("x"), True, Fault.TIMEOUT),
        (OSError(5, "input/output error, as FFmpeg has it for unknown hosts"), True, Fault.UNREACHABLE),
        (OSError(5, "input/output error"), False, Fault.BROKEN),
        (OSError(16, "device busy"), False, Fault.BUSY),
    ],
)
def test_errors_of_the_system_are_classified(error: OSError, network: bool, fault: Fault) -> None:
    assert classify(error, network=network) is fault


def test_errors_of_pyav_are_classified() -> None:
    import av

    cases = {
        av.error.HTTPUnauthorizedError: Fault.AUTH,
        av.error.HTTPForbiddenError: Fault.FORBIDDEN,
        av.error.HTTPNotFoundError: Fault.NOT_FOUND,
        av.error.HTTPServerError: Fault.SERVER,
        av.error.ExitError: Fault.TIMEOUT,
        av.error.InvalidDataError: Fault.NOT_VIDEO,
        av.error.DecoderNotFoundError: Fault.UNSUPPORTED,
        av.error.ConnectionRefusedError: Fault.UNREACHABLE,
        av.error.FileNotFoundError: Fault.NOT_FOUND,
    }
    for kind, fault in cases.items():
        code = {"ConnectionRefusedError": errno.ECONNREFUSED, "FileNotFoundError": errno.ENOENT}.get(kind.__name__, 1)
        assert classify(kind(code, "x"), network=True) is fault, kind


@pytest.mark.parametrize("fault", Fault)
def test_every_fault_has_a_sentence_that_names_the_source_and_what_to_do(fault: Fault) -> None:
    said = sentence(fault, "camera 7")
    assert said.startswith("camera 7: ")
    assert "{" not in said
    assert len(said) > 40


def test_pauses_double_up_to_the_longest_and_start_over_after_success() -> None:
    import random

    backoff = Backoff(1.0, longest_s=30.0, generator=random.Random(1))
    pauses = [backoff.next_s() for _ in range(8)]
    for pause, plain in zip(pauses, [1, 2, 4, 8, 16, 30, 30, 30], strict=True):
        assert 0.8 * plain <= pause <= min(30.0, 1.2 * plain)
    assert len(set(pauses[:5])) == 5
    backoff.worked_for(0.5)
    assert backoff.next_s() > 20
    backoff.worked_for(60)
    assert backoff.next_s() < 1.3


def test_choosing_a_source_loads_no_video_library() -> None:
    script = (
        "import sys\nfrom throng.video.sources import open_source\nopen_source('rtsp://a/b')\n"
        "print([name for name in ('av', 'cv2') if name in sys.modules])"
    )
    said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert said.strip() == "[]"
