"""What is loaded for training and how validation counts, where only a part of the picture is labelled."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest

from throng.core.density_map import DensityMap
from throng.core.estimate import Estimate
from throng.core.observation import Heads
from throng.core.points import Image, image_points
from throng.train.record import Dataset, Record
from throng.train.validation import validate
from throng.vision.crowd import Crowd


class WhiteCounter:
    """Takes every white pixel for a person."""

    def count(self, images: Sequence[Image], *, scale: float = 1.0) -> list[Crowd]:
        return [self._crowd(image) for image in images]

    def _crowd(self, image: Image) -> Crowd:
        people = (image[..., 0] == 255).astype(np.float32)
        density = DensityMap(people, (1.0, 1.0), (image.shape[1], image.shape[0]))
        return Crowd(density, Heads.empty(), Estimate(density.total, 0.0, np.inf))


@pytest.fixture
def square(tmp_path: Path) -> Record:
    """Three people as white pixels, two of them in the region, the left half."""
    heads, image = image_points([[3.0, 5.0], [19.4, 7.0], [33.0, 9.0]]), np.full((20, 40, 3), 9, dtype=np.uint8)
    for u, v in heads.astype(int).tolist():
        image[v, u] = 255
    cv2.imwrite(str(tmp_path / "square.png"), image)
    region = np.zeros((20, 40), dtype=np.bool_)
    region[:, :20] = True
    return Record("square", tmp_path / "square.png", heads, "points", roi=lambda: region)


def test_only_the_labelled_region_counts(square: Record) -> None:
    found = validate(
        WhiteCounter(), {"plaza": Dataset("points", "val", (square, square)), "none": Dataset("x", "val", ())}
    )
    (score,) = found.scores
    assert (score.name, score.stats.samples) == ("plaza", 2)
    assert score.stats.mean_truth == 2
    assert score.stats.mae == 0
    assert found.figure == 0
    assert found.ghosts == 512 * 384


def test_nothing_to_validate_on_is_no_figure() -> None:
    assert np.isnan(validate(WhiteCounter(), {}).figure)


@pytest.mark.usefixtures("pytorch")
def test_people_outside_the_labelled_region_are_not_taught_as_background(square: Record) -> None:
    import torch

    from throng.train.pictures import load_pictures

    dataset = Dataset("points", "train", (square,))
    (picture,) = load_pictures(dataset, longest_px=None, device=torch.device("cpu"))
    np.testing.assert_allclose(picture.points, [[3.0, 5.0], [19.4, 7.0]])
    assert picture.image[:, 20:].max() == 0
    assert picture.image[:, :20].min() == 9
    (small,) = load_pictures(dataset, longest_px=20, device=torch.device("cpu"))
    assert small.size == (20, 10)
    np.testing.assert_allclose(small.points, [[1.25, 2.25], [9.45, 3.25]])
