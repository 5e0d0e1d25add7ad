"""Looking at a large picture in overlapping tiles, so that people are big enough for the network.

+--------+--+--------+
|   A    |AB|    B   |      A person in the overlap is seen whole by A, by B, or by both: one box stays.
+--------+--+--------+      A box that a tile's inner edge cuts is dropped; who is longer than the overlap
                            is found by the pass over the whole picture.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from throng.core.observation import Persons
from throng.core.points import Image
from throng.vision.boxes import areas, intersections, joined, suppress
from throng.vision.found import Found, Looker

SMALLEST_SCALE = 0.5
"""Pictures that the network sees at less than this scale are looked at in tiles."""

TILE_INPUTS = 1.25
"""Side of a tile in inputs of the network: tiles are seen at four fifths of full size."""

OVERLAP_SHARE = 0.3
_EDGE_PX = 2.0
_LARGE_SHARE = 0.9
_SAME_IOU = 0.5
_INSIDE_SHARE = 0.75


@dataclass(frozen=True, slots=True)
class Tile:
    """A part of a picture: pixels x1 <= x < x2, y1 <= y < y2."""

    x1: int
    y1: int
    x2: int
    y2: int

    def cut(self, image: Image) -> Image:
        """Return this part of a picture."""
        return np.ascontiguousarray(image[self.y1 : self.y2, self.x1 : self.x2])


def tiles_of(size: tuple[int, int], tile: tuple[int, int], overlap: tuple[int, int]) -> list[Tile]:
    """Cover a picture with equal tiles.

    Args:
        size: width and height of the picture in pixels.
        tile: width and height of a tile; cut down to the picture's.
        overlap: smallest overlap of neighbours in x and y; less than the tile.

    Returns:
        Tiles row by row; neighbours overlap by at least `overlap`, and the outer edges are the picture's.
    """
    xs = _starts(size[0], tile[0], overlap[0])
    ys = _starts(size[1], tile[1], overlap[1])
    width, height = min(tile[0], size[0]), min(tile[1], size[1])
    return [Tile(x, y, x + width, y + height) for y in ys for x in xs]


def _starts(length: int, tile: int, overlap: int) -> list[int]:
    if length <= tile:
        return [0]
    count = int(np.ceil((length - overlap) / (tile - overlap)))
    return [round(i * (length - tile) / (count - 1)) for i in range(count)]


class TiledDetector:
    """A detector that looks at large pictures in tiles and once as a whole.

    Tiles are used when the network would see the picture at less than half its size (`SMALLEST_SCALE`), or when its
    output for the whole picture was full. Smaller pictures cost one pass, as without tiles.

    Args:
        detector: what looks at each tile.
        tile: width and height of a tile in pixels; None for one and a quarter inputs of the network.
        overlap: share of a tile that it has in common with its neighbour, between 0 and 1.
    """

    def __init__(
        self, detector: Looker, *, tile: tuple[int, int] | None = None, overlap: float = OVERLAP_SHARE
    ) -> None:
        if not 0 <= overlap < 1:
            raise ValueError(f"expected an overlap in [0, 1), got {overlap}")
        self._detector = detector
        self._tile = tile
        self._overlap = overlap

    @property
    def name(self) -> str:
        """Name of the detector inside."""
        return self._detector.name

    @property
    def recall(self) -> float:
        """Recall of the detector inside."""
        return self._detector.recall

    @property
    def precision(self) -> float:
        """Precision of the detector inside."""
        return self._detector.precision

    @property
    def input_size(self) -> tuple[int, int] | None:
        """Input of the detector inside."""
        return self._detector.input_size

    def warm_up(self) -> None:
        """Run the detector inside once."""
        self._detector.warm_up()

    def detect(self, images: Sequence[Image]) -> list[Persons]:
        """Find the persons in each picture; boxes in pixels of that picture."""
        return [found.persons for found in self.look(images)]

    def look(self, images: Sequence[Image]) -> list[Found]:
        """Find the persons in each picture, in tiles where that helps."""
        return [self._look(image) for image in images]

    def tiles(self, size: tuple[int, int], *, saturated: bool = False) -> list[Tile]:
        """Return the tiles for a picture of a size (width, height); none when one pass is enough."""
        network = self._detector.input_size
        if network is None:
            return []
        scale = min(network[0] / size[0], network[1] / size[1])
        if scale >= SMALLEST_SCALE and not saturated:
            return []
        tile = self._tile or (int(TILE_INPUTS * network[0]), int(TILE_INPUTS * network[1]))
        if saturated and scale >= SMALLEST_SCALE:
            tile = (int(size[0] * 0.6), int(size[1] * 0.6))
        return tiles_of(size, tile, (int(tile[0] * self._overlap), int(tile[1] * self._overlap)))

    def _look(self, image: Image) -> Found:
        size = (image.shape[1], image.shape[0])
        whole = self._detector.look([image])[0]
        tiles = self.tiles(size, saturated=whole.saturated)
        if len(tiles) < 2:
            return whole
        finds = self._detector.look([tile.cut(image) for tile in tiles])
        saturated = any(found.saturated for found in finds)
        warnings = tuple(sorted({w for found in finds for w in found.warnings}))
        return Found(*_merge(whole, finds, tiles, size), warnings, saturated)


def _merge(
    whole: Found, finds: Sequence[Found], tiles: Sequence[Tile], size: tuple[int, int]
) -> tuple[Persons, Persons]:
    """Return sure and doubtful persons of the whole picture, everybody once."""
    sure = [_placed(f.persons, t, size) for f, t in zip(finds, tiles, strict=True)]
    doubtful = [_placed(f.doubtful, t, size) for f, t in zip(finds, tiles, strict=True)]
    overlap = _smallest_overlap(tiles, size)
    everybody = joined((*sure, _large(whole.persons, overlap), *doubtful, _large(whole.doubtful, overlap)))
    are_sure = np.zeros(len(everybody), dtype=np.bool_)
    are_sure[: sum(map(len, sure)) + len(_large(whole.persons, overlap))] = True
    kept = _without_doubles(everybody)
    return everybody.select(kept[are_sure[kept]]), everybody.select(kept[~are_sure[kept]])


def _placed(persons: Persons, tile: Tile, size: tuple[int, int]) -> Persons:
    """Move the finds of a tile into the picture, without those that an inner edge of the tile cuts."""
    boxes = persons.boxes + np.array([tile.x1, tile.y1, tile.x1, tile.y1], dtype=np.float64)
    cut = (
        ((boxes[:, 0] <= tile.x1 + _EDGE_PX) & (tile.x1 > 0))
        | ((boxes[:, 1] <= tile.y1 + _EDGE_PX) & (tile.y1 > 0))
        | ((boxes[:, 2] >= tile.x2 - _EDGE_PX) & (tile.x2 < size[0]))
        | ((boxes[:, 3] >= tile.y2 - _EDGE_PX) & (tile.y2 < size[1]))
    )
    return Persons(boxes, persons.scores, persons.track_ids).select(~cut)


def _smallest_overlap(tiles: Sequence[Tile], size: tuple[int, int]) -> tuple[float, float]:
    """Return the smallest overlap of neighbours in x and y; the picture's size where there is one tile only."""
    columns = sorted({(t.x1, t.x2) for t in tiles})
    rows = sorted({(t.y1, t.y2) for t in tiles})
    in_x = [left[1] - right[0] for left, right in pairwise(columns)]
    in_y = [upper[1] - lower[0] for upper, lower in pairwise(rows)]
    return float(min(in_x, default=size[0])), float(min(in_y, default=size[1]))


def _large(persons: Persons, overlap: tuple[float, float]) -> Persons:
    """Keep those whom tiles may have cut: nearly as long as the overlap, or longer."""
    sides = persons.boxes[:, 2:] - persons.boxes[:, :2]
    return persons.select(np.asarray((sides > _LARGE_SHARE * np.array(overlap)).any(axis=1)))


def _without_doubles(persons: Persons) -> NDArray[np.intp]:
    """Keep the best box of everybody: overlapping ones go, and smaller ones mostly inside a larger better one."""
    kept = suppress(persons.boxes, persons.scores, _SAME_IOU)
    boxes = persons.boxes[kept]
    own = areas(boxes)
    inside = intersections(boxes, boxes) / np.maximum(own, 1e-9)[:, None]
    better_and_larger = (persons.scores[kept][None, :] > persons.scores[kept][:, None]) & (own[None, :] > own[:, None])
    halves = (inside > _INSIDE_SHARE) & better_and_larger & (own[:, None] > own[None, :] / 3)
    return kept[~halves.any(axis=1)]
