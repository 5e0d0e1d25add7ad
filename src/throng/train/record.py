"""One labelled picture, whatever dataset it comes from."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np

from throng.core.points import FloatArray, Image, ImagePoints, Mask
from throng.train.errors import DatasetError


def _no_mask() -> None:
    return None


@dataclass(frozen=True, slots=True, eq=False)
class Record:
    """A picture with a point on every head.

    Attributes:
        name: unique in its dataset, such as `IMG_12`.
        path: the picture's file; of a packed picture the file of the pack followed by the name in it, which says where
            it is and cannot be opened.
        points: (N, 2) pixels of that picture, 0-based, all inside it.
        source: name of the dataset.
        roi: gives the (H, W) region in which people are labelled, None where it is the whole picture.
        perspective: gives the (H, W) pixels per metre that the publisher measured, None where there are none.
        read: gives the coded picture (JPEG, PNG, BMP) where it is no file of its own; None to read `path`.
        split: `train`, `val` or `test`, the part that it belongs to, whatever was opened; empty where nobody said.
    """

    name: str
    path: Path
    points: ImagePoints
    source: str
    roi: Callable[[], Mask | None] = field(default=_no_mask)
    perspective: Callable[[], FloatArray | None] = field(default=_no_mask)
    read: Callable[[], bytes] | None = None
    split: str = ""

    def content(self) -> bytes:
        """Read the picture without decoding it.

        Raises:
            DatasetError: the file is missing, or the pack that holds it broken.
        """
        if self.read is not None:
            return self.read()
        try:
            return self.path.read_bytes()
        except OSError as error:
            raise DatasetError(f"{self.path}: the picture cannot be read: {error.strerror}") from None

    def image(self) -> Image:
        """Read and decode the picture.

        Returns:
            (H, W, 3) uint8 BGR.

        Raises:
            DatasetError: the file is missing or no picture.
        """
        # Of a file: `imdecode` refuses what is cut off by a few bytes, which `imread` still reads.
        image = cv2.imread(str(self.path), cv2.IMREAD_COLOR) if self.read is None else _decoded(self.read())
        if image is None:
            raise DatasetError(f"{self.path}: expected a picture (jpg, png, bmp), but it is missing or broken")
        return np.asarray(image, dtype=np.uint8)


def _decoded(content: bytes) -> cv2.typing.MatLike | None:
    return cv2.imdecode(np.frombuffer(content, dtype=np.uint8), cv2.IMREAD_COLOR) if content else None


@dataclass(frozen=True, slots=True)
class Skipped:
    """A picture of a dataset that cannot be used.

    Attributes:
        path: the file that is broken or without its counterpart.
        reason: what was expected and what came, in plain words.
    """

    path: Path
    reason: str


@dataclass(frozen=True, slots=True)
class Dataset:
    """Labelled pictures of one split.

    Attributes:
        name: name of the dataset.
        split: `train`, `val`, `test` or `all`.
        records: in the order of their names.
        skipped: what was left out, and why.
    """

    name: str
    split: str
    records: tuple[Record, ...]
    skipped: tuple[Skipped, ...] = ()

    def __len__(self) -> int:
        return len(self.records)
