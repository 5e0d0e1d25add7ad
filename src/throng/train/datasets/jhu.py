"""JHU-CROWD++ (Sindagi et al., TPAMI 2020): `train`, `val` and `test`, each with `images` and `gt`.

A line of `gt/0001.txt` is a head: x and y of its centre, width and height of its box, occlusion and blur.
"""

from collections.abc import Mapping
from functools import partial
from pathlib import Path

import numpy as np

from throng.core.points import FloatArray
from throng.train.datasets.layout import Layout, Part, Sample, Size, paired, pictures_in
from throng.train.datasets.text import read_text
from throng.train.errors import DatasetError

_PARTS = ("train", "val", "test")


def _fits(root: Path) -> bool:
    return any((root / part / "images").is_dir() and (root / part / "gt").is_dir() for part in _PARTS)


def _parts(root: Path) -> Mapping[str, Part]:
    return {part: _part(root / part) for part in _PARTS if (root / part / "gt").is_dir()}


def _part(folder: Path) -> Part:
    pairs, skipped = paired(pictures_in(folder / "images"), (folder / "gt").glob("*.txt"), key=lambda path: path.stem)
    return Part(tuple(Sample(image.stem, image, partial(_points, label)) for image, label in pairs), skipped)


def _points(label: Path, _size: Size) -> FloatArray:
    rows = [(number, line.split()) for number, line in enumerate(read_text(label).splitlines(), start=1)]
    points = np.empty((0, 2))
    for number, fields in rows:
        try:
            if fields:
                points = np.vstack([points, [float(fields[0]), float(fields[1])]])
        except (IndexError, ValueError):
            raise DatasetError(
                f"{label}, line {number}: expected a head as numbers x y w h o b, found {' '.join(fields)!r}"
            ) from None
    return points


LAYOUT = Layout(
    name="jhu-crowd++",
    expected="train, val or test, each with images/0001.jpg and gt/0001.txt",
    fits=_fits,
    parts=_parts,
)
