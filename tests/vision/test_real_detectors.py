"""The named detectors with their real weights on real frames."""

import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from throng.core.points import Image
from throng.vision.boxes import iou_matrix
from throng.vision.errors import VisionError
from throng.vision.found import Looker
from throng.vision.openvino_person import decode_ssd
from throng.vision.registry import load_detector
from throng.vision.tiling import TiledDetector

Truth = list[tuple[NDArray[np.int64], NDArray[np.float64]]]

pytestmark = pytest.mark.shared

GOLDEN_400 = {
    "yolox-nano": [(169.9, 121.0, 191.1, 179.3), (367.6, 82.3, 386.4, 127.3), (429.3, 188.4, 466.2, 256.7)],
    "person-detection-retail-0013": [
        (168.5, 121.8, 193.3, 176.6),
        (367.0, 83.8, 385.5, 126.0),
        (429.6, 185.5, 464.0, 258.0),
    ],
}
NETWORKS = list(GOLDEN_400)


def load(name: str, **options: object) -> Looker:
    detector = load_detector(name, options=options)
    assert isinstance(detector, Looker)
    detector.warm_up()
    return detector


def hits(found: NDArray[np.float64], truth: NDArray[np.float64]) -> int:
    overlap = iou_matrix(found, truth)
    return int((overlap[linear_sum_assignment(-overlap)] >= 0.5).sum())


@pytest.mark.parametrize("name", NETWORKS)
def test_golden_boxes(name: str, model_folder: Path, pets_frames: dict[int, Image]) -> None:
    persons = load(name).detect([pets_frames[400]])[0]
    order = np.argsort(persons.boxes[:, 0])
    assert persons.boxes[order] == pytest.approx(np.array(GOLDEN_400[name]), abs=1.0)
    assert np.all((persons.scores > 0.7) & (persons.scores <= 1))


@pytest.mark.parametrize("name", NETWORKS)
def test_people_are_found_as_often_as_the_detector_says(
    name: str, model_folder: Path, pets_frames: dict[int, Image], pets_truth: Truth
) -> None:
    """Every 40th frame: recall and precision within what some hundred labelled people allow of the stated shares."""
    detector = load(name)
    finds = detector.detect(list(pets_frames.values()))
    truth = [pets_truth[number][1] for number in pets_frames]
    found, present = sum(map(len, finds)), sum(map(len, truth))
    right = sum(hits(persons.boxes, boxes) for persons, boxes in zip(finds, truth, strict=True))
    assert right / present == pytest.approx(detector.recall, abs=0.08)
    assert right / found == pytest.approx(detector.precision, abs=0.08)


def test_hog_finds_people_who_stand_apart(pets_frames: dict[int, Image], pets_truth: Truth) -> None:
    detector = load("hog")
    assert detector.input_size is None
    persons = detector.detect([pets_frames[200]])[0]
    assert len(persons) >= 4
    assert hits(persons.boxes, pets_truth[200][1]) >= 4


@pytest.mark.parametrize("name", [*NETWORKS, "hog"])
def test_empty_picture_holds_nobody(name: str, model_folder: Path) -> None:
    found = load(name).look([np.full((360, 480, 3), 90, dtype=np.uint8)])[0]
    assert len(found.persons) == 0
    assert found.warnings == ()


def mosaic(frames: dict[int, Image], truth: Truth) -> tuple[Image, NDArray[np.float64]]:
    """Twelve frames as one picture of 1920×1080, with everybody's boxes."""
    numbers = [100, 150, 200, 250, 300, 350, 400, 450, 500, 550, 600, 700]
    numbers = [round(n / 40) * 40 for n in numbers]
    places = [(480 * (i % 4), 360 * (i // 4)) for i in range(12)]
    picture = np.zeros((1080, 1920, 3), dtype=np.uint8)
    for number, (x, y) in zip(numbers, places, strict=True):
        picture[y : y + 360, x : x + 480] = frames[number]
    boxes = [truth[n][1] + (x, y, x, y) for n, (x, y) in zip(numbers, places, strict=True)]
    return picture, np.concatenate(boxes)


@pytest.mark.parametrize("name", NETWORKS)
def test_tiles_find_people_too_small_for_one_pass_and_nobody_twice(
    name: str, model_folder: Path, pets_frames: dict[int, Image], pets_truth: Truth
) -> None:
    picture, truth = mosaic(pets_frames, pets_truth)
    whole = load(name, tiles=False).detect([picture])[0]
    tiled = load(name).detect([picture])[0]
    assert hits(whole.boxes, truth) < 0.2 * len(truth)
    assert hits(tiled.boxes, truth) > 0.7 * len(truth)
    doubles = iou_matrix(tiled.boxes, tiled.boxes) - np.eye(len(tiled))
    assert doubles.max() <= 0.5
    assert len(tiled) < 1.1 * len(truth)


def test_small_picture_takes_one_pass(model_folder: Path) -> None:
    detector = load("yolox-nano")
    assert isinstance(detector, TiledDetector)
    assert detector.tiles((480, 360)) == []
    assert detector.tiles((832, 600)) == []
    assert len(detector.tiles((1920, 1080))) == 15


def ssd(n: int, *, filled: int) -> NDArray[np.float32]:
    output = np.zeros((1, 1, n, 7), dtype=np.float32)
    output[0, 0, :filled] = (0, 1, 0.9, 0.25, 0.5, 0.5, 1.0)
    output[0, 0, filled:, 0] = -1
    return output


@pytest.mark.parametrize("filled", [0, 1, 199, 200, 350])
def test_ssd_list_is_read_to_its_end(filled: int) -> None:
    boxes, scores = decode_ssd(ssd(350, filled=filled), (544, 320))
    assert boxes.shape == (filled, 4)
    assert np.all(boxes == (136, 160, 272, 320))
    assert scores == pytest.approx(np.full(filled, 0.9))


def crowd_of_copies(frame: Image) -> tuple[Image, int]:
    """One person of a real frame, side by side over the whole picture."""
    person = cv2.resize(frame[78:131, 362:391], (17, 32), interpolation=cv2.INTER_AREA)
    across, down = 480 // 17, 360 // 32
    picture = np.full((360, 480, 3), person.mean(axis=(0, 1)), dtype=np.uint8)
    picture[: 32 * down, : 17 * across] = np.tile(person, (down, across, 1))
    return picture, across * down


def test_full_list_of_200_is_told_and_tiles_take_over(model_folder: Path, pets_frames: dict[int, Image]) -> None:
    picture, people = crowd_of_copies(pets_frames[400])
    assert people == 308
    full = load("person-detection-retail-0013", tiles=False).look([picture])[0]
    assert full.saturated
    assert len(full.persons) + len(full.doubtful) == 200
    assert "names at most 200 people and its list is full" in full.warnings[0]
    tiled = load("person-detection-retail-0013").look([picture])[0]
    assert len(tiled.persons) + len(tiled.doubtful) > 260


def test_missing_openvino_is_told_with_the_command(model_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "openvino", None)
    with pytest.raises(VisionError, match=r"pip install 'throng\[openvino\]'"):
        load_detector("person-detection-retail-0013")


def test_tampered_weights_are_refused(model_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    weights = (model_folder / "yolox_nano.onnx").read_bytes()
    (tmp_path / "yolox_nano.onnx").write_bytes(weights[:-1] + b"\x00")
    monkeypatch.setenv("THRONG_MODELS", str(tmp_path))
    with pytest.raises(VisionError, match=r"model yolox-nano is not used: .*SHA-256"):
        load_detector("yolox-nano")
