"""What is in a dataset, after every picture of it was decoded once."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import KDTree

from throng.core.points import FloatArray, ImagePoints
from throng.train.datasets.picture_size import check_whole
from throng.train.datasets.reading import Reading
from throng.train.errors import DatasetError
from throng.train.record import Dataset, Record, Skipped

Told = Callable[[int, int], None]
"""Is told how many of how many are done."""


@dataclass(frozen=True, slots=True, eq=False)
class Summary:
    """Figures of one split of a dataset.

    Attributes:
        dataset: the pictures that can be used, and what was left out.
        people: (N,) heads in each picture, in the order of the records.
        sizes_px: (N, 2) width and height of each picture.
        spacing_px: (M,) distance of each head to the nearest other one in its picture, pixels; heads that are alone
            have none. In a dense crowd it is about the width of a head with its shoulders.
        regions: pictures that are labelled in a region only.
        outside_region: heads outside such regions.
        perspectives: pictures with pixels per metre.
        clipped: heads that lay outside their picture and were moved to its border.
        duplicates: heads that repeated another one exactly and were dropped.
    """

    dataset: Dataset
    people: NDArray[np.int64]
    sizes_px: NDArray[np.int64]
    spacing_px: FloatArray
    regions: int
    outside_region: int
    perspectives: int
    clipped: int
    duplicates: int


@dataclass(frozen=True, slots=True, eq=False)
class _Looked:
    record: Record
    size_px: tuple[int, int]
    spacing_px: FloatArray
    outside_region: int | None
    perspective: bool


def summarise(reading: Reading, *, told: Told = lambda _done, _all: None) -> Summary:
    """Decode every picture and sum up; those that are broken move to the skipped ones.

    Args:
        reading: what was opened.
        told: hears how many pictures are decoded.
    """
    records = reading.dataset.records
    looked: list[_Looked] = []
    broken: list[Skipped] = []
    with ThreadPoolExecutor(max_workers=min(8, os.cpu_count() or 1)) as pool:
        for done, result in enumerate(pool.map(_look, records), start=1):
            if isinstance(result, Skipped):
                broken.append(result)
            else:
                looked.append(result)
            told(done, len(records))
    usable = replace(
        reading.dataset,
        records=tuple(look.record for look in looked),
        skipped=(*reading.dataset.skipped, *broken),
    )
    outside = [look.outside_region for look in looked if look.outside_region is not None]
    return Summary(
        usable,
        np.array([len(look.record.points) for look in looked], dtype=np.int64),
        np.array([look.size_px for look in looked], dtype=np.int64).reshape(-1, 2),
        np.concatenate([look.spacing_px for look in looked] or [np.empty(0)]),
        len(outside),
        sum(outside),
        sum(look.perspective for look in looked),
        reading.clipped,
        reading.duplicates,
    )


def nearest_neighbours(points: ImagePoints) -> FloatArray:
    """Return the distance of each of (N, 2) points to the nearest other one, (N,); none for a single point."""
    if len(points) < 2:
        return np.empty(0)
    distances, _ = KDTree(points).query(points, k=2)
    return np.asarray(distances, dtype=np.float64)[:, 1]


def _look(record: Record) -> _Looked | Skipped:
    try:
        image = record.image()
        check_whole(record.content(), record.path)
        region = record.roi()
        perspective = record.perspective() is not None
    except DatasetError as error:
        return Skipped(record.path, str(error))
    outside = None
    if region is not None:
        columns, rows = np.rint(record.points).astype(np.int64).T
        outside = int((~region[rows, columns]).sum())
    size = (image.shape[1], image.shape[0])
    return _Looked(record, size, nearest_neighbours(record.points), outside, perspective)
