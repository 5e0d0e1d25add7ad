"""CrowdHuman (Shao et al., 2018): `annotation_train.odgt`, `annotation_val.odgt` and `Images`.

A line of an .odgt file is a picture as JSON. The centre of a head's box is its point. Boxes tagged `mask`, and persons
to be ignored, stand for crowds and likenesses that are not labelled one by one: they lie outside the region. The test
pictures have no published labels.
"""

from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path

import numpy as np

from throng.core.points import FloatArray, Mask
from throng.train.datasets.layout import Layout, Part, Sample, Size, pictures_in
from throng.train.datasets.region import outside_boxes
from throng.train.datasets.text import JsonValue, parse_json, read_text
from throng.train.errors import DatasetError
from throng.train.record import Skipped

Box = tuple[float, float, float, float]

_PARTS = ("train", "val")
_FOLDERS = ("Images", "images")


def _index(root: Path, part: str) -> Path:
    return root / f"annotation_{part}.odgt"


def _fits(root: Path) -> bool:
    return any(_index(root, part).is_file() for part in _PARTS)


def _parts(root: Path) -> Mapping[str, Part]:
    folder = next((root / name for name in _FOLDERS if (root / name).is_dir()), None)
    if folder is None:
        raise DatasetError(f"{root}: expected the folder Images beside the .odgt files, found none")
    images = {path.stem: path for path in pictures_in(folder)}
    parts = {part: _part(_index(root, part), images) for part in _PARTS if _index(root, part).is_file()}
    if len(parts) == len(_PARTS):
        parts["train"] = _with_strangers(parts, images)
    return parts


def _part(index: Path, images: Mapping[str, Path]) -> Part:
    samples, skipped = [], []
    for number, line in enumerate(read_text(index).splitlines(), start=1):
        where = f"{index}, line {number}"
        try:
            name, boxes = _line(line, where)
            if name not in images:
                raise DatasetError(f"{where}: the labels have no picture Images/{name}.jpg")
        except DatasetError as error:
            skipped.append(Skipped(index, str(error)))
        else:
            points, region = partial(_points, boxes, where), partial(_region, boxes, where)
            samples.append(Sample(name, images[name], points, roi=region))
    return Part(tuple(samples), tuple(skipped))


def _with_strangers(parts: Mapping[str, Part], images: Mapping[str, Path]) -> Part:
    """Report, with the training pictures, the pictures that no file labels."""
    known = {sample.image for part in parts.values() for sample in part.samples}
    strangers = [Skipped(path, f"{path}: the picture has no labels") for path in images.values() if path not in known]
    return Part(parts["train"].samples, (*parts["train"].skipped, *strangers))


def _line(line: str, where: str) -> tuple[str, list[JsonValue]]:
    content = parse_json(line, where)
    if isinstance(content, dict):
        name, boxes = content.get("ID"), content.get("gtboxes")
        if isinstance(name, str) and isinstance(boxes, list):
            return name, boxes
    raise DatasetError(f"{where}: expected a picture with ID and gtboxes, found something else")


def _points(boxes: list[JsonValue], where: str, _size: Size) -> FloatArray:
    list(_ignored(boxes, where))  # boxes that are broken must show here, not in the middle of a training
    heads = [
        _box(entry, "hbox", where)
        for entry in _objects(boxes, where)
        if not _is_ignored(entry) and not _flag(entry, "head_attr", "ignore")
    ]
    return np.array([(x + (w - 1) / 2, y + (h - 1) / 2) for x, y, w, h in heads]).reshape(-1, 2)


def _region(boxes: list[JsonValue], where: str, size: Size) -> Mask | None:
    ignored = list(_ignored(boxes, where))
    return outside_boxes(ignored, size) if ignored else None


def _ignored(boxes: list[JsonValue], where: str) -> Iterator[Box]:
    return (_box(entry, "fbox", where) for entry in _objects(boxes, where) if _is_ignored(entry))


def _objects(boxes: list[JsonValue], where: str) -> Iterator[dict[str, JsonValue]]:
    for entry in boxes:
        if not isinstance(entry, dict):
            raise DatasetError(f"{where}: expected gtboxes as objects, found something else")
        yield entry


def _is_ignored(entry: Mapping[str, JsonValue]) -> bool:
    return entry.get("tag") != "person" or _flag(entry, "extra", "ignore")


def _flag(entry: Mapping[str, JsonValue], group: str, name: str) -> bool:
    values = entry.get(group)
    return isinstance(values, dict) and values.get(name) == 1


def _box(entry: Mapping[str, JsonValue], name: str, where: str) -> Box:
    try:
        x, y, width, height = np.array(entry[name], dtype=np.float64).tolist()
    except (KeyError, TypeError, ValueError):
        raise DatasetError(f"{where}: expected {name} as [x, y, width, height], found none") from None
    return x, y, width, height


LAYOUT = Layout(
    name="crowdhuman",
    expected="annotation_train.odgt or annotation_val.odgt and the folder Images",
    fits=_fits,
    parts=_parts,
    no_test="its publisher keeps them; use val",
)
