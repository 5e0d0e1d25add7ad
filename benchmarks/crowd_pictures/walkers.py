"""Simulated people who walk, avoid each other and stay between walls: a plain force model, enough for pictures."""

from collections.abc import Callable

import numpy as np

from throng.core.points import FloatArray

STEP_S = 0.05
_RELAX_S = 0.5
_PUSH_MPS2, _REACH_M, _WIDTH_M = 2.0, 0.3, 0.4

Wish = Callable[[FloatArray], FloatArray]
"""From positions (N, 2) to wanted velocities (N, 2), m/s."""
Walls = Callable[[FloatArray], FloatArray]
"""From positions (N, 2) to accelerations (N, 2) away from walls, m/s²."""


class Walkers:
    """People of a social force model (Helbing and Molnar 1995).

    Attributes:
        places: (N, 2) metres.
        velocities: (N, 2) m/s.
    """

    def __init__(self, places: FloatArray, wish: Wish, *, walls: Walls | None = None, seed: int = 1) -> None:
        self.places = places.copy()
        self.velocities = np.zeros_like(places)
        self._wish, self._walls = wish, walls
        self._rng = np.random.default_rng(seed)
        self._pace = self._rng.normal(1.0, 0.12, (len(places), 1))

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        for _ in range(round(seconds / STEP_S)):
            wanted = self._wish(self.places) * self._pace
            pull = (wanted - self.velocities) / _RELAX_S + self._pushes()
            if self._walls is not None:
                pull += self._walls(self.places)
            pull += self._rng.normal(0, 0.3, self.places.shape)
            self.velocities += STEP_S * pull
            speed = np.maximum(np.hypot(*self.velocities.T), 1e-9)[:, None]
            self.velocities *= np.minimum(1.0, 1.8 / speed)
            self.places += STEP_S * self.velocities

    def _pushes(self) -> FloatArray:
        apart = self.places[:, None] - self.places[None]
        distance = np.hypot(apart[..., 0], apart[..., 1]) + 1e-9
        np.fill_diagonal(distance, np.inf)
        strength = _PUSH_MPS2 * np.exp(np.minimum((_WIDTH_M - distance) / _REACH_M, 1.5))
        return np.asarray((apart / distance[..., None] * strength[..., None]).sum(axis=1))


def corridor(width_m: float) -> Walls:
    """Walls at y = 0 and y = width."""

    def away(places: FloatArray) -> FloatArray:
        y = places[:, 1]
        push = 4 * np.exp(-(y - 0.2) / 0.15) - 4 * np.exp(-(width_m - 0.2 - y) / 0.15)
        return np.column_stack((np.zeros(len(y)), np.clip(push, -30, 30)))

    return away


def spread(count: int, extent_m: tuple[float, float, float, float], *, apart_m: float, seed: int) -> FloatArray:
    """Return places (N, 2) in a rectangle, by chance but nobody nearer to anybody than a distance."""
    rng = np.random.default_rng(seed)
    x0, y0, x1, y1 = extent_m
    places = np.empty((0, 2))
    for _ in range(400 * count):
        place = rng.uniform((x0, y0), (x1, y1))
        if not len(places) or np.hypot(*(places - place).T).min() >= apart_m:
            places = np.vstack((places, place))
        if len(places) == count:
            break
    return places
