"""Order of motion: known crowds, bounds, and what must not matter."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from throng.core import order
from throng.core.points import FloatArray, ground_points

crowds = st.integers(0, 10_000).map(lambda seed: np.random.default_rng(seed).normal(0.3, 0.8, (40, 2)))
MEASURES = [order.polarisation, order.direction_entropy, order.counter_flow]


def stream(count: int, angle_rad: float, speed_mps: float = 1.0) -> FloatArray:
    return np.tile([speed_mps * np.cos(angle_rad), speed_mps * np.sin(angle_rad)], (count, 1))


def turned(velocities: FloatArray, angle_rad: float) -> FloatArray:
    cos, sin = np.cos(angle_rad), np.sin(angle_rad)
    return np.asarray(velocities @ np.array([[cos, sin], [-sin, cos]]), dtype=np.float64)


def test_one_stream() -> None:
    velocities = stream(20, 0.3)
    assert order.polarisation(velocities) == pytest.approx(1)
    assert order.direction_entropy(velocities) == pytest.approx(0, abs=1e-12)
    assert order.main_axis_rad(velocities) == pytest.approx(0.3)
    assert order.counter_flow(velocities) == 0


@pytest.mark.parametrize(("back", "index"), [(20, 1.0), (10, 2 / 3), (5, 0.4), (0, 0.0)])
def test_two_opposed_streams(back: int, index: float) -> None:
    """20 one way, some the other: 2 min / (sum)."""
    velocities = np.vstack([stream(20, 0.3), stream(back, 0.3 + np.pi)])
    assert order.counter_flow(velocities) == pytest.approx(index)
    assert order.main_axis_rad(velocities) == pytest.approx(0.3)
    assert order.polarisation(velocities) == pytest.approx((20 - back) / (20 + back))


@pytest.mark.parametrize("sectors", [8, 16])
def test_every_direction_alike(sectors: int) -> None:
    velocities = np.vstack([stream(1, (k + 0.5) * 2 * np.pi / 16) for k in range(16)])
    assert order.direction_entropy(velocities, sectors=sectors) == pytest.approx(1)
    assert order.polarisation(velocities) == pytest.approx(0, abs=1e-12)
    assert order.main_axis_rad(velocities) is None
    assert order.counter_flow(velocities) is None


def test_two_of_eight_sectors_read_a_third() -> None:
    velocities = np.vstack([stream(5, 0.1), stream(5, -0.1)])
    assert order.direction_entropy(velocities) == pytest.approx(np.log(2) / np.log(8))
    assert order.direction_entropy(velocities, sectors=16) == pytest.approx(0.25)


def test_fewer_than_three_who_move_have_no_order() -> None:
    still = np.vstack([stream(2, 0.0), stream(30, 0.0, 0.09), np.full((5, 2), np.nan)])
    assert order.moving_share(still) == pytest.approx(2 / 32)
    for measure in MEASURES:
        assert measure(still) is None
    assert order.main_axis_rad(still) is None
    assert order.speed_scores(still) is None
    assert order.speed_outliers(still) is None
    assert order.flow_coherence(ground_points(np.zeros((37, 2))), still) is None


def test_nobody_has_no_order_and_no_moving_share() -> None:
    nobody = np.empty((0, 2))
    assert order.moving_share(nobody) is None
    assert order.moving_share(np.full((3, 2), np.nan)) is None
    for measure in MEASURES:
        assert measure(nobody) is None
    assert order.flow_coherence(ground_points([]), nobody) is None


def test_weights_are_people() -> None:
    velocities = np.vstack([stream(1, 0.0), stream(1, np.pi), stream(1, 0.0, 0.0)])
    weights = np.array([6.0, 2.0, 2.0])
    assert order.moving_share(velocities, weights) == pytest.approx(0.8)
    assert order.polarisation(velocities, weights) == pytest.approx(0.5)
    assert order.counter_flow(velocities, weights) == pytest.approx(0.5)
    assert order.polarisation(velocities, weights / 4) is None


def test_lanes_are_coherent_though_they_have_no_polarisation() -> None:
    lanes = np.array([(x, y) for y in (0.0, 5.0) for x in range(20)], dtype=np.float64)
    velocities = np.vstack([stream(20, 0.0), stream(20, np.pi)])
    assert order.polarisation(velocities) == pytest.approx(0, abs=1e-12)
    assert order.flow_coherence(ground_points(lanes), velocities) == pytest.approx(1)
    mixed = np.vstack([stream(1, np.pi * (k % 2)) for k in range(40)])
    assert order.flow_coherence(ground_points(lanes), mixed, radius_m=1.5) == pytest.approx(-1)


def test_coherence_is_unknown_where_everybody_walks_alone() -> None:
    apart = ground_points([(10 * k, 0) for k in range(5)])
    assert order.flow_coherence(apart, stream(5, 0.0)) is None


def test_five_thousand_people_at_one_place_have_a_coherence() -> None:
    assert order.flow_coherence(ground_points(np.zeros((5000, 2))), stream(5000, 1.0)) == pytest.approx(1)


def test_a_runner_stands_out() -> None:
    speeds = np.append(np.linspace(0.9, 1.1, 20), [3.0, 0.0, np.nan])
    velocities = np.column_stack([speeds, 0 * speeds])
    for robust in (False, True):
        outliers = order.speed_outliers(velocities, robust=robust)
        assert outliers is not None
        assert outliers.nonzero()[0].tolist() == [20]


def test_many_runners_hide_from_the_mean_but_not_from_the_median() -> None:
    velocities = np.vstack([turned(stream(1, 0.0, 1 + 0.01 * k), 0.1 * k) for k in range(14)] + [stream(6, 0.0, 4.0)])
    plain, robust = order.speed_outliers(velocities), order.speed_outliers(velocities, robust=True)
    assert plain is not None
    assert robust is not None
    assert not plain.any()
    assert robust.nonzero()[0].tolist() == list(range(14, 20))


def test_everybody_at_one_speed_has_no_outlier() -> None:
    for robust in (False, True):
        scores = order.speed_scores(np.vstack([stream(5, k) for k in range(4)]), robust=robust)
        assert scores is not None
        np.testing.assert_array_equal(scores, 0)


@given(crowds)
def test_bounds(velocities: FloatArray) -> None:
    for measure in [*MEASURES, order.moving_share]:
        value = measure(velocities)
        assert value is None or 0 <= value <= 1


@given(crowds, st.floats(-np.pi, np.pi))
def test_turning_the_site_changes_neither_polarisation_nor_counter_flow(velocities: FloatArray, angle: float) -> None:
    after = turned(velocities, angle)
    assert order.polarisation(after) == pytest.approx(order.polarisation(velocities), abs=1e-9)
    assert order.moving_share(after) == pytest.approx(order.moving_share(velocities))
    axis, before = order.main_axis_rad(after), order.main_axis_rad(velocities)
    assert axis is not None
    assert before is not None
    assert np.cos(2 * (axis - before - angle)) == pytest.approx(1, abs=1e-6)


@given(crowds, st.integers(0, 7))
def test_turning_the_site_by_sectors_keeps_the_entropy(velocities: FloatArray, sectors: int) -> None:
    after = turned(velocities, sectors * np.pi / 4)
    assert order.direction_entropy(after) == pytest.approx(order.direction_entropy(velocities), abs=1e-9)


@given(crowds, st.integers(0, 1000))
def test_names_do_not_matter(velocities: FloatArray, seed: int) -> None:
    again = np.random.default_rng(seed).permutation(velocities)
    for measure in MEASURES:
        assert measure(again) == pytest.approx(measure(velocities), abs=1e-9)


@given(crowds, st.floats(-1000, 1000))
def test_moving_and_turning_the_site_keeps_the_coherence(velocities: FloatArray, shift: float) -> None:
    people = np.random.default_rng(1).uniform(0, 8, (40, 2))
    before = order.flow_coherence(ground_points(people), velocities)
    after = order.flow_coherence(ground_points(turned(people, 1.0) + shift), turned(velocities, 1.0))
    assert after == pytest.approx(before, abs=1e-6)
