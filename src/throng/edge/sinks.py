"""Where the steps of running cameras go: a readings file, an annotated film, the live board."""

import threading
from functools import partial
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np

from throng.bus.board import CameraCard, LiveBoard, Picture, ZoneCard
from throng.camera.outputs import ReadingWriter, open_writer
from throng.core.clock import Clock
from throng.core.points import Image
from throng.core.site import Camera
from throng.core.stream import StreamState, StreamStatus
from throng.edge.runner import CameraRunner, Step
from throng.video.redact import redact_address
from throng.video.writer import AnnotatedWriter

JPEG_QUALITY = 80
LONGEST_SIDE_PX = 1280


class StepSink(Protocol):
    """Takes what running cameras give out. Called from the threads of the cameras."""

    @property
    def wants_pictures(self) -> bool:
        """Whether `take` needs the annotated picture, which costs time to draw."""
        ...

    def connecting(self, camera: Camera, models: tuple[str, ...]) -> None:
        """A camera is about to be opened."""
        ...

    def opened(self, runner: CameraRunner) -> None:
        """A camera is open."""
        ...

    def take(self, runner: CameraRunner, step: Step, picture: Image | None) -> None:
        """A camera has made one step; `picture` is the annotated frame when there is one."""
        ...

    def failed(self, camera: Camera, sentence: str) -> None:
        """A camera has ended with an error."""
        ...

    def close(self) -> None:
        """Nothing more will come."""
        ...


class ReadingsFile:
    """Writes every reading of every camera into one file as soon as it is there."""

    wants_pictures = False

    def __init__(self, path: Path, *, overwrite: bool) -> None:
        self._writer: ReadingWriter = open_writer(path, overwrite=overwrite)
        self._lock = threading.Lock()
        self.rows = 0

    def connecting(self, camera: Camera, models: tuple[str, ...]) -> None:
        """Nothing to do."""

    def opened(self, runner: CameraRunner) -> None:
        """Nothing to do."""

    def take(self, runner: CameraRunner, step: Step, picture: Image | None) -> None:  # noqa: ARG002
        """Write the readings of the step."""
        with self._lock:
            for reading in step.readings:
                self._writer.write(reading)
                self.rows += 1

    def failed(self, camera: Camera, sentence: str) -> None:
        """Nothing to do."""

    def close(self) -> None:
        """Finish the file."""
        self._writer.close()


class AnnotatedFilm:
    """Writes the analysed frames of one camera with everything drawn in."""

    wants_pictures = True

    def __init__(self, path: Path, *, rate_hz: float, overwrite: bool) -> None:
        self._writer = AnnotatedWriter(path, fps=rate_hz, overwrite=overwrite)

    def connecting(self, camera: Camera, models: tuple[str, ...]) -> None:
        """Nothing to do."""

    def opened(self, runner: CameraRunner) -> None:
        """Nothing to do."""

    def take(self, runner: CameraRunner, step: Step, picture: Image | None) -> None:  # noqa: ARG002
        """Write the picture of the step."""
        if picture is not None and step.frame is not None:
            self._writer.write(picture, step.frame.pts_s)

    def failed(self, camera: Camera, sentence: str) -> None:
        """Nothing to do."""

    def close(self) -> None:
        """Finish the film."""
        self._writer.close()


class BoardSink:
    """Keeps the live board up to date."""

    wants_pictures = True

    def __init__(self, board: LiveBoard, clock: Clock) -> None:
        self._board = board
        self._clock = clock

    def connecting(self, camera: Camera, models: tuple[str, ...]) -> None:
        """Announce the camera before anything is known of its zones."""
        self._board.add_camera(_card(camera, redact_address(camera.source), models), [], now=self._clock.now())

    def opened(self, runner: CameraRunner) -> None:
        """Announce the zones."""
        camera = runner.camera
        card = _card(camera, runner.source.info.label, runner.observer.models)
        zones = [
            ZoneCard(v.zone.id, v.zone.title, camera.id, v.zone.capacity, v.visible_area_m2, v.zone.use.value)
            for v in runner.pipeline.views
        ]
        self._board.add_camera(card, zones, now=self._clock.now())
        self._board.put_status(camera.id, runner.source.status)

    def take(self, runner: CameraRunner, step: Step, picture: Image | None) -> None:
        """Show the step."""
        camera_id = runner.camera.id
        for reading in step.readings:
            self._board.put(reading)
        if picture is not None and step.frame is not None:
            jpeg, frame = encode_jpeg(picture), step.frame
            plain = partial(encode_jpeg, frame.image)
            self._board.put_picture(camera_id, Picture(jpeg, frame.arrived_at, frame.sequence, plain))
        self._board.put_status(camera_id, runner.source.status)

    def failed(self, camera: Camera, sentence: str) -> None:
        """Show that the camera is gone and why."""
        self._board.put_status(camera.id, StreamStatus(StreamState.FAILED, sentence, self._clock.now()))

    def close(self) -> None:
        """Nothing to do."""


def encode_jpeg(picture: Image) -> bytes:
    """Return a picture as JPEG, at most `LONGEST_SIDE_PX` wide or high."""
    scale = LONGEST_SIDE_PX / max(picture.shape[:2])
    if scale < 1:
        size = (round(picture.shape[1] * scale), round(picture.shape[0] * scale))
        picture = np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    encoded, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    assert encoded, "a BGR picture can always be encoded as JPEG"
    return data.tobytes()


def _card(camera: Camera, label: str, models: tuple[str, ...]) -> CameraCard:
    return CameraCard(
        camera.id, camera.name or camera.id, label, models, simulated=any("simulated" in model for model in models)
    )
