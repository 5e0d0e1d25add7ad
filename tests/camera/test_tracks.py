"""Speeds and trails from tracks."""

import numpy as np
import pytest

from throng.camera.tracks import Tracks
from throng.core.observation import UNTRACKED
from throng.core.points import FloatArray, ground_points, image_points


def speeds(velocities_mps: FloatArray) -> FloatArray:
    return np.asarray(np.hypot(*velocities_mps.T), dtype=np.float64)


def walk(tracks: Tracks, times: list[float], *, speed_mps: float = 1.3, track_id: int = 1) -> float:
    """Let one person walk along x; return the last speed."""
    speed = float("nan")
    for t in times:
        places = ground_points([(speed_mps * t, 2.0)]), image_points([(t, t)])
        speed = float(speeds(tracks.update(t, np.array([track_id]), *places))[0])
    return speed


@pytest.mark.parametrize("rate_hz", [2.0, 5.0, 10.0, 25.0])
def test_speed_at_any_rate(rate_hz: float) -> None:
    assert walk(Tracks(), [k / rate_hz for k in range(60)]) == pytest.approx(1.3)


def test_speed_of_a_newcomer_is_not_known() -> None:
    assert np.isnan(walk(Tracks(), [0.0, 0.1, 0.2]))


def test_a_jump_from_one_person_to_another_is_no_speed() -> None:
    tracks = Tracks()
    walk(tracks, [k / 10 for k in range(20)])
    jumped = tracks.update(2.0, np.array([1]), ground_points([(2.6, 8.0)]), image_points([(2, 2)]))
    assert np.isnan(jumped[0]).all()


def test_somebody_who_turns_round_keeps_a_speed() -> None:
    tracks, told = Tracks(), []
    for k in range(40):
        x = 1.3 * min(k, 40 - k) / 10
        told += tracks.update(k / 10, np.array([1]), ground_points([(x, 0.0)]), image_points([(x, 0)])).tolist()
    assert np.isfinite(told[5:]).all()


def test_no_track_no_speed_and_no_trail() -> None:
    tracks = Tracks()
    assert np.isnan(walk(tracks, [0.0, 0.5, 1.0], track_id=UNTRACKED))
    assert len(tracks) == 0


def test_whoever_left_is_forgotten() -> None:
    tracks = Tracks()
    for k in range(4000):
        tracks.update(k * 0.1, np.array([k]), ground_points([(0, 0)]), image_points([(0, 0)]))
    assert len(tracks) == 41


def test_time_that_runs_backwards_starts_anew() -> None:
    tracks = Tracks()
    walk(tracks, [10.0, 10.5, 11.0])
    assert np.isnan(walk(tracks, [0.0]))
    assert len(tracks) == 1


def test_trails_end_at_the_newest_place() -> None:
    tracks = Tracks()
    walk(tracks, [0.0, 0.5, 1.0])
    ((track_id, trail),) = tracks.trails()
    assert track_id == 1
    assert trail.tolist() == [[0, 0], [0.5, 0.5], [1, 1]]


def test_velocities_keep_their_direction_and_their_order() -> None:
    tracks = Tracks()
    ids = np.array([7, UNTRACKED, 3])
    for k in range(11):
        t = k / 10
        places = ground_points([(1.2 * t, 0.0), (5.0, 5.0), (0.0, 4.0 - 0.8 * t)])
        velocities = tracks.update(t, ids, places, image_points([(t, t)] * 3))
    np.testing.assert_allclose(velocities, [(1.2, 0), (np.nan, np.nan), (0, -0.8)], atol=1e-9)


def test_nobody_has_no_velocity() -> None:
    assert Tracks().update(0.0, np.array([], dtype=np.int64), ground_points([]), image_points([])).shape == (0, 2)
