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
        return decode_picture(path.read_bytes())
    except OSError as error:
        raise CameraError(f"cannot read the picture {path}: {error.strerror or error}") from error
    except CameraError as error:
        raise CameraError(f"{path}: {error}") from error


def decode_picture(content: bytes) -> Image:
    """Return the picture in a file's bytes, (H, W, 3) BGR.

    Raises:
        CameraError: it is no picture.
    """
    image = cv2.imdecode(np.frombuffer(content, dtype=np.uint8), cv2.IMREAD_COLOR) if content else None
    if image is None:
        raise CameraError("this is no picture that can be read; give a PNG or JPEG file")
    return np.asarray(image, dtype=np.uint8)


def write_picture(image: Image, path: Path) -> None:
    """Write a picture, (H, W, 3) BGR; the end of the name says how: .png, .jpg.

    Raises:
        CameraError: the file cannot be written.
    """
    try:
        path.write_bytes(encode_picture(image, path.suffix.lower()))
    except OSError as error:
        raise CameraError(f"cannot write {path}: {error.strerror or error}") from error
    except CameraError as error:
        raise CameraError(f"{path}: {error}") from error


def encode_picture(image: Image, ending: str) -> bytes:
    """Return a picture, (H, W, 3) BGR, as a file's bytes; `ending` says how: .png, .jpg.

    Raises:
        CameraError: there is no such format.
    """
    encoded, content = cv2.imencode(ending, image)
    if not encoded:
        raise CameraError(f"the picture cannot be written as {ending}")
    return content.tobytes()
