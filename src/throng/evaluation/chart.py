"""A picture for the report: count and truth over time, and how often the count was wrong by how much."""

from pathlib import Path

import numpy as np

from throng.core.points import FloatArray, Image
from throng.evaluation.report import VideoReport
from throng.evaluation.report_files import write_picture
from throng.vision.plot import Axis, Colour, Panel, blank, draw_axes, draw_bar, draw_key, draw_line, draw_text

WIDTH, HEIGHT = 1400, 860
_LEFT, _RIGHT = 90, 50
_TRUTH: Colour = (150, 140, 130)
_MEASURED: Colour = (196, 98, 20)
_LONGEST_LABEL = 56
_PERCENT_PX = 44
"""Room that the share above a bar needs; without it, shares would cover each other."""


def draw_chart(report: VideoReport) -> Image:
    """Draw the picture, (860, 1400, 3) BGR."""
    image = blank((WIDTH, HEIGHT))
    clip, count = report.clip, report.count
    draw_text(image, f"Count against labels: {_shortened(clip.source)}", (60, 48), scale=0.9, thickness=2)
    summary = (
        f"{', '.join(clip.models)}   {clip.frames_compared} frames   MAE {count.mae:.2f}   RMSE {count.rmse:.2f}   "
        f"bias {count.bias:+.2f}   of {count.mean_truth:.2f} people on average"
    )
    draw_text(image, summary, (60, 82), scale=0.6)
    _draw_counts(image, report)
    _draw_errors(image, report)
    return image


def write_chart(report: VideoReport, path: Path) -> None:
    """Write the picture as PNG or JPEG, after the ending of the name.

    Raises:
        EvaluationError: the name ends in something else, or the file cannot be written.
    """
    write_picture(draw_chart(report), path)


def _draw_counts(image: Image, report: VideoReport) -> None:
    series = report.series
    most = float(max(series.measured.max(), series.truth.max(), 1))
    start, end = float(series.times_s[0]), float(series.times_s[-1])
    panel = Panel(_LEFT, 150, WIDTH - _RIGHT, 520, Axis(start, max(end, start + 1)), Axis(0, most * 1.08))
    draw_axes(image, panel, x_title="stream time in s", y_title="people in the picture")
    _draw_steps(image, panel, series.times_s, series.truth, colour=_TRUTH, thickness=4)
    _draw_steps(image, panel, series.times_s, series.measured, colour=_MEASURED, thickness=2)
    for i, (name, colour) in enumerate((("labels", _TRUTH), ("measured", _MEASURED))):
        draw_key(image, name, (WIDTH - _RIGHT - 240 + 120 * i, 126), colour=colour, scale=0.55)


def _draw_errors(image: Image, report: VideoReport) -> None:
    errors = np.round(report.series.measured - report.series.truth).astype(np.int64)
    values, frames = np.unique(errors, return_counts=True)
    percents = 100 * frames / len(errors)
    apart = Axis(min(int(values[0]), -3) - 0.5, max(int(values[-1]), 3) + 0.5, whole=True)
    panel = Panel(_LEFT, 610, WIDTH - _RIGHT, HEIGHT - 70, apart, Axis(0, float(percents.max()) * 1.15))
    draw_axes(image, panel, x_title="measured - labels, people", y_title="share of frames in %")
    room_px = (panel.right - panel.left) / (apart.high - apart.low)
    for value, percent in zip(values.tolist(), percents.tolist(), strict=True):
        colour = _MEASURED if value else _TRUTH
        middle, top = draw_bar(image, panel, (value - 0.4, value + 0.4), percent, colour=colour)
        if room_px >= _PERCENT_PX:
            written = f"{percent:.0f} %" if percent >= 1 else "< 1 %"
            draw_text(image, written, (middle, top - 8), scale=0.5, align="centre")


def _draw_steps(image: Image, panel: Panel, x: FloatArray, y: FloatArray, *, colour: Colour, thickness: int) -> None:
    """Steps, since people come in whole numbers."""
    draw_line(image, panel, np.repeat(x, 2)[1:], np.repeat(y, 2)[:-1], colour=colour, thickness=thickness)


def _shortened(label: str) -> str:
    """Keep the end of a long path: it tells clips apart."""
    return label if len(label) <= _LONGEST_LABEL else "..." + label[-_LONGEST_LABEL:]
