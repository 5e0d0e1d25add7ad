"""Pictures that strangers send: looked at before anything is unpacked."""

import base64
import binascii
import io

from PIL import Image as Pillow
from PIL import UnidentifiedImageError

from throng.core.errors import ThrongError
from throng.core.points import Image
from throng.server.problems import Problem

LARGEST_PICTURE_BYTES = 30_000_000
LARGEST_PICTURE_PX = 100_000_000
FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "TIFF")
Pillow.MAX_IMAGE_PIXELS = LARGEST_PICTURE_PX


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
    from throng.camera.still import decode_picture  # noqa: PLC0415  OpenCV is needed here only

    try:
        return decode_picture(content)
    except ThrongError as error:
        raise Problem(422, f"this is no picture that can be read: {error}") from error
