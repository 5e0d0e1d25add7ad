"""Reading the outputs of the YOLO family: which layout an output has, and its boxes and scores.

All decoders return every box; the number of people has no cap here. Boxes are x1, y1, x2, y2 in input pixels.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from throng.vision.errors import VisionError

Output = NDArray[np.float32]
Decoded = tuple[NDArray[np.float64], NDArray[np.float64]]
"""Boxes (N, 4) in input pixels and scores (N,) of one class."""

STRIDES = (8, 16, 32)
_STRIDE_SETS = (STRIDES, (8, 16, 32, 64))
_ANCHORS_PER_CELL = 3


class Layout(StrEnum):
    """How a YOLO output is written.

    `YOLOX_GRID` (1, N, 5+C): offsets in grid cells, log sizes, objectness, class scores.
    `YOLOX_PIXELS` (1, N, 5+C): the same, decoded: centre, size in pixels, objectness, class scores.
    `ROWS` (1, 3N, 5+C): three anchors per cell, centre, size in pixels, objectness, class scores (YOLOv5, YOLOv7).
    `COLUMNS` (1, 4+C, N): centre, size in pixels, class scores (YOLOv8 to YOLO11).
    `END_TO_END` (1, N, 6): corners in pixels, score, class; already suppressed, N is a cap (YOLOv10 and later).
    """

    YOLOX_GRID = "yolox-grid"
    YOLOX_PIXELS = "yolox-pixels"
    ROWS = "rows"
    COLUMNS = "columns"
    END_TO_END = "end-to-end"


def cells(input_size: tuple[int, int], strides: tuple[int, ...] = STRIDES) -> int:
    """Return the number of grid cells of an input (width, height) over all strides."""
    width, height = input_size
    return sum((width // s) * (height // s) for s in strides)


def layout_of(output: Output, input_size: tuple[int, int]) -> Layout:
    """Tell the layout from the shape of an output and, for YOLOX grids, from its values.

    A decoded output spans the input in pixels; the raw grid stays within a few cells of each cell's corner.

    Raises:
        VisionError: the shape is none of the family.
    """
    if output.ndim != 3 or output.shape[0] != 1:
        raise VisionError(_unreadable(output.shape))
    first, second = output.shape[1:]
    counts = [cells(input_size, strides) for strides in _STRIDE_SETS]
    dense = {*counts, *(_ANCHORS_PER_CELL * n for n in counts)}
    if second in dense and first > 4:
        return Layout.COLUMNS
    if first in counts and second > 5:
        is_raw = float(np.abs(output[0, :, :2]).max()) < min(input_size) / 4
        return Layout.YOLOX_GRID if is_raw else Layout.YOLOX_PIXELS
    if first in dense and second > 5:
        return Layout.ROWS
    if second == 6:
        return Layout.END_TO_END
    raise VisionError(_unreadable(output.shape))


def _unreadable(shape: tuple[int, ...]) -> str:
    return (
        f"an output of shape {shape} is none that Throng reads; expected (1, N, 5+C) of YOLOX, YOLOv5 or YOLOv7, "
        "(1, 4+C, N) of YOLOv8 or YOLO11, or (1, N, 6) of a model with suppression inside"
    )


@dataclass(frozen=True, slots=True)
class Decoder:
    """Reads one class out of one layout.

    Attributes:
        layout: how the output is written.
        person: index of the class "person".
        input_size: width and height of the input in pixels.
    """

    layout: Layout
    person: int
    input_size: tuple[int, int]

    @property
    def is_yolox(self) -> bool:
        """YOLOX wants BGR from 0 to 255 and the picture in the top left corner of its input."""
        return self.layout in {Layout.YOLOX_GRID, Layout.YOLOX_PIXELS}

    def __call__(self, output: Output) -> Decoded:
        """Return boxes (N, 4) in input pixels and scores (N,) of the persons in an output (1, …)."""
        return _READERS[self.layout](output[0], self)


def _read_yolox_grid(rows: Output, decoder: Decoder) -> Decoded:
    """Decode centre = (offset + cell) · stride, size = exp(log size) · stride (Ge et al. 2021, YOLOX)."""
    corners, steps = _grid(decoder.input_size, len(rows))
    centres = (rows[:, :2] + corners) * steps
    sizes = np.exp(rows[:, 2:4]) * steps
    return _corners(centres, sizes), _product(rows, decoder.person)


def _read_rows(rows: Output, decoder: Decoder) -> Decoded:
    return _corners(rows[:, :2], rows[:, 2:4]), _product(rows, decoder.person)


def _read_columns(columns: Output, decoder: Decoder) -> Decoded:
    rows = columns.T
    return _corners(rows[:, :2], rows[:, 2:4]), rows[:, 4 + decoder.person].astype(np.float64)


def _read_end_to_end(rows: Output, decoder: Decoder) -> Decoded:
    persons = rows[np.rint(rows[:, 5]) == decoder.person]
    return persons[:, :4].astype(np.float64), persons[:, 4].astype(np.float64)


_READERS: dict[Layout, Callable[[Output, Decoder], Decoded]] = {
    Layout.YOLOX_GRID: _read_yolox_grid,
    Layout.YOLOX_PIXELS: _read_rows,
    Layout.ROWS: _read_rows,
    Layout.COLUMNS: _read_columns,
    Layout.END_TO_END: _read_end_to_end,
}


@lru_cache(maxsize=8)
def _grid(input_size: tuple[int, int], n: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return cell corners (N, 2) in cells and strides (N, 1), row by row, fine grid first."""
    width, height = input_size
    strides = next(s for s in _STRIDE_SETS if cells(input_size, s) == n)
    corners, steps = [], []
    for stride in strides:
        ys, xs = np.mgrid[: height // stride, : width // stride]
        corners.append(np.column_stack((xs.ravel(), ys.ravel())))
        steps.append(np.full((xs.size, 1), stride))
    return np.concatenate(corners).astype(np.float32), np.concatenate(steps).astype(np.float32)


def _corners(centres: Output, sizes: Output) -> NDArray[np.float64]:
    half = sizes / 2
    return np.concatenate((centres - half, centres + half), axis=1).astype(np.float64)


def _product(rows: Output, person: int) -> NDArray[np.float64]:
    return (rows[:, 4] * rows[:, 5 + person]).astype(np.float64)
