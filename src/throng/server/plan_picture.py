"""Pictures of floor plans: PNG, JPEG or WebP, shown to be one by decoding."""

import hashlib
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from throng.camera.errors import CameraError
from throng.server.errors import ServerError

LARGEST_BYTES = 20_000_000
LARGEST_PX = 40_000_000
"""Decoding takes 3 bytes per pixel."""

_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


@dataclass(frozen=True, slots=True)
class PlanPicture:
    """A picture that can be shown.

    Attributes:
        width_px, height_px: as it is shown, after a turn that a JPEG asks for.
    """

    media_type: str
    content: bytes
    width_px: int
    height_px: int
    sha256: str


def read_plan_picture(content: bytes) -> PlanPicture:
    """Decode a picture to be sure that it is one. Takes up to a second: call it in a thread.

    Raises:
        ServerError: it is no PNG, JPEG or WebP, is broken or cut off, or has too many pixels.
    """
    media_type, size, whole = _header(content)
    if size is None or min(size) < 1:
        raise ServerError("the plan is no picture that browsers show: send a PNG, JPEG or WebP file")
    if size[0] * size[1] > LARGEST_PX:
        raise ServerError(
            f"the plan has {size[0]} x {size[1]} pixels, more than {LARGEST_PX / 1e6:g} million; shrink it"
        )
    from throng.camera.still import decode_picture  # noqa: PLC0415  OpenCV is needed here only

    try:
        picture = decode_picture(content if whole else b"")
    except CameraError as error:
        raise ServerError(
            f"the plan says that it is {media_type}, but it is broken or cut off; send it again"
        ) from error
    height, width = picture.shape[:2]
    return PlanPicture(media_type, content, width, height, hashlib.sha256(content).hexdigest())


def _header(content: bytes) -> tuple[str, tuple[int, int] | None, bool]:
    """Return the type, the size that the header tells, and whether the file has its end."""
    try:
        if content.startswith(b"\x89PNG\r\n\x1a\n"):
            width, height = struct.unpack(">II", content[16:24])
            return "image/png", (width, height), b"IEND" in content[-64:]
        if content.startswith(b"\xff\xd8"):
            return "image/jpeg", _jpeg_size(content), b"\xff\xd9" in content[-1024:]
        if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
            (length,) = struct.unpack("<I", content[4:8])
            return "image/webp", _webp_size(content), len(content) >= length + 8
    except (struct.error, IndexError):
        pass
    return "", None, False


def _jpeg_size(content: bytes) -> tuple[int, int] | None:
    for marker, at in _jpeg_segments(content):
        if marker in _FRAMES:
            height, width = struct.unpack(">HH", content[at + 3 : at + 7])
            return width, height
    return None


def _jpeg_segments(content: bytes) -> Iterator[tuple[int, int]]:
    at = 2
    while at + 4 <= len(content) and content[at] == 0xFF:
        if content[at + 1] == 0xFF:
            at += 1
            continue
        yield content[at + 1], at + 2
        (length,) = struct.unpack(">H", content[at + 2 : at + 4])
        at += 2 + length


def _webp_size(content: bytes) -> tuple[int, int] | None:
    kind = content[12:16]
    if kind == b"VP8 ":
        width, height = struct.unpack("<HH", content[26:30])
        return width & 0x3FFF, height & 0x3FFF
    if kind == b"VP8L":
        (bits,) = struct.unpack("<I", content[21:25])
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if kind == b"VP8X":
        return int.from_bytes(content[24:27], "little") + 1, int.from_bytes(content[27:30], "little") + 1
    return None
