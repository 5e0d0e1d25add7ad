"""UCSD pedestrians (Chan et al., CVPR 2008): ten clips of 200 frames of one walkway, with points and a region.

Clips 003 to 006 are for training, 000 to 002 and 007 to 009 for the test; of the training frames one block without
gaps is kept back. Points and region were made at 238×158 and are scaled to the pictures. The publisher's perspective
map holds relative weights without a metre to them, so records have no perspective.

Two layouts are read: the publisher's, with `vidf1_33_003.y/vidf1_33_003_f001.png` and the labels in a folder beside,
and the usual repack, with `train_data` and `test_data`, each with `images/IMG_1.jpg`, … through all its clips in order
and `ground_truth`.
"""

import re
from collections.abc import Mapping
from functools import cache, partial
from pathlib import Path

import numpy as np

from throng.core.points import FloatArray, Mask
from throng.train.datasets.layout import Layout, Part, Sample, Size, pictures_in
from throng.train.datasets.matlab import MatlabValue, load_matlab, points_from_one
from throng.train.datasets.region import mask_at
from throng.train.datasets.split import split_block
from throng.train.errors import DatasetError
from throng.train.record import Skipped

LABELLED_ON = (238, 158)
"""Size of the pictures that points and region were made on."""

TRAIN_CLIPS = ("003", "004", "005", "006")

_LABELS = "vidf1_33_*_frame_full.mat"
_ROI = "vidf1_33_roi_mainwalkway.mat"
_LAST_NUMBER = re.compile(r"(\d+)$")
_DEPTHS = ("", "*/", "*/*/")
_REPACKED = {"train": "train_data", "test": "test_data"}

_Clips = Mapping[Path, Mapping[int, Path]]
"""Pictures by frame number, from 1, for each label file."""


def _fits(root: Path) -> bool:
    return bool(_labels(root))


def _parts(root: Path) -> Mapping[str, Part]:
    repacked = any((root / name).is_dir() for name in _REPACKED.values())
    clips: Mapping[str, _Clips] = (
        {part: _repacked_clips(root / name) for part, name in _REPACKED.items()} if repacked else _published_clips(root)
    )
    return {part: _part(of_part) for part, of_part in clips.items() if of_part}


def _labels(root: Path) -> list[Path]:
    return sorted((path for depth in _DEPTHS for path in root.glob(depth + _LABELS)), key=lambda path: path.name)


def _repacked_clips(folder: Path) -> _Clips:
    """Share the pictures out among the label files, which follow each other in the order of their numbers."""
    pictures = sorted(pictures_in(folder / "images"), key=_frame_number)
    clips: dict[Path, dict[int, Path]] = {}
    first = 0
    for label in _labels(folder):
        last = first + load_matlab(label, "frame")["frame"].size
        clips[label] = dict(enumerate(pictures[first:last], start=1))
        first = last
    if clips and first != len(pictures):
        raise DatasetError(
            f"{folder / 'images'}: expected {first} pictures, one for each frame of the {len(clips)} label files, "
            f"found {len(pictures)}; which picture is which frame cannot be told"
        )
    return clips


def _published_clips(root: Path) -> Mapping[str, _Clips]:
    folders = {path.stem: path for depth in _DEPTHS for path in root.glob(depth + "vidf1_33_*.y")}
    clips: dict[str, dict[Path, dict[int, Path]]] = {"train": {}, "test": {}}
    for label in _labels(root):
        clip = _clip(label)
        part = "train" if clip.rpartition("_")[2] in TRAIN_CLIPS else "test"
        pictures = pictures_in(folders[clip]) if clip in folders else []
        clips[part][label] = {_frame_number(path): path for path in pictures}
    return clips


def _frame_number(path: Path) -> int:
    match = _LAST_NUMBER.search(path.stem)
    return int(match[1]) if match else 0


def _clip(label: Path) -> str:
    return label.name.removesuffix("_frame_full.mat")


def _part(clips: _Clips) -> Part:
    samples: list[Sample] = []
    skipped: list[Skipped] = []
    roi = cache(partial(_region, next(iter(clips)).parent / _ROI))
    for label, pictures in clips.items():
        frames = load_matlab(label, "frame")["frame"].ravel()
        for number, image in sorted(pictures.items()):
            if 1 <= number <= len(frames):
                points = partial(_points, frames[number - 1], label, number)
                # In this order, names are in the order of time.
                samples.append(Sample(f"{_clip(label)}_f{number:03d}", image, points, roi=roi))
            else:
                skipped.append(Skipped(image, f"{image}: the picture has no labels in {label.name}"))
        lacking = [number for number in range(1, len(frames) + 1) if number not in pictures]
        skipped += [Skipped(label, f"{label}: the labels of frame {number} have no picture") for number in lacking]
    return Part(tuple(samples), tuple(skipped))


def _points(frame: MatlabValue, label: Path, number: int, size: Size) -> FloatArray:
    try:
        location = frame["loc"][0, 0]
    except (IndexError, KeyError, TypeError, ValueError):
        raise DatasetError(f"{label}: expected the points in frame{{{number}}}.loc, found none there") from None
    points = points_from_one(location, label)
    return (points + 0.5) * (np.array(size) / LABELLED_ON) - 0.5


def _region(path: Path, size: Size) -> Mask | None:
    if not path.is_file():
        return None
    try:
        mask = load_matlab(path, "roi")["roi"]["mask"][0, 0]
    except (IndexError, KeyError, TypeError, ValueError):
        raise DatasetError(f"{path}: expected the region in roi.mask, found none there") from None
    return mask_at(mask, size)


LAYOUT = Layout(
    name="ucsd",
    expected="vidf1_33_*_frame_full.mat with the pictures in vidf1_33_*.y, or train_data and test_data with images and "
    "ground_truth holding those .mat files",
    fits=_fits,
    parts=_parts,
    held_out=split_block,
)
