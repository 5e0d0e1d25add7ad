"""Runs one camera: frames from its source, through the models and the pipeline, to readings."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass

from throng.camera.pipeline import CameraPipeline, Measured, reading_period_s
from throng.core.clock import Clock
from throng.core.frame import Frame
from throng.core.observation import Observation
from throng.core.site import Camera, Site
from throng.core.stream import StreamState
from throng.edge.errors import EdgeError, RecordingIncompleteError
from throng.edge.glances import GlanceSampler
from throng.video.health import FrozenWatch, picture_fault
from throng.video.pacing import RateSampler
from throng.video.ports import FrameSource
from throng.vision.lookahead import LookAhead, Looked
from throng.vision.ports import GlancingObserver, Observer

log = logging.getLogger(__name__)

READ_TIMEOUT_S = 0.2
"""How long the loop waits for a frame before it looks at the clock again."""


@dataclass(frozen=True, slots=True)
class Step:
    """What happened in one turn of the loop.

    Attributes:
        frame: the frame that came, None when none did.
        observation: what the models saw in it; None when it was not its turn or shows nothing.
        readings: the readings of the periods that have ended.
    """

    frame: Frame | None
    observation: Observation | None
    readings: list[Measured]


class CameraRunner:
    """One camera with everything that measures it. Belongs to one thread; `stop` may be called from any.

    Args:
        camera, site: what to measure.
        source: where its frames come from, not yet open.
        observer: the models.
        rate_hz: analyses per second of stream time.
        clock: the time.
        workers: frames of a recording that the models look at at once; 0 in real time.
    """

    def __init__(
        self,
        camera: Camera,
        site: Site,
        *,
        source: FrameSource,
        observer: Observer,
        rate_hz: float,
        clock: Clock,
        workers: int = 0,
    ) -> None:
        self.camera = camera
        self.site = site
        self.source = source
        self.observer = observer
        self.rate_hz = rate_hz
        self.frames = 0
        self.newest_pts_s: float | None = None
        self._clock = clock
        self._workers = workers
        self._pipeline: CameraPipeline | None = None
        self._stopped = False

    @property
    def pipeline(self) -> CameraPipeline:
        """The pipeline; there is one once the source is open."""
        if self._pipeline is None:
            raise RuntimeError(f"camera {self.camera.id}: open() comes before pipeline")
        return self._pipeline

    def open(self) -> None:
        """Warm up the models, open the source and prepare the pipeline.

        Raises:
            ThrongError: the model, the source, the calibration or a zone is not as it must be.
        """
        self.observer.warm_up()
        self.source.open()
        info = self.source.info
        self._pipeline = CameraPipeline(
            self.camera,
            self.site.zones,
            self.site.lines,
            (info.width, info.height),
            period_s=reading_period_s(self.rate_hz),
        )

    def stop(self) -> None:
        """End `steps` after the present frame; the last readings are still given out."""
        self._stopped = True

    def steps(self) -> Iterator[Step]:
        """Run until the source ends or `stop` is called.

        Raises:
            EdgeError: the source failed or its recording is incomplete; all readings have been given out before.
        """
        live = self.source.info.live
        with LookAhead(self.observer, workers=0 if live else self._workers) as ahead:
            yield from self._until_the_end(ahead, live=live)
            for looked in ahead.finish():
                yield self._evaluate(looked)
        yield Step(None, None, self.pipeline.finish())
        if not self._stopped:
            self._raise_if_incomplete()

    def close(self) -> None:
        """Release the source."""
        self.source.close()

    def _until_the_end(self, ahead: LookAhead, *, live: bool) -> Iterator[Step]:
        sampler = RateSampler(self.rate_hz)
        glancer = self.observer if isinstance(self.observer, GlancingObserver) else None
        glances = GlanceSampler(self.rate_hz, None if glancer is None else glancer.glance_s)
        frozen = FrozenWatch() if live else None
        while not self._stopped:
            frame = self.source.read(READ_TIMEOUT_S)
            if frame is not None:
                self.frames, self.newest_pts_s = self.frames + 1, frame.pts_s
                due = sampler.due(frame.pts_s)
                if glances.due(frame.pts_s, analysed=due) and glancer is not None:
                    glancer.glance(frame)
                if not due:
                    yield Step(frame, None, [])
                    continue
                for looked in ahead.add(frame, _fault(frame, frozen)):
                    yield self._evaluate(looked)
            elif self.source.status.state in {StreamState.ENDED, StreamState.FAILED}:
                return
            elif live:
                yield Step(None, None, self.pipeline.tick(self._clock.now(), self._stream_reason()))

    def _evaluate(self, looked: Looked) -> Step:
        if isinstance(looked.seen, str):
            return Step(looked.frame, None, self.pipeline.process_blind(looked.frame.arrived_at, looked.seen))
        return Step(looked.frame, looked.seen, self.pipeline.process(looked.seen))

    def _stream_reason(self) -> str:
        status = self.source.status
        return f"no frame came: camera is {status.state}" + (f": {status.detail}" if status.detail else "")

    def _raise_if_incomplete(self) -> None:
        status = self.source.status
        if status.state is StreamState.FAILED:
            raise EdgeError(f"camera {self.camera.id}: {status.detail}")
        if not status.complete:
            raise RecordingIncompleteError(f"camera {self.camera.id}: {status.detail}")


def _fault(frame: Frame, frozen: FrozenWatch | None) -> str | None:
    """Why a frame shows nothing, None when it does show something."""
    fault = picture_fault(frame.image)
    if fault is None and frozen is not None:
        fault = frozen.update(frame.image, frame.pts_s)
    return fault
