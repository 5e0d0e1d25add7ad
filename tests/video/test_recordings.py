"""Files and image folders, through every adapter that can read them."""

import os
import struct
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from throng.core.clock import ManualClock, SystemClock
from throng.core.frame import Frame
from throng.core.stream import StreamState
from throng.video.classify import Fault
from throng.video.errors import SourceError, VideoError
from throng.video.options import SourceOptions
from throng.video.ports import FrameSource
from throng.video.sources import Adapter, open_source

Picture = NDArray[np.uint8]
MakeVideo = Callable[..., Path]
NumberOf = Callable[[Picture], int]


@pytest.fixture(params=["av", "opencv"])
def adapter(request: pytest.FixtureRequest) -> Adapter:
    chosen: Adapter = request.param
    return chosen


def frames_of(source: FrameSource) -> Iterator[Frame]:
    source.open()
    while (frame := source.read(1.0)) is not None:
        yield frame
    source.close()


def fault_of(uri: Path | str, adapter: Adapter) -> tuple[Fault, str]:
    source = open_source(str(uri), adapter=adapter)
    with pytest.raises(SourceError) as caught:
        source.open()
    assert isinstance(caught.value, VideoError)
    assert str(uri) in str(caught.value)
    assert source.status.state is StreamState.FAILED
    return caught.value.fault, str(caught.value)


@pytest.mark.parametrize(
    ("name", "codec"), [("a.mp4", "libx264"), ("a.mkv", "libx264"), ("a.avi", "mjpeg"), ("a.ts", "libx264")]
)
def test_every_frame_in_order_with_its_number_and_time(
    tmp_path: Path, make_video: MakeVideo, number_of: NumberOf, adapter: Adapter, name: str, codec: str
) -> None:
    path = make_video(tmp_path / name, frames=30, fps=10, codec=codec)
    source = open_source(str(path), camera_id="gate", adapter=adapter)
    frames = list(frames_of(source))
    assert [number_of(frame.image) for frame in frames] == list(range(30))
    assert [frame.sequence for frame in frames] == list(range(30))
    assert np.allclose([frame.pts_s for frame in frames], np.arange(30) / 10, atol=1e-3)
    assert {frame.camera_id for frame in frames} == {"gate"}
    assert source.status.state is StreamState.ENDED
    assert source.status.detail == "end of the recording"
    assert source.status.complete
    assert (source.info.width, source.info.height, source.info.live) == (160, 120, False)
    assert source.info.fps == pytest.approx(10)


def test_the_picture_has_its_colours(tmp_path: Path, adapter: Adapter) -> None:
    cv2.imwrite(str(tmp_path / "1.png"), np.full((48, 64, 3), (200, 100, 20), dtype=np.uint8))
    (frame,) = frames_of(open_source(str(tmp_path), adapter=adapter))
    assert frame.image[10, 10].tolist() == [200, 100, 20]


def test_recordings_arrive_when_the_replay_began_plus_stream_time(tmp_path: Path, make_video: MakeVideo) -> None:
    clock = ManualClock(SystemClock().now())
    source = open_source(str(make_video(tmp_path / "a.mp4", frames=5)), clock=clock)
    source.open()
    opened_at = clock.now()
    clock.advance(60)
    frames = [source.read(1.0) for _ in range(5)]
    for frame in frames:
        assert frame is not None
        assert frame.arrived_at - opened_at == timedelta(seconds=frame.pts_s)
    assert source.status.last_frame_at == opened_at + timedelta(seconds=0.4)


def test_variable_frame_times_are_kept(tmp_path: Path, make_video: MakeVideo, adapter: Adapter) -> None:
    path = make_video(tmp_path / "a.mkv", frames=5, times=[0, 1, 5, 6, 20])
    times = [frame.pts_s for frame in frames_of(open_source(str(path), adapter=adapter))]
    assert np.allclose(times, [0.0, 0.1, 0.5, 0.6, 2.0], atol=2e-3)


@pytest.mark.shared
def test_pets_is_aligned_frame_by_frame(shared_dir: Path, adapter: Adapter) -> None:
    source = open_source(str(shared_dir / "data/pets2009/S2L1_view001.mp4"), adapter=adapter)
    count = 0
    for frame in frames_of(source):
        assert frame.sequence == count
        assert frame.pts_s == pytest.approx(count / 10, abs=1e-6)
        count += 1
    assert count == 795
    assert (source.info.frame_count, source.info.duration_s, source.info.fps) == (795, 79.5, 10.0)


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.avi"])
def test_a_truncated_file_gives_what_it_has_and_says_where_it_ends(
    tmp_path: Path, make_video: MakeVideo, number_of: NumberOf, adapter: Adapter, name: str
) -> None:
    codec = "mjpeg" if name.endswith("avi") else "libx264"
    whole = make_video(tmp_path / name, frames=50, codec=codec, options={"movflags": "faststart"})
    cut = tmp_path / f"cut-{name}"
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size * 6 // 10])
    source = open_source(str(cut), adapter=adapter)
    frames = list(frames_of(source))
    # Frames that are shown after the cut but stored before it may be missing; OpenCV loses a few more than PyAV.
    good = frames[: -3 if adapter == "av" else -4]
    assert len(good) >= (15 if adapter == "av" else 12)
    assert [number_of(frame.image) for frame in good] == [frame.sequence for frame in good] == list(range(len(good)))
    assert adapter == "opencv" or [number_of(each.image) for each in frames] == [
        round(10 * each.pts_s) for each in frames
    ]
    assert source.status.state is StreamState.ENDED
    assert "truncated: it ends at" in source.status.detail
    assert "of the 5.00 s" in source.status.detail
    assert not source.status.complete


def test_damage_in_the_middle_costs_only_itself(tmp_path: Path, make_video: MakeVideo, number_of: NumberOf) -> None:
    path = make_video(tmp_path / "a.avi", frames=30, codec="mjpeg")
    data = bytearray(path.read_bytes())
    tenth = [i for i in range(len(data) - 1) if data[i : i + 3] == b"\xff\xd8\xff"][10]
    data[tenth : tenth + 600] = bytes(600)
    path.write_bytes(data)
    source = open_source(str(path))
    frames = list(frames_of(source))
    assert [frame.sequence for frame in frames] == [n for n in range(30) if n != 10]
    assert [number_of(frame.image) for frame in frames] == [frame.sequence for frame in frames]
    assert "1 damaged frame left out" in source.status.detail
    assert not source.status.complete


def test_a_change_of_size_fails_and_names_both(tmp_path: Path, make_video: MakeVideo) -> None:
    small = make_video(tmp_path / "a.ts", frames=20)
    large = make_video(tmp_path / "b.ts", frames=20, size=(320, 240))
    both = tmp_path / "both.ts"
    both.write_bytes(small.read_bytes() + large.read_bytes())
    source = open_source(str(both))
    frames = list(frames_of(source))
    assert len(frames) == 20
    assert {frame.size for frame in frames} == {(160, 120)}
    assert source.status.state is StreamState.FAILED
    assert "160×120" in source.status.detail
    assert "320×240" in source.status.detail
    assert "calibration no longer holds" in source.status.detail


def test_a_video_from_a_phone_held_upright_stands_upright(
    tmp_path: Path, make_video: MakeVideo, picture: Callable[..., Picture], adapter: Adapter
) -> None:
    path = make_video(tmp_path / "a.mp4", frames=3)
    data = bytearray(path.read_bytes())
    matrix = data.index(b"tkhd") + 44
    quarter_turn_clockwise = struct.pack(">9i", 0, 1 << 16, 0, -1 << 16, 0, 0, 120 << 16, 0, 1 << 30)
    data[matrix : matrix + 36] = quarter_turn_clockwise
    path.write_bytes(data)
    source = open_source(str(path), adapter=adapter)
    first, *_ = frames_of(source)
    assert (source.info.width, source.info.height) == first.size == (120, 160)
    assert np.abs(np.rot90(first.image).astype(int) - picture(0)).mean() < 6


def test_missing_file(tmp_path: Path, adapter: Adapter) -> None:
    fault, message = fault_of(tmp_path / "nope.mp4", adapter)
    assert fault is Fault.NOT_FOUND
    assert "there is no such file" in message


def test_zero_length_file(tmp_path: Path, adapter: Adapter) -> None:
    (tmp_path / "a.mp4").touch()
    fault, message = fault_of(tmp_path / "a.mp4", adapter)
    assert fault is Fault.EMPTY
    assert "0 bytes" in message


@pytest.mark.parametrize("content", [b"just a text, no video\n" * 50, bytes(range(256)) * 40])
def test_a_file_that_is_no_video(tmp_path: Path, adapter: Adapter, content: bytes) -> None:
    (tmp_path / "a.mp4").write_bytes(content)
    fault, message = fault_of(tmp_path / "a.mp4", adapter)
    assert fault is Fault.NOT_VIDEO
    assert "not a video that can be read" in message


def test_a_file_cut_off_before_its_index(tmp_path: Path, make_video: MakeVideo, adapter: Adapter) -> None:
    path = make_video(tmp_path / "a.mp4", frames=50)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    _, message = fault_of(path, adapter)
    assert "its index is missing because it was cut off" in message


def test_sound_only(tmp_path: Path, make_sound: Callable[[Path], Path]) -> None:
    fault, message = fault_of(make_sound(tmp_path / "a.mp4"), "av")
    assert fault is Fault.NO_PICTURE
    assert "no video stream" in message
    fault, _ = fault_of(tmp_path / "a.mp4", "opencv")
    assert fault is Fault.NOT_VIDEO


@pytest.mark.parametrize("folder", [False, True])
def test_a_file_or_folder_that_may_not_be_read(
    tmp_path: Path, make_video: MakeVideo, picture: Callable[..., Picture], folder: bool
) -> None:
    locked = tmp_path / "locked"
    if folder:
        locked.mkdir()
        cv2.imwrite(str(locked / "1.png"), picture(1))
    else:
        make_video(locked, frames=3, container_format="mp4")
    locked.chmod(0)
    if os.geteuid() != 0:
        fault, message = fault_of(locked, "av")
        assert fault is Fault.UNREADABLE
        assert "check its permissions" in message
        return
    tmp_path.chmod(0o755)
    script = (
        "import os, sys\n"
        "from throng.video.sources import open_source\n"
        "from throng.video.errors import SourceError\n"
        "import av, cv2, throng.video.av_feed, throng.video.image_folder\n"
        "os.setegid(65534); os.seteuid(65534)\n"
        "try: open_source(sys.argv[1]).open()\n"
        "except SourceError as error: print(error.fault.value, error)\n"
    )
    for parent in locked.parents:
        if parent.stat().st_uid == os.geteuid() and parent not in (Path("/"), Path("/tmp")):
            parent.chmod(parent.stat().st_mode | 0o055)
    said = subprocess.run(
        [sys.executable, "-c", script, str(locked)], capture_output=True, text=True, check=True
    ).stdout
    assert said.startswith("unreadable")
    assert "check its permissions" in said


def test_a_file_is_never_a_way_into_the_network(tmp_path: Path) -> None:
    playlist = tmp_path / "a.m3u8"
    playlist.write_text("#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nhttp://127.0.0.1:9/a.ts\n#EXT-X-ENDLIST\n")
    with pytest.raises(SourceError):
        open_source(str(playlist)).open()


def test_file_urls_and_odd_names(tmp_path: Path, make_video: MakeVideo) -> None:
    path = make_video(tmp_path / "a b:c%20%d.mp4", frames=3)
    assert len(list(frames_of(open_source(str(path))))) == 3
    assert len(list(frames_of(open_source(path.as_uri())))) == 3


def test_closing_ends_reading_and_may_be_repeated(tmp_path: Path, make_video: MakeVideo, adapter: Adapter) -> None:
    source = open_source(str(make_video(tmp_path / "a.mp4", frames=5)), adapter=adapter)
    source.open()
    assert source.read(1.0) is not None
    source.close()
    source.close()
    assert source.read(1.0) is None
    assert source.status.state is StreamState.ENDED


def test_hardware_that_is_not_there_falls_back_to_software_and_says_so(
    tmp_path: Path, make_video: MakeVideo, caplog: pytest.LogCaptureFixture
) -> None:
    if Path("/dev/nvidiactl").exists():
        pytest.skip("this machine has the device whose absence is tested")
    path = make_video(tmp_path / "a.mp4", frames=5)
    with caplog.at_level("INFO"):
        frames = list(frames_of(open_source(str(path), options=SourceOptions(hardware="cuda"))))
    software = list(frames_of(open_source(str(path), options=SourceOptions(hardware="off"))))
    assert [frame.image.tolist() for frame in frames] == [frame.image.tolist() for frame in software]
    assert "decoding in software" in caplog.text


def test_an_image_folder_is_sorted_by_numbers(
    tmp_path: Path, picture: Callable[..., Picture], number_of: NumberOf
) -> None:
    for number in (10, 9, 2, 100, 1):
        cv2.imwrite(str(tmp_path / f"frame_{number}.png"), picture(number))
    (tmp_path / "notes.txt").write_text("not a picture")
    source = open_source(str(tmp_path), options=SourceOptions(folder_fps=4))
    frames = list(frames_of(source))
    assert [number_of(frame.image) for frame in frames] == [1, 2, 9, 10, 100]
    assert [frame.pts_s for frame in frames] == pytest.approx([0, 0.25, 0.5, 0.75, 1.0])
    assert (source.info.fps, source.info.frame_count, source.info.duration_s) == (4.0, 5, 1.25)


@pytest.mark.parametrize("broken", [0, 2, 4])
def test_a_broken_picture_in_a_folder_keeps_its_number(
    tmp_path: Path, picture: Callable[..., Picture], number_of: NumberOf, broken: int
) -> None:
    for number in range(5):
        cv2.imwrite(str(tmp_path / f"{number}.png"), picture(number))
    (tmp_path / f"{broken}.png").write_bytes(b"no picture")
    source = open_source(str(tmp_path))
    frames = list(frames_of(source))
    kept = [number for number in range(5) if number != broken]
    assert [number_of(frame.image) for frame in frames] == kept
    assert [frame.sequence for frame in frames] == kept
    assert [frame.pts_s for frame in frames] == pytest.approx([number / 10 for number in kept])
    assert "1 damaged frame left out" in source.status.detail


def test_pictures_of_two_sizes_in_a_folder_fail(tmp_path: Path, picture: Callable[..., Picture]) -> None:
    cv2.imwrite(str(tmp_path / "1.png"), picture(1))
    cv2.imwrite(str(tmp_path / "2.png"), picture(2, (320, 240)))
    source = open_source(str(tmp_path))
    assert len(list(frames_of(source))) == 1
    assert source.status.state is StreamState.FAILED
    assert "320×240" in source.status.detail


def test_an_empty_folder(tmp_path: Path) -> None:
    fault, message = fault_of(tmp_path, "av")
    assert fault is Fault.NOT_VIDEO
    assert "holds no pictures" in message
