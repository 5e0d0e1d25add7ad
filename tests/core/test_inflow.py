"""In and out of a zone while it happens: what counts, what does not, and the rates."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from throng.core.inflow import FORGET_AFTER_S, ZoneFlow, poisson_estimate
from throng.core.points import ground_points

ZONE = ((0.0, 0.0), (10.0, 0.0), (10.0, 10.0), (0.0, 10.0))


def _walk(flow: ZoneFlow, xs: list[float], *, start_s: float = 0.0, step_s: float = 0.2, track: int = 1) -> list[int]:
    """One person at y = 5; returns in less out of each step."""
    nets = []
    for k, x in enumerate(xs):
        entered, left = flow.update(start_s + k * step_s, np.array([track]), ground_points([(x, 5.0)]))
        nets.append(entered - left)
    return nets


def _watch_nobody(flow: ZoneFlow, from_s: float, to_s: float) -> None:
    for pts_s in np.arange(from_s, to_s + 1e-9, 0.5):
        flow.update(float(pts_s), np.empty(0, dtype=np.int64), ground_points([]))


@pytest.mark.parametrize(
    ("xs", "nets"),
    [
        ([-1, -0.5, 0.1, 0.5], [0, 0, 0, 1]),  # in, counted once beyond the margin
        ([1, 0.5, -0.1, -0.5], [0, 0, 0, -1]),  # out
        ([-1, 0.1, -0.1, 0.1, -0.1, 0.4, 0.1, -0.1, 0.4], [0, 0, 0, 0, 0, 1, 0, 0, 0]),  # jitter on the edge
        ([-1, 0.15, -1], [0, 0, 0]),  # only touches the zone
        ([5, 5.5, 6], [0, 0, 0]),  # appears and vanishes deep inside
        ([-1, 1, 5, 9, 11], [0, 1, 0, 0, -1]),  # right through
        ([-1, float("nan"), 1], [0, 0, 1]),  # not seen for a moment
        ([0.0, 0.0, 0.5, 0.0, -0.5], [0, 0, 0, 0, -1]),  # appears on the edge, goes in, then leaves
    ],
)
def test_what_counts(xs: list[float], nets: list[int]) -> None:
    flow = ZoneFlow(ZONE)
    assert _walk(flow, xs) == nets
    assert (flow.in_total, flow.out_total) == (nets.count(1), nets.count(-1))


def test_people_without_a_track_never_count() -> None:
    flow = ZoneFlow(ZONE)
    assert _walk(flow, [-1, 1, -1], track=-1) == [0, 0, 0]
    assert flow.balance() is None


def test_a_forgotten_track_begins_anew() -> None:
    flow = ZoneFlow(ZONE)
    _walk(flow, [-1])
    _watch_nobody(flow, 0.5, FORGET_AFTER_S + 1)
    assert _walk(flow, [1], start_s=FORGET_AFTER_S + 1.5) == [0]


def test_a_gap_of_minutes_starts_the_window_anew() -> None:
    flow = ZoneFlow(ZONE)
    _walk(flow, [-1, 1])
    _watch_nobody(flow, 1, 30)
    assert flow.balance() is not None
    assert _walk(flow, [-1], start_s=300) == [0]
    assert flow.balance() is None
    _watch_nobody(flow, 300.5, 320)
    balance = flow.balance()
    assert balance is not None
    assert (balance.inflow_per_min.value, balance.window_s) == (0, 20)


def test_time_that_runs_backwards_starts_anew() -> None:
    flow = ZoneFlow(ZONE)
    _walk(flow, [-1] * 100)
    assert _walk(flow, [1], start_s=1.0) == [0]
    assert flow.balance() is None


def test_rates_over_the_window() -> None:
    """Six in and two out within a minute; what is older than the window no longer counts."""
    flow = ZoneFlow(ZONE)
    _watch_nobody(flow, 0, 9.5)
    for k in range(6):
        _walk(flow, [-1, 1], start_s=10 + 2 * k, track=k)
    _watch_nobody(flow, 20.5, 29.5)
    for k in range(2):
        _walk(flow, [1, -1], start_s=30 + 2 * k, track=10 + k)
    _watch_nobody(flow, 35, 60)
    balance = flow.balance()
    assert balance is not None
    assert balance.window_s == 60
    assert (balance.inflow_per_min.value, balance.outflow_per_min.value, balance.net_per_min) == (6, 2, 4)
    assert (balance.inflow_per_min.low, balance.inflow_per_min.high) == pytest.approx((2.613, 11.842), abs=1e-3)
    _watch_nobody(flow, 60.5, 84)
    balance = flow.balance()
    assert balance is not None
    assert (balance.inflow_per_min.value, balance.outflow_per_min.value) == (0, 2)


def test_nothing_is_told_before_ten_seconds() -> None:
    flow = ZoneFlow(ZONE)
    assert flow.balance() is None
    _watch_nobody(flow, 100, 109.5)
    assert flow.balance() is None
    _watch_nobody(flow, 110, 110)
    balance = flow.balance()
    assert balance is not None
    assert balance.inflow_per_min.value == 0
    assert balance.inflow_per_min.high == pytest.approx(2.9957 * 6, abs=1e-3)


def test_when_most_people_lose_their_tracks_the_rates_become_unknown() -> None:
    flow = ZoneFlow(ZONE)
    _watch_nobody(flow, 0, 20)
    ground = ground_points([(5, 5), (6, 6), (7, 7)])
    flow.update(21, np.array([1, -1, -1]), ground)
    assert flow.balance() is not None
    for pts_s in (22.0, 23.0, 24.0):
        flow.update(pts_s, np.array([1, -1, -1]), ground)
    assert flow.balance() is None
    flow.update(24.5, np.array([1, 2, -1]), ground)
    assert flow.balance() is None


def test_a_zone_narrower_than_the_margin_still_counts() -> None:
    flow = ZoneFlow(((0.0, 0.0), (0.3, 0.0), (0.3, 10.0), (0.0, 10.0)))
    assert _walk(flow, [-1, 0.15, 1]) == [0, 1, -1]


@pytest.mark.parametrize(("count", "low", "high"), [(0, 0, 2.9957), (1, 0.0513, 4.7439), (10, 5.4254, 16.9622)])
def test_poisson_interval(count: int, low: float, high: float) -> None:
    """Garwood's table of two-sided 90 % intervals."""
    estimate = poisson_estimate(count)
    assert (estimate.value, estimate.low, estimate.high) == pytest.approx((count, low, high), abs=1e-4)


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=25, deadline=None)
def test_the_number_inside_follows_the_balance(seed: int) -> None:
    """Sure to be inside at the end less sure at the start is in less out, whoever jitters on the edge."""
    rng = np.random.default_rng(seed)
    places = rng.uniform(-2, 12, (1, 30, 2)) + np.cumsum(rng.normal(0, 0.4, (40, 30, 2)), axis=0)
    flow, ids = ZoneFlow(ZONE), np.arange(30)
    for k, ground in enumerate(places):
        flow.update(k * 0.1, ids, ground_points(ground))
    # How far inside (positive) or outside (negative): only who is clear of the edge at both ends can be told.
    gaps = np.minimum(places, 10 - places).min(axis=2)
    nearest_start, nearest_end = gaps[0], gaps[-1]
    told = (np.abs(nearest_start) > 0.2) & (np.abs(nearest_end) > 0.2)
    alone = ZoneFlow(ZONE)
    for k, ground in enumerate(places):
        alone.update(k * 0.1, ids[told], ground_points(ground[told]))
    expected = int((nearest_end[told] > 0).sum()) - int((nearest_start[told] > 0).sum())
    assert alone.in_total - alone.out_total == expected
    assert flow.in_total >= alone.in_total


def test_memory_is_bounded() -> None:
    """A new track every step: neither tracks nor crossings pile up."""
    flow = ZoneFlow(ZONE)
    for k in range(2400):
        x = -1.0 if k % 2 == 0 else 1.0
        flow.update(k * 0.05, np.array([k // 2, 10**6 + k]), ground_points([(x, 5.0), (5.0, 5.0)]))
    assert flow.in_total == 1200
    assert len(flow._ids) <= 2 * FORGET_AFTER_S / 0.05 + 2
    assert len(flow._crossings) <= 101
    balance = flow.balance()
    assert balance is not None
    assert balance.inflow_per_min.value == pytest.approx(600, rel=0.02)


def test_one_id_twice_is_one_person_and_five_thousand_are_no_trouble() -> None:
    flow = ZoneFlow(ZONE)
    flow.update(0, np.array([4, 4]), ground_points([(-1, 5), (-1, 5)]))
    assert flow.update(0.1, np.array([4, 4]), ground_points([(1, 5), (1, 5)])) == (1, 0)
    crowd = np.random.default_rng(0).uniform(0.5, 9.5, (5000, 2))
    ids = np.arange(100, 5100)
    flow.update(0.2, ids, ground_points(crowd))
    assert flow.update(0.3, ids, ground_points(crowd + np.array([10, 0]))) == (0, 5000)


def test_a_window_needs_a_length() -> None:
    with pytest.raises(ValueError, match="window_s"):
        ZoneFlow(ZONE, window_s=0)
