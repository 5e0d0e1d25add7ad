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
        path: the picture's file.
        points: (N, 2) pixels of that picture, 0-based, all inside it.
        source: name of the dataset.
        roi: gives the (H, W) region in which people are labelled, None where it is the whole picture.
        perspective: gives the (H, W) pixels per metre that the publisher measured, None where there are none.
    """

    name: str
    path: Path
    points: ImagePoints
    source: str
    roi: Callable[[], Mask | None] = field(default=_no_mask)
    perspective: Callable[[], FloatArray | None] = field(default=_no_mask)

    def image(self) -> Image:
        """Read the picture.

        Returns:
            (H, W, 3) uint8 BGR.

        Raises:
            DatasetError: the file is missing or no picture.
        """
        image = cv2.imread(str(self.path), cv2.IMREAD_COLOR)
        if image is None:
            raise DatasetError(f"{self.path}: expected a picture (jpg, png, bmp), but it is missing or broken")
        return np.asarray(image, dtype=np.uint8)


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
