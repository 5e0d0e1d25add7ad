"""Surge: many people press into a zone that is already filling."""

from collections import deque
from math import sqrt

import numpy as np

from throng.core.change import Cusum, Ewma, RobustScale
from throng.core.event_look import CALM, Look, Verdict, divergence_of, grade

_SLOPE_WINDOW_S = 15.5
_SURE = 1.64
"""Standard errors that make a one-sided bound of 95 %."""

_AHEAD_S = 30.0

_DENSITY_STEP_PER_M2 = 0.05
"""A density is never known better."""


class _Signal:
    """One number watched by CUSUM and EWMA against what is usual for it."""

    def __init__(self, floor: float) -> None:
        self._scale = RobustScale(floor=floor)
        self._cusum = Cusum(k=1.0, h=6.0, cap=9.0)
        self._ewma = Ewma(limit=4.0)
        self.value: float | None = None
        self.up = False

    @property
    def usual(self) -> float | None:
        return self._scale.usual

    def update(self, value: float | None) -> None:
        if value is None:
            return
        self.value = value
        z = self._scale.update(value, frozen=self.up)
        if z is None:
            self._cusum.restart()
            self._ewma.restart()
            self.up = False
            return
        self._cusum.update(z)
        self._ewma.update(z)
        self.up = self._cusum.alarming or self._ewma.above


class SurgeRule:
    """CUSUM and EWMA on inflow, density slope and convergence together.

    A surge has to be dense (from 2 people/m², or 3 half a minute ahead), fast (the density certainly rises by 1.2
    people/m² per minute or more) and more than people who happen to come and go (twice the root of how many are there);
    and at least two of the signals that are known leave what is usual for them. A slow fill and a quick gathering of
    few are none.

    Args:
        area_m2: area of the zone.
    """

    def __init__(self, area_m2: float) -> None:
        self._area_m2 = area_m2
        self.restart()

    def restart(self) -> None:
        """Forget what is usual."""
        self._densities: deque[tuple[float, float]] = deque(maxlen=32)
        self._slope = _Signal(floor=0.005)
        self._inflow = _Signal(floor=0.2)
        self._convergence = _Signal(floor=0.05)

    def update(self, look: Look) -> Verdict | None:
        """Judge one look; None where the density is not known."""
        sample = look.sample
        self._inflow.update(sample.inflow_per_s)
        convergence = _convergence(look)
        self._convergence.update(convergence)
        if sample.density_per_m2 is None:
            return None
        density = sample.density_per_m2.value
        self._densities.append((look.at_s, density))
        slope, error = self._density_slope()
        if slope is None:
            return CALM
        self._slope.update(slope)
        known = 1 + (sample.inflow_per_s is not None) + (convergence is not None)
        up = [self._slope.up, self._inflow.up and sample.inflow_per_s is not None]
        up.append(self._convergence.up and convergence is not None)
        sure_slope = slope - _SURE * error
        score = min(
            max(
                grade(density, nothing=1.0, begins=2.0, full=4.0),
                grade(density + _AHEAD_S * sure_slope, nothing=2.0, begins=3.0, full=5.0),
            ),
            grade(sure_slope, nothing=0.01, begins=0.02, full=0.08),
            grade(self._gain(slope, density), nothing=1.0, begins=2.0, full=6.0),
            1.0 if sum(up) >= min(2, known) else 0.2,
        )
        return Verdict(score, self._evidence(density, slope, sample.inflow_per_s, convergence))

    def _density_slope(self) -> tuple[float | None, float]:
        """Slope of the density over 15 s and its standard error, 1/m² per second."""
        newest = self._densities[-1][0]
        while newest - self._densities[0][0] > _SLOPE_WINDOW_S:
            self._densities.popleft()
        if len(self._densities) < 4:
            return None, 0.0
        times, values = np.array(self._densities).T
        times = times - times.mean()
        spread = float((times**2).sum())
        slope = float((times * (values - values.mean())).sum()) / spread
        off = values - values.mean() - slope * times
        noise = max(float((off**2).sum()) / (len(off) - 2), _DENSITY_STEP_PER_M2**2)
        return slope, sqrt(noise / spread)

    def _gain(self, slope: float, density: float) -> float:
        """People who came in 15 s in roots of how many are there: how far beyond chance that is."""
        return slope * _SLOPE_WINDOW_S * self._area_m2 / sqrt(max(density * self._area_m2, 1.0))

    def _evidence(
        self, density: float, slope: float, inflow: float | None, convergence: float | None
    ) -> tuple[str, ...]:
        words = [f"density {density:.1f} people/m², rising by {60 * slope:.1f} people/m² per minute"]
        if self._inflow.up and inflow is not None:
            usual = self._inflow.usual
            words.append(f"inflow {60 * inflow:.0f} people/min" + _usually(None if usual is None else 60 * usual, "0f"))
        if self._convergence.up and convergence is not None:
            words.append(f"people converge by {convergence:.2f}/s" + _usually(self._convergence.usual, "2f"))
        return tuple(words)


def _convergence(look: Look) -> float | None:
    """Minus the divergence: as somebody worked it out, else fitted here; None where neither can be said."""
    movement = look.sample.movement
    if movement is not None and movement.divergence_per_s is not None:
        return -movement.divergence_per_s
    divergence, _ = divergence_of(look)
    return None if np.isnan(divergence) else -divergence


def _usually(usual: float | None, digits: str) -> str:
    return "" if usual is None else f", usually {usual:.{digits}}"
