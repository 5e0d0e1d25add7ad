"""A trend finds slopes in noise, says how sure it is, and survives what cameras send."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from series import feed, lasting_noise, ramp

from throng.core.estimate import Estimate
from throng.core.exponential_trend import ExponentialTrend
from throng.core.trend import LocalLinearTrend
from throng.core.trend_state import Trend, TrendState, variance_of, wandered


def state_of(trend: Trend) -> TrendState:
    state = trend.state()
    assert state is not None
    return state


def test_steady_ramp_is_found() -> None:
    trend = LocalLinearTrend()
    feed(trend, ramp(300, start=1, per_min=0.4))
    state = state_of(trend)
    assert state.slope_per_s * 60 == pytest.approx(0.4, rel=0.06)
    assert state.level == pytest.approx(1 + 0.4 * 299 / 60, abs=0.02)


@pytest.mark.parametrize("every_s", [0.1, 1.0, 3.0, 7.0, 20.0])
def test_any_rate_gives_the_same_slope(every_s: float) -> None:
    trend = LocalLinearTrend()
    times = np.arange(0, 400, every_s)
    feed(trend, 1 + times * 0.5 / 60, every_s=every_s)
    assert state_of(trend).slope_per_s * 60 == pytest.approx(0.5, rel=0.15)


def test_errors_that_last_for_seconds_make_no_slope() -> None:
    """Fewer than 3 % of the looks at a crowd that does not change find a slope beyond two standard deviations."""
    rng = np.random.default_rng(3)
    found = looks = 0
    for lasts_s in (0.1, 5.0, 20.0):
        for _ in range(4):
            trend = LocalLinearTrend()
            values = np.maximum(0, 2.5 + lasting_noise(rng, 500, std=0.15, lasts_s=lasts_s))
            for i, value in enumerate(values.tolist()):
                trend.update(i, value, 0.2**2)
                if i >= 60 and i % 10 == 0:
                    found += state_of(trend).slope_snr >= 2
                    looks += 1
    assert found / looks < 0.03


def test_slope_of_a_noisy_ramp_is_in_its_interval() -> None:
    rng = np.random.default_rng(5)
    held, ends = [], []
    for _ in range(25):
        trend = LocalLinearTrend()
        feed(trend, ramp(240, start=1, per_min=0.5) + lasting_noise(rng, 240, std=0.15, lasts_s=5))
        state = state_of(trend)
        held.append(abs(state.slope_per_s - 0.5 / 60) <= 1.645 * math.sqrt(state.slope_variance))
        ends.append(state.slope_snr >= 2)
    assert np.mean(held) >= 0.85
    assert np.mean(ends) >= 0.9


@given(
    st.lists(st.tuples(st.floats(0.1, 20), st.floats(0, 8)), min_size=10, max_size=40),
    st.floats(-1e6, 2e9),
)
@settings(max_examples=40, deadline=None)
def test_clocks_may_begin_anywhere(steps: list[tuple[float, float]], begin_s: float) -> None:
    """Shifted by whole eighths of a second, so that times are the same numbers."""
    begin_s = round(begin_s)
    first, second = LocalLinearTrend(), LocalLinearTrend()
    at_s = 0.0
    for after_s, value in steps:
        at_s += max(0.125, round(after_s * 8) / 8)
        first.update(at_s, value, 0.04)
        second.update(at_s + begin_s, value, 0.04)
    one, other = first.state(), second.state()
    assert (one is None) == (other is None)
    if one is not None and other is not None:
        assert (one.level, one.slope_per_s) == pytest.approx((other.level, other.slope_per_s), rel=1e-6, abs=1e-9)


@given(
    st.lists(
        st.tuples(
            st.floats(0, 200), st.one_of(st.floats(0, 12), st.just(math.nan)), st.sampled_from([0.0, 1e-6, 0.04, 4.0])
        ),
        max_size=60,
    )
)
@settings(max_examples=60, deadline=None)
def test_whatever_comes_variances_stay_possible(samples: list[tuple[float, float, float]]) -> None:
    for trend in (LocalLinearTrend(), ExponentialTrend()):
        at_s = 0.0
        for after_s, value, variance in samples:
            at_s += after_s
            trend.update(at_s, value, variance)
        state = trend.state()
        if state is not None:
            assert math.isfinite(state.level)
            assert state.level_variance > 0
            assert state.level_variance * state.slope_variance >= state.covariance**2 * (1 - 1e-9)
            means, variances = state.ahead([0, 60, 600])
            assert np.isfinite(means).all()
            assert (np.diff(variances[1:]) > 0).all()


def test_one_outlier_changes_nothing_much() -> None:
    clean, spoiled = LocalLinearTrend(), LocalLinearTrend()
    values = ramp(200, start=2, per_min=0.1) + np.random.default_rng(1).normal(0, 0.05, 200)
    feed(clean, values)
    values[180] = 12.0
    feed(spoiled, values)
    assert state_of(spoiled).level == pytest.approx(state_of(clean).level, abs=0.03)
    assert state_of(spoiled).slope_per_s * 60 == pytest.approx(state_of(clean).slope_per_s * 60, abs=0.03)


def test_a_jump_is_a_new_level_and_no_slope() -> None:
    trend = LocalLinearTrend()
    noise = np.random.default_rng(2).normal(0, 0.05, 260)
    feed(trend, np.where(np.arange(260) < 200, 1.0, 4.0) + noise)
    assert state_of(trend).level == pytest.approx(4.0, abs=0.15)
    assert abs(state_of(trend).slope_per_s) * 60 < 0.3


def test_missing_samples_widen() -> None:
    trend = LocalLinearTrend()
    feed(trend, np.full(120, 2.0))
    before = state_of(trend)
    for at_s in range(120, 160):
        trend.update(at_s, math.nan, math.nan)
    after = state_of(trend)
    assert after.level_variance > before.level_variance
    assert after.level == pytest.approx(before.level, abs=0.05)


@pytest.mark.parametrize("trend", [LocalLinearTrend(), ExponentialTrend()])
@pytest.mark.parametrize("again_s", [100.0, 500.0])
def test_gap_and_time_backwards_begin_anew(trend: Trend, again_s: float) -> None:
    trend.update(-1e6, 0, 0)
    feed(trend, ramp(200, start=1, per_min=1))
    assert trend.state() is not None
    trend.update(again_s, 7.0, 0.04)
    assert trend.state() is None
    feed(trend, np.full(60, 7.0), begin_s=again_s + 1)
    assert state_of(trend).level == pytest.approx(7.0, abs=0.01)


@pytest.mark.parametrize("trend", [LocalLinearTrend(), ExponentialTrend()])
def test_nothing_is_said_long_after_the_last_sample(trend: Trend) -> None:
    feed(trend, np.full(120, 2.0))
    trend.update(300.0, math.nan, math.nan)
    assert trend.state() is None
    assert trend.predict(60) is None


@pytest.mark.parametrize("trend", [LocalLinearTrend(), ExponentialTrend()])
def test_nothing_is_said_too_early(trend: Trend) -> None:
    assert trend.state() is None
    feed(trend, np.full(5, 2.0))
    assert trend.state() is None


def test_impossible_samples_are_refused() -> None:
    trend = LocalLinearTrend()
    with pytest.raises(ValueError, match="finite time"):
        trend.update(math.nan, 1.0, 0.1)
    with pytest.raises(ValueError, match="variance"):
        trend.update(0.0, 1.0, -0.1)


def test_exponential_mean_weighs_three_tenths_a_second() -> None:
    """Level after a step of 1, n seconds later: 1 − 0.7^n."""
    trend = ExponentialTrend()
    feed(trend, np.concatenate((np.zeros(20), np.ones(5))))
    assert state_of(trend).level == pytest.approx(1 - 0.7**5)


def test_law_ahead_is_that_of_a_simulation() -> None:
    """Mean and variance 300 s ahead against 4,000 simulated paths, within 5 % and 0.03."""
    state = TrendState(2.0, 0.005, 0.01, 0.0, 1e-6, 1e-4, 2e-8)
    rng = np.random.default_rng(4)
    levels, slopes = rng.normal(2.0, 0.1, 4000), rng.normal(0.005, 1e-3, 4000)
    for _ in range(300):
        levels += slopes + rng.normal(0, 1e-2, 4000)
        slopes += -slopes / state.damping_s + rng.normal(0, math.sqrt(2e-8), 4000)
    prediction = state.predict(300)
    assert prediction.mean == pytest.approx(levels.mean(), abs=0.03)
    assert prediction.variance == pytest.approx(levels.var(), rel=0.05)


@given(st.floats(0, 300), st.floats(0, 300))
def test_two_steps_ahead_are_one(first_s: float, second_s: float) -> None:
    state = TrendState(2.0, 0.005, 0.01, 1e-5, 1e-6, 1e-4, 2e-8)
    stepwise, at_once = state.later(first_s).predict(second_s), state.predict(first_s + second_s)
    assert stepwise.mean == pytest.approx(at_once.mean)
    assert stepwise.variance == pytest.approx(at_once.variance)


def test_slope_noise_grows_with_the_cube_of_time() -> None:
    assert wandered(5.0, damping_s=1e4) == pytest.approx(5**3 / 3, rel=1e-3)


def test_second_look_at_the_slope_is_weighed_by_variance() -> None:
    state = TrendState(2.0, 0.004, 0.01, 0.0, 1e-6, 0.0, 0.0).with_slope(0.008, 1e-6)
    assert state.slope_per_s == pytest.approx(0.006)
    assert state.slope_variance == pytest.approx(5e-7)
    assert state.level == 2.0


def test_variance_of_an_interval() -> None:
    assert variance_of(Estimate(0, -1.6448536, 1.6448536)) == pytest.approx(1.0)
