"""Where people are put on the ground."""

from datetime import UTC, datetime

import numpy as np
import pytest

from throng.camera.people import locate
from throng.core.observation import Observation, Persons
from throng.core.pinhole import calibration_from_camera
from throng.core.points import ground_points

SIZE = (960, 540)
CALIBRATION = calibration_from_camera(height_m=5, tilt_deg=25, fov_deg=70, image_size=SIZE)


def box_of(place: tuple[float, float], *, hidden_px: float = 0.0) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """The box of somebody 1.7 m tall, its lower part hidden."""
    foot = CALIBRATION.to_image(ground_points([place]))[0]
    head = CALIBRATION.to_image(ground_points([place]), 1.7)[0]
    left, right = min(foot[0], head[0]) - 10, max(foot[0], head[0]) + 10
    return np.array([left, head[1], right, min(foot[1], SIZE[1]) - hidden_px])


def observe(*boxes: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> Observation:
    persons = Persons.from_boxes(np.array(boxes).reshape(-1, 4), np.ones(len(boxes)))
    return Observation("c", 0.0, datetime.now(UTC), 0, SIZE, persons=persons, heads=None, models=("m",))


@pytest.mark.parametrize("place", [(0.0, 8.0), (3.0, 12.0), (-6.0, 20.0)])
def test_whole_person_stands_where_the_feet_are(place: tuple[float, float]) -> None:
    np.testing.assert_allclose(locate(observe(box_of(place)), CALIBRATION).ground[0], place, atol=0.15)


@pytest.mark.parametrize("place", [(0.0, 8.0), (2.0, 12.0)])
def test_hidden_feet_are_found_through_the_head(place: tuple[float, float]) -> None:
    box = box_of(place)
    half_hidden = box_of(place, hidden_px=(box[3] - box[1]) / 2)
    np.testing.assert_allclose(locate(observe(half_hidden), CALIBRATION).ground[0], place, atol=0.15)


def test_feet_below_the_picture_are_found_through_the_head() -> None:
    place = (0.0, 4.5)
    assert CALIBRATION.to_image(ground_points([place]))[0, 1] > SIZE[1]
    np.testing.assert_allclose(locate(observe(box_of(place)), CALIBRATION).ground[0], place, atol=0.15)


def test_nobody_and_no_calibration() -> None:
    assert len(locate(observe(), CALIBRATION)) == 0
    assert np.isnan(locate(observe(box_of((0, 8))), None).ground).all()
