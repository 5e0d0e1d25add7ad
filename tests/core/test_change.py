"""Run lengths of the change detectors against published numbers, and that they forget, freeze and stay small."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from throng.core.change import BayesianChange, Cusum, Ewma, PageHinkley, RobustScale, siegmund_run_length


def cusum_run_lengths(shift: float, runs: int, limit: int) -> float:
    """Mean run length of many CUSUMs at once; the same recursion, checked against the class below."""
    rng = np.random.default_rng(1)
    sums, lengths = np.zeros(runs), np.full(runs, float(limit))
    for t in range(limit):
        sums = np.maximum(0, sums + rng.normal(shift, 1, runs) - 0.5)
        lengths = np.where((sums > 5) & (lengths == limit), t + 1, lengths)
        if (lengths < limit).all():
            break
    return float(lengths.mean())


def test_siegmund_gives_the_published_run_lengths() -> None:
    assert siegmund_run_length(0.0) == pytest.approx(938, abs=1)
    assert siegmund_run_length(1.0) == pytest.approx(10.3, abs=0.2)
    assert siegmund_run_length(0.5) == pytest.approx(siegmund_run_length(0.5 + 1e-4), rel=0.01)


def test_cusum_run_lengths_between_false_alarms_and_to_a_shift() -> None:
    assert cusum_run_lengths(0.0, 1500, 12000) == pytest.approx(930, rel=0.08)
    assert cusum_run_lengths(1.0, 2000, 200) == pytest.approx(10.4, rel=0.05)


def test_cusum_sums_as_page_wrote_it() -> None:
    cusum, sums = Cusum(), 0.0
    for z in np.random.default_rng(2).normal(0.3, 1, 500):
        sums = max(0.0, sums + z - 0.5)
        assert cusum.update(float(z)) == (sums > 5)
        assert cusum.value == pytest.approx(sums)
    cusum.update(math.nan)
    assert cusum.value == pytest.approx(sums)


def test_a_capped_cusum_comes_down_soon() -> None:
    cusum = Cusum(cap=8)
    for _ in range(1000):
        cusum.update(10.0)
    assert cusum.value == 8
    assert [cusum.update(-1.0) for _ in range(3)] == [True, False, False]


def test_ewma_raises_a_false_alarm_every_370_values() -> None:
    rng, lengths = np.random.default_rng(3), []
    for _ in range(250):
        ewma, length = Ewma(), 1
        while not ewma.update(rng.normal()):
            length += 1
        lengths.append(length)
    assert np.mean(lengths) == pytest.approx(370, rel=0.15)


def test_ewma_limits_grow_to_their_final_value() -> None:
    ewma = Ewma(weight=0.2, limit=2.86)
    ewma.update(0.0)
    assert ewma.bound == pytest.approx(2.86 * 0.2)
    for _ in range(100):
        ewma.update(0.0)
    assert ewma.bound == pytest.approx(2.86 * math.sqrt(0.2 / 1.8))
    assert not ewma.above
    assert [ewma.update(-3.0) for _ in range(3)][-1]
    assert not ewma.above


def test_page_hinkley_sees_a_rise_and_no_fall() -> None:
    rng = np.random.default_rng(4)
    up, down = PageHinkley(), PageHinkley()
    for x in rng.normal(7, 0.5, 300):
        assert not up.update(float(x))
        assert not down.update(float(x))
    assert any(up.update(float(x)) for x in rng.normal(9, 0.5, 20))
    assert not any(down.update(float(x)) for x in rng.normal(5, 0.5, 20))


def test_bayesian_change_is_sure_after_a_few_values() -> None:
    rng, change = np.random.default_rng(5), BayesianChange(longest=100)
    before = []
    for x in rng.normal(0, 1, 400):
        change.update(float(x))
        before.append(change.younger_than(12))
    assert np.mean(np.array(before[50:]) > 0.5) < 0.02
    for x in rng.normal(4, 1, 8):
        change.update(float(x))
    assert change.younger_than(12) > 0.9
    assert len(change.run_lengths) == 101


def test_bayesian_prediction_is_the_student_t_of_the_prior() -> None:
    change = BayesianChange(prior=(0.0, 1.0, 1.0, 1.0))
    # Student t with 2 degrees of freedom and squared scale 2: density 1 / (2 sqrt(2) sqrt(2)) in the middle.
    assert change.update(0.0) == pytest.approx(0.25)


@given(st.lists(st.one_of(st.floats(-1e6, 1e6), st.just(math.nan)), max_size=60))
def test_run_lengths_stay_a_distribution(values: list[float]) -> None:
    change = BayesianChange(longest=20)
    for x in values:
        change.update(x)
        assert change.run_lengths.sum() == pytest.approx(1.0)
        assert len(change.run_lengths) <= 21


def test_robust_scale_ignores_outliers_and_learns_nothing_while_frozen() -> None:
    rng, scale = np.random.default_rng(6), RobustScale(floor=0.01)
    for x in rng.normal(10, 2, 100):
        scale.update(float(x))
    for _ in range(20):
        scale.update(1000.0)
    assert scale.update(14.0, frozen=True) == pytest.approx(2.0, abs=0.8)
    usual = scale.usual
    for _ in range(60):
        scale.update(20.0, frozen=True)
    assert scale.usual == usual


def test_a_new_level_that_lasts_becomes_usual() -> None:
    scale = RobustScale(floor=0.1, longest_freeze=30)
    for _ in range(50):
        scale.update(1.0)
    for _ in range(31):
        scale.update(5.0, frozen=True)
    assert scale.usual is None
    for _ in range(20):
        scale.update(5.0)
    assert scale.usual == 5.0


def test_nothing_is_usual_at_first_and_unknown_is_not_learnt() -> None:
    scale = RobustScale(floor=0.1, least=3)
    assert [scale.update(x) for x in (1.0, math.nan, 1.0, 1.0)] == [None, None, None, None]
    assert scale.update(1.5) == pytest.approx(5.0)
