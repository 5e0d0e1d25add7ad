"""The real `throng serve`: set up by its API, it measures a camera by itself, shows it live, and stops cleanly."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.sync.client import connect

pytestmark = pytest.mark.integration

WAIT_S = 180.0
PASSWORD = "walnut-lantern-42-orbit"


class Served:
    """A server as a user starts it."""

    def __init__(self, folder: Path, *options: str) -> None:
        command = [sys.executable, "-c", "from throng.cli.main import main; main()"]
        environment = {**os.environ, "COLUMNS": "400", "OMP_NUM_THREADS": "1"}
        self.process = subprocess.Popen(
            [*command, "serve", "--data-dir", str(folder), "--port", "0", *options],
            stderr=subprocess.PIPE, text=True, env=environment,
        )  # fmt: skip
        self.lines: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self.url = self._said(r"server: (http://\S+)")
        self.code = self._said(r"Set-up code: (\S+)")

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.lines.append(line.rstrip())

    def _said(self, pattern: str) -> str:
        give_up = time.monotonic() + WAIT_S
        while time.monotonic() < give_up and self.process.poll() is None:
            if found := re.search(pattern, "\n".join(self.lines)):
                return found[1]
            time.sleep(0.05)
        raise AssertionError(f"the server never said {pattern!r}: {self.lines}")

    def stop(self) -> tuple[int, float]:
        """Ask it to end; return its exit status and how long that took."""
        began = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(30)
        self._reader.join(5)
        return status, time.monotonic() - began


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    server = Served(tmp_path / "data")
    yield server
    if server.process.poll() is None:
        server.process.kill()
        server.process.wait()
    assert server.process.stderr is not None
    server.process.stderr.close()


def set_up(served: Served) -> httpx.Client:
    """Create the administrator and return a client that is logged in."""
    client = httpx.Client(base_url=served.url, timeout=20)
    answer = client.post("/api/v1/setup", json={"code": served.code, "username": "admin", "password": PASSWORD})
    assert answer.status_code == 201, answer.text
    client.headers["X-CSRF-Token"] = answer.json()["csrf_token"]
    return client


def added(client: httpx.Client, noun: str, **body: Any) -> int:
    answer = client.post(f"/api/v1/{noun}", json=body)
    assert answer.status_code == 201, answer.text
    return int(answer.json()["id"])


def state_of(client: httpx.Client, key: str) -> str:
    """Return the state of a stream as the box's heartbeats say it, once the first one after its start has come."""
    deadline_s = time.monotonic() + 15 * crowded()
    while True:
        (edge,) = client.get("/api/v1/edges").json()["items"]
        assert edge["key"] == "this-server"
        state = str(edge["status"].get("cameras", {}).get(key, {}).get("state"))
        if state == "live" or time.monotonic() > deadline_s:
            return state
        time.sleep(0.2)


def reading_of(client: httpx.Client, url: str, zone_id: int, *, camera: str) -> dict[str, Any]:
    """Wait on the WebSocket for a reading of a zone, by one camera, that is known."""
    cookies = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
    address = f"{url.replace('http', 'ws')}/api/v1/live?topics=zone:{zone_id}"
    give_up = time.monotonic() + WAIT_S
    with connect(address, additional_headers={"Cookie": cookies}) as socket:
        while time.monotonic() < give_up:
            for item in json.loads(socket.recv(timeout=WAIT_S)).get("items", []):
                reading: dict[str, Any] = (item["body"] or {}).get("reading", {})
                if reading.get("count") is not None and reading["camera_id"] == camera:
                    return reading
    raise AssertionError("no reading came")


def crowded() -> float:
    """How many programs share a core of this machine at the moment, at least 1."""
    return max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))


def test_a_fresh_server_measures_a_camera_and_stops_cleanly(served: Served) -> None:
    with closing(set_up(served)) as client:
        site_id = added(client, "sites", key="square", name="Square")
        zone_id = added(client, "zones", site_id=site_id, key="all", name="All", polygon=None)
        source = "sim://panic?fps=4&size=320x180"
        body = {"site_id": site_id, "key": "mast", "name": "Mast", "source": source}
        began = time.monotonic()
        camera_id = added(client, "cameras", **body, mode={"rate_hz": 4})
        reading = reading_of(client, served.url, zone_id, camera="mast")
        took_s = time.monotonic() - began
        assert took_s < 20 * crowded(), "twenty seconds on a machine that has nothing else to do"
        assert reading["count"] >= 0
        assert reading["simulated"] is True
        picture = client.get(f"/api/v1/cameras/{camera_id}/picture.jpg")
        assert (picture.status_code, picture.content[:2]) == (200, b"\xff\xd8"), picture.text
        assert state_of(client, "mast") == "live"
    status, stopped_s = served.stop()
    assert status == 0, served.lines
    assert stopped_s < 5 * crowded(), "five seconds on a machine that has nothing else to do"
    assert not [line for line in served.lines if "Traceback" in line or "rejects" in line], served.lines


def test_an_edge_box_enrols_once_and_runs_its_camera(served: Served, tmp_path: Path) -> None:
    with closing(set_up(served)) as client:
        site_id = added(client, "sites", key="square", name="Square")
        zone_id = added(client, "zones", site_id=site_id, key="all", name="All", polygon=None)
        answer = client.post("/api/v1/edges", json={"site_id": site_id, "key": "box", "name": "Box"}).json()
        body = {"site_id": site_id, "key": "gate", "name": "Gate", "source": "sim://panic?fps=4&size=320x180"}
        added(client, "cameras", **body, edge_id=answer["edge"]["id"], mode={"rate_hz": 4})
        code, folder = answer["enrolment"]["code"], tmp_path / "box"
        command = [sys.executable, "-m", "throng", "edge", "--server", served.url, "--data-dir", str(folder)]
        with subprocess.Popen([*command, "--enrol", code], stderr=subprocess.PIPE, text=True) as box:
            assert reading_of(client, served.url, zone_id, camera="gate")["count"] >= 0
            assert box.poll() is None
            box.send_signal(signal.SIGTERM)
            assert box.stderr is not None
            said = box.stderr.read()
        assert (box.returncode, "Traceback" in said) == (0, False), said
        assert (folder / "token").stat().st_mode & 0o777 == 0o600
        again = subprocess.run([*command, "--enrol", code], capture_output=True, text=True, timeout=WAIT_S, check=False)
        assert (again.returncode, "ask an administrator for a new one" in again.stderr) == (2, True), again.stderr
        edges = client.get("/api/v1/edges").json()["items"]
        assert [edge["key"] for edge in edges] == ["box"], "the server has no camera of its own"
    assert served.stop()[0] == 0
