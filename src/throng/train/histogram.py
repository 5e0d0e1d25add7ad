"""A small histogram, drawn with OpenCV."""

import math

import cv2
import numpy as np

from throng.core.points import FloatArray, Image

Colour = tuple[int, int, int]

PAPER: Colour = (255, 255, 255)
PANEL: Colour = (246, 244, 242)
INK: Colour = (60, 50, 45)
MUTED: Colour = (130, 120, 112)

_BAR: Colour = (190, 140, 70)
_MARK: Colour = (40, 60, 200)
_GRID: Colour = (222, 218, 214)
_LEFT, _RIGHT, _HEADING, _FOOT = 56, 20, 44, 34
_BINS = 40
_LOG_FROM_RATIO = 20.0
"""Values are spread on a logarithmic axis where the largest is so many times the 10th percentile."""


def draw_text(
    image: Image, text: str, at: tuple[int, int], *, scale: float, thickness: int = 1, colour: Colour = INK
) -> None:
    """Write into the picture; `at` is the left end of the base line."""
    cv2.putText(image, text, at, cv2.FONT_HERSHEY_SIMPLEX, scale, colour, thickness, cv2.LINE_AA)


def draw_histogram(values: FloatArray, title: str, size: tuple[int, int]) -> Image:
    """Draw how often which values occur, with a mark at the median.

    The axis is logarithmic where the values are spread over more than an order of magnitude.

    Args:
        values: (N,) values ≥ 0; with none the panel says so.
        title: what they are.
        size: width and height of the drawing in pixels.

    Returns:
        (H, W, 3) BGR.
    """
    width, height = size
    panel: Image = np.full((height, width, 3), PANEL, dtype=np.uint8)
    draw_text(panel, title, (18, 28), scale=0.55)
    if not len(values):
        draw_text(panel, "none", (18, height // 2), scale=0.55, colour=MUTED)
        return panel
    axis = _axis(values)
    counts, _ = np.histogram(axis.of(values), bins=_BINS, range=(0, 1))
    _bars(panel, counts / counts.max())
    for tick in axis.ticks():
        _label(panel, axis.of(np.array([tick]))[0], f"{tick:,g}")
    draw_text(panel, f"{counts.max():,}", (8, _HEADING + 12), scale=0.4, colour=MUTED)
    median = float(np.median(values))
    x = _x(panel, axis.of(np.array([median]))[0])
    cv2.line(panel, (x, _HEADING - 6), (x, height - _FOOT), _MARK, 1, cv2.LINE_AA)
    text = f"median {median:,.0f}" if median >= 10 else f"median {median:.1f}"
    draw_text(panel, text, (min(x + 6, width - 130), _HEADING + 4), scale=0.45, colour=_MARK)
    return panel


class _Axis:
    """Where values lie between the ends of the axis, 0 to 1."""

    def __init__(self, low: float, high: float, *, logarithmic: bool) -> None:
        self.low, self.high, self.logarithmic = low, high, logarithmic

    def of(self, values: FloatArray) -> FloatArray:
        low, high = self.low, self.high
        clipped = np.clip(values, low, high)
        if self.logarithmic:
            return np.asarray(np.log(clipped / low) / math.log(high / low))
        return np.asarray((clipped - low) / (high - low))

    def ticks(self) -> list[float]:
        """Return round values, at most ten."""
        if self.logarithmic:
            decades = range(math.floor(math.log10(self.low)), math.ceil(math.log10(self.high)) + 1)
            ticks = [step * 10.0**decade for decade in decades for step in (1, 2, 5)]
        else:
            step = _round_step((self.high - self.low) / 8)
            ticks = [step * i for i in range(math.ceil(self.low / step), math.floor(self.high / step) + 1)]
        return [tick for tick in ticks if self.low <= tick <= self.high]


def _axis(values: FloatArray) -> _Axis:
    high = max(float(values.max()), 1.0)
    tenth = float(np.percentile(values, 10))
    if tenth > 0 and high / tenth > _LOG_FROM_RATIO:
        # From the first percentile: a single mistake in the labels must not stretch the axis.
        low = max(float(np.percentile(values, 1)), high / 1e4)
        return _Axis(low, high, logarithmic=True)
    return _Axis(0.0, high, logarithmic=False)


def _round_step(step: float) -> float:
    decade = 10.0 ** math.floor(math.log10(step))
    return next(nice * decade for nice in (1, 2, 5, 10) if nice * decade >= step * (1 - 1e-9))


def _x(panel: Image, place: float) -> int:
    return round(_LEFT + place * (panel.shape[1] - _LEFT - _RIGHT))


def _bars(panel: Image, heights: FloatArray) -> None:
    base, top = panel.shape[0] - _FOOT, _HEADING + 8
    cv2.line(panel, (_LEFT, base), (panel.shape[1] - _RIGHT, base), _GRID, 1)
    for i, share in enumerate(heights.tolist()):
        if share > 0:
            left, right = _x(panel, i / len(heights)), _x(panel, (i + 1) / len(heights))
            y = min(base - 1, round(base - share * (base - top)))
            cv2.rectangle(panel, (left + 1, y), (right - 1, base - 1), _BAR, -1)


def _label(panel: Image, place: float, text: str) -> None:
    x, base = _x(panel, place), panel.shape[0] - _FOOT
    cv2.line(panel, (x, base), (x, base + 4), MUTED, 1)
    (taken, _), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, 0.42, 1)
    draw_text(panel, text, (x - taken // 2, base + 20), scale=0.42, colour=MUTED)
