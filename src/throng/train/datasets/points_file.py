"""One's own pictures with one table of points, `points.csv` or `points.json`.

Points are pixels from 0: (0, 0) is the centre of the top left pixel. Pictures are named by their path below the folder
or its folder `images`. A split, where given, is train, val or test.

`points.csv`, a line for each head; a picture without people has one line with x and y empty::

    image,x,y,split
    gate.jpg,310.5,220,train
    empty.jpg,,,train

`points.json`::

    {"images": [{"image": "gate.jpg", "points": [[310.5, 220]], "split": "train"}]}
"""

import csv
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from throng.core.points import FloatArray
from throng.train.datasets.layout import Layout, Part
from throng.train.datasets.own_pictures import Labelled, parts_of
from throng.train.datasets.text import JsonValue, read_json, read_text
from throng.train.errors import DatasetError
from throng.train.record import Skipped

CSV_FILE, JSON_FILE = "points.csv", "points.json"

_COLUMNS = ("image", "x", "y")


def _fits(root: Path) -> bool:
    return (root / CSV_FILE).is_file() or (root / JSON_FILE).is_file()


def _parts(root: Path) -> Mapping[str, Part]:
    both = [root / name for name in (CSV_FILE, JSON_FILE) if (root / name).is_file()]
    if len(both) > 1:
        raise DatasetError(f"{root}: expected one table of points, found both {CSV_FILE} and {JSON_FILE}; remove one")
    labels, skipped = _from_csv(both[0]) if both[0].name == CSV_FILE else _from_json(both[0])
    return parts_of(root, labels, skipped)


def _from_csv(path: Path) -> tuple[list[Labelled], list[Skipped]]:
    rows = csv.DictReader(read_text(path).splitlines(), skipinitialspace=True)
    columns = [name.strip() for name in rows.fieldnames or ()]
    if not set(_COLUMNS) <= set(columns):
        raise DatasetError(
            f"{path}: expected the columns {', '.join(_COLUMNS)} and, if wanted, split in the first line, found "
            f"{', '.join(columns) or 'nothing'}"
        )
    rows.fieldnames = columns
    points: dict[str, list[tuple[float, float]]] = {}
    splits: dict[str, str] = {}
    broken: dict[str, Skipped] = {}
    for row in rows:
        image = row["image"] or ""
        heads = points.setdefault(image, [])
        split = splits.setdefault(image, row.get("split") or "")
        where = f"{path}, line {rows.line_num}"
        try:
            heads += _head(row["x"] or "", row["y"] or "", where)
            if (row.get("split") or "") != split:
                raise DatasetError(f"{where}: {image} is in the split {split!r} and in {row.get('split')!r}")
        except DatasetError as error:
            broken.setdefault(image, Skipped(path, str(error)))
    whole = [
        Labelled(image, _array(heads), splits[image], f"{path}, {image}")
        for image, heads in points.items()
        if image not in broken
    ]
    return whole, list(broken.values())


def _head(x: str, y: str, where: str) -> list[tuple[float, float]]:
    if not x.strip() and not y.strip():
        return []
    try:
        return [(float(x), float(y))]
    except ValueError:
        raise DatasetError(f"{where}: expected x and y as numbers, found {x!r} and {y!r}") from None


def _from_json(path: Path) -> tuple[list[Labelled], list[Skipped]]:
    content = read_json(path)
    images = content.get("images") if isinstance(content, dict) else None
    if not isinstance(images, list):
        raise DatasetError(f"{path}: expected an object with the list 'images', found none")
    labels, skipped = [], []
    for number, entry in enumerate(images, start=1):
        try:
            labels.append(_labelled(entry, f"{path}, image {number}"))
        except DatasetError as error:
            skipped.append(Skipped(path, str(error)))
    return labels, skipped


def _labelled(entry: JsonValue, where: str) -> Labelled:
    if not isinstance(entry, dict) or not isinstance(entry.get("image"), str):
        raise DatasetError(f"{where}: expected an object with 'image' and 'points', found something else")
    image, points, split = entry["image"], entry.get("points"), entry.get("split", "")
    if not isinstance(points, list) or not isinstance(split, str):
        raise DatasetError(f"{where}, {image}: expected 'points' as a list and 'split' as text, found something else")
    try:
        return Labelled(str(image), _array(points), split, f"{where}, {image}")
    except (TypeError, ValueError):
        raise DatasetError(f"{where}, {image}: expected pairs [x, y] of numbers, found something else") from None


def _array(points: list[JsonValue] | list[tuple[float, float]]) -> FloatArray:
    return np.array(points, dtype=np.float64).reshape(len(points), 2)


LAYOUT = Layout(
    name="points",
    expected=f"{CSV_FILE} with the columns {', '.join(_COLUMNS)}, or {JSON_FILE}, and the pictures beside it or in "
    "images",
    fits=_fits,
    parts=_parts,
)
