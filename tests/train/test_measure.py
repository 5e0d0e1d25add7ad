"""What a counter learns about itself: errors, head skill and domain, from pictures that it was not trained on."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import onnx
import pytest

from throng.core.observation import Heads
from throng.core.points import ImagePoints, image_points
from throng.train.errors import TrainError
from throng.train.head_skill import HeadSkill
from throng.train.measure import measure_counter
from throng.train.record import Dataset, Record

WriteCounter = Callable[..., Path]


def dots(folder: Path, name: str, *, people: int, labelled: int, seed: int) -> Record:
    """A picture with white dots; as many of them as wanted are labelled."""
    rng = np.random.default_rng(seed)
    image = np.zeros((240, 320, 3), dtype=np.uint8)
    cells = rng.choice(30 * 40, size=people, replace=False)
    points = np.column_stack((cells % 40, cells // 40)) * 8.0 + 3
    for x, y in points.astype(int):
        image[y : y + 2, x : x + 2] = 255
    path = folder / f"{name}.png"
    cv2.imwrite(str(path), image)
    return Record(name, path, image_points(points[:labelled] + 0.5), "dots")


def test_errors_are_those_of_the_counter(tmp_path: Path, write_dot_counter: WriteCounter) -> None:
    """The counter sees every dot; a fifth of the dots has no label: it reads 25 % too high, and knows it afterwards."""
    records = [dots(tmp_path, f"p{n}", people=10 + 5 * n, labelled=8 + 4 * n, seed=n) for n in range(24)]
    path = write_dot_counter(gain=0.25)
    kept_back = {"dots": Dataset("dots", "val", tuple(records))}
    found = measure_counter(path, kept_back=kept_back, trained_on=kept_back)
    estimate = found.interval.interval(100.0)
    assert estimate.low < 80 < estimate.high
    assert estimate.low > 60
    assert found.coverage["dots"] >= 0.85
    assert 0 < found.heads.precision < 0.95
    entries = found.metadata()
    assert set(entries) >= {"throng.interval", "throng.heads", "throng.quality"}


def test_too_few_pictures_are_no_measurement(tmp_path: Path, write_dot_counter: WriteCounter) -> None:
    path = write_dot_counter(gain=0.25)
    with pytest.raises(TrainError, match="there are no pictures"):
        measure_counter(path, kept_back={"dots": Dataset("dots", "val", ())}, trained_on={})


def test_head_skill_is_that_of_people_who_stand_apart() -> None:
    skill = HeadSkill()
    present = ImagePoints(np.array([[50.0, 50.0], [200.0, 50.0], [204.0, 52.0]]))
    found = np.array([[51.0, 50.0], [202.0, 50.0], [100.0, 200.0]])
    skill.add(Heads.from_points(found, np.array([0.9, 0.8, 0.2])), present)
    best = skill.best()
    assert best.threshold > 0.2, "the false point at the bottom has a score of 0.2"
    assert (best.recall, best.precision) == (1.0, 1.0)


def test_an_exported_file_takes_the_figures(tmp_path: Path, write_dot_counter: WriteCounter, pytorch: None) -> None:
    from throng.train.export import add_metadata
    from throng.vision.density_counter import OnnxDensityCounter

    records = [dots(tmp_path, f"p{n}", people=10 + n, labelled=10 + n, seed=n) for n in range(24)]
    path = write_dot_counter(gain=0.25)
    kept_back = {"dots": Dataset("dots", "val", tuple(records))}
    add_metadata(path, measure_counter(path, kept_back=kept_back, trained_on=kept_back).metadata())
    onnx.checker.check_model(str(path))
    counter = OnnxDensityCounter(path)
    assert counter.card.interval is not None
    assert counter.count([records[0].image()])[0].warnings == ()
    veiled = np.full((240, 320, 3), 150, dtype=np.uint8)
    assert [told.partition(" (")[0] for told in counter.count([veiled])[0].warnings] == ["the picture is hazy"]
