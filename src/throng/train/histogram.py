"""A small histogram: how often which values occur."""

import cv2
import numpy as np

from throng.core.points import FloatArray, Image
from throng.vision.plot import GRID, MUTED, PANEL, Axis, Colour, Panel, blank, draw_bar, draw_text, draw_x_axis

_BAR: Colour = (190, 140, 70)
_MARK: Colour = (40, 60, 200)
_LEFT, _RIGHT, _HEADING, _FOOT = 56, 20, 44, 34
_BINS = 40
_LOG_FROM_RATIO = 20.0
"""Values are spread on a logarithmic axis where the largest is so many times the 10th percentile."""


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
    image = blank(size, PANEL)
    draw_text(image, title, (18, 28), scale=0.55)
    if not len(values):
        draw_text(image, "none", (18, height // 2), scale=0.55, colour=MUTED)
        return image
    axis = _axis(values)
    counts, edges = np.histogram(axis.share(np.clip(values, axis.low, axis.high)), bins=_BINS, range=(0, 1))
    most = int(counts.max())
    area = (_LEFT, _HEADING + 8, width - _RIGHT, height - _FOOT)
    draw_x_axis(image, Panel(*area, axis, Axis(0, most)), scale=0.42, colour=MUTED, base=GRID)
    bins = Panel(*area, Axis(0, 1), Axis(0, most))
    for i in np.flatnonzero(counts):
        draw_bar(image, bins, (edges[i], edges[i + 1]), counts[i], colour=_BAR)
    draw_text(image, f"{most:,}", (_LEFT - 8, _HEADING + 12), scale=0.4, colour=MUTED, align="right")
    _mark_median(image, bins, float(np.median(values)), axis)
    return image


def _mark_median(image: Image, bins: Panel, median: float, axis: Axis) -> None:
    share = axis.share(np.clip(median, axis.low, axis.high))
    ((x, _),) = bins.at(share, 0).tolist()
    cv2.line(image, (x, _HEADING - 6), (x, bins.bottom), _MARK, 1, cv2.LINE_AA)
    text = f"median {median:,.0f}" if median >= 10 else f"median {median:.1f}"
    draw_text(image, text, (min(x + 6, image.shape[1] - 130), _HEADING + 4), scale=0.45, colour=_MARK)


def _axis(values: FloatArray) -> Axis:
    high = max(float(values.max()), 1.0)
    tenth = float(np.percentile(values, 10))
    if tenth > 0 and high / tenth > _LOG_FROM_RATIO:
        # From the first percentile: a single mistake in the labels must not stretch the axis.
        low = max(float(np.percentile(values, 1)), high / 1e4)
        return Axis(low, high, logarithmic=True)
    return Axis(0.0, high)
