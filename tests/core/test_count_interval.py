"""The interval around a count holds what it promises."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from throng.core.count_interval import count_interval


@given(st.integers(0, 5000))
def test_exact_sensor_has_no_interval(found: int) -> None:
    estimate = count_interval(found, recall=1.0, precision=1.0)
    assert (estimate.low, estimate.value, estimate.high) == (found, found, found)


@given(st.floats(0, 3000), st.floats(0.05, 1), st.floats(0.05, 1))
def test_value_lies_inside_and_bounds_are_finite(found: float, recall: float, precision: float) -> None:
    estimate = count_interval(found, recall=recall, precision=precision)
    assert 0 <= estimate.low <= estimate.value <= estimate.high
    assert np.isfinite(estimate.high)


def test_nobody_found_is_not_nobody_there() -> None:
    assert count_interval(0, recall=0.6, precision=0.9).high > 1


@pytest.mark.parametrize(("people", "recall", "precision"), [(8, 0.9, 0.95), (40, 0.9, 0.8), (200, 0.85, 0.97)])
def test_covers_nine_in_ten_simulated_counts(people: int, recall: float, precision: float) -> None:
    """A detector that misses and invents at random is covered at least as often as promised."""
    rng = np.random.default_rng(7)
    covered = 0
    for _ in range(2000):
        hits = rng.binomial(people, recall)
        found = hits + rng.poisson(hits * (1 - precision) / precision)
        estimate = count_interval(int(found), recall=recall, precision=precision)
        covered += estimate.low <= people <= estimate.high
    assert covered / 2000 >= 0.9


@pytest.mark.parametrize("shares", [(0.0, 1.0), (1.0, 0.0), (1.2, 1.0)])
def test_impossible_shares_are_refused(shares: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="shares in"):
        count_interval(3, recall=shares[0], precision=shares[1])
