"""Weidmann's and SFPE's diagrams against published values."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from throng.core.fundamental_diagram import (
    sfpe_speed_mps,
    slowness,
    specific_flow_per_m_s,
    stagnation_index,
    weidmann_flow_per_m_s,
    weidmann_speed_mps,
)

densities = st.floats(0, 12)
speeds = st.floats(0, 3)


@pytest.mark.parametrize(
    ("density", "speed"), [(0, 1.34), (0.5, 1.298), (1, 1.058), (2, 0.606), (3, 0.331), (4, 0.156)]
)
def test_weidmann_speeds(density: float, speed: float) -> None:
    """The values of the reference sheet, three decimals."""
    assert float(weidmann_speed_mps(density)) == pytest.approx(speed, abs=6e-4)


def test_weidmann_flow_peaks_where_published() -> None:
    at = np.linspace(0.01, 4.5, 4490)
    flow = weidmann_flow_per_m_s(at)
    best = int(np.argmax(flow))
    assert flow[best] == pytest.approx(1.225, abs=1e-3)
    assert at[best] == pytest.approx(1.75, abs=0.01)
    assert float(weidmann_speed_mps(at[best])) == pytest.approx(0.70, abs=5e-3)


def test_sfpe_speeds() -> None:
    np.testing.assert_allclose(sfpe_speed_mps([0, 0.54, 1, 2]), [1.199, 1.199, 1.0276, 0.6552], atol=1e-3)
    flow = specific_flow_per_m_s([1.88], sfpe_speed_mps([1.88]))
    assert flow[0] == pytest.approx(1.3, abs=0.02)


def test_beyond_their_ranges_the_diagrams_say_nothing() -> None:
    assert np.isnan(weidmann_speed_mps([4.51, 6, np.nan])).all()
    assert np.isnan(sfpe_speed_mps([3.8, np.nan])).all()
    assert float(sfpe_speed_mps(3.79)) == 0
    assert np.isnan(slowness(5.0, 0.1))


@pytest.mark.parametrize("function", [weidmann_speed_mps, sfpe_speed_mps, weidmann_flow_per_m_s])
def test_negative_densities_are_refused(function: object) -> None:
    assert callable(function)
    with pytest.raises(ValueError, match="densities >= 0"):
        function([1.0, -0.5])


def test_slowness_compares_with_free_people_at_that_density() -> None:
    assert float(slowness(1.0, 1.5)) == 0
    assert float(slowness(1.0, 1.058 / 2)) == pytest.approx(0.5, abs=1e-3)
    assert float(slowness(0.0, 0.0)) == 1
    assert np.isnan(slowness(1.0, np.nan))
    with pytest.raises(ValueError, match="speeds"):
        slowness(1.0, -0.1)


def test_stagnation_needs_density_and_standstill() -> None:
    assert float(stagnation_index(1.9, 0.0)) == 0
    assert float(stagnation_index(3.0, 0.0)) == pytest.approx(0.5)
    assert float(stagnation_index(4.0, 0.0)) == 1
    assert float(stagnation_index(9.0, 0.0)) == 1
    assert float(stagnation_index(3.0, float(weidmann_speed_mps(3.0)))) == 0
    assert np.isnan(stagnation_index(np.nan, 0.0))


@given(densities, densities, speeds)
def test_stagnation_never_falls_when_the_density_rises(a: float, b: float, speed: float) -> None:
    lower, higher = sorted((a, b))
    assert 0 <= float(stagnation_index(lower, speed)) <= float(stagnation_index(higher, speed)) <= 1


@given(st.floats(0, 4.5), st.floats(0, 4.5))
def test_people_walk_slower_where_it_is_denser(a: float, b: float) -> None:
    lower, higher = sorted((a, b))
    assert float(weidmann_speed_mps(lower)) >= float(weidmann_speed_mps(higher)) > 0
