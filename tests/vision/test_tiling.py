"""Tiles: coverage, seams, and when they are used."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from throng.core.observation import Persons
from throng.core.points import Image
from throng.vision.found import Found, split_by_threshold
from throng.vision.tiling import TiledDetector, tiles_of

BRIGHT = 200


class SquareDetector:
    """Finds bright rectangles exactly, as a network with a 100×100 input that misses what it sees under 8 px."""

    name = "squares"
    recall = 1.0
    precision = 1.0
    input_size = (100, 100)

    def __init__(self, *, cap: int | None = None) -> None:
        self.cap = cap
        self.passes = 0

    def warm_up(self) -> None:
        pass

    def detect(self, images: Sequence[Image]) -> list[Persons]:
        return [found.persons for found in self.look(images)]

    def look(self, images: Sequence[Image]) -> list[Found]:
        return [self._look(image) for image in images]

    def _look(self, image: Image) -> Found:
        self.passes += 1
        import cv2

        scale = min(100 / image.shape[1], 100 / image.shape[0])
        _, _, stats, _ = cv2.connectedComponentsWithStats((image[..., 0] >= BRIGHT).astype(np.uint8))
        boxes = np.array([(x, y, x + w, y + h) for x, y, w, h, _ in stats[1:] if h * scale >= 8], dtype=np.float64)
        boxes = boxes.reshape(-1, 4)[: self.cap]
        scores = image[boxes[:, 1].astype(int), boxes[:, 0].astype(int), 0] / 255
        full = self.cap is not None and len(boxes) == self.cap
        sure, doubtful = split_by_threshold(Persons.from_boxes(boxes, scores), 0.9)
        return Found(sure, doubtful, ("full",) if full else (), full)


def scene(size: tuple[int, int], boxes: NDArray[np.int64], value: int = 255) -> Image:
    image = np.zeros((size[1], size[0], 3), dtype=np.uint8)
    for x1, y1, x2, y2 in boxes:
        image[y1:y2, x1:x2] = value
    return image


def grid_of_people(size: tuple[int, int], width: int, height: int) -> NDArray[np.int64]:
    xs, ys = np.meshgrid(np.arange(2, size[0] - width, width + 3), np.arange(2, size[1] - height, height + 3))
    corners = np.column_stack((xs.ravel(), ys.ravel()))
    return np.concatenate((corners, corners + np.array([width, height])), axis=1)


def in_order(boxes: NDArray[np.generic]) -> list[list[int]]:
    return sorted(np.asarray(boxes).astype(int).tolist())


@given(
    st.tuples(st.integers(1, 3000), st.integers(1, 3000)),
    st.tuples(st.integers(50, 900), st.integers(50, 900)),
    st.floats(0, 0.6),
)
def test_tiles_cover_the_picture_and_overlap_enough(size: tuple[int, int], tile: tuple[int, int], share: float) -> None:
    overlap = (int(tile[0] * share), int(tile[1] * share))
    tiles = tiles_of(size, tile, overlap)
    for axis, starts in ((0, sorted({t.x1 for t in tiles})), (1, sorted({t.y1 for t in tiles}))):
        length = min(tile[axis], size[axis])
        assert starts[0] == 0
        assert starts[-1] + length == size[axis]
        steps = np.diff(starts)
        assert np.all(steps > 0)
        assert np.all(steps <= length - overlap[axis] + 1)
    assert all(t.x2 - t.x1 == min(tile[0], size[0]) for t in tiles)


@pytest.mark.parametrize(("width", "height"), [(6, 15), (12, 30), (40, 90), (150, 300)])
def test_everybody_is_found_once_whatever_the_size(width: int, height: int) -> None:
    people = grid_of_people((640, 480), width, height)
    found = TiledDetector(SquareDetector()).detect([scene((640, 480), people)])[0]
    assert in_order(found.boxes) == in_order(people)


def test_crowd_beyond_any_cap_is_counted_exactly() -> None:
    people = grid_of_people((800, 600), 8, 14)
    assert len(people) > 2000
    assert len(TiledDetector(SquareDetector()).detect([scene((800, 600), people)])[0]) == len(people)


def test_doubts_stay_doubts() -> None:
    people = grid_of_people((640, 480), 20, 40)
    found = TiledDetector(SquareDetector()).look([scene((640, 480), people, value=210)])[0]
    assert len(found.persons) == 0
    assert in_order(found.doubtful.boxes) == in_order(people)


def test_small_pictures_take_one_pass() -> None:
    inner = SquareDetector()
    TiledDetector(inner).detect([scene((200, 150), grid_of_people((200, 150), 20, 30))])
    assert inner.passes == 1
    TiledDetector(inner).detect([scene((210, 150), grid_of_people((210, 150), 20, 30))])
    assert inner.passes > 2


def test_full_list_calls_the_tiles_and_stays_told_when_they_are_full_too() -> None:
    people = grid_of_people((190, 190), 20, 30)
    inner = SquareDetector(cap=30)
    found = TiledDetector(inner).look([scene((190, 190), people)])[0]
    assert inner.passes == 5
    assert len(found.persons) == len(people) > 30
    assert not found.saturated
    crowded = TiledDetector(SquareDetector(cap=3)).look([scene((190, 190), people)])[0]
    assert crowded.saturated
    assert crowded.warnings == ("full",)


def test_wrong_overlap_is_refused() -> None:
    with pytest.raises(ValueError, match="overlap"):
        TiledDetector(SquareDetector(), overlap=1.0)


def test_tiles_speak_for_the_detector_inside() -> None:
    tiled = TiledDetector(SquareDetector(), tile=(64, 64))
    assert (tiled.name, tiled.recall, tiled.precision, tiled.input_size) == ("squares", 1.0, 1.0, (100, 100))
    assert {t.x2 - t.x1 for t in tiled.tiles((640, 480))} == {64}
