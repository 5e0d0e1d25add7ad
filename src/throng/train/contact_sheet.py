"""One picture of a dataset: samples with their points, and how many people there are and how close they stand."""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from throng.core.points import FloatArray, Image, ImagePoints
from throng.train.errors import DatasetError
from throng.train.histogram import draw_histogram
from throng.train.record import Record
from throng.train.summary import Summary, nearest_neighbours
from throng.vision.plot import MUTED, PANEL, blank, draw_text

WIDTH = 1720
SAMPLES = 12

_COLUMNS = 4
_MARGIN, _GAP, _TOP = 28, 20, 104
_CARD = (WIDTH - 2 * _MARGIN - (_COLUMNS - 1) * _GAP) // _COLUMNS
_PHOTO_HEIGHT = 300
_CAPTION = 40
_CHART_HEIGHT = 230
_HEAD = (120, 255, 160)
_SHADOW = (30, 30, 30)
_LARGE_DOT, _SMALL_DOT = 3, 1
_APART_PX = 12.0
_LONGEST_NAME = 28


def draw_contact_sheet(summary: Summary) -> Image:
    """Draw two histograms and up to twelve pictures, from the emptiest to the fullest.

    Every head is a dot; what lies outside the labelled region is dark.

    Returns:
        (H, 1720, 3) BGR.

    Raises:
        DatasetError: there is no picture to show, or one is gone since it was summed up.
    """
    chosen = chosen_samples(summary.people)
    if not len(chosen):
        raise DatasetError(f"{summary.dataset.name}: no picture of the split {summary.dataset.split!r} can be shown")
    rows = -(-len(chosen) // _COLUMNS)
    first_row = _TOP + _CHART_HEIGHT + _GAP
    height = first_row + rows * (_PHOTO_HEIGHT + _CAPTION + _GAP) + _MARGIN - _GAP
    sheet = blank((WIDTH, height))
    _title(sheet, summary)
    _charts(sheet, summary)
    for place, index in enumerate(chosen):
        row, column = divmod(place, _COLUMNS)
        x = _MARGIN + column * (_CARD + _GAP)
        y = first_row + row * (_PHOTO_HEIGHT + _CAPTION + _GAP)
        sheet[y : y + _PHOTO_HEIGHT + _CAPTION, x : x + _CARD] = _card(summary.dataset.records[index])
    return sheet


def check_sheet_name(path: Path) -> None:
    """Refuse a file that cannot be written, before the dataset is read.

    Raises:
        DatasetError: the name ends in something else than .png or .jpg, or its folder does not exist.
    """
    if path.suffix.lower() not in {".png", ".jpg", ".jpeg"}:
        raise DatasetError(f"{path}: the picture of a dataset must end in .png or .jpg")
    if not path.parent.is_dir():
        raise DatasetError(f"{path}: cannot be written: the folder {path.parent} does not exist")


def write_contact_sheet(summary: Summary, path: Path) -> None:
    """Write the contact sheet as PNG or JPEG, after the ending of the name.

    Raises:
        DatasetError: the name ends in something else, the file cannot be written, or there is no picture to show.
    """
    check_sheet_name(path)
    _, encoded = cv2.imencode(path.suffix, draw_contact_sheet(summary))
    try:
        path.write_bytes(encoded.tobytes())
    except OSError as error:
        raise DatasetError(f"{path}: the picture of the dataset cannot be written: {error.strerror}") from None


def chosen_samples(people: NDArray[np.int64]) -> NDArray[np.int64]:
    """Choose up to twelve pictures evenly from the emptiest to the fullest, as rising counts."""
    order = np.argsort(people, kind="stable")
    places = np.linspace(0, len(order) - 1, min(SAMPLES, len(order))).round().astype(np.int64)
    return np.asarray(order[places], dtype=np.int64)


def _title(sheet: Image, summary: Summary) -> None:
    people, dataset = summary.people, summary.dataset
    draw_text(sheet, f"{dataset.name}, {dataset.split}", (_MARGIN, 46), scale=0.95, thickness=2)
    told = f"{len(dataset)} pictures, {people.sum():,} people, {people.mean():.1f} on average, at most {people.max():,}"
    if dataset.skipped:
        told += f"      {len(dataset.skipped)} skipped"
    draw_text(sheet, told, (_MARGIN, 78), scale=0.55, colour=MUTED)


def _charts(sheet: Image, summary: Summary) -> None:
    width = (WIDTH - 2 * _MARGIN - _GAP) // 2
    charts: tuple[tuple[str, FloatArray], ...] = (
        ("people per picture", summary.people.astype(np.float64)),
        ("distance to the nearest other head, pixels", summary.spacing_px),
    )
    for place, (title, values) in enumerate(charts):
        x = _MARGIN + place * (width + _GAP)
        sheet[_TOP : _TOP + _CHART_HEIGHT, x : x + width] = draw_histogram(values, title, (width, _CHART_HEIGHT))


@dataclass(frozen=True, slots=True, eq=False)
class _Fitted:
    image: Image
    stretch: float


def _card(record: Record) -> Image:
    card = blank((_CARD, _PHOTO_HEIGHT + _CAPTION), PANEL)
    fitted = _fitted(record)
    height, width = fitted.image.shape[:2]
    top, left = (_PHOTO_HEIGHT - height) // 2, (_CARD - width) // 2
    card[top : top + height, left : left + width] = _with_heads(fitted, record.points)
    baseline = _PHOTO_HEIGHT + 26
    name = record.name.encode("ascii", "replace").decode()
    draw_text(card, name[-_LONGEST_NAME:], (12, baseline), scale=0.5, colour=MUTED)
    draw_text(card, f"{len(record.points):,}", (_CARD - 12, baseline), scale=0.65, thickness=2, align="right")
    return card


def _fitted(record: Record) -> _Fitted:
    photo, region = record.image(), record.roi()
    if region is not None:
        photo = np.where(region[:, :, None], photo, photo // 3).astype(np.uint8)
    stretch = min(_CARD / photo.shape[1], _PHOTO_HEIGHT / photo.shape[0])
    size = (max(1, round(photo.shape[1] * stretch)), max(1, round(photo.shape[0] * stretch)))
    smoothing = cv2.INTER_AREA if stretch < 1 else cv2.INTER_CUBIC
    return _Fitted(np.asarray(cv2.resize(photo, size, interpolation=smoothing), dtype=np.uint8), stretch)


def _with_heads(fitted: _Fitted, points: ImagePoints) -> Image:
    drawn = fitted.image.copy()
    shown = ImagePoints((points + 0.5) * fitted.stretch - 0.5)
    spacing = nearest_neighbours(shown)
    radius = _LARGE_DOT if not len(spacing) or np.median(spacing) > _APART_PX else _SMALL_DOT
    for grown, colour in ((radius + 1, _SHADOW), (radius, _HEAD)):
        for x, y in shown.tolist():
            cv2.circle(drawn, (round(x), round(y)), grown, colour, -1, cv2.LINE_AA)
    return drawn
