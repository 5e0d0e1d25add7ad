"""What the pictures are drawn with: pages of 1200 pixels width, drawn at twice the size and made smaller at the end.

All positions and sizes are pixels of the finished page; a panel maps values, or metres on the ground, onto them.
"""

from itertools import pairwise
from pathlib import Path
from typing import Literal

import cv2
import numpy as np
from benchmarks.crowd_pictures.png import palette_png
from numpy.typing import ArrayLike

from throng.core.points import FloatArray, Image
from throng.vision.plot import Axis, Colour, Panel, blank, draw_text

WIDTH = 1200
PAPER: Colour = (247, 249, 250)
FLOOR: Colour = (255, 255, 255)
FRAME: Colour = (200, 196, 192)
GRID: Colour = (232, 229, 226)
INK: Colour = (58, 48, 42)
MUTED: Colour = (118, 108, 100)
BLUE: Colour = (168, 96, 22)
SKY: Colour = (232, 190, 140)
ORANGE: Colour = (22, 118, 226)
RED: Colour = (24, 24, 150)

HEAT = ((255, 255, 255), (196, 226, 252), (120, 184, 250), (42, 124, 234), (24, 50, 178), (18, 12, 92))
"""From nothing to the most, blue, green, red."""
TWO_WAYS = (
    (24, 24, 150),
    (40, 120, 236),
    (170, 210, 250),
    (255, 255, 255),
    (236, 200, 160),
    (200, 130, 50),
    (130, 66, 12),
)
"""From the lowest, dark red, to the highest, dark blue."""

_TWICE = 2
_CAPITAL_PX = 21.0
"""Height of a capital letter of the font at scale 1."""
_FONT = cv2.FONT_HERSHEY_SIMPLEX


def page(height: int) -> Image:
    """Return an empty page."""
    return blank((_TWICE * WIDTH, _TWICE * height), PAPER)


def write(image: Image, path: Path) -> None:
    """Frame a page, bring it to its size and write it as PNG."""
    cv2.rectangle(image, (0, 0), (image.shape[1] - 1, image.shape[0] - 1), FRAME, 2 * _TWICE)
    size = (image.shape[1] // _TWICE, image.shape[0] // _TWICE)
    path.write_bytes(palette_png(np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)))


def text(
    image: Image,
    words: str,
    at: tuple[float, float],
    *,
    size: float = 12.5,
    colour: Colour = INK,
    align: Literal["left", "centre", "right"] = "left",
    bold: bool = False,
) -> None:
    """Write words with capitals of that height; a digit behind ^ is raised."""
    scale, thickness = _TWICE * size / _CAPITAL_PX, 4 if bold else 3
    pieces = [piece for part in words.split("^") for piece in (part[:1], part[1:])]
    pieces = [pieces[0] + pieces[1], *pieces[2:]]
    widths = [_width(piece, scale * (0.68 if i % 2 else 1.0), thickness) for i, piece in enumerate(pieces)]
    left = _TWICE * at[0] - {"left": 0.0, "centre": sum(widths) / 2, "right": float(sum(widths))}[align]
    for i, (piece, width) in enumerate(zip(pieces, widths, strict=True)):
        raised = i % 2
        row = _TWICE * (at[1] - 0.55 * size * raised)
        shrunk = scale * (0.68 if raised else 1.0)
        draw_text(image, piece, (round(left), round(row)), scale=shrunk, thickness=thickness, colour=colour)
        left += width


def chart(box: tuple[float, float, float, float], x: Axis, y: Axis) -> Panel:
    """Return a panel from (left, top, right, bottom)."""
    left, top, right, bottom = (round(_TWICE * side) for side in box)
    return Panel(left, top, right, bottom, x, y)


def ground(at: tuple[float, float], width: float, extent_m: tuple[float, float, float, float]) -> Panel:
    """Return a panel for ground from (x0, y0) to (x1, y1) with its upper left corner at a place."""
    x0, y0, x1, y1 = extent_m
    height = width * (y1 - y0) / (x1 - x0)
    return chart((*at, at[0] + width, at[1] + height), Axis(x0, x1), Axis(y0, y1))


def floor(image: Image, panel: Panel, colour: Colour = FLOOR) -> None:
    """Fill a panel."""
    cv2.rectangle(image, (panel.left, panel.top), (panel.right, panel.bottom), colour, cv2.FILLED)


def frame(image: Image, panel: Panel, colour: Colour = FRAME, width: float = 1) -> None:
    """Draw the outline of a panel."""
    corners = (panel.left, panel.top), (panel.right, panel.bottom)
    cv2.rectangle(image, *corners, colour, round(_TWICE * width), cv2.LINE_AA)


def axes(image: Image, panel: Panel, *, x_title: str, y_title: str, steps: tuple[int, int] = (6, 5)) -> None:
    """Fill a panel and draw its numbers, faint lines and titles: y above, x below."""
    floor(image, panel)
    for value in panel.y.ticks(steps[1]):
        row = int(panel.at(panel.x.low, value)[0, 1])
        cv2.line(image, (panel.left, row), (panel.right, row), GRID, _TWICE)
        text(image, f"{value:g}", (panel.left / 2 - 9, row / 2 + 6), colour=MUTED, align="right")
    for value in panel.x.ticks(steps[0]):
        column = int(panel.at(value, panel.y.low)[0, 0])
        cv2.line(image, (column, panel.bottom), (column, panel.bottom + 10), INK, _TWICE)
        text(image, f"{value:g}", (column / 2, panel.bottom / 2 + 23), colour=MUTED, align="centre")
    axes_line(image, panel)
    text(image, y_title, (panel.left / 2 - 24, panel.top / 2 - 20))
    text(image, x_title, (panel.right / 2, panel.bottom / 2 + 46), align="right")


def axes_line(image: Image, panel: Panel) -> None:
    """Draw the base line again, over what was filled."""
    cv2.line(image, (panel.left, panel.bottom), (panel.right, panel.bottom), INK, _TWICE)


def place(panel: Panel, x: float, y: float) -> tuple[float, float]:
    """Return where a value lies on the finished page, to write beside it."""
    column, row = panel.at(x, y)[0].tolist()
    return column / _TWICE, row / _TWICE


def curve(
    image: Image, panel: Panel, x: ArrayLike, y: ArrayLike, *, colour: Colour, width: float = 2.5, closed: bool = False
) -> None:
    """Draw a line through values; pieces that are NaN are left out."""
    xs, ys = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    known = np.isfinite(xs) & np.isfinite(ys)
    for run in np.split(np.arange(len(xs)), np.flatnonzero(~known)):
        kept = run[known[run]]
        if len(kept) > 1:
            cv2.polylines(image, [panel.at(xs[kept], ys[kept])], closed, colour, round(_TWICE * width), cv2.LINE_AA)


def dashes(
    image: Image, panel: Panel, start: tuple[float, float], end: tuple[float, float], *, colour: Colour = MUTED
) -> None:
    """Draw a broken line between two values."""
    (x0, y0), (x1, y1) = panel.at((start[0], end[0]), (start[1], end[1])).tolist()
    count = max(1, round(np.hypot(x1 - x0, y1 - y0) / 24))
    for i in range(count):
        ends = [(round(x0 + (x1 - x0) * s), round(y0 + (y1 - y0) * s)) for s in (i / count, (i + 0.6) / count)]
        cv2.line(image, ends[0], ends[1], colour, round(1.5 * _TWICE), cv2.LINE_AA)


def area(image: Image, panel: Panel, corners: FloatArray, *, colour: Colour, edge: Colour | None = None) -> None:
    """Fill a polygon of values (N, 2)."""
    pixels = panel.at(corners[:, 0], corners[:, 1])
    cv2.fillPoly(image, [pixels], colour, cv2.LINE_AA)
    if edge is not None:
        cv2.polylines(image, [pixels], True, edge, _TWICE, cv2.LINE_AA)


def band(image: Image, panel: Panel, x: FloatArray, low: FloatArray, high: FloatArray, *, colour: Colour) -> None:
    """Fill what lies between two lines."""
    corners = np.column_stack((np.concatenate((x, x[::-1])), np.concatenate((low, high[::-1]))))
    area(image, panel, corners, colour=colour)


def dots(
    image: Image, panel: Panel, points: FloatArray, *, colour: Colour, radius: float = 3.5, rim: Colour | None = FLOOR
) -> None:
    """Draw a dot at each of (N, 2)."""
    for x, y in panel.at(points[:, 0], points[:, 1]).tolist():
        if rim is not None:
            cv2.circle(image, (x, y), round(_TWICE * (radius + 1)), rim, cv2.FILLED, cv2.LINE_AA)
        cv2.circle(image, (x, y), round(_TWICE * radius), colour, cv2.FILLED, cv2.LINE_AA)


def arrows(
    image: Image, panel: Panel, points: FloatArray, ways: FloatArray, *, colour: Colour, width: float = 1.5
) -> None:
    """Draw an arrow from each of (N, 2) along (N, 2), both in the panel's units."""
    heads = points + ways
    starts, ends = panel.at(points[:, 0], points[:, 1]), panel.at(heads[:, 0], heads[:, 1])
    for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
        length = float(np.hypot(end[0] - start[0], end[1] - start[1]))
        if length > 4:
            tip = min(0.5, 11 / length)
            cv2.arrowedLine(image, start, end, colour, round(_TWICE * width), cv2.LINE_AA, 0, tip)


def heat(
    image: Image, panel: Panel, cells: tuple[FloatArray, FloatArray], values: FloatArray, colours: FloatArray
) -> None:
    """Fill cells (ny, nx) around (nx,) and (ny,) with colours (ny, nx, 3); where the value is NaN nothing is drawn."""
    x, y = cells
    half_x, half_y = (x[1] - x[0]) / 2, (y[1] - y[0]) / 2
    for row, column in np.argwhere(np.isfinite(values)).tolist():
        low = panel.at(x[column] - half_x, y[row] - half_y)[0]
        high = panel.at(x[column] + half_x, y[row] + half_y)[0]
        cv2.rectangle(image, low.tolist(), high.tolist(), colours[row, column].tolist(), cv2.FILLED)


def shades(values: ArrayLike, low: float, high: float, stops: tuple[Colour, ...] = HEAT) -> FloatArray:
    """Return a colour for each value, (..., 3), in 24 steps from low to high."""
    share = np.clip((np.nan_to_num(np.asarray(values, dtype=np.float64)) - low) / (high - low), 0, 1)
    share = np.round(share * 24) / 24
    at = np.linspace(0, 1, len(stops))
    return np.stack([np.interp(share, at, [stop[i] for stop in stops]) for i in range(3)], axis=-1)


def scale(
    image: Image, box: tuple[float, float, float, float], ends: tuple[float, float], title: str,
    *, stops: tuple[Colour, ...] = HEAT, steps: int = 7,
) -> None:  # fmt: skip
    """Draw a bar of colours with its numbers below and what it shows above."""
    bar = chart(box, Axis(*ends), Axis(0, 1))
    edges = np.linspace(*ends, 25)
    for low, high in pairwise(edges.tolist()):
        colour = shades((low + high) / 2, *ends, stops).tolist()
        (x0, y0), (x1, y1) = bar.at((low, high), (0, 1)).tolist()
        cv2.rectangle(image, (x0, y0), (x1, y1), colour, cv2.FILLED)
    frame(image, bar)
    for value in bar.x.ticks(steps):
        text(image, f"{value:g}", (place(bar, value, 0)[0], box[3] + 19), align="centre", colour=MUTED)
    text(image, title, (box[0], box[1] - 9))


def key(image: Image, at: tuple[float, float], entries: tuple[tuple[str, Colour], ...], *, step: float = 150) -> None:
    """Draw pieces of lines with what they stand for, side by side."""
    for i, (words, colour) in enumerate(entries):
        left, row = at[0] + i * step, at[1]
        ends = (round(_TWICE * left), round(_TWICE * row)), (round(_TWICE * (left + 26)), round(_TWICE * row))
        cv2.line(image, *ends, colour, 4 * _TWICE, cv2.LINE_AA)
        text(image, words, (left + 34, row + 6))


def mixed(colour: Colour, share: float, other: Colour = FLOOR) -> Colour:
    """Return a colour thinned with another one."""
    b, g, r = (round(share * a + (1 - share) * c) for a, c in zip(colour, other, strict=True))
    return b, g, r


def _width(words: str, font_scale: float, thickness: int) -> int:
    return int(cv2.getTextSize(words, _FONT, font_scale, thickness)[0][0]) if words else 0
