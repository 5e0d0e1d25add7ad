"""Paths over a recording: order, velocities, the ends of a path, gaps."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from throng.core.trajectories import Border, Trajectories, velocities

BORDERS = list(Border)


def _walk(frames: list[int], speed_mps: float = 1.5, *, rate_hz: float = 10.0) -> Trajectories:
    """One person who walks along x."""
    return Trajectories.from_rows([(7, f, speed_mps * f / rate_hz, 2.0) for f in frames], frame_rate_hz=rate_hz)


def test_rows_in_any_order_come_out_by_frame_and_id() -> None:
    tracks = Trajectories.from_rows([(2, 5, 0, 1), (1, 6, 2, 3), (1, 5, 4, 5)], frame_rate_hz=16)
    assert (tracks.frame.tolist(), tracks.id.tolist(), tracks.x.tolist()) == ([5, 5, 6], [1, 2, 1], [4, 0, 2])
    assert [(frame, rows.start, rows.stop) for frame, rows in tracks.by_frame()] == [(5, 0, 2), (6, 2, 3)]
    assert tracks.between(6, 9).id.tolist() == [1]
    assert tracks.duration_s == pytest.approx(1 / 16)
    before, after = tracks.steps()
    assert (before.tolist(), after.tolist()) == ([0], [2])


@pytest.mark.parametrize("border", BORDERS)
def test_nobody(border: Border) -> None:
    tracks = Trajectories.from_rows([], frame_rate_hz=10)
    assert velocities(tracks, window_frames=3, border=border).shape == (0, 2)
    assert list(tracks.by_frame()) == []
    assert tracks.duration_s == 0


@pytest.mark.parametrize(
    ("border", "unknown"),
    [(Border.EXCLUDE, [0, 1, 2, 7, 8, 9]), (Border.ADAPTIVE, [0, 9]), (Border.SINGLE_SIDED, [])],
)
def test_even_walk(border: Border, unknown: list[int]) -> None:
    result = velocities(_walk(list(range(10))), window_frames=3, border=border)
    known = np.isfinite(result).all(axis=1)
    assert np.flatnonzero(~known).tolist() == unknown
    np.testing.assert_allclose(result[known], np.tile([1.5, 0.0], (int(known.sum()), 1)), atol=1e-12)


def test_a_turn_is_seen_half_way_by_the_central_difference() -> None:
    path = [(1, f, min(f, 10) / 10, max(f - 10, 0) / 10) for f in range(21)]
    result = velocities(Trajectories.from_rows(path, frame_rate_hz=10), window_frames=4)
    np.testing.assert_allclose(result[5::5][:3], np.array([[1.0, 0.0], [0.5, 0.5], [0.0, 1.0]]), atol=1e-12)


@pytest.mark.parametrize("border", BORDERS)
def test_missing_frames_divide_by_the_time_that_passed(border: Border) -> None:
    result = velocities(_walk([0, 1, 2, 3, 40, 41, 42, 43]), window_frames=2, border=border)
    np.testing.assert_allclose(result[3], [1.5, 0])


@pytest.mark.parametrize("border", BORDERS)
def test_one_frame_has_no_velocity(border: Border) -> None:
    assert np.isnan(velocities(_walk([4]), window_frames=2, border=border)).all()


@given(st.permutations(range(6)), st.sampled_from(BORDERS))
@settings(max_examples=20, deadline=None)
def test_names_of_people_do_not_matter(names: list[int], border: Border) -> None:
    places = np.random.default_rng(3).normal(size=(6, 12, 2))
    rows = [(i, f, float(places[i, f, 0]), float(places[i, f, 1])) for i in range(6) for f in range(i, 12)]
    plain = velocities(Trajectories.from_rows(rows, frame_rate_hz=25), window_frames=2, border=border)
    renamed_rows = [(names[i], f, x, y) for i, f, x, y in rows]
    renamed = Trajectories.from_rows(renamed_rows, frame_rate_hz=25)
    result = velocities(renamed, window_frames=2, border=border)
    by_name = {(i, f): v for i, f, v in zip(renamed.id.tolist(), renamed.frame.tolist(), result, strict=True)}
    original = Trajectories.from_rows(rows, frame_rate_hz=25)
    for i, f, v in zip(original.id.tolist(), original.frame.tolist(), plain, strict=True):
        np.testing.assert_allclose(by_name[(names[i], f)], v)


@pytest.mark.parametrize(
    ("rows", "rate_hz", "message"),
    [
        ([(1, 0, 0, 0), (1, 0, 1, 1)], 10, "each id once"),
        ([(1, 0, np.nan, 0)], 10, "finite"),
        ([(1, 0, 0)], 10, "rows"),
        ([(1, 0, 0, 0)], 0, "frame_rate_hz"),
    ],
)
def test_what_is_no_trajectory(rows: list[tuple[float, ...]], rate_hz: float, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Trajectories.from_rows(rows, frame_rate_hz=rate_hz)


def test_arrays_must_fit_together_and_stand_in_order() -> None:
    one, two = np.array([1]), np.array([2, 1])
    with pytest.raises(ValueError, match="id: expected shape"):
        Trajectories(two, one, np.zeros(2), np.zeros(2), 10)
    with pytest.raises(ValueError, match="rising order"):
        Trajectories(two, two, np.zeros(2), np.zeros(2), 10)
    with pytest.raises(ValueError, match="window_frames"):
        velocities(_walk([0, 1]), window_frames=0)
