"""Cameras that come, change and go while others run: one engine each, restarted when it failed."""

import logging
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from throng.core.clock import Clock
from throng.core.errors import ThrongError
from throng.core.points import Image
from throng.core.site import Camera
from throng.core.stream import StreamState
from throng.edge.configuration import CameraWork, EdgePlan
from throng.edge.engine import Engine
from throng.edge.runner import CameraRunner, Step
from throng.edge.sinks import StepSink
from throng.video.backoff import Backoff

log = logging.getLogger(__name__)

FIRST_RESTART_S = 2.0
LONGEST_RESTART_S = 300.0
STOP_S = 3.0
"""How long a camera may take to end; one that hangs is left behind."""

Build = Callable[[CameraWork], CameraRunner]


class SharedSink:
    """Passes what one camera gives out to sinks that other cameras use too, so it never closes them.

    Args:
        work: the camera.
        reports: gets the readings as the server knows their zones.
        others: get them as they are.
    """

    def __init__(self, work: CameraWork, reports: StepSink, others: Sequence[StepSink]) -> None:
        self.work = work
        self._reports = reports
        self._others = others

    @property
    def wants_pictures(self) -> bool:
        """Whether any of the sinks does."""
        return any(sink.wants_pictures for sink in (self._reports, *self._others))

    def connecting(self, camera: Camera, models: tuple[str, ...]) -> None:
        """Pass it on."""
        for sink in (self._reports, *self._others):
            sink.connecting(camera, models)

    def opened(self, runner: CameraRunner) -> None:
        """Pass it on."""
        for sink in (self._reports, *self._others):
            sink.opened(runner)

    def take(self, runner: CameraRunner, step: Step, picture: Image | None) -> None:
        """Pass it on."""
        known = Step(step.frame, step.observation, self.work.as_known(step.readings))
        self._reports.take(runner, known, picture)
        for sink in self._others:
            sink.take(runner, step, picture)

    def failed(self, camera: Camera, sentence: str) -> None:
        """Pass it on."""
        for sink in (self._reports, *self._others):
            sink.failed(camera, sentence)

    def close(self) -> None:
        """Nothing to do: other cameras go on."""


@dataclass(slots=True)
class _Place:
    """One camera that is wanted, whether or not it runs at the moment."""

    work: CameraWork
    sink: SharedSink
    backoff: Backoff
    runner: CameraRunner | None = None
    engine: Engine | None = None
    problem: str = ""
    started_s: float = 0.0
    restart_s: float | None = None
    restarts: int = 0
    told: set[str] = field(default_factory=set)


class CameraSet:
    """Runs what is wanted. Belongs to one thread; the cameras have their own.

    Args:
        build: puts a camera together; may raise ThrongError.
        reports: where readings go.
        others: further sinks, for example the live board.
        clock: the time.
        generator: where chance comes from.
    """

    def __init__(
        self, build: Build, reports: StepSink, others: Sequence[StepSink], *, clock: Clock, generator: random.Random
    ) -> None:
        self._build = build
        self._reports = reports
        self._others = others
        self._clock = clock
        self._generator = generator
        self._places: dict[str, _Place] = {}
        self._problems: dict[str, str] = {}

    def apply(self, plan: EdgePlan) -> None:
        """Start what is new, stop what is gone, start anew what has changed; the rest does not notice.

        A camera that is described wrongly goes on as it was before.
        """
        self._problems = dict(plan.problems)
        for camera_id in [c for c in self._places if c not in plan.works and c not in plan.problems]:
            self._stop([self._places.pop(camera_id)], "it no longer runs here")
        for camera_id, work in plan.works.items():
            place = self._places.get(camera_id)
            if place is not None and place.work.fingerprint == work.fingerprint:
                place.work = place.sink.work = work
                continue
            if place is not None:
                self._stop([place], "its settings have changed")
            self._places[camera_id] = self._start(work)

    def tend(self) -> None:
        """Look after cameras that have failed; call it every second or so."""
        now_s = self._clock.monotonic_s()
        for place in self._places.values():
            if place.restart_s is None:
                self._look(place, now_s)
            elif now_s >= place.restart_s:
                place.restarts += 1
                self._open(place)

    def status(self) -> dict[str, Any]:
        """Return how each camera is, as heartbeats say it."""
        told = {camera_id: self._told(place) for camera_id, place in self._places.items()}
        for camera_id, problem in self._problems.items():
            now = told.setdefault(camera_id, {"state": StreamState.FAILED.value, "detail": "", "restarts": 0})
            now["configuration_problem"] = problem[:300]
        return told

    def stop(self) -> None:
        """Stop all cameras; their last readings are still given out."""
        places, self._places = [*self._places.values()], {}
        self._stop(places, "this box stops")

    def _start(self, work: CameraWork) -> _Place:
        sink = SharedSink(work, self._reports, self._others)
        backoff = Backoff(FIRST_RESTART_S, longest_s=LONGEST_RESTART_S, generator=self._generator)
        place = _Place(work, sink, backoff)
        self._open(place)
        return place

    def _open(self, place: _Place) -> None:
        place.started_s, place.restart_s = self._clock.monotonic_s(), None
        place.runner = place.engine = None
        try:
            place.runner = self._build(place.work)
        except ThrongError as error:
            place.sink.connecting(place.work.camera, ())
            place.sink.failed(place.work.camera, str(error))
            self._failed(place, str(error))
            return
        place.engine = Engine([place.runner], [place.sink])
        place.engine.start()

    def _look(self, place: _Place, now_s: float) -> None:
        engine = place.engine
        if engine is None or engine.running:
            return
        engine.join(0.0)
        if engine.errors:
            place.backoff.worked_for(now_s - place.started_s)
            self._failed(place, str(engine.errors[0]))

    def _failed(self, place: _Place, problem: str) -> None:
        pause_s = place.backoff.next_s()
        place.problem, place.restart_s = problem, self._clock.monotonic_s() + pause_s
        if problem not in place.told:
            place.told = {problem}
            log.error("camera %s failed: %s; trying again, in %.0f s at first", place.work.camera.id, problem, pause_s)

    def _stop(self, places: Sequence[_Place], why: str) -> None:
        for place in places:
            if place.engine is not None:
                place.engine.stop()
        for place in places:
            if place.engine is None:
                continue
            place.engine.join(STOP_S)
            if place.engine.running:
                log.error("camera %s does not end within %.0f s; it is left behind", place.work.camera.id, STOP_S)
            place.sink.failed(place.work.camera, why)

    def _told(self, place: _Place) -> dict[str, Any]:
        told: dict[str, Any] = {"restarts": place.restarts, "note": place.work.note}
        if place.restart_s is not None or place.runner is None:
            return {**told, "state": StreamState.FAILED.value, "detail": place.problem[:300]}
        status = place.runner.source.status
        last = status.last_frame_at
        return {
            **told,
            "state": status.state.value,
            "detail": status.detail[:300],
            "last_frame_at": None if last is None else last.isoformat(),
            "reconnects": status.reconnects,
        }
