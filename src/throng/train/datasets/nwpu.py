"""NWPU-Crowd (Wang et al., TPAMI 2021): `images`, `jsons` or `mats`, and the lists `train.txt` and `val.txt`.

The publisher keeps the labels of the test pictures, so there is no test part. A line of a list begins with the number
of a picture. `jsons` is preferred: its points are pixels from 0; those in `mats` count from 1.
"""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import numpy as np

from throng.core.points import FloatArray
from throng.train.datasets.layout import Layout, Part, Sample, Size, pictures_in
from throng.train.datasets.matlab import load_matlab, points_from_one
from throng.train.datasets.text import read_json, read_text
from throng.train.errors import DatasetError
from throng.train.record import Skipped

_PARTS = ("train", "val")
_KINDS = {"jsons": ".json", "mats": ".mat"}


def _label_kind(root: Path) -> str | None:
    return next((name for name in _KINDS if (root / name).is_dir()), None)


def _fits(root: Path) -> bool:
    lists = any((root / f"{part}.txt").is_file() for part in _PARTS)
    return lists and _label_kind(root) is not None and any(root.glob("images*/"))


def _parts(root: Path) -> Mapping[str, Part]:
    images = {path.stem: path for folder in sorted(root.glob("images*/")) for path in pictures_in(folder)}
    return {part: _part(root, part, images) for part in _PARTS if (root / f"{part}.txt").is_file()}


def _part(root: Path, part: str, images: Mapping[str, Path]) -> Part:
    kind = _label_kind(root) or "jsons"
    points: Callable[[Path, Size], FloatArray] = _points_of_json if kind == "jsons" else _points_of_mat
    samples, skipped = [], []
    for name in _listed(root / f"{part}.txt"):
        label = root / kind / (name + _KINDS[kind])
        if name not in images:
            reason = f"{label}: the labels have no picture images/{name}.jpg"
            skipped.append(Skipped(root / "images" / f"{name}.jpg", reason))
        elif not label.is_file():
            skipped.append(Skipped(images[name], f"{images[name]}: the picture has no labels {kind}/{label.name}"))
        else:
            samples.append(Sample(name, images[name], partial(points, label)))
    return Part(tuple(samples), tuple(skipped))


def _listed(path: Path) -> list[str]:
    return [line.split()[0] for line in read_text(path).splitlines() if line.strip()]


def _points_of_json(label: Path, _size: Size) -> FloatArray:
    content = read_json(label)
    points = content.get("points") if isinstance(content, dict) else None
    if not isinstance(points, list):
        raise DatasetError(f"{label}: expected an object with the list 'points', found none")
    try:
        return np.array(points, dtype=np.float64).reshape(len(points), 2)
    except (TypeError, ValueError):
        raise DatasetError(f"{label}: expected 'points' as pairs [x, y] of numbers, found something else") from None


def _points_of_mat(label: Path, _size: Size) -> FloatArray:
    return points_from_one(load_matlab(label, "annPoints")["annPoints"], label)


LAYOUT = Layout(
    name="nwpu-crowd",
    expected="the folders images and jsons (or mats) and the lists train.txt and val.txt",
    fits=_fits,
    parts=_parts,
    no_test="its publisher keeps them; use val",
)
