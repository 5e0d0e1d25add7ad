"""Packs (`throng.train.pack`) as a dataset: one file with the pictures of one or more datasets.

Each picture keeps the dataset that it comes from as its source, and its name in there; where the pack has several
sources it is called `source/name`, such as `shanghaitech part_A/train/IMG_1`.

Pictures keep their split as well; those that were packed without one are for training. Where none was packed for
validation, a tenth of the training pictures of every source is kept back, a block without gaps in the order of their
names: nothing says which sources are frames of one camera.
"""

import zipfile
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path

import cv2
import numpy as np

from throng.core.points import FloatArray, ImagePoints, Mask
from throng.train.datasets.layout import Layout, Part, Sample, Size, Stored
from throng.train.datasets.picture_size import coded_size
from throng.train.datasets.split import split_block
from throng.train.errors import DatasetError
from throng.train.pack import Pack, PackEntry, open_pack

NAME = "pack"


def _parts(root: Path) -> Mapping[str, Part]:
    parts: dict[str, list[Sample]] = {}
    by_source: dict[str, list[Sample]] = {}
    for entry, sample in _samples(open_pack(root)):
        split = entry.split if entry.split in {"val", "test"} else "train"
        parts.setdefault(split, []).append(sample)
        if split == "train":
            by_source.setdefault(entry.source, []).append(sample)
    if by_source and "val" not in parts:
        parts["train"], parts["val"] = _held_out(by_source.values())
    return {split: Part(tuple(samples)) for split, samples in parts.items()}


def _samples(pack: Pack) -> Iterator[tuple[PackEntry, Sample]]:
    several = len({entry.source for entry in pack.index.pictures}) > 1
    for entry, heads in zip(pack.index.pictures, pack.heads(), strict=True):
        name = f"{entry.source}/{entry.name}" if several else entry.name
        stored = Stored(partial(_picture, pack, entry), (entry.width, entry.height), entry.source)
        place = pack.path / entry.file
        yield entry, Sample(name, place, partial(_points, heads), roi=partial(_region, pack, entry), stored=stored)


def _held_out(sources: Iterable[list[Sample]]) -> tuple[list[Sample], list[Sample]]:
    train, val = [], []
    for samples in sources:
        ordered = sorted(samples, key=lambda sample: sample.name)
        to_train, to_validate = split_block(len(ordered))
        train += [ordered[i] for i in to_train]
        val += [ordered[i] for i in to_validate]
    return train, val


def _points(heads: ImagePoints, _size: Size) -> FloatArray:
    return heads


def _picture(pack: Pack, entry: PackEntry) -> bytes:
    content = pack.content(entry.file)
    size = coded_size(content, pack.path / entry.file)
    if size != (entry.width, entry.height):
        raise DatasetError(
            f"{pack.path / entry.file}: expected {entry.width}×{entry.height} pixels, found {size[0]}×{size[1]}; "
            "pack the datasets again"
        )
    return content


def _region(pack: Pack, entry: PackEntry, size: Size) -> Mask | None:
    if entry.region is None:
        return None
    content = np.frombuffer(pack.content(entry.region), dtype=np.uint8)
    region = cv2.imdecode(content, cv2.IMREAD_GRAYSCALE) if len(content) else None
    if region is None or region.shape != size[::-1]:
        raise DatasetError(
            f"{pack.path / entry.region}: expected a picture of {size[0]}×{size[1]} pixels; pack the datasets again"
        )
    return np.asarray(region > 0, dtype=np.bool_)


LAYOUT = Layout(
    name=NAME,
    expected="a file that `throng data pack` wrote",
    fits=zipfile.is_zipfile,
    parts=_parts,
    of_file=True,
)
