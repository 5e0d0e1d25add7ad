"""The maps of one picture while the network's tiles come in."""

from dataclasses import dataclass
from typing import Self

import cv2
import numpy as np
from numpy.typing import NDArray

from throng.core.points import Image
from throng.vision.counter_tiles import CoredTile, padded_size

STRIDE, POINT_STRIDE = 8, 4
"""Sides of a cell of the density map and of the head points, in network pixels."""

Maps = NDArray[np.float32]


@dataclass(slots=True)
class Canvas:
    """Density, head points and signature of one picture, put together from tiles.

    Attributes:
        size: width and height of the picture in network pixels.
        density: (h, w) float32 people per cell of `STRIDE`, over the whole network input.
        points: (h, w) float32 probabilities of heads, in cells of `POINT_STRIDE`.
        signature: (C,) features of the tiles so far by the area of their cores; None before the first.
    """

    size: tuple[int, int]
    density: Maps
    points: Maps
    signature: NDArray[np.float64] | None = None

    @classmethod
    def blank(cls, size: tuple[int, int]) -> Self:
        """Return empty maps for a picture of so many network pixels, width and height."""
        width, height = padded_size(size)
        density, points = (np.zeros((height // s, width // s), dtype=np.float32) for s in (STRIDE, POINT_STRIDE))
        return cls(size, density, points)

    def place(self, tile: CoredTile, *, density: Maps, points: Maps) -> None:
        """Copy the cells of a tile's core to their place.

        Args:
            tile: where it lies.
            density, points: of the whole tile.
        """
        _place(density, self.density, tile, STRIDE)
        _place(points, self.points, tile, POINT_STRIDE)

    def add_signature(self, tile: CoredTile, signature: Maps) -> None:
        """Add the features of a tile, (C,), with the share of its core in the whole."""
        core = tile.core
        share = (core.x2 - core.x1) * (core.y2 - core.y1) / (self.density.size * STRIDE**2)
        before = 0.0 if self.signature is None else self.signature
        self.signature = np.asarray(before + share * signature.astype(np.float64), dtype=np.float64)

    def density_inside(self) -> Maps:
        """Return the density without the cells wholly beyond the picture, where only its border is repeated."""
        return _inside(self.density, self.size, STRIDE)

    def points_inside(self) -> Maps:
        """Return the head points without the cells wholly beyond the picture."""
        return _inside(self.points, self.size, POINT_STRIDE)


def cut(image: Image, tile: CoredTile) -> Image:
    """Return what the network sees in a tile; beyond the picture its border is repeated."""
    part = tile.whole.cut(image)
    width, height = tile.size
    below, right = height - part.shape[0], width - part.shape[1]
    if not below and not right:
        return part
    return np.asarray(cv2.copyMakeBorder(part, 0, below, 0, right, cv2.BORDER_REPLICATE), dtype=np.uint8)


def _place(cells: Maps, canvas: Maps, tile: CoredTile, stride: int) -> None:
    core, whole = tile.core, tile.whole
    rows, columns = slice(core.y1 // stride, core.y2 // stride), slice(core.x1 // stride, core.x2 // stride)
    top, left = whole.y1 // stride, whole.x1 // stride
    canvas[rows, columns] = cells[rows.start - top : rows.stop - top, columns.start - left : columns.stop - left]


def _inside(cells: Maps, size: tuple[int, int], stride: int) -> Maps:
    width, height = size
    return cells[: -(-height // stride), : -(-width // stride)]
