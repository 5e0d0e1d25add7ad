"""A picture for the report: count and truth over time, and how often the count was wrong by how much."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from throng.core.points import FloatArray, Image
from throng.evaluation.errors import EvaluationError
from throng.evaluation.report import VideoReport

_Colour = tuple[int, int, int]

WIDTH, HEIGHT = 1400, 860
_PAPER: _Colour = (255, 255, 255)
_INK: _Colour = (60, 50, 45)
_FAINT: _Colour = (228, 224, 220)
_TRUTH: _Colour = (150, 140, 130)
_MEASURED: _Colour = (196, 98, 20)
_TICKS = 6
_LONGEST_LABEL = 56


@dataclass(frozen=True, slots=True)
class _Panel:
    """A plot area in pixels and the values at its edges."""

    left: int
    top: int
    right: int
    bottom: int
    x_range: tuple[float, float]
    y_range: tuple[float, float]

    def at(self, x: FloatArray, y: FloatArray) -> FloatArray:
        """Return pixels (N, 2) for values (N,)."""
        share_x = (x - self.x_range[0]) / (self.x_range[1] - self.x_range[0])
        share_y = (y - self.y_range[0]) / (self.y_range[1] - self.y_range[0])
        return np.column_stack(
            (self.left + share_x * (self.right - self.left), self.bottom - share_y * (self.bottom - self.top))
        )


def draw_chart(report: VideoReport) -> Image:
    """Draw the picture, (860, 1400, 3) BGR."""
    image: Image = np.full((HEIGHT, WIDTH, 3), _PAPER, dtype=np.uint8)
    clip, count = report.clip, report.count
    _text(image, f"Count against labels: {_shortened(clip.source)}", (60, 48), scale=0.9, thickness=2)
    summary = (
        f"{', '.join(clip.models)}   {clip.frames_compared} frames   MAE {count.mae:.2f}   RMSE {count.rmse:.2f}   "
        f"bias {count.bias:+.2f}   of {count.mean_truth:.2f} people on average"
    )
    _text(image, summary, (60, 82), scale=0.6)
    _draw_counts(image, report)
    _draw_errors(image, report)
    return image


def check_chart_name(path: Path) -> None:
    """Refuse a name that says no picture format, before a long comparison begins.

    Raises:
        EvaluationError: the name ends in something else than .png or .jpg.
    """
    if path.suffix.lower() not in {".png", ".jpg", ".jpeg"}:
        raise EvaluationError(f"{path}: the picture of the report must end in .png or .jpg")


def write_chart(report: VideoReport, path: Path) -> None:
    """Write the picture as PNG or JPEG, after the ending of the name.

    Raises:
        EvaluationError: the name ends in something else, or the file cannot be written.
    """
    check_chart_name(path)
    _, encoded = cv2.imencode(path.suffix, draw_chart(report))
    try:
        path.write_bytes(encoded.tobytes())
    except OSError as error:
        raise EvaluationError(f"{path}: the picture of the report cannot be written: {error.strerror}") from None


def _draw_counts(image: Image, report: VideoReport) -> None:
    series = report.series
    most = float(max(series.measured.max(), series.truth.max(), 1))
    start, end = float(series.times_s[0]), float(series.times_s[-1])
    panel = _Panel(90, 150, WIDTH - 50, 520, (start, max(end, start + 1)), (0, most * 1.08))
    _axes(image, panel, _nice_ticks(0, most), _nice_ticks(*panel.x_range), "people in the picture", "stream time in s")
    _line(image, panel, series.times_s, series.truth, _TRUTH, 4)
    _line(image, panel, series.times_s, series.measured, _MEASURED, 2)
    for i, (name, colour) in enumerate((("labels", _TRUTH), ("measured", _MEASURED))):
        x = WIDTH - 330 + 150 * i
        cv2.line(image, (x, 122), (x + 34, 122), colour, 4, cv2.LINE_AA)
        _text(image, name, (x + 44, 128), scale=0.55)


def _draw_errors(image: Image, report: VideoReport) -> None:
    errors = np.round(report.series.measured - report.series.truth).astype(np.int64)
    values, frames = np.unique(errors, return_counts=True)
    share = frames / len(errors)
    low, high = min(int(values[0]), -3) - 0.5, max(int(values[-1]), 3) + 0.5
    panel = _Panel(90, 610, WIDTH - 50, HEIGHT - 70, (low, high), (0, float(share.max()) * 1.15))
    step = max(1, int(np.ceil((high - low) / 25)))
    ticks = [float(v) for v in range(int(np.ceil(low)), int(np.floor(high)) + 1) if v % step == 0]
    percents = _nice_ticks(0, 100 * panel.y_range[1])
    _axes(
        image,
        panel,
        [p / 100 for p in percents],
        ticks,
        "share of frames in %",
        "measured - labels, people",
        y_unit=100,
    )
    for value, part in zip(values, share, strict=True):
        corners = panel.at(np.array([value - 0.4, value + 0.4]), np.array([part, 0.0])).round().astype(int)
        colour = _MEASURED if value else _TRUTH
        cv2.rectangle(image, tuple(corners[0].tolist()), tuple(corners[1].tolist()), colour, cv2.FILLED)
        written = f"{100 * part:.0f} %" if part >= 0.01 else "< 1 %"
        _text(image, written, (int(corners[:, 0].mean()) - 20, int(corners[0, 1]) - 8), scale=0.5)


def _axes(
    image: Image,
    panel: _Panel,
    y_ticks: Sequence[float],
    x_ticks: Sequence[float],
    y_title: str,
    x_title: str,
    *,
    y_unit: float = 1,
) -> None:
    for y in y_ticks:
        row = int(panel.at(np.array([panel.x_range[0]]), np.array([y]))[0, 1].round())
        cv2.line(image, (panel.left, row), (panel.right, row), _FAINT, 1)
        _text(image, f"{y * y_unit:g}", (panel.left - 46, row + 6), scale=0.5)
    for x in x_ticks:
        column = int(panel.at(np.array([x]), np.array([0.0]))[0, 0].round())
        cv2.line(image, (column, panel.bottom), (column, panel.bottom + 6), _INK, 1)
        _text(image, f"{x:g}", (column - 10, panel.bottom + 26), scale=0.5)
    cv2.line(image, (panel.left, panel.bottom), (panel.right, panel.bottom), _INK, 1)
    _text(image, y_title, (panel.left - 30, panel.top - 22), scale=0.55)
    _text(image, x_title, ((panel.left + panel.right) // 2 - 90, panel.bottom + 52), scale=0.55)


def _shortened(label: str) -> str:
    """Keep the end of a long path: it tells clips apart."""
    return label if len(label) <= _LONGEST_LABEL else "..." + label[-_LONGEST_LABEL:]


def _nice_ticks(low: float, high: float) -> list[float]:
    """At most about six round numbers from low to high."""
    raw = max(high - low, 1e-9) / _TICKS
    power = 10.0 ** np.floor(np.log10(raw))
    step = next(float(m * power) for m in (1, 2, 5, 10) if m * power >= raw)
    return [round(v, 9) for v in np.arange(np.ceil(low / step), np.floor(high / step) + 1) * step]


def _line(image: Image, panel: _Panel, x: FloatArray, y: FloatArray, colour: _Colour, thickness: int) -> None:
    """Steps, since people come in whole numbers."""
    corners = panel.at(np.repeat(x, 2)[1:], np.repeat(y, 2)[:-1]).round().astype(np.int32)
    cv2.polylines(image, [corners.reshape(-1, 1, 2)], isClosed=False, color=colour, thickness=thickness)


def _text(image: Image, text: str, at: tuple[int, int], *, scale: float, thickness: int = 1) -> None:
    cv2.putText(image, text, at, cv2.FONT_HERSHEY_SIMPLEX, scale, _INK, thickness, cv2.LINE_AA)
