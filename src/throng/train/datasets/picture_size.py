"""The size of a picture from the first bytes of its file, and whether the file is whole."""

import struct
from collections.abc import Iterator
from pathlib import Path

from throng.train.errors import DatasetError

_HEADER_BYTES = 1 << 17
"""Room for a thumbnail and a colour profile before the size; read on where that is not enough."""
_EXIF_ORIENTATION = 0x0112
_UPRIGHT = 1
_NO_LENGTH = frozenset({0x01, *range(0xD0, 0xDA)})
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""JPEG markers that begin a frame (ITU-T T.81, table B.1): its size follows."""
_SCAN = 0xDA


def picture_size(path: Path) -> tuple[int, int]:
    """Read width and height from the header, without decoding.

    Raises:
        DatasetError: the file cannot be read, is no JPEG, PNG or BMP, or carries a note to be shown turned: its labels
            then mean either the stored or the turned picture, and nothing says which.
    """
    try:
        with path.open("rb") as file:
            start = file.read(_HEADER_BYTES)
            return _size(start, path) or coded_size(start + file.read(), path)
    except OSError as error:
        raise DatasetError(f"{path}: the picture cannot be read: {error.strerror}") from None


def coded_size(content: bytes, path: Path) -> tuple[int, int]:
    """Read width and height of a coded picture, without decoding.

    Args:
        content: the whole picture.
        path: where it comes from, for the message.

    Raises:
        DatasetError: as `picture_size`.
    """
    size = _size(content, path)
    if size is None:
        raise DatasetError(f"{path}: expected a picture (jpg, png, bmp), but it is broken or something else")
    return size


def check_whole(content: bytes, path: Path) -> None:
    """Refuse a JPEG that was cut off: decoders fill the rest with grey and say nothing.

    Args:
        content: the coded picture.
        path: where it comes from, for the message.

    Raises:
        DatasetError: the end of the picture is missing.
    """
    if not content.startswith(b"\xff\xd8"):
        return
    scan = max((at for marker, at, _ in _segments(content) if marker == _SCAN), default=0)
    if content.find(b"\xff\xd9", scan) < 0:
        raise DatasetError(f"{path}: the picture is cut off: its end is missing; copy or download it again")


def _size(content: bytes, path: Path) -> tuple[int, int] | None:
    """Return None where the bytes are cut off before the size, or are no picture."""
    try:
        size = _size_of(content, path)
    except (struct.error, IndexError):
        return None
    return None if size is None or min(size) < 1 else size


def _size_of(content: bytes, path: Path) -> tuple[int, int] | None:
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        width, height = struct.unpack(">II", content[16:24])
        return width, height
    if content.startswith(b"BM"):
        width, height = struct.unpack("<ii", content[18:26])
        return width, abs(height)
    return _jpeg_size(content, path) if content.startswith(b"\xff\xd8") else None


def _jpeg_size(content: bytes, path: Path) -> tuple[int, int] | None:
    size, orientation = None, _UPRIGHT
    for marker, at, length in _segments(content):
        if marker in _FRAMES:
            height, width = struct.unpack(">HH", content[at + 3 : at + 7])
            size = width, height
        elif marker == 0xE1 and content[at + 2 : at + 8] == b"Exif\0\0":
            orientation = _orientation(content[at + 8 : at + length])
    if orientation != _UPRIGHT:
        raise DatasetError(
            f"{path}: the picture is to be shown turned (EXIF orientation {orientation}), and nothing says whether its "
            "labels are; save it upright, without that note"
        )
    return size


def _segments(content: bytes) -> Iterator[tuple[int, int, int]]:
    """Give marker, start and length of each segment of a JPEG up to the first scan."""
    at = 2
    while at + 4 <= len(content):
        if content[at] != 0xFF:
            return
        marker = content[at + 1]
        if marker == 0xFF:
            at += 1
        elif marker in _NO_LENGTH:
            at += 2
        else:
            (length,) = struct.unpack(">H", content[at + 2 : at + 4])
            yield marker, at + 2, length
            if marker == _SCAN:
                return
            at += 2 + length


def _orientation(tiff: bytes) -> int:
    order = ">" if tiff[:2] == b"MM" else "<"
    (first,) = struct.unpack(order + "I", tiff[4:8])
    (count,) = struct.unpack(order + "H", tiff[first : first + 2])
    for entry in range(first + 2, first + 2 + 12 * count, 12):
        tag, value = struct.unpack(order + "H6xH", tiff[entry : entry + 10])
        if tag == _EXIF_ORIENTATION:
            return value if 1 <= value <= 8 else _UPRIGHT
    return _UPRIGHT
