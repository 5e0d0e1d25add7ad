"""Crowd pressure after Helbing: how much the flow of a dense crowd shakes."""

from collections import deque
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from throng.core.density import DensityGrid
from throng.core.points import FloatArray, Mask
from throng.core.velocity_field import VelocityField

DENSE_PER_M2 = 3.5
COUNTER_FLOW_LIMIT = 0.3
_MOST_SAMPLES = 120
_FEWEST_SAMPLES = 5
_Sample = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Pressure:
    """Crowd pressure in one zone.

    Attributes:
        field_per_s2: (ny, nx) 1/s²; NaN where it is unknown.
        peak_per_s2: the largest value where the crowd is dense; where it is dense nowhere, the largest of all.
        at_m: where that is, site metres.
        density_per_m2: people/m² there, mean over the window.
        gated: the peak says nothing about turbulence: fewer than 3.5 people/m² there, or two streams pass.
    """

    field_per_s2: FloatArray
    peak_per_s2: float
    at_m: tuple[float, float]
    density_per_m2: float
    gated: bool


class CrowdPressure:
    r"""Crowd pressure of one zone over a sliding window.

    .. math:: P(r) = \rho(r) \left( Var_t V(r, t) - \frac{4 s_x^2}{\Delta t^2 n} \right),\quad n = 2 \pi R^2 \rho(r)

    V is the smoothed velocity field, not single persons (Helbing, Johansson and Al-Abideen, PRE 75, 046109, 2007), and
    Var_t sums both components about a straight line in time, so that a crowd that slows down does not read as one that
    shakes. The second term is what errors s_x of positions, differenced over Δt, add to the mean of n people.
    Turbulence begins near 0.02/s², accidents happened at 0.04–0.05/s²; never the sole reason for an alarm.

    Velocities must be means over 1 s or more: the body sways at 2 Hz. A corridor in free flow reads 0.01/s² and an
    orderly two-way corridor 0.18/s²: hence the gate. Memory: at most 120 samples of 12 bytes per cell.

    Args:
        grid: grid of the density and the velocity fields.
        window_s: length of the window, 10 to 60 s.
        detrend: take out the straight line; False leaves the variance about the mean, as published.
        position_noise_m: s_x, error of positions along each axis.
        velocity_span_s: Δt, time over which velocities are measured.
    """

    def __init__(
        self,
        grid: DensityGrid,
        *,
        window_s: float = 30.0,
        detrend: bool = True,
        position_noise_m: float = 0.05,
        velocity_span_s: float = 1.0,
    ) -> None:
        if not (window_s > 0 and velocity_span_s > 0 and position_noise_m >= 0):
            raise ValueError("pressure: expected a window and a span > 0 s and a noise >= 0 m")
        self._grid = grid
        self._window_s = window_s
        self._detrend = detrend
        self._noise = 4 * (position_noise_m / velocity_span_s) ** 2
        self._samples: deque[tuple[float, _Sample]] = deque()
        self._sums: FloatArray = np.zeros((9, *grid.inside.shape))
        self._origin_s = 0.0

    def update(
        self, pts_s: float, *, density_per_m2: FloatArray, velocity: VelocityField, counter_flow: float | None = None
    ) -> Pressure | None:
        """Take in one reading; None until half a window is known, and after a jump in time.

        Readings that follow each other within a 120th of the window are passed over. Time that goes backwards, or a gap
        of more than half a window, starts afresh.

        Args:
            pts_s: stream time, seconds.
            density_per_m2: (ny, nx) people/m² from the grid.
            velocity: from the same grid.
            counter_flow: index of counter-flow in the zone, best a mean over some seconds, since single moments of a
                dense crowd scatter; None when too few move.
        """
        newest = self._samples[-1][0] if self._samples else -np.inf
        if pts_s < newest or (self._samples and pts_s - newest > self._window_s / 2):
            self._restart()
        if not self._samples:
            self._origin_s = pts_s
        if not self._samples or pts_s - newest >= self._window_s / _MOST_SAMPLES:
            self._add(pts_s, density_per_m2, velocity)
        return self._result(counter_flow)

    def _restart(self) -> None:
        self._samples.clear()
        self._sums[:] = 0.0

    def _add(self, pts_s: float, density: FloatArray, velocity: VelocityField) -> None:
        """Add the newest sample, drop those that left the window; sum anew before rounding errors can gather."""
        sample = np.stack([density, *velocity.velocity_mps]).astype(np.float32)
        unknown = ~np.isfinite(sample).all(axis=0)
        sample[0, unknown], sample[1:, unknown] = np.nan, 0.0
        self._samples.append((pts_s, sample))
        self._accumulate(pts_s, sample, 1.0)
        while self._samples[0][0] < pts_s - self._window_s:
            self._accumulate(*self._samples.popleft(), -1.0)
        if pts_s - self._origin_s > 4 * self._window_s:
            self._origin_s = self._samples[0][0]
            self._sums[:] = 0.0
            for at_s, kept in self._samples:
                self._accumulate(at_s, kept, 1.0)

    def _accumulate(self, pts_s: float, sample: _Sample, sign: float) -> None:
        """Add or take away the terms of n, t, t², ρ, v_x, v_y, v_x t, v_y t and v²; unknown is ρ = NaN."""
        known, time = np.isfinite(sample[0]), pts_s - self._origin_s
        velocity = sample[1:].astype(np.float64)
        self._sums[:3] += known * (sign * np.array([1.0, time, time**2]))[:, None, None]
        self._sums[3] += sign * np.where(known, sample[0], np.float32(0))
        self._sums[4:6] += sign * velocity
        self._sums[6:8] += (sign * time) * velocity
        self._sums[8] += sign * (velocity**2).sum(axis=0)

    def _result(self, counter_flow: float | None) -> Pressure | None:
        covered_s = self._samples[-1][0] - self._samples[0][0]
        if covered_s < self._window_s / 2:
            return None
        known = self._grid.inside & (self._sums[0] >= max(_FEWEST_SAMPLES, len(self._samples) / 2))
        if not known.any():
            return None
        density, pressure = self._fields(known)
        dense = density >= DENSE_PER_M2
        peak_in = np.where(dense, pressure, np.nan) if dense.any() else pressure
        row, column = np.unravel_index(int(np.nanargmax(peak_in)), pressure.shape)
        x, y = self._grid.cells_m
        return Pressure(
            field_per_s2=pressure,
            peak_per_s2=float(pressure[row, column]),
            at_m=(float(x[column]), float(y[row])),
            density_per_m2=float(density[row, column]),
            gated=not dense.any() or (counter_flow is not None and counter_flow >= COUNTER_FLOW_LIMIT),
        )

    def _fields(self, known: Mask) -> tuple[FloatArray, FloatArray]:
        """Mean density and pressure, (ny, nx) each; NaN where unknown."""
        _, t, t2, density, x, y, xt, yt, v2 = self._sums / np.where(known, self._sums[0], np.nan)
        variance = v2 - x**2 - y**2
        if self._detrend:
            spread = np.maximum(t2 - t**2, 1e-9)
            variance = variance - ((xt - x * t) ** 2 + (yt - y * t) ** 2) / spread
        averaged = 2 * np.pi * self._grid.radius_m**2 * density * self._grid.kernel_share
        noise = self._noise / np.maximum(averaged, 1.0)
        return density, density * np.maximum(variance - noise, 0.0)
