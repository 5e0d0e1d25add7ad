"""The fundamental diagram: how fast people walk, and how many pass, at a density.

Beyond 4.5 people/m² the diagrams say nothing: they end at a standstill by construction, while people at the Hajj still
moved at 10 people/m² (Helbing, Johansson and Al-Abideen, arXiv 0810.4590). Values there are NaN.
"""

from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from throng.core.points import FloatArray

HIGHEST_DENSITY_PER_M2: Final = 4.5
"""Weidmann's diagram holds up to here."""

FREE_SPEED_MPS: Final = 1.34
"""Mean speed of a person with nobody in the way (Weidmann 1993)."""

_GAMMA_PER_M2 = 1.913
_JAM_PER_M2 = 5.4
_SFPE_FREE_MPS = 1.40
_SFPE_SLOPE_M2 = 0.266
_SFPE_RANGE_PER_M2 = (0.54, 3.8)

_STANDSTILL_FROM_PER_M2 = 2.0
_STANDSTILL_FULL_PER_M2 = 4.0


def weidmann_speed_mps(density_per_m2: ArrayLike) -> FloatArray:
    r"""Return the mean speed of people who walk one way at a density, m/s.

    .. math:: v(\rho) = v_0 \left[1 - e^{-\gamma (1/\rho - 1/\rho_{max})}\right], \quad
              v_0 = 1.34\,m/s,\ \gamma = 1.913\,m^{-2},\ \rho_{max} = 5.4\,m^{-2}

    Weidmann, Transporttechnik der Fussgänger, 1993.

    Args:
        density_per_m2: people/m², any shape, >= 0; NaN gives NaN, and so does a density beyond 4.5.

    Raises:
        ValueError: a density is negative.
    """
    density = _densities(density_per_m2)
    with np.errstate(divide="ignore", over="ignore"):
        room = 1 / density - 1 / _JAM_PER_M2
    speed = FREE_SPEED_MPS * -np.expm1(-_GAMMA_PER_M2 * room)
    return np.where(density <= HIGHEST_DENSITY_PER_M2, speed, np.nan)


def weidmann_flow_per_m_s(density_per_m2: ArrayLike) -> FloatArray:
    """Return the people who pass one metre of width in one second at a density, after Weidmann.

    The largest is 1.225 people/m/s at 1.75 people/m² and 0.70 m/s; a denser crowd passes more slowly than it comes.
    """
    return specific_flow_per_m_s(density_per_m2, weidmann_speed_mps(density_per_m2))


def sfpe_speed_mps(density_per_m2: ArrayLike) -> FloatArray:
    r"""Return the mean speed on the level after the SFPE Handbook of Fire Protection Engineering, m/s.

    .. math:: v(\rho) = 1.40\,(1 - 0.266 \rho), \quad 0.54 < \rho < 3.8

    Below 0.54 people/m² it is the speed there, beyond 3.8 NaN.

    Raises:
        ValueError: a density is negative.
    """
    density = _densities(density_per_m2)
    lowest, highest = _SFPE_RANGE_PER_M2
    speed = _SFPE_FREE_MPS * (1 - _SFPE_SLOPE_M2 * np.maximum(density, lowest))
    return np.where(density < highest, np.maximum(speed, 0.0), np.nan)


def specific_flow_per_m_s(density_per_m2: ArrayLike, speed_mps: ArrayLike) -> FloatArray:
    r"""Return the people who pass one metre of width in one second, :math:`J_s = \rho v`, people/m/s.

    Args:
        density_per_m2: people/m².
        speed_mps: mean speed across the width, m/s; its sign is kept.
    """
    return np.asarray(np.multiply(density_per_m2, speed_mps), dtype=np.float64)


def slowness(density_per_m2: ArrayLike, speed_mps: ArrayLike) -> FloatArray:
    r"""Tell how much slower people are than free people at that density: 0 for as fast or faster, 1 for standing.

    .. math:: s = \max\left(0,\ 1 - \frac{v}{v_{Weidmann}(\rho)}\right)

    People who stand because they want to stand score 1 as well: it speaks of people on their way.

    Args:
        density_per_m2: people/m²; beyond 4.5 the result is NaN.
        speed_mps: mean speed, m/s, >= 0; NaN gives NaN.

    Raises:
        ValueError: a density or a speed is negative.
    """
    speed = np.asarray(speed_mps, dtype=np.float64)
    if np.any(speed < 0):
        raise ValueError(f"expected speeds >= 0 m/s, got {speed.min()}")
    return np.maximum(0.0, 1 - speed / weidmann_speed_mps(density_per_m2))


def stagnation_index(density_per_m2: ArrayLike, speed_mps: ArrayLike) -> FloatArray:
    r"""Tell how much a dense crowd stands that should walk, in [0, 1].

    .. math:: \min\left(1, \frac{(\rho - 2)_+}{2}\right) \max\left(0,\ 1 - \frac{v}{v_{Weidmann}(4)}\right)

    The speed is held against the diagram at 4 people/m² (0.16 m/s), so that the index is above 0 only where people are
    slower than usual at any density up to 4, never falls when the density rises, and holds beyond the diagram's end.
    It is of one moment: stagnation is what lasts.

    Args:
        density_per_m2: people/m², >= 0; NaN gives NaN.
        speed_mps: mean speed, m/s, >= 0; NaN gives NaN.

    Raises:
        ValueError: a density or a speed is negative.
    """
    dense = (_densities(density_per_m2) - _STANDSTILL_FROM_PER_M2) / (_STANDSTILL_FULL_PER_M2 - _STANDSTILL_FROM_PER_M2)
    return np.clip(dense, 0.0, 1.0) * slowness(_STANDSTILL_FULL_PER_M2, speed_mps)


def _densities(values: ArrayLike) -> FloatArray:
    density = np.asarray(values, dtype=np.float64)
    if np.any(density < 0):
        raise ValueError(f"expected densities >= 0 people/m², got {np.nanmin(density)}")
    return density
