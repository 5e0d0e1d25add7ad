"""Annotated video."""

import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from throng.core.errors import ThrongError
from throng.video.errors import OutputError
from throng.video.sources import open_source
from throng.video.writer import AnnotatedWriter

Picture = NDArray[np.uint8]


def read_back(path: Path) -> list[tuple[float, Picture]]:
    source = open_source(str(path))
    source.open()
    frames = []
    while (frame := source.read(1.0)) is not None:
        frames.append((frame.pts_s, frame.image))
    source.close()
    return frames


def test_pictures_and_their_times_come_back(
    tmp_path: Path, picture: Callable[..., Picture], number_of: Callable[[Picture], int]
) -> None:
    times = [5.0, 5.1, 5.4, 5.5, 7.25, 7.26]
    with AnnotatedWriter(tmp_path / "a.mp4", fps=10) as writer:
        for number, time_s in enumerate(times):
            writer.write(picture(number), time_s)
    frames = read_back(tmp_path / "a.mp4")
    assert [number_of(image) for _, image in frames] == list(range(6))
    assert np.allclose([time_s for time_s, _ in frames], np.array(times) - 5.0, atol=1e-4)


@pytest.mark.parametrize("size", [(160, 120), (161, 120), (160, 121), (161, 121)])
def test_odd_sizes_are_filled_up(tmp_path: Path, picture: Callable[..., Picture], size: tuple[int, int]) -> None:
    with AnnotatedWriter(tmp_path / "a.mp4", fps=10) as writer:
        for number in range(3):
            writer.write(picture(number, size), number / 10)
    (_, image), *_ = read_back(tmp_path / "a.mp4")
    assert image.shape == (size[1] + size[1] % 2, size[0] + size[0] % 2, 3)
    assert np.abs(image[: size[1], : size[0]].astype(int) - picture(0, size)).mean() < 6


def test_times_that_do_not_grow_are_moved_on(tmp_path: Path, picture: Callable[..., Picture]) -> None:
    with AnnotatedWriter(tmp_path / "a.mp4", fps=10) as writer:
        for number, time_s in enumerate([0.0, 0.1, 0.1, 0.05]):
            writer.write(picture(number), time_s)
    assert len(read_back(tmp_path / "a.mp4")) == 4


def test_another_programs_file_stays(tmp_path: Path, make_video: Callable[..., Path]) -> None:
    recording = make_video(tmp_path / "recording.mp4", frames=3)
    before = recording.read_bytes()
    with pytest.raises(OutputError, match="this file exists"):
        AnnotatedWriter(recording, fps=10)
    (tmp_path / "notes.mp4").write_text("my notes")
    with pytest.raises(OutputError, match=r"notes\.mp4"):
        AnnotatedWriter(tmp_path / "notes.mp4", fps=10)
    assert recording.read_bytes() == before


def test_a_file_is_replaced_on_demand(tmp_path: Path, picture: Callable[..., Picture]) -> None:
    path = tmp_path / "a.mp4"
    path.write_text("my notes")
    with AnnotatedWriter(path, fps=10, overwrite=True) as writer:
        writer.write(picture(1), 0.0)
    assert len(read_back(path)) == 1


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="cannot be written") as caught:
        AnnotatedWriter(tmp_path / "no" / "a.mp4", fps=10)
    assert isinstance(caught.value, ThrongError)
    assert str(tmp_path / "no" / "a.mp4") in str(caught.value)


def test_a_picture_of_another_size_is_refused(tmp_path: Path, picture: Callable[..., Picture]) -> None:
    writer = AnnotatedWriter(tmp_path / "a.mp4", fps=10)
    writer.write(picture(0), 0.0)
    with pytest.raises(OutputError, match="320"):
        writer.write(picture(1, (320, 240)), 0.1)
    writer.close()
    assert len(read_back(tmp_path / "a.mp4")) == 1


def test_writing_after_closing_is_an_error_and_closing_twice_is_not(
    tmp_path: Path, picture: Callable[..., Picture]
) -> None:
    writer = AnnotatedWriter(tmp_path / "a.mp4", fps=10)
    writer.close()
    writer.close()
    with pytest.raises(ValueError, match="closed"):
        writer.write(picture(0), 0.0)
    assert list(tmp_path.iterdir()) == []


NOISE = """
    import resource, sys, time
    import numpy as np
    from throng.video.errors import OutputError
    from throng.video.writer import AnnotatedWriter
    generator = np.random.default_rng(0)
    def noise():
        return generator.integers(0, 255, (120, 160, 3), dtype=np.uint8)
"""


def run(script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    code = textwrap.dedent(NOISE) + textwrap.dedent(script)
    return subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, timeout=60, check=False
    )


def test_a_full_disk_is_told_and_what_was_written_stays_playable(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    said = run(
        """
        resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))
        try:
            with AnnotatedWriter(sys.argv[1], fps=10) as writer:
                for number in range(400):
                    writer.write(noise(), number / 10)
        except OutputError as error:
            print("told:", error)
        """,
        str(path),
    )
    assert said.stdout.startswith(f"told: {path}: writing stopped after ")
    assert "File too large" in said.stdout
    assert said.stderr == ""
    assert len(read_back(path)) >= 10


def _write(writer: AnnotatedWriter, pictures: list[Picture]) -> None:
    for number, each in enumerate(pictures):
        writer.write(each, number / 10)


def test_a_device_without_room(picture: Callable[..., Picture]) -> None:
    if not os.path.exists("/dev/full"):
        pytest.skip("this system has no /dev/full")
    with (
        pytest.raises(OutputError, match=r"/dev/full: .*No space left"),
        AnnotatedWriter("/dev/full", fps=10) as writer,
    ):
        _write(writer, [picture(number) for number in range(200)])


def test_a_killed_process_leaves_a_playable_file(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    said = run(
        """
        import os, signal
        writer = AnnotatedWriter(sys.argv[1], fps=10)
        for number in range(100):
            writer.write(noise(), number / 10)
        os.kill(os.getpid(), signal.SIGKILL)
        """,
        str(path),
    )
    assert said.returncode == -signal.SIGKILL
    assert len(read_back(path)) >= 20


def test_ctrl_c_finishes_the_file(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    said = run(
        """
        import os, signal
        try:
            with AnnotatedWriter(sys.argv[1], fps=10) as writer:
                for number in range(25):
                    writer.write(noise(), number / 10)
                os.kill(os.getpid(), signal.SIGINT)
                time.sleep(5)
        except KeyboardInterrupt:
            print("stopped")
        """,
        str(path),
    )
    assert said.stdout.strip() == "stopped"
    assert len(read_back(path)) == 25
