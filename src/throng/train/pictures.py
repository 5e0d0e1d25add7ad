"""Decoded pictures, held in memory for the whole training: the GPU's where there is one."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import cv2
import numpy as np
import torch

from throng.core.points import FloatArray, Image
from throng.train.errors import DatasetError
from throng.train.record import Dataset, Record
from throng.train.regions import inside

Told = Callable[[int, int], None]
"""Is told how many of how many are done."""


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """One picture to cut crops from.

    Attributes:
        name: unique in its group.
        image: (H, W, 3) uint8 BGR on the device of the training.
        points: (N, 2) heads, pixels of this image, the centre of the top left pixel at (0, 0).
    """

    name: str
    image: torch.Tensor
    points: FloatArray

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return int(self.image.shape[1]), int(self.image.shape[0])


@dataclass(frozen=True, slots=True, eq=False)
class PictureGroup:
    """Pictures that are drawn alike.

    Attributes:
        name: what reports call it.
        pictures: at least one.
        share: share of all crops that come from it.
        scale: crops are enlarged by a factor from this range.
    """

    name: str
    pictures: tuple[Picture, ...]
    share: float
    scale: tuple[float, float]

    @property
    def megabytes(self) -> float:
        """Memory that the pictures take."""
        return sum(picture.image.numel() for picture in self.pictures) / 1e6


def hold(name: str, image: Image, points: FloatArray, *, device: torch.device) -> Picture:
    """Put one picture into the memory of the training."""
    return Picture(name, torch.from_numpy(np.ascontiguousarray(image)).to(device), points)


def load_pictures(
    dataset: Dataset, *, longest_px: int | None, device: torch.device, told: Told = lambda _done, _all: None
) -> tuple[Picture, ...]:
    """Decode all pictures of a dataset.

    Where people are labelled in a part of the picture only, the rest is made black: people there are not labelled,
    and must not be taught as background.

    Args:
        dataset: what to load.
        longest_px: larger pictures are shrunk to this, with their points; None to keep them.
        device: where they are held.
        told: hears how many pictures are decoded.

    Raises:
        DatasetError: there are no pictures, or one is broken.
    """
    if not dataset.records:
        raise DatasetError(f"{dataset.name}: the split {dataset.split!r} holds no pictures that can be used")
    loaded: list[Picture] = []
    with ThreadPoolExecutor(max_workers=min(8, os.cpu_count() or 1)) as pool:
        for name, image, points in pool.map(lambda record: _decode(record, longest_px), dataset.records):
            loaded.append(hold(name, image, points, device=device))
            told(len(loaded), len(dataset))
    return tuple(loaded)


def _decode(record: Record, longest_px: int | None) -> tuple[str, Image, FloatArray]:
    image, points = record.image(), np.asarray(record.points, dtype=np.float64)
    region = record.roi()
    if region is not None:
        image = np.where(region[:, :, None], image, np.uint8(0))
        points = points[inside(record.points, region)]
    factor = 1.0 if longest_px is None else min(1.0, longest_px / max(image.shape[:2]))
    if factor == 1.0:
        return record.name, image, points
    height, width = image.shape[:2]
    small_size = max(1, round(width * factor)), max(1, round(height * factor))
    small = np.asarray(cv2.resize(image, small_size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    return record.name, small, (points + 0.5) * (small_size[0] / width, small_size[1] / height) - 0.5
