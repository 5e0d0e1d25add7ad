"""WorldExpo'10 (Zhang et al., CVPR 2015): surveillance frames of 108 scenes, five of them for the test.

`train_frame/*.jpg` with `train_label/<scene>/<frame>.mat`, `test_frame/<scene>/*.jpg` with
`test_label/<scene>/<frame>.mat`; beside the labels of a scene its `roi.mat`, and in `train_perspective/<scene>.mat` and
`test_perspective/<scene>.mat` the pixels per metre. A block of the training frames in the order of their names, which
is that of the scenes, is kept back.
"""

from collections.abc import Callable, Mapping
from functools import cache, partial
from pathlib import Path

import numpy as np

from throng.core.points import FloatArray, Mask
from throng.train.datasets.layout import Layout, Part, Sample, Size, paired, pictures_in
from throng.train.datasets.matlab import load_matlab, points_from_one
from throng.train.datasets.region import polygons_mask
from throng.train.datasets.split import split_block
from throng.train.errors import DatasetError

_PARTS = ("train", "test")
_ROI = "roi.mat"


def _fits(root: Path) -> bool:
    return any((root / f"{part}_frame").is_dir() and (root / f"{part}_label").is_dir() for part in _PARTS)


def _parts(root: Path) -> Mapping[str, Part]:
    return {part: _part(root, part) for part in _PARTS if (root / f"{part}_frame").is_dir()}


def _part(root: Path, part: str) -> Part:
    frames = root / f"{part}_frame"
    images = pictures_in(frames)
    for scene in sorted(path for path in frames.iterdir() if path.is_dir()):
        images += pictures_in(scene)
    labels = [path for path in (root / f"{part}_label").rglob("*.mat") if path.name != _ROI]
    pairs, skipped = paired(images, labels, key=lambda path: path.stem)
    polygon, perspective = cache(_polygon), cache(_perspective)
    samples = [
        Sample(
            image.stem,
            image,
            partial(_points, label, polygon),
            roi=partial(_region, label.parent / _ROI, polygon),
            perspective=partial(perspective, root / f"{part}_perspective" / f"{label.parent.name}.mat"),
        )
        for image, label in pairs
    ]
    return Part(tuple(samples), skipped)


def _points(label: Path, polygon: Callable[[Path], FloatArray], _size: Size) -> FloatArray:
    polygon(label.parent / _ROI)  # a scene whose region is broken cannot be used, and that must show here
    return points_from_one(load_matlab(label, "point_position")["point_position"], label)


def _region(path: Path, polygon: Callable[[Path], FloatArray], size: Size) -> Mask:
    return polygons_mask([polygon(path)], size)


def _polygon(path: Path) -> FloatArray:
    names = ("maskVerticesXCoordinates", "maskVerticesYCoordinates")
    content = load_matlab(path, *names)
    try:
        x, y = (np.asarray(content[name], dtype=np.float64).ravel() for name in names)
        corners = np.stack([x, y], axis=1)
    except (TypeError, ValueError):
        raise DatasetError(f"{path}: expected as many x as y of the region's corners") from None
    if len(corners) < 3:
        raise DatasetError(f"{path}: expected a region of at least three corners, found {len(corners)}")
    return corners - 1


def _perspective(path: Path, size: Size) -> FloatArray | None:
    if not path.is_file():
        return None
    px_per_m = np.asarray(load_matlab(path, "pMap")["pMap"], dtype=np.float64)
    if px_per_m.shape != (size[1], size[0]):
        raise DatasetError(
            f"{path}: expected pixels per metre for a picture of {size[0]}×{size[1]}, found {px_per_m.shape}"
        )
    return px_per_m


LAYOUT = Layout(
    name="worldexpo10",
    expected="train_frame and train_label, or test_frame and test_label, with <scene>/<frame>.mat and <scene>/roi.mat",
    fits=_fits,
    parts=_parts,
    held_out=split_block,
)
