"""Counts the people of one picture that somebody sends."""

import base64
import binascii
import io
import threading
from dataclasses import dataclass
from datetime import datetime

import cv2
import numpy as np
from PIL import Image as Pillow
from PIL import UnidentifiedImageError

from throng.camera.heat import draw_density
from throng.camera.outputs import to_row
from throng.camera.pipeline import CameraPipeline
from throng.camera.still import decode_picture, encode_picture
from throng.core.errors import ThrongError
from throng.core.frame import Frame
from throng.core.observation import Observation
from throng.core.points import FloatArray, Image
from throng.core.reading import Reading
from throng.core.site import Camera, Line, Zone
from throng.server.problems import Problem
from throng.vision.observers import load_observer

LARGEST_PICTURE_BYTES = 30_000_000
LARGEST_PICTURE_PX = 100_000_000
FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "TIFF")
Pillow.MAX_IMAGE_PIXELS = LARGEST_PICTURE_PX

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


def decode_base64(text: str) -> bytes:
    """Return the bytes of a base64 text, with or without a `data:` head.

    Raises:
        Problem: 422; it is no base64.
    """
    content = text.partition(",")[2] if text.startswith("data:") else text
    try:
        return base64.b64decode(content, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Problem(422, f"image: this is no base64 ({error}); send the picture's bytes encoded") from error


def checked_picture(content: bytes) -> Image:
    """Decode a picture that a stranger sent, (H, W, 3) BGR; its size is looked at before anything is unpacked.

    Raises:
        Problem: 413, it is too large; 422, it is no picture.
    """
    if len(content) > LARGEST_PICTURE_BYTES:
        raise Problem(413, f"the picture has {len(content) / 1e6:.0f} MB; at most {LARGEST_PICTURE_BYTES / 1e6:.0f}")
    try:
        with Pillow.open(io.BytesIO(content), formats=FORMATS) as head:
            width, height = head.size
    except (Pillow.DecompressionBombError, Pillow.DecompressionBombWarning) as error:
        raise Problem(
            413, f"the picture has too many pixels; at most {LARGEST_PICTURE_PX / 1e6:.0f} million"
        ) from error
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError) as error:
        raise Problem(422, f"this is no picture that can be read; send {', '.join(FORMATS)}") from error
    if width * height > LARGEST_PICTURE_PX:
        raise Problem(413, f"the picture has {width}×{height} pixels; at most {LARGEST_PICTURE_PX / 1e6:.0f} million")
    try:
        return decode_picture(content)
    except (ThrongError, cv2.error) as error:
        raise Problem(422, f"this is no picture that can be read: {error}") from error


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
