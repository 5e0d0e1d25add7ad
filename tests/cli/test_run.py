"""`throng run`: what a user gets, and what a user is told."""

import csv
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import av
import cv2
import httpx
import numpy as np
import pytest

from outcome import Outcome

SITE = """\
name: Yard
zones:
  - {id: yard, polygon: [[-2, 7], [2, 7], [2, 11], [-2, 11]], capacity: 10}
lines:
  - {id: gate, from: [-2, 9], to: [2, 9]}
cameras:
  - id: mast
    source: clip.mp4
    calibration: {image_size: [320, 240], camera: {height_m: 6, tilt_deg: 30, fov_deg: 70}}
"""


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    """Three seconds of moving texture, without people."""
    path = tmp_path / "clip.mp4"
    write_clip(path, frames=30)
    return path


def write_clip(path: Path, *, frames: int, size: tuple[int, int] = (320, 240)) -> None:
    rng = np.random.default_rng(1)
    texture = cv2.resize(rng.integers(0, 255, (60, 80, 3), dtype=np.uint8), size)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        stream.gop_size = 10
        for k in range(frames):
            image = np.ascontiguousarray(np.roll(texture, 2 * k, axis=1), dtype=np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="bgr24")))
        container.mux(stream.encode(None))


def rows(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_a_site_gives_zone_and_line_readings(throng: Callable[..., Outcome], clip: Path) -> None:
    (clip.parent / "site.yaml").write_text(SITE)
    out = clip.parent / "readings.jsonl"
    outcome = throng(
        "run", clip, "--site", clip.parent / "site.yaml", "--model", "hog", "--fast", "--no-web", "--out", out
    )
    assert outcome.code == 0, outcome.err
    got = rows(out)
    assert [r["kind"] for r in got] == ["zone", "line"] * 3
    assert [r["pts_s"] for r in got[::2]] == [0.5, 1.5, 2.5]
    assert {r["camera_id"] for r in got} == {"mast"}
    assert got[0]["count"] == 0
    assert isinstance(got[0]["count_high"], float)
    assert got[0]["count_high"] > 0
    assert got[0]["models"] == ["hog"]


def test_csv_and_film(throng: Callable[..., Outcome], clip: Path) -> None:
    out, film = clip.parent / "readings.csv", clip.parent / "film.mp4"
    outcome = throng("run", clip, "--model", "hog", "--fast", "--no-web", "--rate", 5, "--out", out, "--annotate", film)
    assert outcome.code == 0, outcome.err
    with out.open() as file:
        table = list(csv.DictReader(file))
    assert [row["frames"] for row in table] == ["5", "5", "5"]
    assert table[0]["density_mean_per_m2"] == ""
    assert "no calibration" in table[0]["reasons"]
    with av.open(str(film)) as container:
        times = [frame.time for frame in container.decode(video=0)]
    assert times == pytest.approx([k / 5 for k in range(15)], abs=0.02)


def test_a_simulation_brings_its_own_site(throng: Callable[..., Outcome], tmp_path: Path) -> None:
    out = tmp_path / "readings.jsonl"
    outcome = throng("run", "sim://empty?duration=3&size=320x180", "--fast", "--no-web", "--out", out)
    assert outcome.code == 0, outcome.err
    got = [r for r in rows(out) if r["kind"] == "zone"]
    assert got
    assert {(r["count"], r["validity"], r["simulated"]) for r in got} == {(0.0, "live", True)}


def make_bad_inputs(folder: Path) -> None:
    (folder / "notes.mp4").write_text("this is no video")
    (folder / "empty.mp4").touch()
    write_clip(folder / "good.mp4", frames=10)
    (folder / "typo.yaml").write_text(SITE.replace("capacity", "capicity"))
    (folder / "outside.yaml").write_text(
        SITE.replace("[[-2, 7], [2, 7], [2, 11], [-2, 11]]", "[[50, 0], [60, 0], [60, 9]]")
    )
    (folder / "horizon.yaml").write_text(SITE.replace("[2, 11], [-2, 11]", "[2, -30], [-2, -30]"))
    (folder / "fake.onnx").write_bytes(b"no model")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("nowhere.mp4",), "nowhere.mp4"),
        (("notes.mp4",), "notes.mp4"),
        (("empty.mp4",), "empty.mp4"),
        (("ftp://host/x",), "rtsp"),
        (("rtsp://user:secret@127.0.0.1:9/x",), "127.0.0.1:9"),
        (("good.mp4", "--model", "yolo-nanox"), "unknown model 'yolo-nanox'"),
        (("good.mp4", "--model", "fake.onnx"), "fake.onnx"),
        (("good.mp4", "--site", "typo.yaml"), "typo.yaml, line 3: unknown key 'zones.0.capicity'"),
        (("good.mp4", "--site", "outside.yaml"), "zones yard is in its picture"),
        (("good.mp4", "--site", "horizon.yaml"), "horizon"),
        (("good.mp4", "--site", "nowhere.yaml"), "nowhere.yaml"),
        (("good.mp4", "--calibration", "notes.mp4"), "notes.mp4"),
        (("good.mp4", "--out", "readings.txt"), ".jsonl or .csv"),
        (("good.mp4", "--out", "notes.jsonl"), "this file exists"),
        (("sim://nowhere",), "plaza"),
        (("sim://plaza?spede=3",), "spede"),
        ((), "name a SOURCE"),
    ],
)
def test_bad_input_is_one_sentence_and_code_2(
    throng: Callable[..., Outcome],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    said: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    make_bad_inputs(tmp_path)
    (tmp_path / "notes.jsonl").write_text("mine")
    extra = () if "--out" in arguments else ("--out", "new.jsonl")
    model = () if "--model" in arguments else ("--model", "hog")
    outcome = throng("run", *arguments, "--fast", "--no-web", *extra, *model)
    assert outcome.code == 2
    assert said in outcome.err
    assert "Traceback" not in outcome.err
    assert "secret" not in outcome.err
    assert (tmp_path / "notes.jsonl").read_text() == "mine"


def test_a_truncated_recording_is_measured_and_then_named(throng: Callable[..., Outcome], tmp_path: Path) -> None:
    whole, cut, out = tmp_path / "whole.mkv", tmp_path / "cut.mkv", tmp_path / "r.jsonl"
    write_clip(whole, frames=150)
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size * 6 // 10])
    outcome = throng("run", cut, "--model", "hog", "--fast", "--no-web", "--out", out)
    assert outcome.code == 2
    assert "truncated" in outcome.err
    assert 3 <= len(rows(out)) <= 12


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="this system has no /dev/full")
def test_a_full_disk_is_one_sentence(throng: Callable[..., Outcome], clip: Path) -> None:
    link = clip.parent / "full.jsonl"
    link.symlink_to("/dev/full")
    outcome = throng("run", clip, "--model", "hog", "--fast", "--no-web", "--out", link)
    assert outcome.code == 2
    assert "No space left" in outcome.err


def test_a_port_that_is_taken_names_the_option(throng: Callable[..., Outcome], clip: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        outcome = throng("run", clip, "--model", "hog", "--fast", "--port", port)
    assert outcome.code == 2
    assert "--port" in outcome.err


def test_ctrl_c_keeps_what_was_measured_and_the_page_was_there(tmp_path: Path) -> None:
    out = tmp_path / "readings.jsonl"
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-c", "from throng.cli.main import main; main()"]
    source = "sim://empty?size=320x180"
    run = subprocess.Popen(
        [*command, "run", source, "--out", str(out), "--port", str(port)], stderr=subprocess.PIPE, text=True
    )
    try:
        deadline = time.monotonic() + 40
        while time.monotonic() < deadline and not (out.exists() and len(out.read_text().splitlines()) >= 2):
            time.sleep(0.2)
        state = httpx.get(f"http://127.0.0.1:{port}/api/v1/state", timeout=5).json()
    finally:
        run.send_signal(signal.SIGINT)
        _, said = run.communicate(timeout=20)
    assert state["cameras"][0]["simulated"] is True
    assert run.returncode == 0
    assert "everything measured so far is kept" in " ".join(said.split())
    assert all(r["validity"] == "live" for r in rows(out))
