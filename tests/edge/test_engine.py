"""Cameras side by side: an error of one is its own, an error of the file is everybody's."""

import json
from pathlib import Path

import pytest
from scripted import START, ScriptedObserver, ScriptedSource, textured

from throng.bus.board import LiveBoard
from throng.core.clock import ManualClock
from throng.core.errors import ThrongError
from throng.core.points import Image
from throng.core.reading import Reading
from throng.core.site import Camera, Site
from throng.core.stream import StreamState
from throng.edge.engine import Engine
from throng.edge.runner import CameraRunner, Step
from throng.edge.sinks import BoardSink, ReadingsFile, StepSink


def runner(camera_id: str, *, frames: int = 40, error: Exception | None = None) -> CameraRunner:
    clock, camera = ManualClock(START), Camera(camera_id, "rtsp://user:secret@host/1")
    return CameraRunner(
        camera,
        Site("s", cameras=(camera,)),
        source=ScriptedSource(textured, clock=clock, frames=frames),
        observer=ScriptedObserver(error=error),
        rate_hz=2,
        clock=clock,
    )


class Full(ReadingsFile):
    """A file on a disk that is full after three readings."""

    def take(self, runner: CameraRunner, step: Step, picture: Image | None) -> None:
        if self.rows >= 3:
            raise ThrongError("the disk is full")
        super().take(runner, step, picture)


def test_two_cameras_write_one_file_and_one_board(tmp_path: Path) -> None:
    board, path = LiveBoard(), tmp_path / "readings.jsonl"
    sinks: list[StepSink] = [ReadingsFile(path, overwrite=False), BoardSink(board, ManualClock(START))]
    engine = Engine([runner("a"), runner("b", frames=80)], sinks)
    engine.start()
    engine.join(30)
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    assert sorted({r["camera_id"] for r in rows}) == ["a", "b"]
    assert (sum(r["camera_id"] == "a" for r in rows), sum(r["camera_id"] == "b" for r in rows)) == (10, 20)
    state = board.state()
    reading = state.zones["picture", "b"].reading
    assert isinstance(reading, Reading)
    assert reading.count is not None
    assert reading.count.value == 3
    assert state.cameras["a"].status.state is StreamState.ENDED
    picture = state.cameras["a"].picture
    assert picture is not None
    assert picture.jpeg[:2] == b"\xff\xd8"
    assert "secret" not in state.cameras["a"].card.label
    assert [p.people for p in engine.progress()] == [3, 3]
    assert engine.errors == []


def test_an_error_of_one_camera_leaves_the_other_running(tmp_path: Path) -> None:
    board = LiveBoard()
    sinks: list[StepSink] = [ReadingsFile(tmp_path / "r.jsonl", overwrite=False), BoardSink(board, ManualClock(START))]
    engine = Engine([runner("a", error=ThrongError("model broke")), runner("b")], sinks)
    engine.start()
    engine.join(30)
    assert [str(e) for e in engine.errors] == ["model broke"]
    status = board.state().cameras["a"].status
    assert (status.state, status.detail) == (StreamState.FAILED, "model broke")
    assert len((tmp_path / "r.jsonl").read_text().splitlines()) == 10


def test_an_error_of_throng_itself_is_logged_and_says_so(caplog: pytest.LogCaptureFixture) -> None:
    engine = Engine([runner("a", error=ZeroDivisionError("boom"))], [])
    engine.start()
    engine.join(30)
    assert engine.crashes == 1
    assert "camera a: stopped by an error in Throng itself" in str(engine.errors[0])
    assert "ZeroDivisionError: boom" in caplog.text


def test_a_full_disk_stops_everything_and_keeps_what_was_written(tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    engine = Engine([runner("a", frames=400), runner("b", frames=400)], [Full(path, overwrite=False)])
    engine.start()
    engine.join(30)
    assert "the disk is full" in {str(e) for e in engine.errors}
    rows = path.read_text().splitlines()
    assert 3 <= len(rows) < 100
    assert all(json.loads(row)["kind"] == "zone" for row in rows)


def test_stop_ends_all_cameras(tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    engine = Engine([runner("a", frames=10**6)], [ReadingsFile(path, overwrite=False)])
    engine.start()
    engine.stop()
    engine.join(30)
    assert not engine.running
    assert engine.errors == []
