"""Dense optical flow on pictures whose motion is known."""

from datetime import UTC, datetime

import cv2
import numpy as np
import pytest

from throng.core.frame import Frame
from throng.core.motion_field import MotionField
from throng.core.points import FloatArray, Image, image_points
from throng.vision.dense_flow import DenseFlow
from throng.vision.observers import load_observer
from throng.vision.ports import GlancingObserver

SIZE = (480, 270)
MIDDLE = image_points([(240, 135)])
PERSON = 200, 80, 60, 110
"""x, y, width and height of a textured patch that moves before the background."""


def texture(size: tuple[int, int] = SIZE, *, seed: int = 1, grain: float = 2.0) -> Image:
    """Noise of one grain, so that each place looks like no other."""
    noise = np.random.default_rng(seed).normal(size=(size[1], size[0], 3))
    smooth = cv2.GaussianBlur(noise, (0, 0), grain)
    return np.asarray(np.clip(128 + 45 * smooth / smooth.std(), 0, 255), dtype=np.uint8)


def moved(image: Image, dx: float, dy: float, *, turn_deg: float = 0.0) -> Image:
    """The picture shifted and turned about its middle; beyond its border it is mirrored."""
    matrix = cv2.getRotationMatrix2D((SIZE[0] / 2, SIZE[1] / 2), turn_deg, 1.0)
    matrix[:, 2] += np.array((dx, dy))
    return np.asarray(cv2.warpAffine(image, matrix, SIZE, borderMode=cv2.BORDER_REFLECT), dtype=np.uint8)


def with_person(background: Image, dx: int = 0, dy: int = 0) -> Image:
    """A picture with a textured patch before it."""
    x, y, width, height = PERSON
    picture = background.copy()
    picture[y + dy : y + dy + height, x + dx : x + dx + width] = texture((width, height), seed=2)
    return picture


def frame(image: Image, pts_s: float) -> Frame:
    return Frame("c", image, pts_s, datetime.now(UTC), 0)


def between(first: Image, second: Image, *, seconds: float = 0.5) -> MotionField:
    flow = DenseFlow()
    assert flow.estimate(frame(first, 10.0)) is None
    field = flow.estimate(frame(second, 10.0 + seconds))
    assert field is not None
    return field


def inside_person(field: MotionField, dx: int, dy: int) -> FloatArray:
    """Velocities in the inner part of the patch in its new place."""
    x, y, width, height = PERSON
    u, v = np.meshgrid(np.arange(x + 10, x + width - 10, 4) + dx, np.arange(y + 10, y + height - 10, 4) + dy)
    return field.at(image_points(np.column_stack((u.ravel(), v.ravel()))))


@pytest.mark.parametrize(("dx", "dy"), [(0, 0), (2, -1), (6, 3), (-12, 4), (20, 0), (-25, 10)])
def test_a_patch_before_a_still_background_has_its_velocity(dx: int, dy: int) -> None:
    background = texture()
    field = between(with_person(background), with_person(background, dx, dy))
    velocities = inside_person(field, dx, dy)
    known = np.isfinite(velocities[:, 0])
    assert known.mean() > 0.9
    np.testing.assert_allclose(np.median(velocities[known], axis=0), (2 * dx, 2 * dy), atol=0.6)
    np.testing.assert_allclose(field.at(image_points([(60, 60), (420, 220)])), 0, atol=0.6)


def test_larger_pictures_and_other_times_keep_the_scale() -> None:
    background = texture()
    first, second = with_person(background), with_person(background, 8, 4)
    large = [np.asarray(cv2.resize(image, (1440, 810)), dtype=np.uint8) for image in (first, second)]
    field = between(large[0], large[1], seconds=0.25)
    assert field.image_size == (1440, 810)
    assert field.baseline_s == pytest.approx(0.25)
    x, y = 3 * (PERSON[0] + 38), 3 * (PERSON[1] + 59)
    np.testing.assert_allclose(field.at(image_points([(x, y)]))[0], (3 * 8 * 4, 3 * 4 * 4), atol=4)


@pytest.mark.parametrize(("dx", "dy", "turn_deg"), [(3, -2, 0.0), (-9, 5, 0.0), (2, 1, 0.7)])
def test_a_shaken_camera_moves_nobody(dx: float, dy: float, turn_deg: float) -> None:
    background = texture()
    second = moved(with_person(background, 8, 4), dx, dy, turn_deg=turn_deg)
    field = between(with_person(background), second)
    still = np.ones(field.confidence.shape, dtype=np.bool_)
    still[15:60, 40:80] = False
    still[:6], still[-6:], still[:, :6], still[:, -6:] = False, False, False, False
    assert np.nanmedian(np.abs(field.velocity_px[still])) < 0.4
    assert np.nanpercentile(np.abs(field.velocity_px[still]), 95) < 1.5
    walked = np.nanmedian(inside_person(field, 8 + round(dx), 4 + round(dy)), axis=0)
    np.testing.assert_allclose(walked, (16, 8), atol=1.5)


def test_a_picture_that_drifts_on_is_not_told_from_a_crowd() -> None:
    flow, background = DenseFlow(), texture()
    fields = [flow.estimate(frame(moved(background, 5.0 * k, 0), 0.5 * k)) for k in range(12)]
    assert fields[1] is not None
    assert fields[-1] is None


def test_without_texture_nothing_is_known() -> None:
    grey = np.full((270, 480, 3), 128, dtype=np.uint8)
    assert between(grey, grey).known_share == 0
    half = texture()
    half[:, :240] = 128
    field = between(half, half)
    assert np.isnan(field.at(image_points([(100, 100)]))).all()
    np.testing.assert_allclose(field.at(image_points([(380, 100)])), 0, atol=0.2)


def test_pictures_that_have_nothing_in_common_tell_little() -> None:
    assert between(texture(seed=3), texture(seed=4)).known_share < 0.2


def test_whoever_went_too_far_is_mostly_unknown() -> None:
    background = texture()
    field = between(with_person(background), with_person(background, 60, 30))
    assert np.isfinite(inside_person(field, 60, 30)[:, 0]).mean() < 0.5


def test_a_change_of_the_light_is_no_motion() -> None:
    first = texture()
    second = np.asarray(cv2.convertScaleAbs(first, alpha=0.85, beta=25), dtype=np.uint8)
    field = between(first, second)
    assert field.known_share > 0.9
    assert np.nanpercentile(np.abs(field.velocity_px), 95) < 0.6


@pytest.mark.parametrize("pts_s", [10.0, 9.5, 11.6, 3600.0])
def test_time_that_stands_runs_back_or_jumps_tells_nothing(pts_s: float) -> None:
    flow, image = DenseFlow(), texture()
    assert flow.estimate(frame(image, 10.0)) is None
    assert flow.estimate(frame(image, pts_s)) is None
    after = flow.estimate(frame(image, pts_s + 0.5))
    assert after is not None
    assert after.baseline_s == pytest.approx(0.5)


def test_another_size_starts_anew() -> None:
    flow = DenseFlow()
    assert flow.estimate(frame(texture(), 0.0)) is None
    assert flow.estimate(frame(texture((320, 180)), 0.5)) is None
    assert flow.estimate(frame(texture((320, 180)), 1.0)) is not None


@pytest.mark.parametrize(("rate_hz", "baseline_s"), [(1.0, 1.0), (2.0, 0.5), (5.0, 0.2), (10.0, 0.2), (25.0, 0.2)])
def test_frames_about_a_fifth_of_a_second_apart_are_compared(rate_hz: float, baseline_s: float) -> None:
    flow, image = DenseFlow(long_side_px=96), texture()
    fields = [flow.estimate(frame(image, k / rate_hz)) for k in range(2 * int(rate_hz) + 2)]
    assert fields[-1] is not None
    assert fields[-1].baseline_s == pytest.approx(baseline_s, abs=0.045)


@pytest.mark.parametrize(("rate_hz", "before_s"), [(2.0, 0.2), (1.0, 0.3), (0.5, 0.1)])
def test_a_frame_is_compared_with_the_glance_before_it(rate_hz: float, before_s: float) -> None:
    flow, image = DenseFlow(long_side_px=96), texture()
    for k in range(4):
        flow.glance(frame(image, k / rate_hz - before_s))
        field = flow.estimate(frame(image, k / rate_hz))
        assert field is not None
        assert field.baseline_s == pytest.approx(before_s)


def test_glances_may_run_ahead_of_the_frames_that_are_analysed() -> None:
    flow, image = DenseFlow(long_side_px=96), texture()
    for k in range(40):
        flow.glance(frame(image, 0.5 * k + 0.3))
    baselines_s = [field.baseline_s for k in range(1, 40) if (field := flow.estimate(frame(image, 0.5 * k)))]
    np.testing.assert_allclose(baselines_s, 0.2)
    assert len(baselines_s) == 39


def test_memory_is_bounded_whatever_is_glanced_at() -> None:
    flow, image = DenseFlow(long_side_px=32), texture((64, 36))
    for k in range(1000):
        flow.glance(frame(image, k / 100))
    assert flow.remembered <= 100
    flow.estimate(frame(image, 10.0))
    flow.estimate(frame(image, 20.0))
    assert flow.remembered <= 2


def test_glances_of_another_size_or_another_time_are_not_compared() -> None:
    flow = DenseFlow(long_side_px=96)
    flow.glance(frame(texture((320, 180)), 0.8))
    assert flow.estimate(frame(texture(), 1.0)) is None
    flow.glance(frame(texture(), 1.3))
    assert flow.estimate(frame(texture(), 60.0)) is None
    assert flow.estimate(frame(texture(), 2.0)) is None


@pytest.mark.parametrize("size", [(16, 12), (3, 3), (50, 7)])
def test_tiny_pictures_do_no_harm(size: tuple[int, int]) -> None:
    flow = DenseFlow()
    flow.estimate(frame(texture(size), 0.0))
    field = flow.estimate(frame(texture(size, seed=2), 0.5))
    assert field is None or field.image_size == size


def test_a_counter_is_joined_by_flow_that_can_be_left_out() -> None:
    image = np.asarray(cv2.resize(texture(), (320, 192)), dtype=np.uint8)
    for wanted in (True, False):
        observer = load_observer("c", None, rate_hz=2, motion=wanted)
        first, second = observer.observe(frame(image, 0.0)), observer.observe(frame(image, 0.5))
        assert first.motion is None
        assert (second.motion is not None) == wanted


def test_a_counter_passes_its_glances_on_to_the_flow() -> None:
    image = np.asarray(cv2.resize(texture(), (320, 192)), dtype=np.uint8)
    for wanted in (True, False):
        observer = load_observer("c", None, rate_hz=2, motion=wanted)
        assert isinstance(observer, GlancingObserver)
        assert observer.glance_s == (0.2 if wanted else None)
        observer.glance(frame(image, 0.3))
        motion = observer.observe(frame(image, 0.5)).motion
        assert (motion is not None) == wanted
        assert motion is None or motion.baseline_s == pytest.approx(0.2)
