"""How the people of one zone move together, reading by reading: what needs a memory of fields."""

from collections import deque
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from throng.core.congestion import Congestion, CongestionLevel
from throng.core.crowd_state import Movement
from throng.core.density import DensityGrid
from throng.core.order import counter_flow, direction_entropy, moving_share, polarisation
from throng.core.points import FloatArray, GroundPoints, Mask
from throng.core.pressure import CrowdPressure
from throng.core.velocity_field import VelocityField, field_from_sums
from throng.core.waves import SpeedWaves, Wave

FEWEST_KNOWN_SHARE = 0.5
"""Where fewer people's velocities are known, nothing is said of how all move: who can be followed is not the rest."""

COUNTER_FLOW_WINDOW_S = 10.0
SLOW_EVERY_S = 1.9
"""Congestion level and waves are worked out no more often than that."""


@dataclass(frozen=True, slots=True, eq=False)
class Places:
    """Where the people of a zone are, and how they move.

    Attributes:
        ids: (K,) track ids, `UNTRACKED` for who is not followed and for cells of a density map.
        ground: (K, 2) site metres.
        people: (K,) how many people each place stands for.
        velocities_mps: (K, 2) m/s, NaN where unknown.
        estimator: where the velocities come from; None where none is known.
    """

    ids: NDArray[np.int64]
    ground: GroundPoints
    people: FloatArray
    velocities_mps: FloatArray
    estimator: str | None

    def known(self) -> "Places":
        """Only those with a place, somebody there, and a velocity."""
        finite = np.isfinite(self.velocities_mps).all(axis=1) & np.isfinite(self.ground).all(axis=1)
        kept = finite & (self.people > 0)
        return Places(
            self.ids[kept],
            GroundPoints(self.ground[kept]),
            self.people[kept],
            self.velocities_mps[kept],
            self.estimator,
        )


class ZoneMovement:
    """The movement of one zone; memory is bounded by the windows of pressure, congestion and waves.

    Args:
        polygon: of the zone, site metres.
        grid: over the same polygon.
    """

    def __init__(self, polygon: tuple[tuple[float, float], ...], grid: DensityGrid) -> None:
        self._grid = grid
        self._pressure = CrowdPressure(grid)
        self._congestion = Congestion(polygon)
        self._waves = SpeedWaves()
        self._slow: tuple[CongestionLevel | None, Wave | None] = (None, None)
        self._slow_at_s = -np.inf
        self._against: deque[tuple[float, float]] = deque()

    def update(self, at_s: float, places: Places) -> Movement | None:
        """Take in one reading period.

        Args:
            at_s: time in seconds.
            places: the newest ones of the period.

        Returns:
            The movement; None where nobody's velocity is known, or that of too few.
        """
        known = places.known()
        everybody, moving = float(places.people.sum()), float(known.people.sum())
        if moving <= 0 or moving < FEWEST_KNOWN_SHARE * everybody:
            self._waves.update(at_s, None)
            return None
        velocities, people = known.velocities_mps, known.people
        self._waves.update(at_s, float(np.average(np.hypot(*velocities.T), weights=people)))
        density, field = _fields(self._grid, places)
        against = self._steady(at_s, counter_flow(velocities, people))
        pressure = self._pressure.update(
            at_s,
            density_per_m2=density,
            velocity=field,
            counter_flow=against,
        )
        congestion, wave = self._slowly(at_s, known)
        mean_x, mean_y = np.average(velocities, axis=0, weights=people).tolist()
        return Movement(
            velocity_mps=(mean_x, mean_y),
            estimator=known.estimator or "",
            moving_share=moving_share(velocities, people) or 0.0,
            polarisation=polarisation(velocities, people),
            direction_entropy=direction_entropy(velocities, people),
            counter_flow=against,
            divergence_per_s=_mean_divergence(field),
            congestion_level_per_m=None if congestion is None else congestion.level_per_m,
            crowd_danger_per_m3=None if congestion is None else congestion.danger_per_m3,
            pressure_per_s2=None if pressure is None else pressure.peak_per_s2,
            pressure_gated=pressure is None or pressure.gated,
            wave_period_s=None if wave is None else wave.period_s,
        )

    def _slowly(self, at_s: float, known: Places) -> tuple[CongestionLevel | None, Wave | None]:
        """What changes over ten seconds and more need not be worked out every second."""
        if not 0 <= at_s - self._slow_at_s < SLOW_EVERY_S:
            self._slow_at_s = at_s
            self._slow = (
                self._congestion.update(
                    at_s, people=known.ground, velocities_mps=known.velocities_mps, weights=known.people
                ),
                self._waves.wave(),
            )
        return self._slow

    def _steady(self, at_s: float, against: float | None) -> float | None:
        """Counter-flow over the last ten seconds: single looks at a dense queue are too much by chance."""
        if self._against and at_s < self._against[-1][0]:
            self._against.clear()
        if against is not None:
            self._against.append((at_s, against))
        while self._against and self._against[0][0] <= at_s - COUNTER_FLOW_WINDOW_S:
            self._against.popleft()
        return float(np.mean([value for _, value in self._against])) if self._against else None


def _fields(grid: DensityGrid, places: Places) -> tuple[FloatArray, VelocityField]:
    """People/m² of everybody and the velocities of those who have one, in one go over the kernel."""
    moving: Mask = np.asarray(np.isfinite(places.velocities_mps).all(axis=1), dtype=np.bool_)
    velocities = np.where(moving[:, None], places.velocities_mps, 0.0)
    carried = np.column_stack((grid.wall_factors(places.ground), moving, velocities))
    sums = grid.smoothed(places.ground, carried, weights=places.people)
    return grid.corrected(sums[0]), field_from_sums(grid, sums[1:])


def _mean_divergence(field: VelocityField) -> float | None:
    """Divergence where people are, weighted by how many; None where it is known nowhere."""
    divergence = field.divergence_per_s()
    mass = np.where(np.isfinite(divergence), field.mass_per_m2, 0.0)
    total = float(mass.sum())
    return float((np.nan_to_num(divergence) * mass).sum()) / total if total > 0 else None
