from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from throng.core.calibration import Calibration, CalibrationError
from throng.core.lens import BrownLens
from throng.core.pinhole import calibration_from_camera
from throng.core.points import ground_points, image_points

SIZE = (1920, 1080)
LENS = BrownLens(fx=1200, fy=1200, cx=959.5, cy=539.5, k1=-0.28, k2=0.07, p1=0.001)


def _camera(*, height_m: float = 6.0, tilt_deg: float = 30.0, lens: BrownLens | None = None) -> Calibration:
    fov_deg = float(np.degrees(2 * np.arctan(960 / 1200)))
    ideal = calibration_from_camera(height_m=height_m, tilt_deg=tilt_deg, fov_deg=fov_deg, image_size=SIZE)
    return replace(ideal, lens=lens)


CAMERAS = pytest.mark.parametrize("camera", [_camera(), _camera(lens=LENS)], ids=["pinhole", "lens"])


@CAMERAS
def test_ground_to_picture_and_back(camera: Calibration) -> None:
    places = ground_points(np.random.default_rng(0).uniform([-5, 6], [5, 40], (200, 2)))
    for height_m in (0.0, 1.7):
        assert camera.to_ground(camera.to_image(places, height_m), height_m) == pytest.approx(places, abs=1e-6)


def test_heads_on_the_ground_plane_read_too_thin() -> None:
    """Reference sheet 1.13: the density read is low by ((h - z) / h)²: 0.33 at 4 m, 0.51 at 6 m, 0.69 at 10 m."""
    for height_m, factor in ((4, 0.33), (6, 0.51), (10, 0.69)):
        camera = _camera(height_m=height_m)
        heads = camera.to_image(ground_points([(0, 9), (1, 9), (1, 10), (0, 10)]), 1.7)
        read = camera.to_ground(heads)
        area_m2 = np.linalg.norm(read[1] - read[0]) * np.linalg.norm(read[3] - read[0])
        assert 1 / area_m2 == pytest.approx(factor, abs=0.005)


@CAMERAS
def test_area_per_pixel_is_the_derivative_of_the_ground(camera: Calibration) -> None:
    pixels = image_points([(960, 700), (200, 900), (1700, 400)])
    step = 1e-3
    right, down = np.array([step, 0]), np.array([0, step])
    du = (camera.to_ground(image_points(pixels + right)) - camera.to_ground(image_points(pixels - right))) / 2
    dv = (camera.to_ground(image_points(pixels + down)) - camera.to_ground(image_points(pixels - down))) / 2
    expected = np.abs(du[:, 0] * dv[:, 1] - du[:, 1] * dv[:, 0]) / step**2
    assert camera.area_per_pixel_m2(pixels) == pytest.approx(expected, rel=1e-4)


def test_a_level_camera_has_the_area_of_the_reference_sheet() -> None:
    """Zero tilt: J = f / (h M³) with M pixels per metre across, reference sheet 1.13."""
    camera = _camera(tilt_deg=0)
    pixel = camera.to_image(ground_points([(0, 20)]))
    pixels_per_m = 1200 / 20
    assert camera.area_per_pixel_m2(pixel)[0] == pytest.approx(1200 / (6 * pixels_per_m**3))


def test_the_sky_has_no_ground_and_the_back_no_picture() -> None:
    camera = _camera(tilt_deg=10)
    sky = image_points([(960, 10)])
    assert np.isnan(camera.to_ground(sky)).all()
    assert np.isnan(camera.area_per_pixel_m2(sky)).all()
    assert np.isnan(camera.to_image(ground_points([(0, -5)]))).all()
    assert not camera.contains(camera.to_image(ground_points([(0, -5)]))).any()


@settings(deadline=None)
@given(x=st.floats(-6, 6), y=st.floats(5, 30), height_m=st.floats(0, 2), scale=st.sampled_from([0.25, 0.5, 2.0]))
def test_a_scaled_picture_shows_the_same_places(x: float, y: float, height_m: float, scale: float) -> None:
    camera, place = _camera(lens=LENS), ground_points([(x, y)])
    other = camera.scaled_to(int(1920 * scale), int(1080 * scale))
    seen = other.to_image(place, height_m)
    assert seen == pytest.approx((camera.to_image(place, height_m) + 0.5) * scale - 0.5, abs=1e-6)
    assert other.to_ground(seen, height_m) == pytest.approx(place, abs=1e-5)


def test_another_shape_of_picture_is_refused() -> None:
    assert _camera().scaled_to(*SIZE).image_size == SIZE
    with pytest.raises(CalibrationError, match="has 640×480, which is another shape"):
        _camera().scaled_to(640, 480)


def test_a_projection_that_is_none_is_refused() -> None:
    with pytest.raises(CalibrationError, match="finite projection of shape"):
        Calibration(SIZE, np.full((3, 4), np.nan))
    with pytest.raises(CalibrationError, match="degenerate"):
        Calibration(SIZE, np.zeros((3, 4)))
