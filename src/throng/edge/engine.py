"""Runs cameras side by side on one box, one thread each, and passes what they give out to the sinks."""

import logging
import threading
from collections.abc import Sequence
from dataclasses import dataclass

from throng.camera.overlay import Layers, Overlay
from throng.core.errors import ThrongError
from throng.core.points import Image
from throng.core.reading import Reading
from throng.edge.runner import CameraRunner, Step
from throng.edge.sinks import StepSink

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far one camera is.

    Attributes:
        camera_id: which camera.
        frames: frames decoded so far.
        pts_s: stream time reached, None before the first frame.
        duration_s: length of the recording, None for live sources and before the source is open.
        people: sum of the newest counts of its zones, None while nothing is known.
    """

    camera_id: str
    frames: int
    pts_s: float | None
    duration_s: float | None
    people: float | None


class Engine:
    """Runs cameras until they end or `stop` is called.

    An error of one camera ends that camera only; an error of a sink (a full disk) ends all of them. Errors are kept
    in `errors` for whoever started the engine.
    """

    def __init__(
        self, runners: Sequence[CameraRunner], sinks: Sequence[StepSink], *, layers: Layers | None = None
    ) -> None:
        self.errors: list[ThrongError] = []
        self.crashes = 0
        self._runners = list(runners)
        self._sinks = list(sinks)
        self._layers = layers
        self._counts: dict[tuple[str, str], float | None] = {}
        self._opened: set[str] = set()
        self._threads = [
            threading.Thread(target=self._run, args=(runner,), name=f"camera-{runner.camera.id}", daemon=True)
            for runner in self._runners
        ]

    @property
    def running(self) -> bool:
        """Whether any camera still runs."""
        return any(thread.is_alive() for thread in self._threads)

    def start(self) -> None:
        """Start all cameras."""
        for runner in self._runners:
            for sink in self._sinks:
                sink.connecting(runner.camera, runner.observer.models)
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Ask all cameras to end after their present frame."""
        for runner in self._runners:
            runner.stop()

    def join(self, timeout_s: float | None = None) -> None:
        """Wait for all cameras, then finish the sinks."""
        for thread in self._threads:
            thread.join(timeout_s)
        for sink in self._sinks:
            try:
                sink.close()
            except ThrongError as error:
                self.errors.append(error)

    def progress(self) -> list[Progress]:
        """How far each camera is."""
        return [self._progress(runner) for runner in self._runners]

    def _progress(self, runner: CameraRunner) -> Progress:
        camera_id = runner.camera.id
        counts = [count for (camera, _), count in list(self._counts.items()) if camera == camera_id]
        known = [count for count in counts if count is not None]
        return Progress(
            camera_id=camera_id,
            frames=runner.frames,
            pts_s=runner.newest_pts_s,
            duration_s=runner.source.info.duration_s if camera_id in self._opened else None,
            people=sum(known) if known else None,
        )

    def _run(self, runner: CameraRunner) -> None:
        """The outermost loop of one camera."""
        try:
            self._measure(runner)
        except ThrongError as error:
            self._failed(runner, error)
        except Exception:
            self.crashes += 1
            log.exception("camera %s: stopped by an error in Throng itself", runner.camera.id)
            self._failed(
                runner,
                ThrongError(
                    f"camera {runner.camera.id}: stopped by an error in Throng itself; the log has the details, "
                    "please report it"
                ),
            )
        finally:
            runner.close()

    def _measure(self, runner: CameraRunner) -> None:
        runner.open()
        self._opened.add(runner.camera.id)
        for sink in self._sinks:
            sink.opened(runner)
        overlay = Overlay(runner.pipeline, layers=self._layers)
        draws = any(sink.wants_pictures for sink in self._sinks)
        for step in runner.steps():
            self._note(step)
            overlay.note(step.readings)
            looked = step.frame is not None and (step.observation is not None or step.readings)
            picture = overlay.draw(step.frame.image, step.observation) if draws and looked and step.frame else None
            self._give(runner, step, picture)

    def _give(self, runner: CameraRunner, step: Step, picture: Image | None) -> None:
        try:
            for sink in self._sinks:
                sink.take(runner, step, picture)
        except ThrongError:
            self.stop()
            raise

    def _note(self, step: Step) -> None:
        for reading in step.readings:
            if isinstance(reading, Reading):
                key = (reading.camera_id, reading.zone_id)
                self._counts[key] = None if reading.count is None else reading.count.value

    def _failed(self, runner: CameraRunner, error: ThrongError) -> None:
        self.errors.append(error)
        if len(self._runners) > 1:  # a single camera's error is told at the end
            log.error("%s", error)
        for sink in self._sinks:
            sink.failed(runner.camera, str(error))
