"""Charts as pictures, for documents: values over time with their band, gaps left open, thresholds across."""

import io
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import reportlab
from PIL import Image, ImageDraw, ImageFont

from throng.report.document import Chart, Series, Threshold
from throng.vision.plot import Axis

WIDTH, HEIGHT = 1800, 760
LEFT, RIGHT, TOP, BOTTOM = 130, 40, 110, 90
FONTS = Path(reportlab.__file__).parent / "fonts"

INK, MUTED, GRID = (40, 46, 56), (110, 118, 130), (224, 228, 234)
LINES = ((18, 98, 178), (200, 92, 16), (20, 130, 110), (130, 70, 160), (110, 110, 20))
LIMIT = (190, 30, 45)
STEPS_S = (60, 300, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 172800, 604800, 2419200)
MOST_X_TICKS = 9


@dataclass(frozen=True, slots=True)
class _Frame:
    """Where times and values lie in the picture."""

    start: datetime
    end: datetime
    y: Axis

    def x(self, at: datetime) -> float:
        return LEFT + (at - self.start) / (self.end - self.start) * (WIDTH - LEFT - RIGHT)

    def row(self, value: float) -> float:
        return HEIGHT - BOTTOM - float(self.y.share(value)) * (HEIGHT - TOP - BOTTOM)


def draw_chart(chart: Chart) -> bytes:
    """Return a chart as PNG, 1800 × 760 px."""
    image = Image.new("RGB", (WIDTH, HEIGHT), "white")
    draw = ImageDraw.Draw(image, "RGBA")
    frame = _Frame(chart.start, max(chart.end, chart.start + timedelta(seconds=1)), _y_axis(chart))
    draw.text((LEFT, 18), chart.title, INK, font=_font(34, bold=True))
    _axes(draw, frame, chart.y_title)
    for index, series in enumerate(chart.series):
        _band(draw, frame, series, LINES[index % len(LINES)])
    for index, series in enumerate(chart.series):
        for run in _runs(series):
            _line(draw, frame, run, LINES[index % len(LINES)])
    for threshold in chart.thresholds:
        _threshold(draw, frame, threshold)
    _key(draw, chart.series)
    stream = io.BytesIO()
    image.save(stream, "PNG", optimize=True)
    return stream.getvalue()


def _y_axis(chart: Chart) -> Axis:
    parts = [part for s in chart.series for part in (s.values, s.high or ())]
    values = [value for part in parts for value in part if value is not None and math.isfinite(value)]
    most = max([*values, *(t.value for t in chart.thresholds), 1e-9])
    least = min([*values, 0.0])
    return Axis(least * 1.08, most * 1.08 if most > 0 else 1.0)


def _axes(draw: ImageDraw.ImageDraw, frame: _Frame, y_title: str) -> None:
    font = _font(22)
    for value in frame.y.ticks(6):
        row = frame.row(value)
        draw.line((LEFT, row, WIDTH - RIGHT, row), GRID, 2)
        draw.text((LEFT - 14, row), f"{value:g}", MUTED, font=font, anchor="rm")
    for at, label in _time_ticks(frame.start, frame.end):
        x = frame.x(at)
        draw.line((x, HEIGHT - BOTTOM, x, HEIGHT - BOTTOM + 8), MUTED, 2)
        draw.text((x, HEIGHT - BOTTOM + 16), label, MUTED, font=font, anchor="ma")
    draw.line((LEFT, HEIGHT - BOTTOM, WIDTH - RIGHT, HEIGHT - BOTTOM), MUTED, 2)
    draw.text((LEFT, TOP - 30), y_title, MUTED, font=font)


def _time_ticks(start: datetime, end: datetime) -> Iterator[tuple[datetime, str]]:
    length_s = (end - start).total_seconds()
    step_s = next((s for s in STEPS_S if length_s / s <= MOST_X_TICKS), math.ceil(length_s / MOST_X_TICKS))
    pattern = "%d %b" if step_s >= 86400 else "%d %b %H:%M" if length_s > 86400 else "%H:%M"
    midnight = start.replace(hour=0, minute=0, second=0, microsecond=0)
    at = midnight + timedelta(seconds=math.ceil((start - midnight).total_seconds() / step_s) * step_s)
    while at <= end:
        yield at, at.strftime(pattern)
        at += timedelta(seconds=step_s)


def _runs(series: Series) -> Iterator[list[tuple[datetime, float]]]:
    run: list[tuple[datetime, float]] = []
    for at, value in zip(series.at, series.values, strict=True):
        if value is None or not math.isfinite(value):
            if run:
                yield run
            run = []
        else:
            run.append((at, value))
    if run:
        yield run


def _line(draw: ImageDraw.ImageDraw, frame: _Frame, run: Sequence[tuple[datetime, float]], colour: object) -> None:
    points = [(frame.x(at), frame.row(value)) for at, value in run]
    if len(points) == 1:
        (x, y) = points[0]
        draw.ellipse((x - 4, y - 4, x + 4, y + 4), fill=colour)  # type: ignore[arg-type]
    else:
        draw.line(points, fill=colour, width=4, joint="curve")  # type: ignore[arg-type]


def _band(draw: ImageDraw.ImageDraw, frame: _Frame, series: Series, colour: tuple[int, int, int]) -> None:
    if series.low is None or series.high is None:
        return
    lower: list[tuple[float, float]] = []
    upper: list[tuple[float, float]] = []
    for at, low, high in [*zip(series.at, series.low, series.high, strict=True), (frame.end, None, None)]:
        if low is not None and high is not None:
            lower.append((frame.x(at), frame.row(low)))
            upper.append((frame.x(at), frame.row(high)))
        elif lower:
            if len(lower) > 1:
                draw.polygon([*upper, *reversed(lower)], fill=(*colour, 45))
            lower, upper = [], []


def _threshold(draw: ImageDraw.ImageDraw, frame: _Frame, threshold: Threshold) -> None:
    row = frame.row(threshold.value)
    for x in range(LEFT, WIDTH - RIGHT, 24):
        draw.line((x, row, x + 12, row), LIMIT, 3)
    draw.text((WIDTH - RIGHT, row - 6), threshold.name, LIMIT, font=_font(20), anchor="rd")


def _key(draw: ImageDraw.ImageDraw, series: Sequence[Series]) -> None:
    font, x = _font(22), float(WIDTH - RIGHT)
    for index, one in reversed(list(enumerate(series))):
        x -= draw.textlength(one.name, font=font)
        draw.text((x, TOP - 30), one.name, INK, font=font)
        draw.rectangle((x - 34, TOP - 24, x - 10, TOP - 10), fill=LINES[index % len(LINES)])
        x -= 60


def _font(size: int, *, bold: bool = False) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(FONTS / ("VeraBd.ttf" if bold else "Vera.ttf")), size)
