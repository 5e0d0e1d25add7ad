"""Every decoder against a crowd that is written into its layout by hand."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from throng.vision.errors import VisionError
from throng.vision.yolo_layouts import STRIDES, Decoder, Layout, Output, cells, layout_of

SIZE = (416, 416)
CROWD = 400
PERSON, CLASSES = 0, 80


def crowd() -> NDArray[np.float32]:
    """400 people, centre and size (400, 4) in input pixels, 20 in a row."""
    ys, xs = np.divmod(np.arange(CROWD), 20)
    return np.column_stack((10 + 20.0 * xs, 10 + 20.0 * ys, np.full(CROWD, 8.0), np.full(CROWD, 18.0))).astype(
        np.float32
    )


def rows(n: int) -> Output:
    output = np.zeros((1, n, 5 + CLASSES), dtype=np.float32)
    output[0, :, :4] = (400, 400, 4, 4)
    output[0, :CROWD, :4] = crowd()
    output[0, :CROWD, 4] = 0.9
    output[0, :CROWD, 5 + PERSON] = 0.8
    return output


def columns() -> Output:
    output = np.zeros((1, 4 + CLASSES, cells(SIZE)), dtype=np.float32)
    output[0, :4, :CROWD] = crowd().T
    output[0, 4 + PERSON, :CROWD] = 0.72
    return output


def grid() -> Output:
    """Put everybody into the fine grid: cell of 8 px plus offset, logarithm of the size in cells."""
    output = np.zeros((1, cells(SIZE), 5 + CLASSES), dtype=np.float32)
    people = crowd()
    column, row = (people[:, :2] // 8).astype(int).T
    index = row * (SIZE[0] // 8) + column
    output[0, index, :2] = people[:, :2] / 8 - np.column_stack((column, row))
    output[0, index, 2:4] = np.log(people[:, 2:] / 8)
    output[0, index, 4] = 0.9
    output[0, index, 5 + PERSON] = 0.8
    return output


def end_to_end() -> Output:
    people = crowd()
    output = np.zeros((1, CROWD + 50, 6), dtype=np.float32)
    output[0, :CROWD, :4] = np.concatenate((people[:, :2] - people[:, 2:] / 2, people[:, :2] + people[:, 2:] / 2), 1)
    output[0, :CROWD, 4] = 0.72
    output[0, CROWD:] = (0, 0, 50, 50, 0.9, 7)
    return output


@pytest.mark.parametrize(
    ("make", "layout"),
    [
        (grid, Layout.YOLOX_GRID),
        (lambda: rows(3 * cells(SIZE)), Layout.ROWS),
        (lambda: rows(cells(SIZE)), Layout.YOLOX_PIXELS),
        (columns, Layout.COLUMNS),
        (end_to_end, Layout.END_TO_END),
    ],
    ids=["yolox grid", "yolov5", "yolox decoded", "yolov8", "end to end"],
)
def test_crowd_of_400_is_read_whole(make: Callable[[], Output], layout: Layout) -> None:
    output = make()
    assert layout_of(output, SIZE) is layout
    boxes, scores = Decoder(layout, PERSON, SIZE)(output)
    found = boxes[scores > 0.5]
    assert len(found) == CROWD
    people = crowd().astype(np.float64)
    expected = np.concatenate((people[:, :2] - people[:, 2:] / 2, people[:, :2] + people[:, 2:] / 2), axis=1)
    order = np.lexsort((found[:, 0], found[:, 1].round(1)))
    assert found[order] == pytest.approx(expected, abs=1e-3)
    assert scores[scores > 0.5] == pytest.approx(np.full(CROWD, 0.72))


def test_grid_runs_from_fine_to_coarse_row_by_row() -> None:
    """A cell of each stride decodes to a box of that stride at its own place (sizes exp(0) = 1 cell)."""
    output = np.zeros((1, cells(SIZE), 85), dtype=np.float32)
    boxes, _ = Decoder(Layout.YOLOX_GRID, 0, SIZE)(output)
    start = 0
    for stride in STRIDES:
        across = SIZE[0] // stride
        assert boxes[start + across + 2] == pytest.approx((1.5 * stride, 0.5 * stride, 2.5 * stride, 1.5 * stride))
        start += across * (SIZE[1] // stride)


@pytest.mark.parametrize(
    ("shape", "layout"),
    [
        ((1, 25200, 85), Layout.ROWS),
        ((1, 25200, 6), Layout.ROWS),
        ((1, 84, 8400), Layout.COLUMNS),
        ((1, 5, 8400), Layout.COLUMNS),
        ((1, 300, 6), Layout.END_TO_END),
    ],
    ids=["yolov5", "yolov5 with one class", "yolov8", "yolov8 with one class", "yolov10"],
)
def test_layout_is_told_from_the_shape_at_640(shape: tuple[int, ...], layout: Layout) -> None:
    output = np.full(shape, 320, dtype=np.float32)
    assert layout_of(output, (640, 640)) is layout


@pytest.mark.parametrize("shape", [(1, 1000), (1, 100, 7), (2, 84, 8400), (1, 1, 200, 7)])
def test_foreign_output_is_refused_with_its_shape(shape: tuple[int, ...]) -> None:
    with pytest.raises(VisionError, match=r"an output of shape .* is none that Throng reads"):
        layout_of(np.zeros(shape, dtype=np.float32), (640, 640))
