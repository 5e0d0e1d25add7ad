"""Single pictures on disk."""

from pathlib import Path

import cv2
import numpy as np

from throng.camera.errors import CameraError
from throng.core.points import Image


def read_picture(path: Path) -> Image:
    """Read a picture, (H, W, 3) BGR.

    Raises:
        CameraError: the file cannot be read or is no picture.
    """
    try:
        content = np.frombuffer(path.read_bytes(), dtype=np.uint8)
    except OSError as error:
        raise CameraError(f"cannot read the picture {path}: {error.strerror or error}") from error
    image = cv2.imdecode(content, cv2.IMREAD_COLOR) if len(content) else None
    if image is None:
        raise CameraError(f"{path}: this is no picture that can be read; give a PNG or JPEG file")
    return np.asarray(image, dtype=np.uint8)


def write_picture(image: Image, path: Path) -> None:
    """Write a picture, (H, W, 3) BGR; the end of the name says how: .png, .jpg.

    Raises:
        CameraError: the file cannot be written.
    """
    encoded, content = cv2.imencode(path.suffix.lower(), image)
    if not encoded:
        raise CameraError(f"{path}: the picture cannot be written as {path.suffix}")
    try:
        path.write_bytes(content.tobytes())
    except OSError as error:
        raise CameraError(f"cannot write {path}: {error.strerror or error}") from error
