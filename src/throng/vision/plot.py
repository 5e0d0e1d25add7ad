"""Plots for reports, drawn with OpenCV: axes with round numbers, lines, bars and text.

A panel is the area between its axes; what stands around it is drawn into the same picture::

    y title
    20 |-----------------
    10 |-----------------   right
       |_________________
    bottom  1    2    3
              x title
"""

import math
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from throng.core.points import FloatArray, Image

Colour = tuple[int, int, int]
"""Blue, green, red."""

PAPER: Colour = (255, 255, 255)
PANEL: Colour = (246, 244, 242)
GRID: Colour = (228, 224, 220)
INK: Colour = (60, 50, 45)
MUTED: Colour = (130, 120, 112)

_FONT = cv2.FONT_HERSHEY_SIMPLEX
_TICK_PX, _GAP_PX = 5, 8
_COLUMN_PX, _ROW_PX = 85, 36
"""Room that the number at a tick needs."""
_FEWEST_LOG_TICKS = 4


@dataclass(frozen=True, slots=True)
class Axis:
    """The values from one end of a panel to the other.

    Attributes:
        low, high: values at the ends, `low` below `high`; above 0 where logarithmic.
        logarithmic: equal steps are equal factors.
        whole: there is nothing between whole numbers, so that no tick stands there.
    """

    low: float
    high: float
    logarithmic: bool = False
    whole: bool = False

    def share(self, values: ArrayLike) -> FloatArray:
        """Return where values lie, of any shape: 0 at the low end, 1 at the high one."""
        low, high, given = self.low, self.high, np.asarray(values, dtype=np.float64)
        if self.logarithmic:
            return np.asarray(np.log(given / low) / math.log(high / low))
        return np.asarray((given - low) / (high - low))

    def ticks(self, most: int) -> list[float]:
        """Return round values from low to high.

        They are 1, 2 or 5 times a power of ten apart, and divide the axis into so many steps at most. On a logarithmic
        axis they are powers of ten instead, with 2, 5 and further values between where less than four powers fit.
        """
        if self.logarithmic:
            return self._log_ticks(most)
        raw = max((self.high - self.low) / max(most, 1), 1.0 if self.whole else 0.0)
        step = _rounded_up(raw)
        # Beyond floating point's reach of an end is not beyond the end.
        first, last = math.ceil(self.low / step - 1e-9), math.floor(self.high / step + 1e-9)
        return [float(f"{step * i:.9g}") for i in range(first, last + 1)]

    def _log_ticks(self, most: int) -> list[float]:
        decades = range(math.floor(math.log10(self.low)), math.ceil(math.log10(self.high)) + 1)
        for parts in ((1.0,), (1.0, 2.0, 5.0), (1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0)):
            ticks = [float(f"{part * 10.0**decade:.9g}") for decade in decades for part in parts]
            ticks = [tick for tick in ticks if self.low <= tick <= self.high]
            if len(ticks) >= _FEWEST_LOG_TICKS:
                return ticks
        return Axis(self.low, self.high).ticks(most)


@dataclass(frozen=True, slots=True)
class Panel:
    """A plot area.

    Attributes:
        left, top, right, bottom: pixels of the picture.
        x: values from left to right.
        y: values from bottom to top.
    """

    left: int
    top: int
    right: int
    bottom: int
    x: Axis
    y: Axis

    def at(self, x: ArrayLike, y: ArrayLike) -> NDArray[np.int32]:
        """Return the pixels (N, 2) of values (N,)."""
        columns = self.left + self.x.share(x) * (self.right - self.left)
        rows = self.bottom - self.y.share(y) * (self.bottom - self.top)
        return np.column_stack(np.broadcast_arrays(columns, rows)).round().astype(np.int32)


def blank(size: tuple[int, int], colour: Colour = PAPER) -> Image:
    """Return an empty picture (H, W, 3) of that width and height."""
    return np.full((size[1], size[0], 3), colour, dtype=np.uint8)


def draw_text(
    image: Image,
    text: str,
    at: tuple[int, int],
    *,
    scale: float,
    thickness: int = 1,
    colour: Colour = INK,
    align: Literal["left", "centre", "right"] = "left",
) -> None:
    """Write into the picture; `at` is the left end, the middle or the right end of the base line."""
    (taken, _), _ = cv2.getTextSize(text, _FONT, scale, thickness)
    left = at[0] - {"left": 0, "centre": taken // 2, "right": taken}[align]
    cv2.putText(image, text, (left, at[1]), _FONT, scale, colour, thickness, cv2.LINE_AA)


def draw_axes(image: Image, panel: Panel, *, x_title: str, y_title: str) -> None:
    """Draw the base line, numbers along both axes with faint lines across the panel, and their titles."""
    for value in panel.y.ticks((panel.bottom - panel.top) // _ROW_PX):
        row = _pixel(panel.bottom, panel.top, panel.y, value)
        cv2.line(image, (panel.left, row), (panel.right, row), GRID, 1)
        draw_text(image, _number(value), (panel.left - _GAP_PX, row + 5), scale=0.5, align="right")
    draw_x_axis(image, panel)
    draw_text(image, y_title, (panel.left, panel.top - 20), scale=0.55)
    middle = (panel.left + panel.right) // 2
    draw_text(image, x_title, (middle, panel.bottom + 50), scale=0.55, align="centre")


def draw_x_axis(image: Image, panel: Panel, *, scale: float = 0.5, colour: Colour = INK, base: Colour = INK) -> None:
    """Draw the base line with its ticks and numbers."""
    cv2.line(image, (panel.left, panel.bottom), (panel.right, panel.bottom), base, 1)
    for value in panel.x.ticks((panel.right - panel.left) // _COLUMN_PX):
        column = _pixel(panel.left, panel.right, panel.x, value)
        cv2.line(image, (column, panel.bottom), (column, panel.bottom + _TICK_PX), colour, 1)
        draw_text(image, _number(value), (column, panel.bottom + 23), scale=scale, colour=colour, align="centre")


def draw_line(
    image: Image, panel: Panel, x: FloatArray, y: FloatArray, *, colour: Colour, thickness: int = 2, dots: bool = False
) -> None:
    """Draw a line through values (N,) and (N,), with a dot on each where wanted."""
    corners = panel.at(x, y)
    cv2.polylines(image, [corners.reshape(-1, 1, 2)], False, colour, thickness, cv2.LINE_AA)
    if dots:
        for column, row in corners.tolist():
            cv2.circle(image, (column, row), thickness + 1, colour, cv2.FILLED, cv2.LINE_AA)


def draw_bar(
    image: Image, panel: Panel, ends: tuple[float, float], height: float, *, colour: Colour
) -> tuple[int, int]:
    """Draw a bar from one value of x to another, at least a pixel high.

    Returns:
        The pixel in the middle of its upper end.
    """
    (left, row), (right, _) = panel.at(ends, height).tolist()
    top = min(row, panel.bottom - 1)
    cv2.rectangle(image, (left + 1, top), (right - 1, panel.bottom - 1), colour, cv2.FILLED)
    return (left + right) // 2, top


def draw_key(image: Image, text: str, at: tuple[int, int], *, colour: Colour, scale: float = 0.5) -> None:
    """Draw what a line is called behind a piece of it; `at` is the left end of the piece."""
    x, y = at
    cv2.line(image, (x, y), (x + 26, y), colour, 3, cv2.LINE_AA)
    draw_text(image, text, (x + 34, y + 5), scale=scale)


def _pixel(start: int, end: int, axis: Axis, value: float) -> int:
    return round(start + float(axis.share(value)) * (end - start))


def _rounded_up(step: float) -> float:
    decade = 10.0 ** math.floor(math.log10(step))
    return next(nice * decade for nice in (1, 2, 5, 10, 20) if nice * decade >= step * (1 - 1e-9))


def _number(value: float) -> str:
    return f"{value:,.9g}"
