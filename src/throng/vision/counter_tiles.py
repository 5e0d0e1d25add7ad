"""Covering a large network input with equal tiles whose maps join exactly.

::

    +-----------+--+-----------+      Tiles overlap. Each cell is taken from the tile in whose core it lies:
    |   core    |  :    core   |      cores part the overlap in its middle, so that every cell has context on
    +-----------+--+-----------+      all sides, and borders lie on multiples of 16, which is a cell in any map.
"""

import math
from dataclasses import dataclass
from itertools import pairwise

from throng.vision.tiling import Tile, tiles_of

UNIT_PX = 16
"""Sides and corners of network inputs are multiples of this."""

CONTEXT_PX = 128
"""What a cell is to see around it, at least, inside the picture."""

_LEAST_UNITS = 2
_OVERLAP_UNITS = 2 * CONTEXT_PX // UNIT_PX


@dataclass(frozen=True, slots=True)
class CoredTile:
    """A part of the network input and the part of it whose cells are used; both in multiples of `UNIT_PX`.

    Attributes:
        whole: what the network sees; it may reach over the picture to the right and below.
        core: whose cells are taken.
    """

    whole: Tile
    core: Tile

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of what the network sees."""
        return self.whole.x2 - self.whole.x1, self.whole.y2 - self.whole.y1


def padded_size(size: tuple[int, int]) -> tuple[int, int]:
    """Return width and height of the least network input that holds a picture."""
    width, height = (max(_LEAST_UNITS, math.ceil(side / UNIT_PX)) * UNIT_PX for side in size)
    return width, height


def cored_tiles(size: tuple[int, int], limit_px: int) -> list[CoredTile]:
    """Cover a picture with equal tiles of at most so many pixels each; one tile where that is enough.

    Args:
        size: width and height of the picture in network pixels.
        limit_px: largest network input in pixels; at least (4 · `CONTEXT_PX`)².

    Raises:
        ValueError: the limit is smaller than that.
    """
    if limit_px < (4 * CONTEXT_PX) ** 2:
        raise ValueError(f"expected a limit of at least {(4 * CONTEXT_PX) ** 2} pixels, got {limit_px}")
    width, height = (side // UNIT_PX for side in padded_size(size))
    sides = _cheapest((width, height), limit_px // UNIT_PX**2)
    tiles = tiles_of((width, height), sides, (_OVERLAP_UNITS, _OVERLAP_UNITS))
    columns = _cores(sorted({(t.x1, t.x2) for t in tiles}))
    rows = _cores(sorted({(t.y1, t.y2) for t in tiles}))
    cored: list[CoredTile] = []
    for tile in tiles:
        (left, right), (top, bottom) = columns[tile.x1], rows[tile.y1]
        cored.append(CoredTile(_pixels(tile), _pixels(Tile(left, top, right, bottom))))
    return cored


def _cheapest(size: tuple[int, int], limit: int) -> tuple[int, int]:
    """Return the sides of tiles that cover a size with the least work, each with an area within the limit."""
    best, least = size, math.inf
    for columns, width in _divisions(size[0]):
        for rows, height in _divisions(size[1]):
            if width * height > limit:
                continue
            if columns * rows * width * height < least:
                best, least = (width, height), columns * rows * width * height
            break
    return best


def _divisions(length: int) -> list[tuple[int, int]]:
    """Return the numbers of tiles side by side that make sense, each with the length that a tile then has."""
    divisions = [(1, length)]
    while divisions[-1][1] > 2 * _OVERLAP_UNITS:
        count = divisions[-1][0] + 1
        divisions.append((count, math.ceil((length + (count - 1) * _OVERLAP_UNITS) / count)))
    return divisions


def _cores(spans: list[tuple[int, int]]) -> dict[int, tuple[int, int]]:
    """Return where the core of each tile begins and ends along one side, by where the tile begins."""
    cuts = [(left[1] + right[0]) // 2 for left, right in pairwise(spans)]
    edges = [spans[0][0], *cuts, spans[-1][1]]
    return {span[0]: core for span, core in zip(spans, pairwise(edges), strict=True)}


def _pixels(tile: Tile) -> Tile:
    return Tile(tile.x1 * UNIT_PX, tile.y1 * UNIT_PX, tile.x2 * UNIT_PX, tile.y2 * UNIT_PX)
