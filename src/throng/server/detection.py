"""Counts the people of one picture that somebody sends.

It brings in OpenCV and the runtime of the networks, 100 MB that a server without cameras never needs: import it in the
function that counts.
"""

import threading
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from throng.camera.heat import draw_density
from throng.camera.outputs import to_row
from throng.camera.pipeline import CameraPipeline
from throng.camera.still import encode_picture
from throng.core.frame import Frame
from throng.core.observation import Observation
from throng.core.points import FloatArray, Image
from throng.core.reading import Reading
from throng.core.site import Camera, Line, Zone
from throng.vision.observers import load_observer

_one_at_a_time = threading.Lock()


@dataclass(frozen=True, slots=True)
class Detection:
    """What one picture shows.

    Attributes:
        size: width and height in pixels.
        points: (N, 3) x, y in pixels and score of each head or person found one by one.
        reading: of the whole picture, or of the ground the camera sees.
        picture: JPEG with the density map laid over, None when it was not wanted.
    """

    size: tuple[int, int]
    points: list[tuple[float, float, float]]
    reading: dict[str, object]
    picture: bytes | None


def detect(image: Image, *, camera: Camera, model: str | None, at: datetime, with_picture: bool) -> Detection:
    """Count the people of a picture; blocks for a second or more, so call it in a thread.

    Args:
        image: (H, W, 3) BGR.
        camera: its calibration is used when it has one that fits the picture's shape.
        model: as for `throng run`; None for the default.
        at: when the picture was taken.
        with_picture: whether the density picture is wanted.

    Raises:
        ThrongError: the model is unknown, or the calibration does not fit the picture.
    """
    frame = Frame(camera.id, image, 0.0, at, 0)
    with _one_at_a_time:  # a network uses all cores anyway, and its memory is needed once only
        # A new observer for each picture: it holds the scale that it has chosen for the first one.
        observer = load_observer(camera.id, model, rate_hz=None, calibration=camera.calibration, motion=False)
        observation = observer.observe(frame)
    reading = _reading(observation, camera, frame)
    picture = _picture(image, observation) if with_picture else None
    return Detection(frame.size, _points(observation), to_row(reading), picture)  # type: ignore[arg-type]


def _reading(observation: Observation, camera: Camera, frame: Frame) -> Reading:
    zones: tuple[Zone, ...] = ()
    lines: tuple[Line, ...] = ()
    pipeline = CameraPipeline(camera, zones, lines, frame.size)
    pipeline.process(observation)
    found = [reading for reading in pipeline.finish() if isinstance(reading, Reading)]
    assert len(found) == 1, "without zones there is one reading, of everything in the picture"
    return found[0]


def _points(observation: Observation) -> list[tuple[float, float, float]]:
    points: list[tuple[float, float, float]] = []
    if observation.heads is not None:
        points += _rows(observation.heads.points, observation.heads.scores)
    if observation.persons is not None:
        boxes = observation.persons.boxes
        tops = np.column_stack(((boxes[:, 0] + boxes[:, 2]) / 2, boxes[:, 1]))
        points += _rows(tops, observation.persons.scores)
    return points


def _rows(places: FloatArray, scores: FloatArray) -> list[tuple[float, float, float]]:
    rows = np.column_stack((places, scores))
    return [(round(x, 1), round(y, 1), round(score, 3)) for x, y, score in rows.tolist()]


def _picture(image: Image, observation: Observation) -> bytes:
    canvas = image.copy()
    if observation.density is not None:
        draw_density(canvas, observation.density)
    return encode_picture(canvas, ".jpg")
