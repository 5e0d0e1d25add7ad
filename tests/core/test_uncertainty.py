import numpy as np
import pytest

from throng.core.calibration import Calibration
from throng.core.homography import PointPairs, calibration_from_points
from throng.core.pinhole import calibration_from_camera
from throng.core.plane_fit import fit_homography
from throng.core.points import FloatArray, GroundPoints, ImagePoints, ground_points
from throng.core.uncertainty import (
    click_density_error,
    extrapolation,
    head_plane_error,
    metres_per_pixel,
    mounting_density_error,
)

Places = tuple[tuple[int, int], ...]

SIZE = (1920, 1080)
DISTANCES_M = (8.0, 12.0, 16.0, 20.0, 25.0, 30.0)
SMALL: Places = ((-2, 8), (2, 8), (2, 12), (-2, 12))
LARGE: Places = ((-4, 6), (4, 6), (4, 22), (-4, 22))

# Reference sheet 1.13: f = 1200 px, 1080p, 6 m high, 30° down, clicks of 3 px; Monte Carlo, printed to 0.1 %.
SHEET: dict[Places, tuple[float, ...]] = {
    SMALL: (2.4, 3.4, 7.9, 12.7, 19.1, 25.7),
    LARGE: (1.3, 1.1, 1.6, 2.4, 3.5, 4.7),
}
SHEET_REL, SHEET_ABS = 0.08, 0.3


def _camera() -> Calibration:
    fov_deg = float(np.degrees(2 * np.arctan(960 / 1200)))
    return calibration_from_camera(height_m=6, tilt_deg=30, fov_deg=fov_deg, image_size=SIZE)


def _ahead(distances_m: tuple[float, ...]) -> GroundPoints:
    return ground_points([(0.0, d) for d in distances_m])


def _pairs(camera: Calibration, places: Places) -> PointPairs:
    ground = ground_points(places)
    return PointPairs(camera.to_image(ground), ground)


@pytest.mark.parametrize("places", [SMALL, LARGE], ids=["4 x 4 m", "8 x 16 m"])
def test_click_error_reproduces_the_reference_sheet(places: Places) -> None:
    camera = _camera()
    pairs = _pairs(camera, places)
    made = calibration_from_points(pairs, SIZE)
    errors = click_density_error(made, pairs, _ahead(DISTANCES_M), click_sigma_px=3.0)
    for found, expected in zip(100 * errors, SHEET[places], strict=True):
        assert found == pytest.approx(expected, rel=SHEET_REL, abs=SHEET_ABS)
    third = click_density_error(made, pairs, _ahead(DISTANCES_M), click_sigma_px=1.0)
    assert third == pytest.approx(errors / 3)


@pytest.mark.parametrize("places", [LARGE, (*LARGE, (0, 14), (-3, 10), (3, 18))], ids=["four", "seven"])
def test_click_error_agrees_with_clicking_again_and_again(places: Places) -> None:
    """Monte Carlo with 150 sets of clicks: its own scatter is 1 / sqrt(300) = 6 %."""
    camera, rng = _camera(), np.random.default_rng(5)
    pairs = _pairs(camera, places)
    at = _ahead((8, 12, 16, 20))
    pixels = camera.to_image(at)

    def log_area(clicks: ImagePoints) -> FloatArray:
        h = fit_homography(clicks, pairs.ground)
        inverse = np.linalg.inv(h)
        depth = np.column_stack((pixels, np.ones(len(pixels)))) @ inverse[2]
        return np.asarray(np.log(np.abs(np.linalg.det(inverse))) - 3 * np.log(np.abs(depth)))

    tries = [log_area(ImagePoints(pairs.image + rng.normal(scale=1.0, size=pairs.image.shape))) for _ in range(150)]
    expected = np.std(tries, axis=0)
    assert click_density_error(camera, pairs, at, click_sigma_px=1.0) == pytest.approx(expected, rel=0.2)


def test_head_plane_error_reproduces_the_reference_sheet() -> None:
    """0.1 m in the height of heads costs 8.5, 4.6 and 2.4 % at 4, 6 and 10 m."""
    found = [100 * head_plane_error(height_m) for height_m in (4, 6, 10)]
    assert found == pytest.approx([8.5, 4.6, 2.4], abs=0.05)
    assert head_plane_error(1.7) == 1.0


def test_metres_per_pixel_multiply_to_the_area_of_a_pixel() -> None:
    camera, at = _camera(), _ahead(DISTANCES_M)
    scales = metres_per_pixel(camera, at)
    assert np.prod(scales, axis=1) == pytest.approx(camera.area_per_pixel_m2(camera.to_image(at)), rel=2e-3)
    assert (scales[:, 0] < scales[:, 1]).all()
    # Across the view one pixel spans depth / f: 12 m ahead of a camera 6 m up and 30° down it is 13.39 m deep.
    assert scales[1, 0] == pytest.approx((12 * np.cos(np.pi / 6) + 6 * np.sin(np.pi / 6)) / 1200, rel=1e-3)
    assert np.isnan(metres_per_pixel(camera, ground_points([(0, -20)]))).all()


def test_extrapolation_is_one_at_the_border_and_grows_outwards() -> None:
    pairs = _pairs(_camera(), LARGE)
    at = ground_points([(0, 14), (4, 14), (0, 22), (8, 14), (0, 30), (0, 26)])
    assert extrapolation(pairs, at) == pytest.approx([0, 1, 1, 2, 2, 1.5])


def test_mounting_error_of_the_height_alone_is_twice_its_share() -> None:
    """The ground area under a pixel goes with the square of the height, and so does the error of the density."""
    camera, at = _camera(), _ahead((8, 16))
    only_height = mounting_density_error(camera, at, tilt_sigma_deg=0, focal_sigma=0, height_sigma=0.02)
    assert only_height == pytest.approx([0.04, 0.04], rel=1e-3)


def test_mounting_error_of_the_tilt_is_what_another_camera_would_read() -> None:
    camera, at = _camera(), _ahead((8, 20))
    pixels = camera.to_image(at)
    fov_deg = float(np.degrees(2 * np.arctan(960 / 1200)))
    up, down = (
        calibration_from_camera(height_m=6, tilt_deg=tilt, fov_deg=fov_deg, image_size=SIZE).area_per_pixel_m2(pixels)
        for tilt in (29.5, 30.5)
    )
    found = mounting_density_error(camera, at, tilt_sigma_deg=0.5, focal_sigma=0, height_sigma=0)
    assert found == pytest.approx(np.log(up / down) / 2, rel=1e-6)


def test_places_behind_the_camera_have_no_error_but_nan() -> None:
    camera = _camera()
    behind = ground_points([(0, -30)])
    assert np.isnan(click_density_error(camera, _pairs(camera, LARGE), behind)).all()
    assert np.isnan(mounting_density_error(camera, behind)).all()
