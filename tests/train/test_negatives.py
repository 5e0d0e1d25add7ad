"""Pictures without people, drawn and simulated."""

import numpy as np
import pytest

from throng.train import simulated
from throng.train.negatives import NEGATIVES, blank_pictures, negative_pictures
from throng.train.simulated import crowd_pictures, empty_pictures


def test_all_kinds_come_in_turn_and_the_seed_decides_them() -> None:
    first, again, other = (dict(negative_pictures(36, side_px=96, seed=seed)) for seed in (4, 4, 5))
    assert {name.rsplit(" ", 1)[0] for name in first} == set(NEGATIVES)
    assert len(first) == 36
    for name, image in first.items():
        assert image.shape == (96, 96, 3)
        assert image.dtype == np.uint8
        np.testing.assert_array_equal(image, again[name])
    differing = sum(not np.array_equal(image, other[name]) for name, image in first.items())
    assert differing == 36 - 6  # black and white are always the same


def test_two_of_a_kind_differ() -> None:
    for kind in set(NEGATIVES) - {"black", "white"}:
        images = [NEGATIVES[kind](64, np.random.default_rng(seed)) for seed in range(8)]
        assert len({image.tobytes() for image in images}) == 8, kind


@pytest.mark.parametrize("kind", ["texture", "stripes", "gradient", "polygons", "bricks", "coarse noise"])
def test_pictures_with_structure_use_the_range_of_greys(kind: str) -> None:
    images = np.stack([NEGATIVES[kind](128, np.random.default_rng(seed)) for seed in range(20)])
    assert images.min() < 30
    assert images.max() > 225
    assert np.median([image.std() for image in images]) > 15


def test_blank_pictures_are_what_the_issue_asks_for() -> None:
    blanks = blank_pictures((80, 48))
    assert {image.shape for image in blanks.values()} == {(48, 80, 3)}
    assert blanks["black"].max() == 0
    assert blanks["white"].min() == 255
    assert blanks["noise"].std() == pytest.approx(73.9, abs=2)


@pytest.fixture
def small_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Drawing a place takes a second in a full-size picture."""
    monkeypatch.setattr(simulated, "SIZES", ("320x180",))


@pytest.mark.usefixtures("small_pictures")
def test_simulated_crowds_know_their_heads() -> None:
    pictures = list(crowd_pictures(2, seed=3))
    assert len({picture.name.split("?")[0] for picture in pictures}) == 2
    for picture in pictures:
        height, width = picture.image.shape[:2]
        assert len(picture.points) > 5
        assert ((picture.points > -0.5) & (picture.points < (width - 0.5, height - 0.5))).all()


@pytest.mark.usefixtures("small_pictures")
def test_empty_places_hold_nobody() -> None:
    told: list[tuple[int, int]] = []
    pictures = list(empty_pictures(1, seed=1, told=lambda done, total: told.append((done, total))))
    assert told == [(1, 1)]
    assert all(picture.points.shape == (0, 2) and picture.image.std() > 5 for picture in pictures)
