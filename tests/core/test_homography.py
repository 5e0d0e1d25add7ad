from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from throng.core.calibration import Calibration, CalibrationError
from throng.core.focal import Vertical
from throng.core.homography import PointPairs, calibration_from_points, point_errors_px
from throng.core.lens import BrownLens
from throng.core.pinhole import calibration_from_camera, focal_from_fov
from throng.core.plane_fit import fit_homography
from throng.core.points import ImagePoints, ground_points, image_points

SIZE = (1920, 1080)
QUAD = ((-4.0, 6.0), (4.0, 6.0), (4.0, 22.0), (-4.0, 22.0))
MORE = (*QUAD, (0.0, 14.0), (2.0, 10.0))


def _camera(**changes: float) -> Calibration:
    numbers = {"height_m": 6.0, "tilt_deg": 30.0, "fov_deg": 77.32} | changes
    return calibration_from_camera(
        height_m=numbers["height_m"],
        tilt_deg=numbers["tilt_deg"],
        fov_deg=numbers["fov_deg"],
        roll_deg=numbers.get("roll_deg", 0.0),
        heading_deg=numbers.get("heading_deg", 0.0),
        image_size=SIZE,
    )


def _pairs(camera: Calibration, places: tuple[tuple[float, float], ...] = QUAD) -> PointPairs:
    ground = ground_points(places)
    return PointPairs(camera.to_image(ground), ground)


def _same(a: Calibration, b: Calibration) -> bool:
    p, q = (c.projection / np.linalg.norm(c.projection[2, :3]) for c in (a, b))
    return bool(np.allclose(p, q, rtol=1e-6, atol=1e-5))


def test_points_of_a_known_camera_give_that_camera_back() -> None:
    camera = _camera()
    for places in (QUAD, MORE):
        made = calibration_from_points(_pairs(camera, places), SIZE)
        assert _same(made, camera)
        assert made.rms_px == pytest.approx(0, abs=1e-6)


@settings(max_examples=40, deadline=None)
@given(
    height_m=st.floats(3, 30),
    tilt_deg=st.floats(20, 60),
    heading_deg=st.floats(0, 359),
    roll_deg=st.floats(-8, 8),
    fov_deg=st.floats(50, 100),
)
def test_any_camera_is_found_from_its_points(
    height_m: float, tilt_deg: float, heading_deg: float, roll_deg: float, fov_deg: float
) -> None:
    camera = _camera(height_m=height_m, tilt_deg=tilt_deg, heading_deg=heading_deg, roll_deg=roll_deg, fov_deg=fov_deg)
    corners = image_points([[300, 1000], [1600, 1000], [1500, 500], [400, 500], [900, 700]])
    pairs = PointPairs(corners, camera.to_ground(corners))
    made = calibration_from_points(pairs, SIZE, focal_px=focal_from_fov(fov_deg, SIZE[0]))
    assert _same(made, camera)


def test_noise_of_a_pixel_is_averaged_and_reported() -> None:
    camera = _camera()
    rng = np.random.default_rng(7)
    ground = ground_points(rng.uniform([-4, 6], [4, 22], (60, 2)))
    pixels = ImagePoints(camera.to_image(ground) + rng.normal(scale=1.0, size=(60, 2)))
    made = calibration_from_points(PointPairs(pixels, ground), SIZE)
    # Two coordinates of one pixel each, less the eight numbers that were fitted: sqrt(2 (1 - 8 / 120)).
    assert made.rms_px == pytest.approx(np.sqrt(2 * (1 - 8 / 120)), rel=0.15)
    assert made.camera_height_m == pytest.approx(6, abs=0.3)
    errors_px = point_errors_px(made, PointPairs(pixels, ground))
    assert np.sqrt(np.mean(errors_px**2)) == pytest.approx(made.rms_px)


def test_the_fit_is_the_best_one_in_the_picture() -> None:
    """Least squares on reprojection: the refined fit is no worse than the linear one, and strictly better here."""
    camera = _camera()
    rng = np.random.default_rng(3)
    ground = ground_points(rng.uniform([-4, 6], [4, 40], (12, 2)))
    pixels = ImagePoints(camera.to_image(ground) + rng.normal(scale=6.0, size=(12, 2)))

    def miss(refine: bool) -> float:
        h = fit_homography(pixels, ground, refine=refine)
        seen = np.column_stack((ground, np.ones(12))) @ h.T
        return float(np.sum((seen[:, :2] / seen[:, 2:] - pixels) ** 2))

    assert miss(refine=True) < miss(refine=False)


@pytest.mark.parametrize("order", [o for o in permutations(range(4)) if o != (0, 1, 2, 3)], ids=str)
def test_every_wrong_order_of_a_lopsided_quad_is_refused_or_turned(order: tuple[int, ...]) -> None:
    """A cyclic shift keeps the sense of rotation and fits another camera, above ground; all others are refused."""
    camera = _camera()
    pairs = _pairs(camera)
    wrong = PointPairs(ImagePoints(pairs.image[list(order)]), pairs.ground)
    shift = order in {(1, 2, 3, 0), (2, 3, 0, 1), (3, 0, 1, 2)}
    if shift:
        assert calibration_from_points(wrong, SIZE, focal_px=1200).camera_height_m > 0
    else:
        with pytest.raises(CalibrationError, match=r"crossed order|mirrored"):
            calibration_from_points(wrong, SIZE, focal_px=1200)


def test_swapped_points_are_named() -> None:
    pairs = _pairs(_camera(), MORE)
    swapped = ImagePoints(pairs.image[[0, 2, 1, 3, 4, 5]])
    with pytest.raises(CalibrationError, match="points 2 and 3 look swapped"):
        calibration_from_points(PointPairs(swapped, pairs.ground), SIZE)


def test_mirrored_axes_are_named() -> None:
    pairs = _pairs(_camera())
    mirrored = ground_points(pairs.ground[:, ::-1])
    with pytest.raises(CalibrationError, match=r"mirrored.*swap x and y"):
        calibration_from_points(PointPairs(pairs.image, mirrored), SIZE)


def test_a_point_off_the_plane_is_named() -> None:
    places = tuple((x, y) for x in (-4.0, 0.0, 4.0) for y in (6.0, 12.0, 20.0))
    pairs = _pairs(_camera(), places)
    pixels = pairs.image.copy()
    pixels[4] += [520, 280]
    with pytest.raises(CalibrationError, match=r"do not fit one ground plane.*point 5 most"):
        calibration_from_points(PointPairs(ImagePoints(pixels), pairs.ground), SIZE)


SQUARE_PX = ((100, 900), (1500, 900), (1200, 400), (500, 400))


@pytest.mark.parametrize(
    ("image", "ground", "sentence"),
    [
        (SQUARE_PX[:3], QUAD[:3], "at least 4 points on the ground, got 3"),
        (SQUARE_PX, ((0, 0), (1, 1), (2, 2), (3, 3)), "all 4 points lie on one line on the ground"),
        (SQUARE_PX, ((0, 0), (1, 1), (2, 2), (0, 3)), "points 1, 2 and 3 lie on one line on the ground"),
        (((0, 0), (10, 500), (20, 1000), (900, 300)), QUAD, "points 1, 2 and 3 lie on one line in the picture"),
        (SQUARE_PX, ((0, 0), (0, 0), (2, 2), (0, 3)), "points 1 and 2 are the same place on the ground"),
        ((*SQUARE_PX[:3], SQUARE_PX[0]), QUAD, "points 1 and 4 are the same place in the picture"),
        ((*SQUARE_PX[:3], (500, np.nan)), QUAD, "point 4: the picture coordinates must be finite"),
        ((*SQUARE_PX[:3], (500, 2000)), QUAD, "point 4 outside the picture of 1920×1080"),
        ((*SQUARE_PX, (3, 4)), QUAD, "each image point needs its ground point: got 5 and 4"),
    ],
)
def test_points_that_fix_no_plane_are_named(
    image: tuple[tuple[float, float], ...], ground: tuple[tuple[float, float], ...], sentence: str
) -> None:
    with pytest.raises(CalibrationError, match=sentence):
        calibration_from_points(PointPairs(image_points(image), ground_points(ground)), SIZE)


def test_five_points_with_three_in_line_are_enough() -> None:
    camera = _camera()
    pairs = _pairs(camera, ((-4, 6), (0, 6), (4, 6), (4, 22), (-4, 20)))
    assert _same(calibration_from_points(pairs, SIZE), camera)


def test_straight_down_the_focal_length_must_be_given() -> None:
    camera = calibration_from_camera(height_m=8, tilt_deg=90, fov_deg=60, image_size=SIZE)
    pairs = _pairs(camera, ((-2, -2), (2, -2), (2, 2), (-2, 2)))
    with pytest.raises(CalibrationError, match=r"focal length of the camera not at all.*field of view"):
        calibration_from_points(pairs, SIZE)
    made = calibration_from_points(pairs, SIZE, focal_px=focal_from_fov(60, SIZE[0]))
    assert made.camera_height_m == pytest.approx(8)


def test_a_small_far_square_does_not_fix_the_focal_length() -> None:
    pairs = _pairs(_camera(), ((-1, 24), (1, 24), (1, 26), (-1, 26)))
    with pytest.raises(CalibrationError, match="mark points further apart"):
        calibration_from_points(pairs, SIZE)


def test_an_upright_thing_fixes_the_focal_length() -> None:
    camera = calibration_from_camera(height_m=8, tilt_deg=90, fov_deg=60, image_size=SIZE)
    place = ground_points([(3, 1)])
    foot, head = camera.to_image(place)[0], camera.to_image(place, 2.1)[0]
    upright = Vertical((foot[0], foot[1]), (head[0], head[1]), 2.1)
    made = calibration_from_points(_pairs(camera, ((-2, -2), (2, -2), (2, 2), (-2, 2))), SIZE, verticals=[upright])
    assert made.camera_height_m == pytest.approx(8, rel=1e-4)
    leaning = Vertical((foot[0], foot[1]), (head[0] - 400, head[1] + 300), 2.1)
    with pytest.raises(CalibrationError, match="upright things do not fit"):
        calibration_from_points(_pairs(camera, ((-2, -2), (2, -2), (2, 2), (-2, 2))), SIZE, verticals=[leaning])


def test_a_focal_length_that_contradicts_the_points_is_refused() -> None:
    pairs = _pairs(_camera(), MORE)
    with pytest.raises(CalibrationError, match=r"given \(40°.*contradicts the points, which show 77°"):
        calibration_from_points(pairs, SIZE, focal_px=focal_from_fov(40, SIZE[0]))
    close = calibration_from_points(pairs, SIZE, focal_px=focal_from_fov(70, SIZE[0]))
    assert close.camera_height_m == pytest.approx(6, rel=0.05)
    with pytest.raises(CalibrationError, match="or upright things, not both"):
        calibration_from_points(pairs, SIZE, focal_px=1200, verticals=[Vertical((1, 2), (1, 1), 2)])


def test_a_lens_is_undone_before_the_fit() -> None:
    camera = _camera()
    f = focal_from_fov(77.32, SIZE[0])
    lens = BrownLens(fx=f, fy=f, cx=959.5, cy=539.5, k1=-0.25, k2=0.05)
    bent = Calibration(SIZE, camera.projection, lens=lens)
    made = calibration_from_points(_pairs(bent, MORE), SIZE, lens=lens)
    assert _same(made, camera)
    assert made.rms_px == pytest.approx(0, abs=1e-5)
