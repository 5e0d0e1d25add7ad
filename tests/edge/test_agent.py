"""An edge box: it runs what the server wants, only what has changed is touched, and what is wrong is told."""

import gzip
import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from scripted import START, ScriptedObserver, ScriptedSource, textured

from throng.bus.board import LiveBoard
from throng.cli.edge import keep_token, read_token
from throng.core.clock import ManualClock
from throng.core.errors import ThrongError
from throng.core.frame import Frame
from throng.core.site import Camera, Site
from throng.core.stream import StreamState
from throng.edge import agent as agent_room
from throng.edge import camera_set
from throng.edge.agent import EdgeAgent
from throng.edge.configuration import read_plan
from throng.edge.runner import CameraRunner
from throng.edge.server_link import ServerLink

CALIBRATION = {"image_size": [320, 240], "camera": {"height_m": 6, "tilt_deg": 30, "fov_deg": 70}}
YARD = {"key": "yard", "name": "Yard", "polygon": [[-2, 7], [2, 7], [2, 11], [-2, 11]], "capacity": 10}
WHOLE = {"key": "hall", "name": "Hall", "polygon": None}
LINE = {"key": "door", "name": "Door", "points": [[-2, 9], [2, 9]]}


def camera(key: str, **more: Any) -> dict[str, Any]:
    return {"key": key, "name": key, "kind": "video", "source": f"rtsp://u:secret@10.0.0.5/{key}", **more}


def plan(*cameras: dict[str, Any], zones: tuple[dict[str, Any], ...] = (WHOLE,)) -> dict[str, Any]:
    site = {"key": "s", "name": "Site", "time_zone": "UTC"}
    return {"edge_id": 1, "key": "box", "site": site, "zones": [*zones], "lines": [LINE], "cameras": [*cameras]}


class Central:
    """What a server answers, and what it was told."""

    def __init__(self, content: Any) -> None:
        self.content = content
        self.version = 0
        self.beats: list[dict[str, Any]] = []
        self.rows: list[dict[str, Any]] = []
        self.status = 200

    def change(self, content: Any) -> None:
        self.content, self.version = content, self.version + 1

    def answer(self, request: httpx.Request) -> httpx.Response:
        assert request.headers["authorization"] == "Bearer edge_x"
        if self.status != 200:
            return httpx.Response(self.status)
        if request.url.path.endswith("/configuration"):
            tag = f'"{self.version}"'
            same = request.headers.get("if-none-match") == tag
            return httpx.Response(304) if same else httpx.Response(200, json=self.content, headers={"ETag": tag})
        if request.url.path.endswith("/heartbeat"):
            self.beats.append(json.loads(request.content)["status"])
            return httpx.Response(200, json={})
        assert request.headers["content-encoding"] == "gzip", "what goes over a network is packed"
        self.rows += json.loads(gzip.decompress(request.content))["readings"]
        return httpx.Response(200, json={"stored": 1, "duplicates": 0, "rejected": []})


class Steady(ScriptedSource):
    """A live source that gives twenty frames a second, as a camera would."""

    def read(self, timeout_s: float) -> Frame | None:
        time.sleep(0.05)
        return super().read(timeout_s)


class Cameras:
    """Builds runners of scripted cameras; `broken` ones cannot be built, `dying` ones fail when they run."""

    def __init__(self) -> None:
        self.built: list[str] = []
        self.broken: set[str] = set()
        self.dying: set[str] = set()

    def build(self, camera: Camera, site: Site, **_: Any) -> CameraRunner:
        self.built.append(camera.id)
        if camera.id in self.broken:
            raise ThrongError(f"camera {camera.id}: no such model")
        clock = ManualClock(START)
        error = ThrongError(f"camera {camera.id}: it died") if camera.id in self.dying else None
        return CameraRunner(
            camera, site, source=Steady(textured, clock=clock, frames=10**6, live=True),
            observer=ScriptedObserver(error=error), rate_hz=2, clock=clock,
        )  # fmt: skip


@pytest.fixture
def cameras(monkeypatch: pytest.MonkeyPatch) -> Cameras:
    made = Cameras()
    monkeypatch.setattr(agent_room, "build_runner", made.build)
    monkeypatch.setattr(agent_room, "LOOK_EVERY_S", 0.05)
    monkeypatch.setattr(agent_room, "BEAT_EVERY_S", 0.05)
    monkeypatch.setattr(agent_room, "TURN_S", 0.02)
    monkeypatch.setattr(camera_set, "FIRST_RESTART_S", 0.1)
    return made


@contextmanager
def running(central: Central, **more: Any) -> Iterator[EdgeAgent]:
    agent = EdgeAgent(ServerLink("http://box", "edge_x", transport=httpx.MockTransport(central.answer)), **more)
    agent.start()
    try:
        yield agent
    finally:
        agent.stop()
        assert not [t for t in threading.enumerate() if t.name.startswith("camera-")]


def until(true: Callable[[], Any], *, what: str) -> None:
    give_up = time.monotonic() + 60
    while not true():
        assert time.monotonic() < give_up, what
        time.sleep(0.01)


def state(central: Central, key: str) -> str | None:
    """What the newest heartbeat says of a camera."""
    found: str | None = central.beats[-1]["cameras"].get(key, {}).get("state") if central.beats else None
    return found


def test_only_what_has_changed_is_touched(cameras: Cameras) -> None:
    central, board = Central(plan(camera("a"), camera("b"))), LiveBoard()
    with running(central, board=board):
        until(lambda: state(central, "a") == state(central, "b") == "live", what="both run")
        central.change(plan(camera("a", mode={"rate_hz": 1.0}), camera("b"), camera("c")))
        until(lambda: state(central, "c") == "live", what="c is added")
        assert sorted(cameras.built) == ["a", "a", "b", "c"]
        central.change(plan(camera("b"), zones=(WHOLE, {**YARD, "key": "other"})))
        until(lambda: state(central, "b") == "live" and state(central, "a") is None, what="a and c are gone")
        assert cameras.built.count("b") == 1, "a zone that it does not measure is nothing to b"
        assert board.state().cameras["a"].status.state is StreamState.FAILED
        until(lambda: central.rows, what="readings come")
    assert {row["zone_id"] for row in central.rows if row["kind"] == "zone"} == {"hall"}
    assert {row["period_s"] for row in central.rows} <= {1.0, 2.0}
    assert "secret" not in json.dumps(central.beats)


def test_a_camera_that_fails_is_started_again_and_others_do_not_notice(
    cameras: Cameras, caplog: pytest.LogCaptureFixture
) -> None:
    cameras.broken, cameras.dying = {"a"}, {"b"}
    central = Central(plan(camera("a"), camera("b"), camera("c")))
    with running(central):
        until(lambda: min(cameras.built.count("a"), cameras.built.count("b")) >= 3, what="both are tried again")
        until(lambda: state(central, "c") == "live", what="c runs")
        assert state(central, "a") == "failed"
        assert central.beats[-1]["cameras"]["a"]["detail"] == "camera a: no such model"
        assert cameras.built.count("c") == 1
        cameras.broken, cameras.dying = set(), set()
        until(lambda: state(central, "a") == state(central, "b") == "live", what="both come back")
        assert central.beats[-1]["cameras"]["b"]["restarts"] >= 2
    assert sum("no such model" in r.message for r in caplog.records) == 1, "told once, not at every try"


def test_a_wrong_configuration_leaves_running_what_runs(cameras: Cameras) -> None:
    central = Central(plan(camera("a")))
    with running(central) as agent:
        until(lambda: state(central, "a") == "live", what="a runs")
        for wrong, sentence in (
            ({"cameras": 5}, "is not understood"),
            (plan(camera("a"), zones=({**YARD, "polygon": [[0, 0], [1, 1], [1, 0], [0, 1]]},)), "must have at least"),
            (plan(camera("a", calibration={"image_size": [5, 5]})), "camera a"),
        ):
            central.change(wrong)
            until(lambda: sentence in str(central.beats[-1]["configuration"]["problem"]), what=sentence)  # noqa: B023
            assert state(central, "a") == "live"
        assert "secret" not in json.dumps(central.beats)
        central.status = 401
        until(lambda: agent.shut_out, what="the token has ended")
        central.status = 200
        central.change(plan(camera("a")))
        until(lambda: central.beats[-1]["configuration"]["problem"] is None, what="it is right again")
        assert not agent.shut_out
    assert cameras.built == ["a"]


def test_a_source_is_looked_at_before_it_is_opened(cameras: Cameras) -> None:
    def refuse(source: str) -> None:
        raise ThrongError("this camera address is not allowed")

    central = Central(plan(camera("a")))
    with running(central, allowed=refuse):
        until(lambda: state(central, "a") == "failed", what="a is refused")
        assert "not allowed" in central.beats[-1]["cameras"]["a"]["detail"]
    assert cameras.built == []


@pytest.mark.parametrize(
    ("zones", "of_camera", "measured", "whole", "note"),
    [
        # a calibrated camera measures what is drawn, beside which a zone without a polygon has no meaning
        ((YARD,), {"calibration": CALIBRATION}, ["yard"], None, ""),
        ((YARD, WHOLE), {"calibration": CALIBRATION}, ["yard"], None, "without a polygon"),
        ((YARD, WHOLE), {"calibration": CALIBRATION, "zone_keys": ["hall"]}, [], "hall", ""),
        # without a calibration there is the whole view, or pictures only
        ((WHOLE,), {}, [], "hall", ""),
        ((YARD, WHOLE), {"zone_keys": ["hall"]}, [], "hall", ""),
        ((YARD,), {}, [], None, "no calibration"),
        ((), {}, [], None, "pictures only"),
        ((WHOLE, {**WHOLE, "key": "hall-2"}), {}, [], None, "exactly one"),
        ((YARD,), {"calibration": CALIBRATION, "zone_keys": []}, [], None, "pictures only"),
    ],
)
def test_zones_of_a_camera(
    zones: tuple[dict[str, Any], ...], of_camera: dict[str, Any], measured: list[str], whole: str | None, note: str
) -> None:
    work = read_plan(plan(camera("a", **of_camera), zones=zones)).works["a"]
    assert ([zone.id for zone in work.site.zones], work.whole_view) == (measured, whole)
    assert note in work.note
    assert bool(work.note) == bool(note)
    assert [line.id for line in work.site.lines] == ["door"]


def test_sensors_are_not_run() -> None:
    sensor = {**camera("turnstile"), "kind": "sensor", "source": None}
    assert read_plan(plan(sensor)).works == {}


def test_the_token_is_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "token"
    with pytest.raises(ThrongError, match="--enrol CODE"):
        read_token(path)
    keep_token(path, "edge_one")
    keep_token(path, "edge_two")
    assert (read_token(path), path.stat().st_mode & 0o777) == ("edge_two", 0o600)
    assert os.listdir(tmp_path) == ["token"]
    path.chmod(0o644)
    with pytest.raises(ThrongError, match="chmod 600"):
        read_token(path)
