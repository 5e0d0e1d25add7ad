"""ShanghaiTech part A or B (Zhang et al., CVPR 2016): `images/IMG_n.jpg` and `ground-truth/GT_IMG_n.mat`."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path

from throng.core.points import FloatArray
from throng.train.datasets.layout import Layout, Part, Sample, Size, paired, pictures_in
from throng.train.datasets.matlab import load_matlab, points_from_one
from throng.train.errors import DatasetError

_PARTS = {"train": "train_data", "test": "test_data"}
_PREFIXES = {"train": "", "test": "test/"}
"""Of the names: the publisher numbers both parts from 1."""
_LABEL_FOLDERS = ("ground-truth", "ground_truth")
_LABEL_PREFIX = "GT_"


def _label_folder(folder: Path) -> Path | None:
    return next((folder / name for name in _LABEL_FOLDERS if (folder / name).is_dir()), None)


def _fits(root: Path) -> bool:
    folders = [root / name for name in _PARTS.values() if (root / name / "images").is_dir()]
    labels = [_label_folder(folder) for folder in folders]
    # UCSD is often repacked into the same folders; its labels are per clip.
    return any(labels) and not any(folder and next(folder.glob("vidf*.mat"), None) for folder in labels)


def _parts(root: Path) -> Mapping[str, Part]:
    return {part: _part(root / name, _PREFIXES[part]) for part, name in _PARTS.items() if (root / name).is_dir()}


def _part(folder: Path, prefix: str) -> Part:
    labels = _label_folder(folder)
    if labels is None:
        raise DatasetError(f"{folder}: expected the folder {' or '.join(_LABEL_FOLDERS)} beside images, found none")
    pairs, skipped = paired(
        pictures_in(folder / "images"),
        labels.glob(f"{_LABEL_PREFIX}*.mat"),
        key=lambda path: path.stem.removeprefix(_LABEL_PREFIX),
    )
    return Part(tuple(Sample(prefix + image.stem, image, partial(_points, label)) for image, label in pairs), skipped)


def _points(label: Path, _size: Size) -> FloatArray:
    info = load_matlab(label, "image_info")["image_info"]
    try:
        location = info[0, 0]["location"][0, 0]
    except (IndexError, KeyError, TypeError, ValueError):
        raise DatasetError(f"{label}: expected the points in image_info.location, found none there") from None
    return points_from_one(location, label)


def _hint(root: Path) -> str:
    inside = sorted(path for path in root.iterdir() if path.is_dir() and _fits(path))
    if inside:
        return f"choose one of its parts: {', '.join(map(str, inside))}"
    if (root / "images").is_dir() and _label_folder(root):
        return f"choose the folder above: {root.resolve().parent}"
    return ""


LAYOUT = Layout(
    name="shanghaitech",
    expected="train_data or test_data, each with images/IMG_n.jpg and ground-truth/GT_IMG_n.mat (of one part, A or B)",
    fits=_fits,
    parts=_parts,
    hint=_hint,
)
