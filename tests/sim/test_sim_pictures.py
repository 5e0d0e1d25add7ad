"""What the simulated camera draws."""

from functools import lru_cache
from typing import Any

import cv2
import numpy as np
import pytest

from throng.core.points import FloatArray, GroundPoints, Image
from throng.sim import Scene, scene
from throng.sim.body import Build, Gait, limbs
from throng.sim.crowd import People
from throng.sim.render import Renderer
from throng.sim.shapes import View, draw_shape
from throng.sim.truth import Truth, head_heights_m


def standing(places: list[tuple[float, float]], *, first_id: int = 0) -> People:
    n = len(places)
    return People(
        ids=np.arange(first_id, first_id + n, dtype=np.int64),
        ground=GroundPoints(np.array(places, dtype=np.float64).reshape(n, 2)),
        velocity_mps=np.zeros((n, 2)),
        heading_rad=np.full(n, -np.pi / 2),
        walked_m=np.zeros(n),
        statures_m=np.full(n, 1.75),
        running=np.zeros(n, dtype=np.bool_),
    )


def together(a: People, b: People) -> People:
    fields: dict[str, Any] = {
        field: np.concatenate((getattr(a, field), getattr(b, field))) for field in People.__slots__
    }
    return People(**fields)


def truth_of(named: Scene, people: People) -> Truth:
    heights_m = head_heights_m(people.statures_m)
    heads = named.calibration.to_image(people.ground, heights_m)
    seen = named.calibration.contains(heads)
    return Truth(
        ids=people.ids,
        ground=people.ground,
        velocity_mps=people.velocity_mps,
        heights_m=heights_m,
        statures_m=people.statures_m,
        head_pixels=heads,
        foot_pixels=named.calibration.to_image(people.ground),
        in_picture=seen,
        visible=seen,
    )


@lru_cache(maxsize=3)
def renderer_of(name: str, size: tuple[int, int]) -> Renderer:
    return Renderer(scene(name, size=size, noise=0.0))


def draw(named: Scene, people: People) -> Image:
    renderer = renderer_of(named.name, named.calibration.image_size)
    return renderer.draw(people, truth_of(named, people), pts_s=0.0, sequence=0)


def changed(a: Image, b: Image) -> FloatArray:
    return np.asarray(np.abs(a.astype(np.float64) - b).max(axis=2), dtype=np.float64)


def test_a_person_is_drawn_from_foot_to_head() -> None:
    named = scene("plaza")
    nobody, somebody = draw(named, standing([])), draw(named, standing([(1.0, 6.0)]))
    figure = changed(nobody, somebody) > 25
    truth = truth_of(named, standing([(1.0, 6.0)]))
    (head_x, head_y), (_, foot_y) = truth.head_pixels[0], truth.foot_pixels[0]
    rows = np.flatnonzero(figure.any(axis=1))
    height_px = foot_y - head_y
    assert figure[round(head_y), round(head_x)]
    assert rows[0] == pytest.approx(head_y - 0.07 * height_px, abs=0.05 * height_px)
    assert rows[-1] == pytest.approx(foot_y, abs=0.12 * height_px)


def test_the_nearer_person_is_drawn_over_the_farther_one() -> None:
    named = scene("plaza")
    far, near = standing([(0.0, 6.0)], first_id=10), standing([(0.0, 5.4)], first_id=11)
    both_ways = [draw(named, together(a, b)) for a, b in ((far, near), (near, far))]
    assert np.array_equal(both_ways[0], both_ways[1]), "the order in memory does not matter"
    alone = draw(named, near)
    x, y = np.rint(truth_of(named, near).head_pixels[0]).astype(int)
    chest = slice(y - 3, y + 25), slice(x - 4, x + 5)
    assert changed(both_ways[0], alone)[chest].mean() < 2.0, "nothing of the farther one shows through"
    assert changed(both_ways[0], draw(named, far))[chest].mean() > 10.0


def test_a_wall_hides_who_stands_behind_it() -> None:
    named = scene("counterflow", size=(640, 360))
    hidden = standing([(-8.0, 21.0)])
    assert named.calibration.contains(truth_of(named, hidden).head_pixels).all()
    assert changed(draw(named, standing([])), draw(named, hidden)).max() <= 1


def test_the_empty_scene_has_noise_and_changing_light() -> None:
    named = scene("empty", size=(320, 180))
    renderer, nobody = Renderer(named), standing([])
    truth = truth_of(named, nobody)
    frames = [renderer.draw(nobody, truth, pts_s=t, sequence=k) for k, t in enumerate((0.0, 0.1, 12.0))]
    assert 1.0 < changed(frames[0], frames[1]).mean() < 12.0
    assert abs(frames[2].mean() - frames[0].mean()) > 0.8
    quiet = renderer_of("empty", (320, 180))
    still = [quiet.draw(nobody, truth, pts_s=0.0, sequence=k) for k in (0, 1)]
    assert np.array_equal(still[0], still[1])


@pytest.mark.parametrize("size", [(320, 180), (640, 480), (1920, 1080)])
@pytest.mark.parametrize("number", [0, 300])
def test_any_number_of_people_is_drawn_at_any_size(size: tuple[int, int], number: int) -> None:
    named = scene("hall", size=size)
    columns = 20
    places = [(-4.4 + 0.46 * (k % columns), 3.1 + 0.46 * (k // columns)) for k in range(number)]
    image = draw(named, standing(places))
    assert image.shape == (size[1], size[0], 3)
    assert image.dtype == np.uint8
    if number:
        heads = truth_of(named, standing(places)).head_pixels
        columns_px, rows_px = np.rint(heads).astype(int).T
        assert (changed(image, draw(named, standing([])))[rows_px, columns_px] > 4).mean() > 0.9


def test_people_beside_and_behind_the_camera_are_left_out() -> None:
    named = scene("plaza", size=(320, 180))
    outside = standing([(0.0, -30.0), (0.0, -9.0), (200.0, 10.0), (0.0, -8.5)])
    assert changed(draw(named, standing([])), draw(named, outside)).max() <= 1


@pytest.mark.parametrize("build", list(Build))
@pytest.mark.parametrize("gait", list(Gait))
def test_bodies_stand_on_the_ground_and_are_one_stature_tall(build: Build, gait: Gait) -> None:
    for phase in range(4):
        parts = limbs(build, gait, phase)
        lowest = min(min(part.a[2] - part.radius_a, part.b[2] - part.radius_b) for part in parts)
        highest = max(max(part.a[2] + part.radius_a, part.b[2] + part.radius_b) for part in parts)
        assert lowest == pytest.approx(0.0, abs=0.02)
        assert highest == pytest.approx(1.0, abs=0.07)


def test_a_shape_spans_foot_to_crown_at_every_size() -> None:
    for size in range(4):
        shape = draw_shape(Build.SHIRT, Gait.STAND, 0, View(270, 24), size)
        rows = np.flatnonzero((shape.layers[:, :, 0] > 100).any(axis=1))
        height_px = shape.foot[1] - shape.crown[1]
        assert rows[0] == pytest.approx(shape.crown[1], abs=0.06 * height_px + 1)
        assert rows[-1] == pytest.approx(shape.foot[1], abs=0.1 * height_px + 1)


def test_the_caption_names_the_scene_and_the_time() -> None:
    named = scene("empty")
    renderer, nobody = renderer_of("empty", (960, 540)), standing([])
    first, later = (renderer.draw(nobody, truth_of(named, nobody), pts_s=t, sequence=0) for t in (0.0, 3725.0))
    corner = slice(8, 32), slice(8, 260)
    bright = cv2.inRange(first[corner], (150, 150, 150), (255, 255, 255)).any()
    assert bright
    assert changed(first, later)[corner].max() > 60
