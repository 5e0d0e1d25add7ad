"""ONNX files of every layout through the real runtime."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from throng.core.points import Image
from throng.vision.errors import VisionError
from throng.vision.found import Found, Looker
from throng.vision.registry import load_detector
from throng.vision.yolo import YoloDetector, person_class, to_blob
from throng.vision.yolo_layouts import Layout, cells

PICTURE: Image = np.zeros((360, 480, 3), dtype=np.uint8)
CROWD = 400
WriteOnnx = Callable[..., Path]


def people(score: float = 0.72) -> NDArray[np.float32]:
    """Centre, size, score of 400 people where a centred 480×360 picture lies on a 416×416 input."""
    ys, xs = np.divmod(np.arange(CROWD), 40)
    columns = (5 + 10.0 * xs, 70 + 25.0 * ys, np.full(CROWD, 6.0), np.full(CROWD, 16.0), np.full(CROWD, score))
    return np.column_stack(columns).astype(np.float32)


def rows(person: int = 0) -> NDArray[np.float32]:
    output = np.zeros((1, 3 * cells((416, 416)), 85), dtype=np.float32)
    output[0, :, :4] = (400, 400, 4, 4)
    output[0, :CROWD, :4] = people()[:, :4]
    output[0, :CROWD, 4] = 0.8
    output[0, :CROWD, 5 + person] = 0.9
    return output


def columns(person: int = 0, classes: int = 80) -> NDArray[np.float32]:
    output = np.zeros((1, 4 + classes, cells((416, 416))), dtype=np.float32)
    output[0, :4, :CROWD] = people()[:, :4].T
    output[0, 4 + person, :CROWD] = 0.72
    return output


def end_to_end(n: int = CROWD, filled: int = CROWD) -> NDArray[np.float32]:
    output = np.zeros((1, n, 6), dtype=np.float32)
    half = people()[:filled, 2:4] / 2
    output[0, :filled, :2] = people()[:filled, :2] - half
    output[0, :filled, 2:4] = people()[:filled, :2] + half
    output[0, :filled, 4] = 0.72
    return output


def load(path: Path, **options: object) -> YoloDetector:
    detector = load_detector(str(path), threads=1, options={"tiles": False, **options})
    assert isinstance(detector, YoloDetector)
    return detector


def look(detector: Looker, image: Image = PICTURE) -> Found:
    return detector.look([image])[0]


@pytest.mark.parametrize(
    ("output", "layout"),
    [(rows(), Layout.ROWS), (columns(), Layout.COLUMNS), (end_to_end(), Layout.END_TO_END)],
    ids=["yolov5", "yolov8", "end to end"],
)
def test_crowd_of_400_is_found_whole(write_onnx: WriteOnnx, output: NDArray[np.float32], layout: Layout) -> None:
    detector = load(write_onnx(output))
    detector.warm_up()
    assert detector.layout is layout
    found = look(detector).persons
    assert len(found) == CROWD
    scale = 416 / 480
    first = found.boxes[np.lexsort((found.boxes[:, 0], found.boxes[:, 1].round(1)))[0]]
    assert first == pytest.approx((2 / scale, (62 - 52) / scale, 8 / scale, (78 - 52) / scale), abs=1e-3)
    assert detector.detect([PICTURE, PICTURE])[1].boxes == pytest.approx(found.boxes)


def test_full_list_of_a_capped_model_is_told(write_onnx: WriteOnnx) -> None:
    full = look(load(write_onnx(end_to_end(300, 300))))
    assert full.saturated
    assert full.warnings == ("own names at most 300 people and its list is full: there may be more",)
    roomy = look(load(write_onnx(end_to_end(300, 200))))
    assert not roomy.saturated
    assert roomy.warnings == ()


def test_persons_are_found_by_the_class_names_in_the_file(write_onnx: WriteOnnx) -> None:
    names = "{0: 'car', 1: 'dog', 2: 'Person'}"
    assert len(look(load(write_onnx(columns(2, 3), names=names))).persons) == CROWD
    assert len(look(load(write_onnx(columns(0, 3), names=names))).persons) == 0
    with pytest.raises(VisionError, match=r"no class for persons; its classes are: car, dog"):
        load(write_onnx(columns(0, 2), names="['car', 'dog']"))
    with pytest.raises(VisionError, match=r"class 5 is to be persons, but the output has 3"):
        load(write_onnx(columns(0, 3), names="{5: 'person'}"))


@pytest.mark.parametrize(
    ("names", "index"), [(None, 0), ("{0: 'person'}", 0), ("['car', 'pedestrian']", 1), ("{3: 'person'}", 3)]
)
def test_class_of_persons(names: str | None, index: int) -> None:
    assert person_class(names, origin="m.onnx") == index


def test_unreadable_class_names_are_told() -> None:
    with pytest.raises(VisionError, match=r"m\.onnx: the class names in the file cannot be read"):
        person_class("{0: person", origin="m.onnx")


def test_doubts_lie_between_floor_and_threshold(write_onnx: WriteOnnx) -> None:
    output = end_to_end()
    output[0, :, 4] = np.linspace(0.0, 0.999, CROWD)
    found = look(load(write_onnx(output), threshold=0.5, floor=0.2))
    assert found.persons.scores.min() >= 0.5 > found.doubtful.scores.max()
    assert (len(found.persons), len(found.doubtful)) == (200, 120)


def test_model_with_an_open_input_runs_at_the_size_that_is_asked_for(write_onnx: WriteOnnx) -> None:
    path = write_onnx(columns(), size=None)
    assert load(path, input_px=416).input_size == (416, 416)
    with pytest.raises(VisionError, match=r"an output of shape"):
        load(path)


def test_files_that_are_no_detector_are_refused(write_onnx: WriteOnnx, tmp_path: Path) -> None:
    with pytest.raises(VisionError, match=r"there is no such model file"):
        load(tmp_path / "missing.onnx")
    (tmp_path / "text.onnx").write_text("no model", encoding="utf-8")
    with pytest.raises(VisionError, match=r"text\.onnx: this is no ONNX model that ONNX Runtime can load"):
        load(tmp_path / "text.onnx")
    with pytest.raises(VisionError, match=r"own\.onnx: an output of shape \(1, 10, 7\)"):
        load(write_onnx(np.zeros((1, 10, 7), dtype=np.float32)))
    with pytest.raises(VisionError, match=r"expected a model with one float input"):
        load(write_onnx(columns(), inputs=2))


def test_processor_that_is_not_there_is_refused(write_onnx: WriteOnnx) -> None:
    with pytest.raises(VisionError, match=r"provider 'tensorrt' is not in the installed ONNX Runtime; it has: cpu"):
        load(write_onnx(columns()), provider="tensorrt")


def test_colours_and_range_of_each_family() -> None:
    blue = np.zeros((8, 8, 3), dtype=np.uint8)
    blue[..., 0] = 255
    assert to_blob(blue, bgr_255=True)[0, :, 0, 0].tolist() == [255, 0, 0]
    assert to_blob(blue, bgr_255=False)[0, :, 0, 0] == pytest.approx([0, 0, 1])
