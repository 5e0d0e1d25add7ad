"""A folder of pictures as a recording."""

import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import cv2
import numpy as np

from throng.core.points import Image
from throng.video.classify import Fault
from throng.video.errors import SourceError
from throng.video.feed import Blank, DecodedPicture, FeedFacts

SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff", ".webp", ".ppm", ".pgm"})


class FolderFeed:
    """The pictures of one folder in natural order: `frame_2.png` comes before `frame_10.png`.

    Args:
        folder: where they are; folders inside it are not entered.
        fps: pictures per second.

    Raises:
        SourceError: the folder cannot be read or holds no picture.
    """

    def __init__(self, folder: Path, *, fps: float) -> None:
        self._fps = fps
        try:
            found = [path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES]
        except OSError:
            found = None
        if found is None:
            raise SourceError(Fault.UNREADABLE, f"{folder}: the folder may not be read; check its permissions")
        if not found:
            raise SourceError(
                Fault.NOT_VIDEO,
                f"{folder}: the folder holds no pictures; expected files ending in {', '.join(sorted(SUFFIXES))}",
            )
        self._paths = sorted(found, key=lambda path: natural_key(path.name))
        self._facts = FeedFacts(fps=fps, duration_s=len(found) / fps, frame_count=len(found), live=False)

    @property
    def facts(self) -> FeedFacts:
        """Number of pictures and the length they make."""
        return self._facts

    def pictures(self) -> Iterator[DecodedPicture | Blank]:
        """Decode one picture after the other; one that cannot be decoded is `Blank.DAMAGED`."""
        for number, path in enumerate(self._paths):
            image = _decoded(path)
            if image is None:
                yield Blank.DAMAGED
            else:
                size = (image.shape[1], image.shape[0])
                yield DecodedPicture(pts_s=number / self._fps, size=size, to_bgr=partial(_same, image))

    def close(self) -> None:
        """Nothing is held open."""


def natural_key(name: str) -> tuple[tuple[int, int, str], ...]:
    """Sort key that compares the numbers in a name as numbers."""
    return tuple(
        (0, int(part), "") if part.isdecimal() else (1, 0, part.lower()) for part in re.split(r"(\d+)", name) if part
    )


def _decoded(path: Path) -> Image | None:
    try:
        data = np.fromfile(path, dtype=np.uint8)
    except OSError:
        return None
    if data.size == 0:
        return None
    try:
        image = cv2.imdecode(data, cv2.IMREAD_COLOR)
    except cv2.error:
        return None
    return None if image is None else np.asarray(image, dtype=np.uint8)


def _same(image: Image) -> Image:
    return image
