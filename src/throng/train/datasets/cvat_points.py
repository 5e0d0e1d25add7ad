"""CVAT's export "CVAT for images 1.1": `annotations.xml` and `images`.

Every point of every `<points>` shape is a head, whatever its label. Polygons labelled `roi` are the region in which
people are labelled; without them it is the whole picture. CVAT counts from the corner of the top left pixel. A picture
exported with a subset named train, val or test belongs to that part.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from xml.etree.ElementTree import Element, ParseError

import numpy as np
from defusedxml import DefusedXmlException, ElementTree

from throng.core.points import FloatArray
from throng.train.datasets.layout import Layout, Part
from throng.train.datasets.own_pictures import Labelled, parts_of
from throng.train.errors import DatasetError
from throng.train.record import Skipped

FILE = "annotations.xml"

_REGION_LABEL = "roi"


def _parts(root: Path) -> Mapping[str, Part]:
    path = root / FILE
    labels, skipped = [], []
    for image in _images(path):
        try:
            labels.append(_labelled(image, path))
        except DatasetError as error:
            skipped.append(Skipped(path, str(error)))
    return parts_of(root, labels, skipped)


def _images(path: Path) -> list[Element]:
    try:
        top = ElementTree.parse(path).getroot()
    except (ParseError, DefusedXmlException, ValueError) as error:
        raise DatasetError(f"{path}: expected XML, but it is broken ({error})") from None
    except OSError as error:
        raise DatasetError(f"{path}: the labels cannot be read: {error.strerror}") from None
    tag = "nothing" if top is None else top.tag
    if top is None or tag != "annotations" or top.find("track") is not None:
        found = "tracks of a video" if tag == "annotations" else repr(tag)
        raise DatasetError(
            f"{path}: expected the format 'CVAT for images 1.1', found {found}; export the task in that format"
        )
    return top.findall("image")


def _labelled(image: Element, path: Path) -> Labelled:
    name = image.get("name", "")
    where = f"{path}, image {name!r}"
    try:
        width, height = image.get("width"), image.get("height")
        return Labelled(
            name,
            _corners(image.iterfind("points")),
            image.get("subset", "").lower().replace("default", ""),
            where,
            tuple(_corners([shape]) for shape in image.iterfind("polygon") if shape.get("label") == _REGION_LABEL),
            None if width is None or height is None else (int(width), int(height)),
        )
    except ValueError:
        raise DatasetError(f"{where}: expected points as 'x,y;x,y', found something else") from None


def _corners(shapes: Iterable[Element]) -> FloatArray:
    pairs = [pair.split(",") for shape in shapes for pair in shape.get("points", "").split(";")]
    return np.array([(float(x), float(y)) for x, y in pairs]).reshape(-1, 2) - 0.5


LAYOUT = Layout(
    name="cvat",
    expected=f"{FILE} (CVAT for images 1.1) and the pictures beside it or in images",
    fits=lambda root: (root / FILE).is_file(),
    parts=_parts,
)
