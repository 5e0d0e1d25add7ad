"""One camera, from frames to readings, whatever its source does."""

import numpy as np
import pytest
from scripted import START, ScriptedObserver, ScriptedSource, textured

from throng.core.clock import ManualClock
from throng.core.frame import Frame
from throng.core.observation import Observation
from throng.core.points import Image
from throng.core.reading import Reading, Validity
from throng.core.site import Camera, Site
from throng.core.stream import StreamState, StreamStatus
from throng.edge.errors import EdgeError, RecordingIncompleteError
from throng.edge.runner import CameraRunner, Step


def runner(
    source: ScriptedSource, clock: ManualClock, *, rate_hz: float = 2.0, observer: ScriptedObserver | None = None
) -> CameraRunner:
    camera = Camera("c", "script")
    made = CameraRunner(
        camera,
        Site("s", cameras=(camera,)),
        source=source,
        observer=observer or ScriptedObserver(),
        rate_hz=rate_hz,
        clock=clock,
    )
    made.open()
    return made


def readings(made: CameraRunner) -> list[Reading]:
    return [r for step in made.steps() for r in step.readings if isinstance(r, Reading)]


def test_a_recording_gives_one_reading_per_second_to_its_end() -> None:
    clock = ManualClock(START)
    got = readings(runner(ScriptedSource(textured, clock=clock, frames=18), clock))
    assert [r.count.value for r in got if r.count] == [3] * 5
    assert [(r.at - START).total_seconds() for r in got] == [1, 2, 3, 4, 5]
    assert [r.frames for r in got] == [2, 2, 2, 2, 1]


@pytest.mark.parametrize(("rate_hz", "looked"), [(1.0, 5), (2.0, 10), (4.0, 20), (100.0, 20)])
def test_only_as_many_frames_are_analysed_as_asked(rate_hz: float, looked: int) -> None:
    clock, observer = ManualClock(START), ScriptedObserver()
    made = runner(ScriptedSource(textured, clock=clock, frames=20), clock, rate_hz=rate_hz, observer=observer)
    assert {r.validity for r in readings(made)} == {Validity.DEGRADED}  # no calibration, but never unknown
    assert (observer.looked, made.frames) == (looked, 20)


def test_a_live_camera_that_falls_silent_is_unknown_with_the_reason() -> None:
    clock = ManualClock(START)

    def picture(n: int) -> Image | None:
        return textured(n) if n < 8 else None

    source = ScriptedSource(picture, clock=clock, frames=24, live=True)
    got = readings(runner(source, clock))
    assert [r.validity for r in got][:2] == [Validity.DEGRADED] * 2
    silent = got[2:]
    assert len(silent) >= 3
    assert {r.validity for r in silent} == {Validity.UNKNOWN}
    assert {r.count for r in silent} == {None}
    assert silent[0].reasons == ("no frame came: camera is live",)
    assert silent[-1].age_s == pytest.approx(len(silent))


@pytest.mark.parametrize("value", [0, 255, 110])
def test_a_picture_without_content_is_unknown(value: int) -> None:
    clock = ManualClock(START)
    blind: Image = np.full((240, 320, 3), value, dtype=np.uint8)
    got = readings(runner(ScriptedSource(lambda _: blind, clock=clock, frames=8), clock))
    assert {r.validity for r in got} == {Validity.UNKNOWN}
    assert all(r.reasons for r in got)


def test_a_live_camera_whose_picture_is_frozen_becomes_unknown() -> None:
    clock = ManualClock(START)
    same = textured(1)
    got = readings(runner(ScriptedSource(lambda _: same, clock=clock, frames=80, live=True), clock))
    assert got[0].validity is Validity.DEGRADED
    assert got[-1].validity is Validity.UNKNOWN


def test_a_recording_may_show_the_same_picture_for_long() -> None:
    clock = ManualClock(START)
    same = textured(1)
    got = readings(runner(ScriptedSource(lambda _: same, clock=clock, frames=80), clock))
    assert {r.validity for r in got} == {Validity.DEGRADED}


class GlancingObserver(ScriptedObserver):
    """Notes when it glances and when it looks."""

    glance_s = 0.2

    def __init__(self) -> None:
        super().__init__()
        self.glanced_s: list[float] = []
        self.looked_s: list[float] = []

    def glance(self, frame: Frame) -> None:
        """Note it."""
        self.glanced_s.append(frame.pts_s)

    def observe(self, frame: Frame) -> Observation:
        """Note it."""
        self.looked_s.append(frame.pts_s)
        return super().observe(frame)


def test_whoever_wants_to_glance_gets_the_frame_before_each_analysis() -> None:
    clock, observer = ManualClock(START), GlancingObserver()
    source = ScriptedSource(textured, clock=clock, frames=30, fps=10)
    assert len(readings(runner(source, clock, observer=observer))) == 3
    assert observer.looked_s == [0, 0.5, 1, 1.5, 2, 2.5]
    assert observer.glanced_s == pytest.approx([0.3, 0.8, 1.3, 1.8, 2.3, 2.8])


def test_stop_keeps_the_unfinished_second() -> None:
    clock = ManualClock(START)
    made = runner(ScriptedSource(textured, clock=clock, frames=100), clock)
    got = []
    for step in made.steps():
        got += step.readings
        if made.frames == 10:
            made.stop()
    assert len(got) == 3


@pytest.mark.parametrize(
    ("end", "error"),
    [
        (StreamStatus(StreamState.FAILED, "the picture changed its size", START), EdgeError),
        (StreamStatus(StreamState.ENDED, "cut off at 3 s", START, complete=False), RecordingIncompleteError),
    ],
)
def test_what_was_readable_is_measured_before_the_error(end: StreamStatus, error: type[Exception]) -> None:
    clock = ManualClock(START)
    made = runner(ScriptedSource(textured, clock=clock, frames=10, end=end), clock)
    steps: list[Step] = []
    with pytest.raises(error, match=f"camera c: {end.detail}"):
        steps.extend(made.steps())
    assert sum(len(step.readings) for step in steps) == 3
