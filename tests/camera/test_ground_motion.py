"""From motion in the picture to m/s on the ground."""

import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from throng.camera.crowd_count import CrowdCount
from throng.camera.ground_motion import FUSED, OPTICAL_FLOW, TRACKS, ground_velocities, zone_motion
from throng.core.estimate import Estimate
from throng.core.motion_field import MotionField
from throng.core.observation import HEAD_HEIGHT_M
from throng.core.pinhole import calibration_from_camera
from throng.core.points import FloatArray, GroundPoints, ground_points, image_points

SIZE = (960, 540)
CALIBRATION = calibration_from_camera(height_m=5, tilt_deg=25, fov_deg=70, image_size=SIZE)
BASELINE_S = 0.5


def walking(velocity_mps: tuple[float, float], *, unknown: bool = False) -> MotionField:
    """The motion of a picture whose head plane moves as one."""
    x, y = np.meshgrid(np.arange(240) * 4.0 + 1.5, np.arange(135) * 4.0 + 1.5)
    pixels = image_points(np.column_stack((x.ravel(), y.ravel())))
    before = CALIBRATION.to_ground(pixels, HEAD_HEIGHT_M) - np.array(velocity_mps) * BASELINE_S
    moved = (pixels - CALIBRATION.to_image(GroundPoints(before), HEAD_HEIGHT_M)) / BASELINE_S
    velocity = np.full((135, 240, 2), np.nan) if unknown else moved.reshape(135, 240, 2)
    known = np.isfinite(velocity).all(axis=2)
    velocity[~known] = np.nan
    confidence = np.where(known, 1.0, np.nan)
    return MotionField(velocity.astype(np.float32), confidence.astype(np.float32), (4.0, 4.0), SIZE, BASELINE_S)


def crowd(places: list[tuple[float, float]], people: list[float]) -> CrowdCount:
    return CrowdCount(Estimate(*[sum(people)] * 3), ground_points(places), np.array(people))


def tracked(*velocities: tuple[float, float]) -> FloatArray:
    return np.array(velocities, dtype=np.float64).reshape(-1, 2)


@given(
    vx=st.floats(-3, 3),
    vy=st.floats(-3, 3),
    place=st.tuples(st.floats(-3, 3), st.floats(7, 14)),
)
def test_whoever_walks_on_the_head_plane_keeps_the_velocity(vx: float, vy: float, place: tuple[float, float]) -> None:
    pixels = CALIBRATION.to_image(ground_points([place]), HEAD_HEIGHT_M)
    # A cell of 4 px has one motion; its scale changes by a few per cent from edge to edge.
    np.testing.assert_allclose(
        ground_velocities(walking((vx, vy)), CALIBRATION, pixels)[0], (vx, vy), atol=0.03 + 0.04 * np.hypot(vx, vy)
    )


@pytest.mark.parametrize("pixel", [(480, -30), (2000, 300), (np.nan, 300), (480, 541)])
def test_outside_the_picture_nothing_is_known(pixel: tuple[float, float]) -> None:
    assert np.isnan(ground_velocities(walking((1, 0)), CALIBRATION, image_points([pixel]))).all()


def test_unknown_and_impossible_motions_stay_unknown() -> None:
    pixels = CALIBRATION.to_image(ground_points([(0, 10)]), HEAD_HEIGHT_M)
    assert np.isnan(ground_velocities(walking((0, 0), unknown=True), CALIBRATION, pixels)).all()
    assert np.isnan(ground_velocities(walking((9, 0)), CALIBRATION, pixels)).all()
    assert ground_velocities(walking((1, 0)), CALIBRATION, image_points([])).shape == (0, 2)


def test_a_calibration_for_another_size_is_refused() -> None:
    with pytest.raises(ValueError, match="1280"):
        ground_velocities(walking((1, 0)), CALIBRATION.scaled_to(1280, 720), image_points([(480, 300)]))


def test_tracks_come_first_and_flow_fills_the_rest() -> None:
    places = crowd([(0, 8), (1, 9), (0, 10), (2, 11)], [1.0, 1.0, 0.5, 0.0])
    told = zone_motion(places, tracked((0, 1.5), (np.nan, np.nan)), motion=walking((1.0, 0)), calibration=CALIBRATION)
    assert told.estimator == FUSED
    np.testing.assert_allclose(told.velocities_mps[:3], [(0, 1.5), (1, 0), (1, 0)], atol=0.05)
    assert np.isnan(told.velocities_mps[3]).all(), "nobody is there"
    assert told.mean_speed_mps == pytest.approx((1.5 + 1.0 + 0.5) / 2.5, abs=0.03)
    assert told.known_share == 1


@pytest.mark.parametrize(
    ("velocities", "moving", "estimator"),
    [
        ([(0.0, 1.0), (1.0, 0.0)], True, TRACKS),
        ([], True, OPTICAL_FLOW),
        ([(np.nan, np.nan)], True, OPTICAL_FLOW),
        ([(0.0, 1.0)], False, TRACKS),
        ([(np.nan, np.nan)], False, None),
    ],
)
def test_the_estimator_is_named(velocities: list[tuple[float, float]], moving: bool, estimator: str | None) -> None:
    motion = walking((1, 0)) if moving else None
    told = zone_motion(
        crowd([(0, 8), (1, 9)], [1.0, 1.0]), tracked(*velocities), motion=motion, calibration=CALIBRATION
    )
    assert told.estimator == estimator
    assert (told.mean_speed_mps is None) == (estimator is None)


def test_nobody_has_no_motion() -> None:
    for people in (crowd([], []), crowd([(0, 8)], [0.0])):
        told = zone_motion(people, tracked(), motion=walking((1, 0)), calibration=CALIBRATION)
        assert told.estimator is None
        assert told.mean_speed_mps is None
        assert told.known_share is None


def test_without_a_calibration_only_tracks_tell() -> None:
    places = crowd([(np.nan, np.nan)] * 2, [1.0, 1.0])
    told = zone_motion(places, tracked(), motion=walking((1, 0)), calibration=None)
    assert told.estimator is None
    assert told.known_share == 0


def test_places_without_ground_and_tracks_of_nobody() -> None:
    places = crowd([(np.nan, np.nan), (0, 9)], [1.0, 1.0])
    told = zone_motion(places, tracked(), motion=walking((1, 0)), calibration=CALIBRATION)
    assert told.known_share == pytest.approx(0.5)
    with pytest.raises(ValueError, match="at most 2"):
        zone_motion(places, tracked((0, 0), (0, 0), (0, 0)), motion=None, calibration=CALIBRATION)


def test_five_thousand_places_are_quick() -> None:
    rng = np.random.default_rng(1)
    places = CrowdCount(
        Estimate(500.0, 500.0, 500.0), ground_points(rng.uniform((-5, 7), (5, 20), (5000, 2))), np.full(5000, 0.1)
    )
    motion, begin = walking((1, 0)), time.process_time()
    zone_motion(places, tracked(), motion=motion, calibration=CALIBRATION)
    assert time.process_time() - begin < 0.05
