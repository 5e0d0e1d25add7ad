"""Probabilities and times until a threshold are calibrated, and noise is no trend."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from series import feed, lasting_noise, ramp, wandering

from throng.core.crowd_state import Balance, Outlook
from throng.core.estimate import Estimate
from throng.core.forecast import beyond, outlook, time_to, weighed
from throng.core.reliability import brier_score
from throng.core.trend import LocalLinearTrend
from throng.core.trend_state import Prediction, TrendState

STEEP = TrendState(3.0, 0.6 / 60, 0.01, 0.0, (0.05 / 60) ** 2, 1e-6, 1e-10)


class Known:
    """A trend that stands still in one state."""

    def __init__(self, state: TrendState | None) -> None:
        self._state = state

    def update(self, at_s: float, value: float, variance: float) -> None:
        raise NotImplementedError

    def state(self) -> TrendState | None:
        return self._state

    def predict(self, ahead_s: float) -> Prediction | None:
        return None if self._state is None else self._state.predict(ahead_s)


def told(state: TrendState, *thresholds: float, balance: Balance | None = None, area_m2: float = 100.0) -> Outlook:
    said = outlook(Known(state), thresholds, balance=balance, area_m2=area_m2)
    assert said is not None
    return said


states = st.builds(
    TrendState,
    level=st.floats(-0.5, 9),
    slope_per_s=st.floats(-0.05, 0.05),
    level_variance=st.floats(0, 1),
    covariance=st.just(0.0),
    slope_variance=st.floats(0, 1e-3),
    level_noise_per_s=st.floats(0, 1e-3),
    slope_noise_per_s3=st.floats(0, 1e-6),
)


@given(states)
def test_probabilities_are_possible_and_fall_with_the_threshold(state: TrendState) -> None:
    said = told(state, 1.0, 2.0, 4.0, 7.0)
    table = np.array([[p for _, p in threshold.probabilities] for threshold in said.thresholds])
    assert ((table >= 0) & (table <= 1)).all()
    assert (np.diff(table, axis=0) <= 1e-12).all()


@given(states, st.floats(0.5, 8))
def test_times_are_in_order_and_within_ten_minutes(state: TrendState, threshold: float) -> None:
    estimate = time_to(state, threshold)
    if estimate is not None:
        assert 0 <= estimate.low <= estimate.value <= min(600, estimate.high)
    if state.level >= threshold:
        assert estimate == Estimate(0, 0, 0)
    elif state.slope_per_s <= 0 or state.slope_snr < 2:
        assert estimate is None


def test_formula() -> None:
    """P = Φ((x + d s − c)/σ) with a slope that does not die down: 3 + 2 · 0.6 against 4, σ² = 0.01 + (2 · 0.05)²."""
    state = TrendState(3.0, 0.6 / 60, 0.01, 0.0, (0.05 / 60) ** 2, 0.0, 0.0, damping_s=1e9)
    assert beyond(state, 4.0, [120.0])[0] == pytest.approx(0.92135, abs=1e-4)
    estimate = time_to(state, 4.0)
    assert estimate is not None
    assert estimate.value == pytest.approx(100.0, abs=0.5)


def test_order_of_thresholds_and_horizons_does_not_matter() -> None:
    said = outlook(Known(STEEP), [5, 4, 5], horizons_s=(300, 60))
    assert said is not None
    assert [threshold.threshold_per_m2 for threshold in said.thresholds] == [4, 5]
    assert [ahead_s for ahead_s, _ in said.thresholds[0].probabilities] == [60, 300]


def test_slope_is_per_minute_with_its_interval() -> None:
    slope = told(STEEP, 4).slope_per_m2_per_min
    assert slope.value == pytest.approx(0.6)
    assert slope.high - slope.value == pytest.approx(1.645 * 0.05, rel=1e-3)


def test_too_far_is_not_told() -> None:
    assert time_to(STEEP, 20.0) is None


def test_may_never_come_is_infinite() -> None:
    unsure = TrendState(3.0, 0.6 / 60, 0.01, 0.0, (0.29 / 60) ** 2, 1e-6, 2e-7)
    estimate = time_to(unsure, 4.0)
    assert estimate is not None
    assert estimate.high == math.inf


def test_unknown_trend_says_nothing() -> None:
    assert outlook(Known(None), [4]) is None


@pytest.mark.parametrize(
    ("thresholds", "horizons", "area_m2"),
    [([0.0], [60], 1.0), ([math.nan], [60], 1.0), ([4], [0], 1.0), ([4], [601], 1.0), ([4], [60], 0.0)],
)
def test_impossible_questions_are_refused(thresholds: list[float], horizons: list[float], area_m2: float) -> None:
    with pytest.raises(ValueError, match="expected"):
        outlook(Known(STEEP), thresholds, horizons_s=horizons, area_m2=area_m2)


def flows(entered: float, left: float) -> Balance:
    spread = [Estimate(n, max(0.0, n - 1.645 * math.sqrt(n)), n + 1.645 * math.sqrt(n)) for n in (entered, left)]
    return Balance(spread[0], spread[1], entered - left, 60.0)


def test_inflow_makes_an_unsure_slope_surer() -> None:
    """60 more people a minute on 100 m² are +0.6/m² per minute."""
    unsure = TrendState(3.0, 0.2 / 60, 0.01, 0.0, (0.4 / 60) ** 2, 1e-6, 1e-10)
    alone, both = told(unsure, 4), told(unsure, 4, balance=flows(65, 5))
    assert not alone.significant
    assert both.significant
    assert 0.5 < both.slope_per_m2_per_min.value < 0.6
    assert both.thresholds[0].probabilities[1][1] > alone.thresholds[0].probabilities[1][1]


@given(states, st.floats(0, 200), st.floats(0, 200))
def test_flows_pull_the_slope_towards_themselves(state: TrendState, entered: float, left: float) -> None:
    pulled = weighed(state, flows(entered, left), area_m2=100.0)
    ends = sorted((state.slope_per_s, (entered - left) / 6000))
    assert ends[0] - 1e-12 <= pulled.slope_per_s <= ends[1] + 1e-12
    assert pulled.slope_variance <= state.slope_variance


def test_flows_that_lost_the_people_do_not_hide_a_rise() -> None:
    """Density rises by 0.6 people/m² per minute while the tracker follows nobody over the edge."""
    assert weighed(STEEP, flows(0, 0), area_m2=100.0) == STEEP


def test_unknown_flows_change_nothing() -> None:
    unknown = Balance(Estimate(0, 0, math.inf), Estimate(0, 0, 0), 0.0, 60.0)
    assert weighed(STEEP, unknown, area_m2=100.0) == STEEP


@settings(max_examples=10, deadline=None)
@given(st.floats(0, 1e6))
def test_zone_beyond_the_threshold_is_there_now(begin_s: float) -> None:
    trend = LocalLinearTrend()
    feed(trend, np.full(60, 6.0), begin_s=begin_s)
    said = outlook(trend, [5.0])
    assert said is not None
    assert said.thresholds[0].time_to_s == Estimate(0, 0, 0)


def test_probabilities_are_calibrated() -> None:
    """Slopes that come and go, errors that last: skill at each horizon, and 1 in 10 is 1 in 10 within 0.1."""
    rng = np.random.default_rng(8)
    forecasts: dict[float, list[tuple[float, bool]]] = {60: [], 120: [], 300: [], 600: []}
    for _ in range(24):
        truth = wandering(rng, 1300, start=rng.uniform(1.5, 4), slope_std_per_min=0.25)
        seen = np.maximum(0, truth + lasting_noise(rng, 1300, std=0.12, lasts_s=5))
        trend = LocalLinearTrend()
        for i, value in enumerate(seen[:700].tolist()):
            trend.update(i, value, 0.15**2)
            said = outlook(trend, (2, 3, 4, 5)) if i >= 100 and i % 50 == 0 else None
            for threshold in () if said is None else said.thresholds:
                for ahead_s, probability in threshold.probabilities:
                    came = bool(truth[i + int(ahead_s)] > threshold.threshold_per_m2)
                    forecasts[ahead_s].append((probability, came))
    for pairs in forecasts.values():
        score = brier_score([p for p, _ in pairs], [came for _, came in pairs])
        assert score.skill > 0.35
        off = sum(abs(part.forecast - part.happened) * part.samples for part in score.bins) / score.samples
        assert off < 0.08


def test_times_until_a_threshold_hold_their_intervals() -> None:
    """Ramps of all steepnesses that reach 4/m² in 2–10 minutes: 85–100 % within the interval that says 90 %."""
    rng = np.random.default_rng(9)
    held = []
    for _ in range(60):
        per_min = rng.uniform(0.2, 0.8)
        truth = wandering(rng, 1500, start=1.5, slope_std_per_min=0.05) + ramp(1500, start=0, per_min=per_min)
        trend = LocalLinearTrend()
        feed(trend, np.maximum(0, truth[:180] + lasting_noise(rng, 180, std=0.12, lasts_s=5)), std=0.15)
        said = outlook(trend, [4.0])
        passed = np.flatnonzero(truth >= 4.0)
        estimate = None if said is None else said.thresholds[0].time_to_s
        if estimate is not None:
            after_s = passed[0] - 179 if len(passed) else math.inf
            held.append(estimate.low <= after_s <= estimate.high)
    assert len(held) > 30
    assert np.mean(held) >= 0.85
