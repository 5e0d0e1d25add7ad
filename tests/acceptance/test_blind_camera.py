"""The first promise, end to end: a camera that goes away never looks like an empty square."""

import json
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

pytestmark = pytest.mark.integration

SITE = """\
name: Yard
zones:
  - {id: yard, polygon: [[-2, 7], [2, 7], [2, 11], [-2, 11]]}
cameras:
  - id: mast
    source: PLACE
    calibration: {image_size: [160, 120], camera: {height_m: 6, tilt_deg: 30, fov_deg: 70}}
"""


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@pytest.fixture
def start_throng(tmp_path: Path) -> Iterator[Callable[..., str]]:
    """Start `throng run` on a site; give the address of its page."""
    running: list[subprocess.Popen[str]] = []

    def start(source: str) -> str:
        (tmp_path / "site.yaml").write_text(SITE.replace("PLACE", source))
        port = free_port()
        command = [sys.executable, "-c", "from throng.cli.main import main; main()", "run"]
        options = ["--site", "site.yaml", "--model", "hog", "--port", str(port), "--out", "readings.jsonl"]
        running.append(subprocess.Popen([*command, *options], cwd=tmp_path, stderr=subprocess.PIPE, text=True))
        return f"http://127.0.0.1:{port}"

    yield start
    for throng in running:
        throng.terminate()
        _, said = throng.communicate(timeout=30)
        assert throng.returncode == 0, said
        assert "hidden-word" not in said


def wait_for(page: str, true: Callable[[dict[str, Any]], bool], *, seconds: float) -> dict[str, Any]:
    """Ask for the state until something is true of it."""
    deadline = time.monotonic() + seconds
    state: dict[str, Any] = {}
    while time.monotonic() < deadline:
        try:
            state = httpx.get(f"{page}/api/v1/state", timeout=5).json()
        except httpx.TransportError:
            state = {}
        if state and true(state):
            return state
        time.sleep(0.25)
    raise AssertionError(f"did not come true within {seconds} s; the state is {json.dumps(state)[:2000]}")


def zone(state: dict[str, Any]) -> dict[str, Any]:
    reading = (state["zones"] or [{}])[0].get("reading")
    return reading or {}


def test_a_camera_that_dies_is_unknown_and_comes_back(
    rtsp_server: Callable[..., tuple[int, Callable[[], None]]],
    start_throng: Callable[..., str],
    tmp_path: Path,
) -> None:
    login = ("--user", "guard", "--password", "hidden-word")
    port, kill = rtsp_server(*login)
    page = start_throng(f"rtsp://guard:hidden-word@127.0.0.1:{port}/live")

    state = wait_for(page, lambda s: zone(s).get("count") is not None, seconds=40)
    assert state["cameras"][0]["state"] == "live"
    assert zone(state)["validity"] == "live"

    kill()
    state = wait_for(page, lambda s: zone(s).get("validity") == "unknown", seconds=15)
    assert zone(state)["count"] is None
    assert zone(state)["density_mean_per_m2"] is None
    assert zone(state)["reasons"][0].startswith("no frame came")
    state = wait_for(page, lambda s: s["cameras"][0]["state"] in {"stalled", "connecting"}, seconds=15)
    assert zone(state)["last_good_at"] is not None
    assert "hidden-word" not in json.dumps(state)

    rtsp_server(*login, "--port", str(port))
    wait_for(page, lambda s: zone(s).get("validity") == "live", seconds=40)
    rows = [json.loads(line) for line in (tmp_path / "readings.jsonl").read_text().splitlines()]
    assert {row["validity"] for row in rows} >= {"live", "unknown"}
    assert all(row["count"] is None for row in rows if row["validity"] == "unknown")
    assert "hidden-word" not in (tmp_path / "readings.jsonl").read_text()
