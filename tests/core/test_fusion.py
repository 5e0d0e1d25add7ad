"""One count from two: between both, without a step, and with the right one where it matters."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from throng.core.count_error import CountErrorModel
from throng.core.fusion import FusedCount, fuse_counts
from throng.core.points import FloatArray

ERROR = CountErrorModel(per_person=0.8, relative=0.12, q_low=1.7, q_high=1.7)

people = st.floats(0, 60)


def fused(detected: list[float], mapped: list[float], crowding: list[float]) -> FusedCount:
    arrays: list[FloatArray] = [np.array(values, dtype=np.float64) for values in (detected, mapped, crowding)]
    return fuse_counts(*arrays, error=ERROR, recall=0.9, precision=0.95)


@given(people, people, st.floats(0, 12))
def test_the_count_lies_between_both_counts_and_inside_its_interval(d: float, m: float, crowding: float) -> None:
    result = fused([d], [m], [crowding])
    assert min(d, m) - 1e-9 <= result.count.value <= max(d, m) + 1e-9
    assert result.count.low <= result.count.value <= result.count.high
    assert 0 <= result.detected_shares[0] <= 1


def test_people_who_stand_apart_are_counted_one_by_one() -> None:
    result = fused([1.0] * 20, [0.6] * 20, [0.2] * 20)
    assert result.detected_shares.min() > 0.7
    assert result.count.value == pytest.approx(18.5, abs=1.0)


def test_a_dense_crowd_is_counted_by_the_map_however_few_the_detector_sees() -> None:
    result = fused([2.0] * 10, [24.0] * 10, [6.0] * 10)
    assert result.detected_shares.max() < 1e-3
    assert result.count.value == pytest.approx(240, rel=1e-3)


def test_there_is_no_step_at_the_change_over() -> None:
    """A crowd grows from nobody to 8 people/m² while the detector finds fewer and fewer of them."""
    densities = np.linspace(0, 8, 801)
    found = densities * 4 * 0.9 * np.exp(-((densities / 2.5) ** 2))
    counts = [fused([d], [4 * rho], [rho]).count for d, rho in zip(found, densities, strict=True)]
    for series in ([c.value for c in counts], [c.low for c in counts], [c.high for c in counts]):
        steps = np.abs(np.diff(series))
        assert steps.max() < 8 * 0.04 * 4, "one hundredth more density moved the count by more than its share"
    values = np.array([c.value for c in counts])
    assert (values >= 0.75 * 4 * densities - 1e-9).all(), "the fused count lost people at the change-over"


def test_errors_of_a_scene_add_up_and_errors_of_people_cancel() -> None:
    """Ten times the crowd: independent errors alone would give √10 times the interval, shared ones ten times."""
    small, large = (fused([0.0] * n, [20.0] * n, [6.0] * n).count for n in (5, 50))
    widening = (large.high - large.low) / (small.high - small.low)
    assert 5 < widening < 10


def test_nobody_is_half_a_person_at_most() -> None:
    count = fused([0.0] * 50, [0.0] * 50, [0.0] * 50).count
    assert (count.value, count.low, count.high) == (0.0, 0.0, 0.5)


def test_no_cells_are_nobody() -> None:
    assert fused([], [], []).count.value == 0.0
