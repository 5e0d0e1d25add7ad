"""Fall or still body: somebody who walked lies or stands still where everybody else moves."""

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import convolve

from throng.core.event_cells import Cells
from throng.core.event_look import CALM, MOVING_MPS, Look, Verdict
from throng.core.event_standers import Standers
from throng.core.points import FloatArray

_RADIUS_M = 3.0
_CELL_M = 1.0
_LONGEST_S = 300.0
_SHARE_OF_NEW = 0.15


class FallRule:
    """Somebody who came walking and has been still for 10 s, while the others within 3 m walk past.

    On average 3.5 of them or more, at least 80 % of those who are there: people who stop of their own accord do not
    do so in a stream, and a queue or an audience has others who stand. Once called, it holds until they move or are
    lost, for five minutes at most after the others stopped passing: helpers stand about them.

    Args:
        polygon: the zone, site metres.
    """

    def __init__(self, polygon: tuple[tuple[float, float], ...]) -> None:
        self._cells = Cells(polygon, cell_m=_CELL_M)
        self._disc = _disc(_RADIUS_M / self._cells.cell_m)
        self.restart()

    def restart(self) -> None:
        """Forget everybody."""
        self._standers = Standers()
        self._past: tuple[NDArray[np.int64], FloatArray] = (np.empty(0, dtype=np.int64), np.empty((0, 2)))
        self._down: dict[int, float] = {}

    def update(self, look: Look) -> Verdict | None:
        """Judge one look; None where nobody is seen or few velocities are known."""
        if look.blind or look.followed_share < 0.3:
            return None
        standers = self._standers
        standers.update(look)
        still_s = standers.still_s
        others = self._smoothed(self._others(look), still_s)
        movers = others[:, 0]
        share = movers / np.maximum(others.sum(axis=1), 1e-9)
        amid = np.minimum(
            np.interp(movers, (2.0, 3.5, 8.0), (0.0, 0.5, 1.0)), np.interp(share, (0.6, 0.8, 0.97), (0.0, 0.5, 1.0))
        )
        amid = np.where(standers.came_walking(), amid, 0.0)
        amid = np.maximum(amid, self._held(look.at_s, amid, still_s))
        scores = np.minimum(amid, np.interp(still_s, (5.0, 8.0, 40.0), (0.0, 0.5, 1.0)))
        if len(scores) == 0 or scores.max() == 0:
            return CALM
        worst = int(np.argmax(scores))
        words = (
            f"one person has been still for {still_s[worst]:.0f} s after walking",
            f"{movers[worst]:.1f} people within {_RADIUS_M:.0f} m walk past, {share[worst]:.0%} of those there",
        )
        x, y = standers.at_m[worst]
        return Verdict(float(scores[worst]), words, (float(x), float(y)))

    def _others(self, look: Look) -> FloatArray:
        """Moving and still people within 3 m of each stander, without themselves, (P, 2)."""
        where = self._cells.index(look.ground)
        moves = look.known & (look.speeds_mps > MOVING_MPS)
        own = self._cells.index(self._standers.at_m)
        around = []
        for group in (moves, look.known & ~moves):
            total = self._cells.total(where, np.where(group, look.weights, 0.0)).reshape(self._cells.shape)
            around.append(convolve(total, self._disc, mode="constant").ravel()[own])
        return np.column_stack((around[0], np.maximum(around[1] - 1.0, 0.0)))

    def _smoothed(self, others: FloatArray, still_s: FloatArray) -> FloatArray:
        """Mean over the last looks for those who stay where they are; fresh for those who moved."""
        ids = self._standers.ids
        _, now, before = np.intersect1d(ids, self._past[0], assume_unique=True, return_indices=True)
        stays = still_s[now] > 0
        now, before = now[stays], before[stays]
        others = others.copy()
        others[now] = _SHARE_OF_NEW * others[now] + (1 - _SHARE_OF_NEW) * self._past[1][before]
        self._past = (ids, others)
        return others

    def _held(self, at_s: float, amid: FloatArray, still_s: FloatArray) -> FloatArray:
        """Keep those who were called down until they move: what they score for it, (P,)."""
        called = (amid >= 0.5) & (still_s >= 10.0)
        down = {int(i): at_s for i in self._standers.ids[called]}
        self._down = {i: t for i, t in (self._down | down).items() if at_s - t <= _LONGEST_S}
        held = np.isin(self._standers.ids, np.array(list(self._down), dtype=np.int64))
        gone = self._standers.ids[held & (still_s < 10.0)]
        for person in gone:
            self._down.pop(int(person), None)
        return np.where(held & (still_s >= 10.0), 0.6, 0.0)


def _disc(radius_cells: float) -> FloatArray:
    reach = max(1, round(radius_cells))
    rows, columns = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    return np.asarray(np.hypot(rows, columns) <= max(radius_cells, 1.0), dtype=np.float64)
