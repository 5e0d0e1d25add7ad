"""Mall (Chen et al., BMVC 2012): 2,000 frames of one camera, `mall_gt.mat` and `perspective_roi.mat`.

Frames 1 to 800 are for training, the others for the test; of the training frames one block without gaps is kept back.
The publisher's perspective map holds relative weights without a metre to them, so records have no perspective.
"""

import re
from collections.abc import Callable, Mapping
from functools import cache, partial
from pathlib import Path

from throng.core.points import FloatArray, Mask
from throng.train.datasets.layout import Layout, Part, Sample, Size, pictures_in
from throng.train.datasets.matlab import MatlabValue, load_matlab, points_from_one
from throng.train.datasets.region import mask_at
from throng.train.datasets.split import split_block
from throng.train.errors import DatasetError
from throng.train.record import Skipped

TRAIN_FRAMES = 800

_FRAME = re.compile(r"seq_(\d+)")


def _fits(root: Path) -> bool:
    return (root / "frames").is_dir() and (root / "mall_gt.mat").is_file()


def _parts(root: Path) -> Mapping[str, Part]:
    label = root / "mall_gt.mat"
    frames = load_matlab(label, "frame")["frame"].ravel()
    region = _region(root / "perspective_roi.mat")
    listed = pictures_in(root / "frames")
    pictures = {_number(path): path for path in listed}
    samples = {
        number: Sample(path.stem, path, partial(_points, frames[number - 1], label, number), roi=region)
        for number, path in pictures.items()
        if 1 <= number <= len(frames)
    }
    skipped = [
        Skipped(path, f"{path}: the picture has no labels: {label.name} holds frames 1 to {len(frames)}")
        for path in listed
        if _number(path) not in samples
    ]
    skipped += [
        Skipped(label, f"{label}: the labels of frame {number} have no picture frames/seq_{number:06d}.jpg")
        for number in range(1, len(frames) + 1)
        if number not in pictures
    ]
    return {
        "train": Part(tuple(sample for n, sample in samples.items() if n <= TRAIN_FRAMES), tuple(skipped)),
        "test": Part(tuple(sample for n, sample in samples.items() if n > TRAIN_FRAMES)),
    }


def _number(path: Path) -> int:
    match = _FRAME.fullmatch(path.stem)
    return int(match[1]) if match else 0


def _points(frame: MatlabValue, label: Path, number: int, _size: Size) -> FloatArray:
    try:
        location = frame["loc"][0, 0]
    except (IndexError, KeyError, TypeError, ValueError):
        raise DatasetError(f"{label}: expected the points in frame{{{number}}}.loc, found none there") from None
    return points_from_one(location, label)


def _region(path: Path) -> Callable[[Size], Mask | None]:
    if not path.is_file():
        return lambda _size: None
    try:
        mask = load_matlab(path, "roi")["roi"]["mask"][0, 0]
    except (IndexError, KeyError, TypeError, ValueError):
        raise DatasetError(f"{path}: expected the region in roi.mask, found none there") from None
    return cache(partial(mask_at, mask))


LAYOUT = Layout(
    name="mall",
    expected="the folder frames with seq_000001.jpg, …, the file mall_gt.mat and, for its region, perspective_roi.mat",
    fits=_fits,
    parts=_parts,
    held_out=split_block,
)
