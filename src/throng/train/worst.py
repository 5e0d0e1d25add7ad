"""A picture of the pictures that were counted worst: who is labelled, and where the counter saw people."""

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from throng.core.count_scores import people_per_pixel
from throng.core.points import Image, Mask
from throng.train.errors import TrainError
from throng.train.evaluation import CountedPicture, CountReport, picture_of

_Colour = tuple[int, int, int]

WIDTH = 1720
_COLUMNS = 2
_MARGIN, _GAP, _TOP = 28, 24, 104
_CARD = (WIDTH - 2 * _MARGIN - (_COLUMNS - 1) * _GAP) // _COLUMNS
_CAPTION = 66
_PHOTO = (_CARD // 2, 300)
_PAPER: _Colour = (255, 255, 255)
_PANEL: _Colour = (246, 244, 242)
_INK: _Colour = (60, 50, 45)
_FAINT: _Colour = (130, 120, 112)
_TOO_MANY: _Colour = (40, 60, 200)
_TOO_FEW: _Colour = (196, 98, 20)
_HEAD: _Colour = (120, 255, 160)
_SHADOW: _Colour = (30, 30, 30)
_BRIGHTEST_SHARE = 99.5
_LONGEST_NAME = 34


def draw_worst(report: CountReport) -> Image:
    """Draw the worst pictures, two beside each other, worst first.

    Each has the photograph with the labelled heads as dots on the left and the measured density on the right, and
    below it the labels' count, the measured one with its interval, and the error: red for too many, blue for too few.

    Returns:
        (H, 1720, 3) BGR.
    """
    rows = -(-len(report.worst) // _COLUMNS)
    card_height = _PHOTO[1] + _CAPTION
    sheet: Image = np.full((_TOP + rows * (card_height + _GAP) + _MARGIN - _GAP, WIDTH, 3), _PAPER, dtype=np.uint8)
    count = report.count
    title = f"{report.model} on {report.dataset}, {report.split}: the {len(report.worst)} worst of {count.samples}"
    _text(sheet, title, (_MARGIN, 46), scale=0.95, thickness=2)
    summary = f"MAE {count.mae:.2f}   RMSE {count.rmse:.2f}   bias {count.bias:+.2f}   of {count.mean_truth:.1f} people"
    _text(sheet, f"{summary} on average      left: labelled heads   right: measured density", (_MARGIN, 78), scale=0.55)
    for place, counted in enumerate(report.worst):
        row, column = divmod(place, _COLUMNS)
        x, y = _MARGIN + column * (_CARD + _GAP), _TOP + row * (card_height + _GAP)
        sheet[y : y + card_height, x : x + _CARD] = _card(counted, report, place + 1)
    return sheet


def check_picture_name(path: Path) -> None:
    """Refuse a name that says no picture format, before a long count begins.

    Raises:
        TrainError: the name ends in something else than .png or .jpg.
    """
    if path.suffix.lower() not in {".png", ".jpg", ".jpeg"}:
        raise TrainError(f"{path}: the picture of the worst must end in .png or .jpg")


def write_worst(report: CountReport, path: Path) -> None:
    """Write the picture as PNG or JPEG, after the ending of the name.

    Raises:
        TrainError: the name ends in something else, or the file cannot be written.
        DatasetError: a photograph is gone since it was counted.
    """
    check_picture_name(path)
    _, encoded = cv2.imencode(path.suffix, draw_worst(report))
    try:
        path.write_bytes(encoded.tobytes())
    except OSError as error:
        raise TrainError(f"{path}: the picture of the worst cannot be written: {error.strerror}") from None


def _card(counted: CountedPicture, report: CountReport, place: int) -> Image:
    card: Image = np.full((_PHOTO[1] + _CAPTION, _CARD, 3), _PANEL, dtype=np.uint8)
    photo = picture_of(counted.record, report.options)
    stretch = min(_PHOTO[0] / photo.shape[1], _PHOTO[1] / photo.shape[0])
    size = (max(1, round(photo.shape[1] * stretch)), max(1, round(photo.shape[0] * stretch)))
    smoothing = cv2.INTER_AREA if stretch < 1 else cv2.INTER_CUBIC
    fitted = np.asarray(cv2.resize(photo, size, interpolation=smoothing), dtype=np.uint8)
    region = counted.record.roi() if report.options.regions else None
    if region is not None:
        fitted = _outside_dimmed(fitted, region)
    top = (_PHOTO[1] - size[1]) // 2
    for half, drawn in enumerate((_with_heads(fitted, counted, stretch), _with_density(fitted, counted))):
        left = half * (_CARD // 2) + (_PHOTO[0] - size[0]) // 2
        card[top : top + size[1], left : left + size[0]] = drawn
    _caption(card, counted, place)
    return card


def _caption(card: Image, counted: CountedPicture, place: int) -> None:
    score = counted.score
    estimate, error = score.estimate, score.error
    name = score.name.encode("ascii", "replace").decode()
    _text(card, f"{place}  {name[-_LONGEST_NAME:]}", (14, _PHOTO[1] + 26), scale=0.6, thickness=2)
    share = f" ({100 * error / score.truth:+.0f} %)" if score.truth else ""
    wrong = f"{error:+.1f}{share}"
    width = cv2.getTextSize(wrong, cv2.FONT_HERSHEY_SIMPLEX, 0.75, 2)[0][0]
    colour = _TOO_MANY if error > 0 else _TOO_FEW
    _text(card, wrong, (_CARD - width - 14, _PHOTO[1] + 30), scale=0.75, thickness=2, colour=colour)
    interval = f" [{estimate.low:.0f} to {estimate.high:.0f}]" if np.isfinite(estimate.high) else ""
    told = f"labels {score.truth}   measured {estimate.value:.1f}{interval}"
    warned = "   warned" if score.warnings else ""
    _text(card, f"{told}   scale {score.scale:.2f}{warned}", (14, _PHOTO[1] + 54), scale=0.5, colour=_FAINT)


def _outside_dimmed(photo: Image, region: Mask) -> Image:
    """Show what is not compared as darker."""
    small = cv2.resize(region.astype(np.uint8), (photo.shape[1], photo.shape[0]), interpolation=cv2.INTER_NEAREST)
    return np.where(small[:, :, None] > 0, photo, photo // 3).astype(np.uint8)


def _with_heads(photo: Image, counted: CountedPicture, stretch: float) -> Image:
    drawn = photo.copy()
    for x, y in ((counted.record.points + 0.5) * stretch - 0.5).tolist():
        cv2.circle(drawn, (round(x), round(y)), 2, _SHADOW, -1, cv2.LINE_AA)
        cv2.circle(drawn, (round(x), round(y)), 1, _HEAD, -1, cv2.LINE_AA)
    return drawn


def _with_density(photo: Image, counted: CountedPicture) -> Image:
    """Lay the density in colours over a grey photograph, as opaque as it is dense."""
    people = people_per_pixel(counted.crowd.density, (photo.shape[1], photo.shape[0]))
    brightest = float(np.percentile(people, _BRIGHTEST_SHARE)) or float(people.max()) or 1.0
    strength: NDArray[np.float32] = np.sqrt(np.clip(people / brightest, 0, 1))
    colours = cv2.applyColorMap((255 * strength).astype(np.uint8), cv2.COLORMAP_INFERNO)
    grey = cv2.cvtColor(cv2.cvtColor(photo, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR) * 0.55
    opaque = 0.85 * strength[:, :, None]
    return np.asarray(grey * (1 - opaque) + colours * opaque, dtype=np.uint8)


def _text(
    image: Image, text: str, at: tuple[int, int], *, scale: float, thickness: int = 1, colour: _Colour = _INK
) -> None:
    cv2.putText(image, text, at, cv2.FONT_HERSHEY_SIMPLEX, scale, colour, thickness, cv2.LINE_AA)
