"""Runs the pipeline of a camera over a clip, once with what the models see and once with the labels."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

import numpy as np

from throng.camera.crowd_count import ZoneCounter
from throng.camera.people import People
from throng.camera.pipeline import CameraPipeline, Measured, reading_period_s
from throng.core.clock import Clock
from throng.core.frame import Frame
from throng.core.observation import HEAD_HEIGHT_M, Heads, Observation, Persons
from throng.core.points import FloatArray
from throng.core.site import Camera, Site, Zone
from throng.core.stream import StreamState
from throng.core.zones import zone_view
from throng.evaluation.errors import EvaluationError
from throng.evaluation.truth import Labelled, Truth
from throng.video.health import picture_fault
from throng.video.pacing import RateSampler
from throng.video.ports import FrameSource, SourceInfo
from throng.vision.lookahead import LookAhead, Looked
from throng.vision.ports import Observer

UNLABELLED = "frame without labels"
"""Why a period of the truth cannot be compared."""

READ_TIMEOUT_S = 10.0

Progress = Callable[[int, int | None], None]
"""Called with the frames read so far and the frames of the clip, None where nobody knows."""


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """One analysed frame.

    Attributes:
        sequence, pts_s, arrived_at: as in the `Frame`.
        boxes: (N, 4) pixels of the people that were seen; None where the models give no boxes or nothing was seen.
        people: how many; None when the frame could not be looked at.
        speeds_mps: speeds of those whose speed was known, (K,).
        in_zone: people per zone id.
    """

    sequence: int
    pts_s: float
    arrived_at: datetime
    boxes: FloatArray | None = None
    people: float | None = None
    speeds_mps: FloatArray = field(default_factory=lambda: np.empty(0))
    in_zone: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class ClipRun:
    """Everything that came out of one run over a clip.

    Attributes:
        looks: the analysed frames in order.
        readings: the readings in order.
        zone_area_m2: visible area of each zone, None without a calibration.
        image_size: width and height of the pictures in pixels.
        frames_read: decoded frames, analysed or not.
        last_frame: number of the last of them.
        wall_s: seconds from the first frame to the last reading: decoding, models and readings.
        incomplete: why the recording could not be read to its end; empty when it could.
    """

    looks: list[Look]
    readings: list[Measured]
    zone_area_m2: dict[str, float | None]
    image_size: tuple[int, int]
    frames_read: int
    last_frame: int
    wall_s: float
    incomplete: str = ""


class _Recorder:
    """A pipeline that remembers what it measured."""

    def __init__(self, camera: Camera, site: Site, image_size: tuple[int, int], *, rate_hz: float | None) -> None:
        period_s = reading_period_s(rate_hz)
        self.pipeline = CameraPipeline(camera, site.zones, site.lines, image_size, period_s=period_s)
        self.image_size = image_size
        self._whole = ZoneCounter(zone_view(Zone("picture", None), None, image_size), self.pipeline.calibration)
        self.looks: list[Look] = []
        self.readings: list[Measured] = []

    def take(self, seen: Observation) -> None:
        self.readings += self.pipeline.process(seen)
        people = self.pipeline.people
        known = people.speeds_mps[np.isfinite(people.speeds_mps)]
        self.looks.append(
            Look(
                seen.sequence,
                seen.pts_s,
                seen.arrived_at,
                boxes=None if seen.persons is None else seen.persons.boxes,
                people=self._in_picture(seen, people),
                speeds_mps=known,
                in_zone=self.pipeline.counts,
            )
        )

    def _in_picture(self, seen: Observation, people: People) -> float:
        if seen.density is None:
            return len(people)
        everybody = np.ones(len(people), dtype=np.bool_)
        return self._whole.count(seen, seen.density, people, everybody).count.value

    def take_looked(self, looked: Sequence[Looked]) -> None:
        for one in looked:
            if isinstance(one.seen, str):
                self.take_blind(Look(one.frame.sequence, one.frame.pts_s, one.frame.arrived_at), one.seen)
            else:
                self.take(one.seen)

    def take_blind(self, blind: Look, reason: str) -> None:
        self.readings += self.pipeline.process_blind(blind.arrived_at, reason)
        self.looks.append(blind)

    @property
    def zone_area_m2(self) -> dict[str, float | None]:
        return {view.zone.id: view.visible_area_m2 for view in self.pipeline.views}


def measure_clip(
    source: FrameSource,
    observer: Observer,
    *,
    camera: Camera,
    site: Site,
    rate_hz: float | None,
    until: int,
    clock: Clock,
    progress: Progress,
) -> ClipRun:
    """Measure a clip as `throng run` does.

    Args:
        source: the clip, open.
        observer: the models, warm.
        camera, site: what to measure.
        rate_hz: analyses per second; None for every frame.
        until: the last frame that is wanted.
        clock: for the time that it takes.
        progress: told of every frame.

    Raises:
        EvaluationError: the source is live, has no frames, or changes its size.
        ThrongError: the calibration or a zone does not fit the pictures.
    """
    info = source.info
    _check_recording(info)
    recorder = _Recorder(camera, site, (info.width, info.height), rate_hz=rate_hz)
    sampler = None if rate_hz is None else RateSampler(rate_hz)
    frames_read = 0
    newest: Frame | None = None
    began_s = clock.monotonic_s()
    with LookAhead(observer, workers=os.cpu_count() or 1) as ahead:
        while (newest is None or newest.sequence < until) and (frame := source.read(READ_TIMEOUT_S)) is not None:
            frames_read, newest = frames_read + 1, frame
            progress(frames_read, None if info.frame_count is None else min(info.frame_count, until + 1))
            if sampler is None or sampler.due(frame.pts_s):
                recorder.take_looked(ahead.add(frame, picture_fault(frame.image)))
        recorder.take_looked(ahead.finish())
    recorder.readings += recorder.pipeline.finish()
    if newest is None:
        raise EvaluationError(f"{info.label}: no frame could be read ({source.status.detail or 'the clip is empty'})")
    return ClipRun(
        recorder.looks,
        recorder.readings,
        recorder.zone_area_m2,
        recorder.image_size,
        frames_read=frames_read,
        last_frame=newest.sequence,
        wall_s=clock.monotonic_s() - began_s,
        incomplete=_unfinished(source, newest, until),
    )


def measure_labels(truth: Truth, run: ClipRun, *, camera: Camera, site: Site, rate_hz: float | None) -> ClipRun:
    """Put the labels of the same frames through the same pipeline, as a sensor that never errs.

    Frames without labels are blind: a period that has one carries the reason `UNLABELLED`.
    """
    recorder = _Recorder(camera, site, run.image_size, rate_hz=rate_hz)
    for look in run.looks:
        labelled = truth.at(look.sequence)
        if labelled is None:
            recorder.take_blind(Look(look.sequence, look.pts_s, look.arrived_at), UNLABELLED)
        else:
            recorder.take(_as_observation(labelled, look, camera_id=camera.id, image_size=run.image_size))
    recorder.readings += recorder.pipeline.finish()
    return replace(run, looks=recorder.looks, readings=recorder.readings)


def _as_observation(labelled: Labelled, look: Look, *, camera_id: str, image_size: tuple[int, int]) -> Observation:
    sure = np.ones(len(labelled))
    boxes, heads = labelled.boxes, None
    if boxes is None:
        heads = Heads(labelled.heads, sure, labelled.ids, np.full(len(labelled), HEAD_HEIGHT_M))
    return Observation(
        camera_id,
        look.pts_s,
        look.arrived_at,
        look.sequence,
        image_size,
        persons=None if boxes is None else Persons(boxes, sure, labelled.ids),
        heads=heads,
        models=("labels",),
    )


def _check_recording(info: SourceInfo) -> None:
    if info.live:
        raise EvaluationError(f"{info.label}: a live source has no labels to compare with; record a clip and label it")


def _unfinished(source: FrameSource, newest: Frame, until: int) -> str:
    """Why reading stopped before the last frame that is wanted; empty when it did not."""
    status = source.status
    if status.complete and (newest.sequence >= until or status.state is StreamState.ENDED):
        return ""
    if status.state in {StreamState.ENDED, StreamState.FAILED}:
        return status.detail
    return f"no frame came within {READ_TIMEOUT_S:g} s"
