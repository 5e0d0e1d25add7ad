"""People whom a density map shows move as the bodies under their heads do."""

from datetime import UTC, datetime

import cv2
import numpy as np
import pytest

from throng.core.density_map import DensityMap
from throng.core.frame import Frame
from throng.core.motion_field import MotionField
from throng.core.points import Image, image_points
from throng.vision.dense_flow import DenseFlow

SIZE = (480, 270)
CELL_PX = 8.0
BODY = np.random.default_rng(5).integers(0, 255, (4, 9, 3))
"""The colours of a small body, 9 wide, which is enlarged to 4 times its height and more."""


def ground(seed: int = 1) -> Image:
    """A coarse pavement."""
    noise = np.random.default_rng(seed).normal(size=(SIZE[1], SIZE[0], 3))
    smooth = cv2.GaussianBlur(noise, (0, 0), 1.5)
    return np.asarray(np.clip(128 + 30 * smooth / smooth.std(), 0, 255), dtype=np.uint8)


def with_people(background: Image, heads: list[tuple[int, int]]) -> Image:
    """Bodies of 9 by 16 pixels; the head is 4 pixels below their upper end."""
    picture = background.copy()
    for n, (x, y) in enumerate(heads):
        colours = np.roll(BODY, n, axis=1)[:, :9].astype(np.uint8)
        picture[y - 4 : y + 12, x - 4 : x + 5] = cv2.resize(colours, (9, 16), interpolation=cv2.INTER_LINEAR)
    return picture


def density_of(heads: list[tuple[int, int]]) -> DensityMap:
    """One person about each head, as a counter smears them."""
    people = np.zeros((34, 60), dtype=np.float32)
    for x, y in heads:
        people[int(y / CELL_PX), int(x / CELL_PX)] += 1
    people = np.asarray(cv2.GaussianBlur(people, (0, 0), 0.6), dtype=np.float32)
    people[people < 0.005] = 0
    return DensityMap(people, (CELL_PX, CELL_PX), SIZE)


def motion(old: Image, new: Image, density: DensityMap | None, *, seconds: float = 0.2) -> MotionField:
    flow = DenseFlow()
    flow.glance(Frame("c", old, 10.0, datetime.now(UTC), 0))
    field = flow.estimate(Frame("c", new, 10.0 + seconds, datetime.now(UTC), 1), density)
    assert field is not None
    return field


@pytest.mark.parametrize(("dx", "dy"), [(3, 1), (-14, 6), (21, -9), (-24, 0)])
def test_somebody_small_who_runs_over_a_pavement_is_followed(dx: int, dy: int) -> None:
    heads = [(100, 100), (300, 60), (212, 180)]
    came = [(x + dx, y + dy) for x, y in heads]
    field = motion(with_people(ground(), heads), with_people(ground(), came), density_of(came))
    cells = density_of(came)
    occupied = cells.people.ravel() > 0.03
    velocities = field.at(image_points(cells.centres()[occupied]))
    assert np.isfinite(velocities).all()
    np.testing.assert_allclose(velocities, np.tile((dx / 0.2, dy / 0.2), (len(velocities), 1)), atol=5)


def test_the_ground_about_people_stands_still() -> None:
    heads, came = [(100, 100)], [(112, 104)]
    field = motion(with_people(ground(), heads), with_people(ground(), came), density_of(came))
    np.testing.assert_allclose(field.at(image_points([(300, 200), (30, 40)])), 0, atol=3)


def test_whoever_is_not_in_the_older_picture_is_not_followed() -> None:
    field = motion(ground(), with_people(ground(), [(200, 100)]), density_of([(200, 100)]))
    velocity = field.at(image_points([(200, 100)]))
    assert np.isnan(velocity).all() or np.hypot(*velocity[0]) < 3


@pytest.mark.parametrize("shape", [(1, 1), (2, 3), (34, 60), (135, 240)])
def test_maps_of_every_grain_and_nobody_do_no_harm(shape: tuple[int, int]) -> None:
    cell_px = SIZE[0] / shape[1], SIZE[1] / shape[0]
    for people in (np.zeros(shape), np.full(shape, 0.5), np.eye(*shape)):
        density = DensityMap(people.astype(np.float32), cell_px, SIZE)
        field = motion(ground(), ground(), density)
        assert np.nanmax(np.abs(field.velocity_px)) < 3


def test_thousands_of_people_cost_no_more_than_hundreds() -> None:
    rng = np.random.default_rng(3)
    people = rng.random((135, 240)).astype(np.float32)
    density = DensityMap(people, (2.0, 2.0), SIZE)
    field = motion(ground(1), ground(2), density)
    assert field.known_share < 0.5
