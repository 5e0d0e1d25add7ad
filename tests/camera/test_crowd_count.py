"""Zones counted with a density map: exact on the head plane, with boxes and heads fused in, and a peak that fits."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from throng.camera.pipeline import CameraPipeline
from throng.core.count_error import CountErrorModel
from throng.core.density_map import DensityMap
from throng.core.observation import HEAD_HEIGHT_M, Heads, Observation
from throng.core.pinhole import calibration_from_camera
from throng.core.points import GroundPoints, ground_points
from throng.core.reading import Reading
from throng.core.site import Camera, Zone

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
SIZE = (960, 540)
CALIBRATION = calibration_from_camera(height_m=8, tilt_deg=40, fov_deg=70, image_size=SIZE)
SQUARE = Zone("square", ((-4, 6), (4, 6), (4, 14), (-4, 14)))
ERROR = CountErrorModel(per_person=0.5, relative=0.1, q_low=1.645, q_high=1.645)


def crowd(spacing_m: float) -> GroundPoints:
    """People on a grid, also far around the zone."""
    xs, ys = np.meshgrid(np.arange(-10, 10, spacing_m) + spacing_m / 2, np.arange(2, 24, spacing_m) + spacing_m / 2)
    return ground_points(np.column_stack((xs.ravel(), ys.ravel())))


def mapped(people: GroundPoints, *, factor: float = 1.0) -> DensityMap:
    """The exact density map of heads, at stride 8."""
    pixels = CALIBRATION.to_image(people, HEAD_HEIGHT_M)
    shown = pixels[CALIBRATION.contains(pixels)]
    cells, _, _ = np.histogram2d(shown[:, 1], shown[:, 0], bins=(68, 120), range=((-0.5, 543.5), (-0.5, 959.5)))
    return DensityMap((cells * factor).astype(np.float32), (8.0, 8.0), SIZE, ERROR, 20.0)


def observed(pts_s: float, density: DensityMap, heads: GroundPoints | None = None) -> Observation:
    points = CALIBRATION.to_image(ground_points([]) if heads is None else heads, HEAD_HEIGHT_M)
    found = Heads.from_points(points, np.ones(len(points)))
    return Observation(
        "north",
        pts_s,
        START + timedelta(seconds=pts_s),
        round(pts_s),
        SIZE,
        persons=None,
        heads=found,
        models=("exact",),
        recall=0.9,
        precision=0.95,
        density=density,
    )


def reading(density: DensityMap, heads: GroundPoints | None = None, *, calibrated: bool = True) -> Reading:
    pipe = CameraPipeline(
        Camera("north", "clip.mp4", CALIBRATION if calibrated else None), (SQUARE,) if calibrated else (), (), SIZE
    )
    pipe.process(observed(0.0, density, heads))
    (found,) = (m for m in pipe.process(observed(1.0, density, heads)) if isinstance(m, Reading))
    return found


def inside(people: GroundPoints) -> int:
    return int(((np.abs(people[:, 0]) <= 4) & (np.abs(people[:, 1] - 10) <= 4)).sum())


def test_a_dense_crowd_is_cut_out_on_the_head_plane() -> None:
    """The ground homography would cut out another part of the crowd: heads at 1.7 m lie higher in the picture."""
    people = crowd(0.4)
    found = reading(mapped(people)).count
    assert found is not None
    assert found.value == pytest.approx(inside(people), rel=0.03)
    assert found.low < inside(people) < found.high


def test_the_peak_of_a_dense_crowd_is_its_density() -> None:
    density = reading(mapped(crowd(0.5))).density
    assert density is not None
    assert density.mean.value == pytest.approx(4.0, rel=0.06)
    assert density.peak_per_m2 == pytest.approx(4.0, rel=0.15)


def test_people_who_stand_apart_count_by_their_heads_when_the_map_is_wrong() -> None:
    people = ground_points([(x, y) for x in (-3, 0, 3) for y in (7, 10, 13)])
    found = reading(mapped(people, factor=0.5), people).count
    assert found is not None
    assert found.value > 7.5, "the map says 4.5, the heads say 9"


def test_a_dense_crowd_counts_by_the_map_when_heads_are_missed() -> None:
    people = crowd(0.35)
    found = reading(mapped(people), GroundPoints(people[::9])).count
    assert found is not None
    assert found.value == pytest.approx(inside(people), rel=0.05)


def test_nobody_is_nobody() -> None:
    found = reading(mapped(ground_points([]))).count
    assert found is not None
    assert (found.value, found.low, found.high) == (0.0, 0.0, 0.5)


def test_without_a_calibration_the_whole_picture_is_counted() -> None:
    people = crowd(0.5)
    density = mapped(people)
    found = reading(density, GroundPoints(people[::20]), calibrated=False)
    assert found.count is not None
    assert found.count.value == pytest.approx(density.total, rel=0.1)
    assert found.density is None


def test_a_grid_that_changes_with_the_scale_is_taken_up() -> None:
    people = crowd(0.5)
    pipe = CameraPipeline(Camera("north", "clip.mp4", CALIBRATION), (SQUARE,), (), SIZE)
    pipe.process(observed(0.0, mapped(people)))
    coarse = mapped(people)
    halved = coarse.people.reshape(34, 2, 60, 2).sum(axis=(1, 3))
    pipe.process(observed(1.0, DensityMap(halved, (16.0, 16.0), SIZE, ERROR, 20.0)))
    (found,) = (m for m in pipe.finish() if isinstance(m, Reading))
    assert found.count is not None
    assert found.count.value == pytest.approx(inside(people), rel=0.06)


def test_a_warning_whose_figures_change_is_told_once() -> None:
    from dataclasses import replace

    density = mapped(crowd(0.5))
    pipe = CameraPipeline(Camera("north", "clip.mp4", CALIBRATION), (SQUARE,), (), SIZE)
    for at, distance in ((0.0, 4.1), (0.4, 4.7)):
        pipe.process(replace(observed(at, density), warnings=(f"the scene is strange (distance {distance})",)))
    (found,) = (m for m in pipe.finish() if isinstance(m, Reading))
    assert found.reasons == ("the scene is strange (distance 4.7)",)
