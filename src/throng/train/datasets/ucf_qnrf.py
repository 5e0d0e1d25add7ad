"""UCF-QNRF (Idrees et al., ECCV 2018): `Train` and `Test` with `img_0001.jpg` and `img_0001_ann.mat`."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path

from throng.core.points import FloatArray
from throng.train.datasets.layout import Layout, Part, Sample, Size, paired, pictures_in
from throng.train.datasets.matlab import load_matlab, points_from_one

_PARTS = {"train": "Train", "test": "Test"}
_PREFIXES = {"train": "", "test": "test/"}
"""Of the names: the publisher numbers both parts from 1."""
_LABEL_SUFFIX = "_ann"


def _fits(root: Path) -> bool:
    return any(next((root / name).glob(f"img_*{_LABEL_SUFFIX}.mat"), None) for name in _PARTS.values())


def _parts(root: Path) -> Mapping[str, Part]:
    return {part: _part(root / name, _PREFIXES[part]) for part, name in _PARTS.items() if (root / name).is_dir()}


def _part(folder: Path, prefix: str) -> Part:
    pairs, skipped = paired(
        pictures_in(folder),
        folder.glob(f"*{_LABEL_SUFFIX}.mat"),
        key=lambda path: path.stem.removesuffix(_LABEL_SUFFIX),
    )
    return Part(tuple(Sample(prefix + image.stem, image, partial(_points, label)) for image, label in pairs), skipped)


def _points(label: Path, _size: Size) -> FloatArray:
    return points_from_one(load_matlab(label, "annPoints")["annPoints"], label)


LAYOUT = Layout(
    name="ucf-qnrf",
    expected="Train or Test with img_0001.jpg, img_0001_ann.mat, …",
    fits=_fits,
    parts=_parts,
)
