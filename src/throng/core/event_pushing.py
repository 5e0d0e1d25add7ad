"""Pushing: fast, short, opposed motions where people stand close."""

from collections import deque

import numpy as np
from numpy.typing import NDArray

from throng.core.event_cells import Cells
from throng.core.event_look import CALM, Look, Verdict, grade
from throng.core.points import FloatArray

_LOOKS = 8
_FEWEST_LOOKS = 5
_NOTHING_PER_M2, _DENSE_PER_M2 = 1.8, 3.0
_CELL_M = 2.0
_FEWEST_PAIRS = 10


class PushingRule:
    """Velocities in dense cells of 2 m: fast about a mean of nearly zero, and turning round from look to look.

    Over the last eight looks and the people of a cell: the root mean square about the mean is at least 0.45 m/s, the
    mean less than half of it, the density at least 3 people/m². Of the people who are followed and move, at least a
    quarter turn round between two looks; two streams that pass each other do not. Normal queues measure 0.15 to
    0.25 m/s.

    Args:
        polygon: the zone, site metres.
    """

    def __init__(self, polygon: tuple[tuple[float, float], ...]) -> None:
        self._cells = Cells(polygon, cell_m=_CELL_M)
        self.restart()

    def restart(self) -> None:
        """Forget the last looks."""
        self._sums: deque[FloatArray] = deque(maxlen=_LOOKS)
        self._turns: deque[tuple[int, int]] = deque(maxlen=_LOOKS)
        self._before: tuple[NDArray[np.int64], FloatArray] = (np.empty(0, dtype=np.int64), np.empty((0, 2)))

    def update(self, look: Look) -> Verdict | None:
        """Judge one look; None where hardly any velocity is known."""
        if look.blind or look.followed_share < 0.3:
            return None
        self._sums.append(self._cell_sums(look))
        self._turns.append(self._turned(look))
        if len(self._sums) < _FEWEST_LOOKS:
            return CALM
        people, weight, sum_x, sum_y, squares = np.asarray(sum(self._sums)) / len(self._sums)
        density = people / self._cells.area_m2
        if density.max() <= _NOTHING_PER_M2:
            return CALM
        with np.errstate(divide="ignore", invalid="ignore"):
            mean_square = (sum_x**2 + sum_y**2) / weight**2
            agitation = np.sqrt(np.maximum(squares / weight - mean_square, 0.0))
            still = np.sqrt(mean_square) / np.maximum(agitation, 1e-9)
        scores = np.minimum(
            np.interp(density, (_NOTHING_PER_M2, _DENSE_PER_M2, 6.0), (0.0, 0.5, 1.0)),
            np.interp(np.nan_to_num(agitation), (0.3, 0.45, 0.9), (0.0, 0.5, 1.0)),
        )
        scores = np.minimum(scores, np.interp(-np.nan_to_num(still, nan=1.0), (-0.8, -0.5, -0.2), (0.0, 0.5, 1.0)))
        worst = int(np.argmax(scores))
        turning = self._turning_share()
        score = min(
            float(scores[worst]), 1.0 if turning is None else grade(turning, nothing=0.1, begins=0.25, full=0.5)
        )
        if score == 0:
            return CALM
        words = [f"motions of {agitation[worst]:.1f} m/s about a mean of {np.sqrt(mean_square[worst]):.1f} m/s"]
        words.append(f"at {density[worst]:.1f} people/m²")
        if turning is not None:
            words.append(f"{turning:.0%} of those who move turn round within a look")
        return Verdict(score, tuple(words), self._cells.centre_m(worst))

    def _cell_sums(self, look: Look) -> FloatArray:
        """People, people with a velocity, sums of the velocity in x and y and of its square per cell, (5, cells)."""
        where = self._cells.index(look.ground)
        weights = np.where(look.known, look.weights, 0.0)
        velocities = np.where(look.known[:, None], look.velocities_mps, 0.0)
        parts = [look.weights, weights, weights * velocities[:, 0], weights * velocities[:, 1]]
        parts.append(weights * (velocities**2).sum(axis=1))
        return np.stack([self._cells.total(where, part) for part in parts])

    def _turned(self, look: Look) -> tuple[int, int]:
        """How many of those who move in both looks turned round, and how many there are."""
        quick = look.known & (look.ids >= 0) & (look.speeds_mps > 0.25)
        ids, first = np.unique(look.ids[quick], return_index=True)
        velocities = look.velocities_mps[quick][first]
        _, now, before = np.intersect1d(ids, self._before[0], assume_unique=True, return_indices=True)
        turned = (velocities[now] * self._before[1][before]).sum(axis=1) < 0
        self._before = (ids, velocities)
        return int(turned.sum()), len(now)

    def _turning_share(self) -> float | None:
        turned, pairs = np.sum(self._turns, axis=0)
        return float(turned / pairs) if pairs >= _FEWEST_PAIRS else None
