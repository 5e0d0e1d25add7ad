import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from throng.core.calibration import CalibrationError
from throng.core.pinhole import calibration_from_camera, calibration_from_krt, camera_matrix, focal_from_fov, mounting
from throng.core.points import ground_points

SIZE = (1280, 720)


def test_the_middle_of_the_picture_lies_where_the_view_meets_the_ground() -> None:
    """6 m high, 30° down: the view meets the ground 6 / tan 30° away, in the direction of the heading."""
    reach = 6 / np.tan(np.radians(30))
    for heading, place in ((0, (1, 2 + reach)), (90, (1 + reach, 2)), (180, (1, 2 - reach)), (270, (1 - reach, 2))):
        camera = calibration_from_camera(
            height_m=6, tilt_deg=30, fov_deg=70, heading_deg=heading, position_m=(1, 2), image_size=SIZE
        )
        assert camera.to_image(ground_points([place]))[0] == pytest.approx((639.5, 359.5))
        assert camera.camera_position_m == pytest.approx((1, 2, 6))


def test_right_in_the_world_is_right_in_the_picture_and_up_is_up() -> None:
    camera = calibration_from_camera(height_m=6, tilt_deg=20, fov_deg=70, image_size=SIZE)
    middle, right = camera.to_image(ground_points([(0, 15), (1, 15)]))
    assert right[0] > middle[0]
    assert camera.to_image(ground_points([(0, 15)]), 1.7)[0, 1] < middle[1]


def test_the_field_of_view_spans_the_picture() -> None:
    """Level with the camera a place 45° to the side lies on the edge of a 90° picture."""
    level = calibration_from_camera(height_m=5, tilt_deg=0, fov_deg=90, image_size=SIZE)
    edge = level.to_image(ground_points([(10, 10), (-10, 10)]), 5.0)
    assert edge[:, 0] == pytest.approx((1279.5, -0.5))
    tall = calibration_from_camera(height_m=5, tilt_deg=0, vertical_fov_deg=90, image_size=SIZE)
    assert tall.to_image(ground_points([(0, 5)]))[0, 1] == pytest.approx(719.5)


def test_rolling_the_camera_clockwise_turns_the_picture_counter_clockwise() -> None:
    rolled = calibration_from_camera(height_m=6, tilt_deg=30, fov_deg=70, roll_deg=10, image_size=SIZE)
    left, right = rolled.to_image(ground_points([(-2, 10.39), (2, 10.39)]))
    assert right[1] < left[1]


@settings(deadline=None)
@given(
    tilt_deg=st.floats(-20, 89),
    roll_deg=st.floats(-60, 60),
    heading_deg=st.floats(0, 359),
    fov_deg=st.floats(20, 120),
    height_m=st.floats(1, 50),
)
def test_the_mounting_can_be_read_off_again(
    tilt_deg: float, roll_deg: float, heading_deg: float, fov_deg: float, height_m: float
) -> None:
    camera = calibration_from_camera(
        height_m=height_m,
        tilt_deg=tilt_deg,
        roll_deg=roll_deg,
        heading_deg=heading_deg,
        fov_deg=fov_deg,
        position_m=(3, -4),
        image_size=SIZE,
    )
    found = mounting(camera)
    assert found.position_m == pytest.approx((3, -4), abs=1e-6)
    assert found.height_m == pytest.approx(height_m)
    assert (found.tilt_deg, found.roll_deg, found.fov_deg) == pytest.approx((tilt_deg, roll_deg, fov_deg), abs=1e-5)
    assert np.cos(np.radians(found.heading_deg - heading_deg)) == pytest.approx(1)


def test_straight_down_all_of_the_turn_is_heading() -> None:
    camera = calibration_from_camera(height_m=6, tilt_deg=90, fov_deg=60, heading_deg=35, image_size=SIZE)
    found = mounting(camera)
    assert (found.tilt_deg, found.roll_deg, found.heading_deg) == pytest.approx((90, 0, 35), abs=1e-5)


def test_opencv_sees_the_same_through_krt() -> None:
    cv2 = pytest.importorskip("cv2")
    rotation = cv2.Rodrigues(np.array([1.9, 0.1, -0.2]))[0]
    t = np.array([0.3, 1.2, 9.0])
    k = camera_matrix(900, SIZE)
    camera = calibration_from_krt(k, rotation, t, SIZE)
    places = ground_points([(0, 0), (1, 2), (-2, 1)])
    expected = cv2.projectPoints(np.column_stack((places, np.zeros(3))), rotation, t, k, None)[0].reshape(-1, 2)
    assert np.allclose(camera.to_image(places), expected)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"height_m": 0.0}, "height must be positive"),
        ({"tilt_deg": 95.0}, "tilt must be between -90 and 90"),
        ({"fov_deg": 0.5}, "field of view must be between 1 and 170"),
        ({"vertical_fov_deg": 40.0}, "either the horizontal or the vertical"),
        ({"fov_deg": None}, "either the horizontal or the vertical"),
    ],
)
def test_impossible_mountings_are_refused(changes: dict[str, float | None], sentence: str) -> None:
    numbers: dict[str, float | None] = {"height_m": 6.0, "tilt_deg": 30.0, "fov_deg": 70.0, **changes}
    with pytest.raises(CalibrationError, match=sentence):
        calibration_from_camera(
            height_m=numbers["height_m"] or 0.0,
            tilt_deg=numbers["tilt_deg"] or 0.0,
            fov_deg=numbers["fov_deg"],
            vertical_fov_deg=numbers.get("vertical_fov_deg"),
            image_size=SIZE,
        )


def test_matrices_that_are_no_camera_are_refused() -> None:
    k, down = camera_matrix(900, SIZE), np.diag([1.0, -1.0, -1.0])
    with pytest.raises(CalibrationError, match="R must be a rotation"):
        calibration_from_krt(k, 2 * down, np.array([0, 0, 5.0]), SIZE)
    with pytest.raises(CalibrationError, match="K must be"):
        calibration_from_krt(k.T, down, np.array([0, 0, 5.0]), SIZE)
    with pytest.raises(CalibrationError, match="t must be finite numbers of shape"):
        calibration_from_krt(k, down, np.array([0, 5.0]), SIZE)
    with pytest.raises(CalibrationError, match="below"):
        calibration_from_krt(k, down, np.array([0, 0, -5.0]), SIZE)


def test_focal_length_of_a_known_angle() -> None:
    assert focal_from_fov(90, 1920) == pytest.approx(960)
