"""Crossings, N-t, flow per metre, edges of zones, Edie."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from throng.core.flow import (
    Flow,
    edge_crossings,
    edie_flow,
    first_crossings,
    flow_windows,
    line_length_m,
    mean_flow,
)
from throng.core.site import Line
from throng.core.trajectories import Trajectories

UP = Line("gate", (0.0, -2.0), (0.0, 2.0))
LONG = Line("gate", (0.0, -20.0), (0.0, 20.0))
SQUARE = ((0.0, 0.0), (4.0, 0.0), (4.0, 4.0), (0.0, 4.0))

step = st.tuples(st.floats(-0.8, 0.8), st.floats(-0.8, 0.8))
walks = st.lists(st.tuples(step, st.lists(step, min_size=1, max_size=12)), min_size=1, max_size=5)


def _paths(*paths: list[tuple[float, float]], rate_hz: float = 10.0) -> Trajectories:
    """Person k walks path k, one place a frame."""
    rows = [(k, f, x, y) for k, path in enumerate(paths) for f, (x, y) in enumerate(path)]
    return Trajectories.from_rows(rows, frame_rate_hz=rate_hz)


def _stream(people: int, *, every_s: float = 0.5, speed_mps: float = 1.0) -> Trajectories:
    """People one behind the other along y = 1 from x = -10 to x = 10 at 10 Hz."""
    frames = np.arange(round(200 / speed_mps) + 1)
    rows = [
        (k, f + round(10 * every_s) * k, speed_mps * f / 10 - 10, 1.0) for k in range(people) for f in frames.tolist()
    ]
    return Trajectories.from_rows(rows, frame_rate_hz=10)


@pytest.mark.parametrize(
    ("path", "crossed"),
    [
        ([-0.5, -0.1, 0.2], [(2, 1)]),
        ([0.5, 0.1, -0.2], [(2, -1)]),
        ([-0.5, 0.0, 0.0, 0.3], [(3, 1)]),  # stands on the line for a while
        ([-0.5, 0.0, -0.3], []),  # only touches it
        ([-0.5, 0.5, -0.5, 0.5], [(1, 1)]),  # only the first crossing counts
        ([0.0, 0.5], []),  # appears on the line
    ],
)
def test_first_crossing(path: list[float], crossed: list[tuple[int, int]]) -> None:
    crossings = first_crossings(_paths([(x, 0.0) for x in path]), UP)
    assert list(zip(crossings.frame.tolist(), crossings.direction.tolist(), strict=True)) == crossed


@given(walks)
@settings(max_examples=50, deadline=None)
def test_swapping_the_ends_of_the_line_changes_the_sign_of_the_net_flow(
    people: list[tuple[tuple[float, float], list[tuple[float, float]]]],
) -> None:
    tracks = _paths(*[np.cumsum([start, *steps], axis=0).tolist() for start, steps in people])
    there = first_crossings(tracks, LONG)
    back = first_crossings(tracks, Line("gate", LONG.end, LONG.start))
    np.testing.assert_array_equal(there.frame, back.frame)
    np.testing.assert_array_equal(there.direction, -back.direction)
    flow, opposed = (mean_flow(c, first_frame=-1, last_frame=12, frame_rate_hz=10, length_m=4) for c in (there, back))
    assert flow.net_per_s == -opposed.net_per_s
    assert flow.per_s == opposed.per_s
    assert flow.in_per_m_min == opposed.out_per_m_min


def test_even_stream() -> None:
    """Somebody every half second through a line of 4 m: 2 people/s, 30 per metre and minute."""
    tracks = _stream(40)
    crossings = first_crossings(tracks, UP)
    first = int(crossings.frame[0])
    np.testing.assert_array_equal(crossings.n_t(first - 1, first + 10), [0, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 3])
    flow = mean_flow(crossings, first_frame=first, last_frame=first + 150, frame_rate_hz=10, length_m=line_length_m(UP))
    assert flow == Flow(30, 0, 15.0, 4.0)
    assert (flow.per_s, flow.specific_per_m_s, flow.in_per_m_min, flow.out_per_m_min) == (2.0, 0.5, 30.0, 0.0)


def test_windows_end_with_a_crossing_so_that_a_pause_does_not_thin_them() -> None:
    burst = [(k, f, (f - 10 - 2 * k) / 10 + 0.05, 0.0) for k in range(10) for f in range(60)]
    crossings = first_crossings(Trajectories.from_rows(burst, frame_rate_hz=10), UP)
    windows = flow_windows(crossings, last_frame=500, window_frames=100, frame_rate_hz=10, length_m=4)
    assert len(windows) == 1
    assert windows[0].people_in == 10
    assert windows[0].per_s == pytest.approx(10 / 1.9)


def test_nobody_crosses() -> None:
    crossings = first_crossings(_paths([(-1.0, 0.0), (-0.5, 0.0)]), UP)
    assert crossings.n_t(0, 2).tolist() == [0, 0, 0]
    assert flow_windows(crossings, last_frame=9, window_frames=2, frame_rate_hz=10, length_m=4) == ()
    assert mean_flow(crossings, first_frame=0, last_frame=9, frame_rate_hz=10, length_m=4).per_s == 0
    nobody = first_crossings(Trajectories.from_rows([], frame_rate_hz=10), UP)
    assert len(nobody.frame) == 0


def test_an_empty_window_is_refused() -> None:
    crossings = first_crossings(_stream(3), UP)
    with pytest.raises(ValueError, match="above 0"):
        mean_flow(crossings, first_frame=5, last_frame=5, frame_rate_hz=10, length_m=4)
    with pytest.raises(ValueError, match="window_frames"):
        flow_windows(crossings, last_frame=9, window_frames=0, frame_rate_hz=10, length_m=4)
    with pytest.raises(ValueError, match="window"):
        edie_flow(_stream(3), SQUARE, window=(5, 5))


def test_edges_of_a_zone() -> None:
    """In through the left edge (3) and out through the right one (1); in below (0) and never out; appears inside."""
    across = [(x, 2.0) for x in (-1.0, 1.0, 3.0, 5.0)]
    crossings = edge_crossings(_paths(across, [(2.0, -0.5), (2.0, 0.5)], [(1.0, 1.0), (2.0, 2.0)]), SQUARE)
    found = zip(
        *(a.tolist() for a in (crossings.frame, crossings.id, crossings.direction, crossings.edge)), strict=True
    )
    assert list(found) == [(1, 0, 1, 3), (1, 1, 1, 0), (3, 0, -1, 1)]
    assert crossings.through(1).id.tolist() == [0]


@given(walks)
@settings(max_examples=50, deadline=None)
def test_the_number_inside_follows_the_edges(
    people: list[tuple[tuple[float, float], list[tuple[float, float]]]],
) -> None:
    """For each person: inside at the end less inside at the start is in less out."""
    paths = [np.cumsum([start, *steps], axis=0) for start, steps in people]
    crossings = edge_crossings(_paths(*[path.tolist() for path in paths]), SQUARE)
    for k, path in enumerate(paths):
        start, end = (((p >= 0) & (p <= 4)).all() for p in (path[0], path[-1]))
        assert crossings.direction[crossings.id == k].sum() == int(end) - int(start)


def test_edie_of_an_even_stream() -> None:
    """Somebody every 0.5 s at 1 m/s, 4 m inside of 16 m²: 8 people, k = 0.5, q = 0.5, v = 1."""
    flow = edie_flow(_stream(100), SQUARE, window=(200, 400))
    assert flow.density_per_m2 == pytest.approx(0.5)
    assert flow.flow_per_m_s == pytest.approx(0.5)
    assert flow.flow_vector_per_m_s == pytest.approx((0.5, 0.0))
    assert flow.speed_mps == pytest.approx(1.0)


def test_edie_counts_opposed_streams_and_still_people() -> None:
    there = [(f / 10, 1.0) for f in range(41)]
    flow = edie_flow(_paths(there, there[::-1], [(2.0, 2.0)] * 41), SQUARE, window=(0, 40))
    assert flow.density_per_m2 == pytest.approx(3 / 16)
    assert flow.flow_per_m_s == pytest.approx(2 * 4 / 16 / 4)
    assert flow.flow_vector_per_m_s == pytest.approx((0, 0))
    assert flow.speed_mps == pytest.approx(2 / 3)


def test_edie_of_nobody_has_no_speed() -> None:
    flow = edie_flow(_paths([(9.0, 9.0), (9.0, 9.1)]), SQUARE, window=(0, 1))
    assert (flow.density_per_m2, flow.flow_per_m_s) == (0, 0)
    assert np.isnan(flow.speed_mps)
