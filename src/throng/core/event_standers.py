"""Where everybody who is followed last stopped, since when they have been there, and how long others stopped."""

from collections import deque

import numpy as np
from numpy.typing import NDArray

from throng.core.event_look import MOVING_MPS, Look
from throng.core.points import FloatArray, Mask

_STAYS_M = 0.75
"""Whoever is further from where they were on average has moved on."""

_WALK_MPS = 0.4
_WALKED_M = 1.5
_LOST_S = 15.0
_MEMORY = 10
_STOP_S = 8.0
"""Whoever goes on after so long has made a stop."""

_LONG_STOP_S = 15.0
_LEARNING_S = 30.0
"""Whoever is there when the watch begins, or soon after, did not appear."""

_STOPS_KEPT_S = 600.0
_MOST_STOPS = 64

_EDGE_M = 0.75
"""Whoever is lost so near to the edge of the zone has left."""

_X, _Y, _SINCE, _LOOKS, _WALKED_FAR, _WALKED, _BORN, _FROM, _SIGHTS, _SEEN, _DOWN, _PASSING, _STANDING, _COLUMNS = (
    range(14)
)


class Standers:
    """Follows who stands where while they are seen and for 15 s more; remembers the stops of the last ten minutes.

    Somebody who stood and is lost, and in whose place within 0.75 m somebody new is seen to stay, is the same person:
    detectors and trackers lose people who fall. Whoever is lost within a metre of the edge has left the zone.

    Args:
        polygon: the zone, site metres.
    """

    def __init__(self, polygon: tuple[tuple[float, float], ...]) -> None:
        self._corners: FloatArray = np.array(polygon, dtype=np.float64)
        self.ids: NDArray[np.int64] = np.empty(0, dtype=np.int64)
        """(P,) everybody's number, rising."""
        self._rows: FloatArray = np.empty((0, _COLUMNS))
        self._stops: deque[tuple[float, float, float, float]] = deque(maxlen=_MOST_STOPS)
        self._begun_s: float | None = None
        self._count = 0

    @property
    def at_m(self) -> FloatArray:
        """(P, 2) where they are, site metres, on average since they came there."""
        return self._rows[:, :2]

    @property
    def still_s(self) -> FloatArray:
        """(P,) how long everybody has been seen where they are, seconds."""
        return np.asarray(self._rows[:, _SEEN] - self._rows[:, _SINCE])

    @property
    def since_s(self) -> FloatArray:
        """(P,) when they came where they are."""
        return self._rows[:, _SINCE]

    @property
    def seen_s(self) -> FloatArray:
        """(P,) when they were last seen."""
        return self._rows[:, _SEEN]

    @property
    def seen_share(self) -> FloatArray:
        """(P,) share of the looks since they came where they are in which they were seen there."""
        return np.asarray(self._rows[:, _SIGHTS] / (self._count - self._rows[:, _FROM] + 1))

    @property
    def down_s(self) -> FloatArray:
        """(P,) when they were last called down, to be written by whoever calls; minus infinity for never."""
        return self._rows[:, _DOWN]

    @property
    def around(self) -> FloatArray:
        """(P, 2) people who pass and who stand about them, to be written by whoever counts; NaN before."""
        return self._rows[:, _PASSING : _STANDING + 1]

    @property
    def stops(self) -> FloatArray:
        """(S, 3) place in site metres and seconds of each stop of 8 s or more in the last ten minutes."""
        return np.array([stop[1:] for stop in self._stops]).reshape(-1, 3)

    def came_walking(self) -> Mask:
        """Return who walked in sight shortly before they stopped, (P,)."""
        rows = self._rows
        return np.asarray((rows[:, _WALKED_FAR] >= _WALKED_M) & (rows[:, _SINCE] - rows[:, _WALKED] <= _LOST_S))

    def appeared(self) -> Mask:
        """Return who stands where they were first seen, inside the zone, where nobody was seen to stand for long, (P,).

        They must have walked there while the tracker had lost them.
        """
        rows, stops = self._rows, self.stops
        found = (self.still_s >= _STOP_S) & (rows[:, _SINCE] - rows[:, _BORN] <= _LOST_S)
        found &= rows[:, _BORN] - (self._begun_s or 0.0) > _LEARNING_S
        which = np.flatnonzero(found)
        if len(which) == 0:
            return np.asarray(found, dtype=np.bool_)
        nearest_m, _ = _nearest(rows[which, :2], stops[stops[:, 2] >= _LONG_STOP_S, :2])
        found[which] = (_to_edge_m(rows[which, :2], self._corners) > _EDGE_M) & (nearest_m > _STAYS_M)
        return np.asarray(found, dtype=np.bool_)

    def update(self, look: Look) -> None:
        """Take one look."""
        self._begun_s = look.at_s if self._begun_s is None else self._begun_s
        self._count += 1
        ids, first = np.unique(look.ids, return_index=True)
        followed = ids >= 0
        ids, places = ids[followed], look.ground[first[followed]]
        self._admit(ids, places, look.at_s)
        here = np.searchsorted(self.ids, ids)
        rows = self._rows
        off = places - rows[here, :2]
        far_m = np.hypot(off[:, 0], off[:, 1])
        moved = far_m > _STAYS_M
        self._move(here[moved], places[moved], far_m[moved], look.at_s)
        stays = here[~moved]
        looks = np.minimum(rows[stays, _LOOKS] + 1, _MEMORY)
        rows[stays, :2] += off[~moved] / looks[:, None]
        rows[stays, _LOOKS] = looks
        rows[here, _SIGHTS] += 1
        rows[here, _SEEN] = look.at_s
        speeds = look.speeds_mps[first[followed]][~moved]
        self._find_lost(look, stays[(looks >= 2) & ((speeds < MOVING_MPS) | (np.isnan(speeds) & (looks >= 4)))])
        while self._stops and look.at_s - self._stops[0][0] > _STOPS_KEPT_S:
            self._stops.popleft()

    def _move(self, here: NDArray[np.int64], places: FloatArray, far_m: FloatArray, at_s: float) -> None:
        rows = self._rows
        self._remember(rows[here], at_s)
        walks = far_m >= _WALK_MPS * (at_s - rows[here, _SEEN])
        walkers = here[walks]
        before_m = np.where(at_s - rows[walkers, _WALKED] <= _LOST_S, rows[walkers, _WALKED_FAR], 0.0)
        rows[walkers, _WALKED_FAR] = before_m + far_m[walks]
        rows[walkers, _WALKED] = at_s
        rows[here, :2] = places
        rows[here, _SINCE] = at_s
        rows[here, _LOOKS] = rows[here, _SIGHTS] = 0.0
        rows[here, _FROM] = self._count
        rows[here, _DOWN] = -np.inf
        rows[here, _PASSING:] = np.nan

    def _remember(self, rows: FloatArray, at_s: float) -> None:
        """Keep the stops of those who go on or are lost."""
        stopped = rows[rows[:, _SEEN] - rows[:, _SINCE] >= _STOP_S]
        for x, y, since_s, seen_s in stopped[:, (_X, _Y, _SINCE, _SEEN)].tolist():
            self._stops.append((at_s, x, y, seen_s - since_s))

    def _admit(self, ids: NDArray[np.int64], places: FloatArray, at_s: float) -> None:
        """Forget the lost and take in the new."""
        kept = at_s - self._rows[:, _SEEN] <= _LOST_S
        new = ~_among(ids, self.ids[kept])
        if kept.all() and not new.any():
            return
        self._remember(self._rows[~kept], at_s)
        fresh = np.full((int(new.sum()), _COLUMNS), np.nan)
        fresh[:, :2] = places[new]
        fresh[:, (_SINCE, _BORN, _SEEN)] = at_s
        fresh[:, (_LOOKS, _SIGHTS, _WALKED_FAR)] = 0.0
        fresh[:, _FROM] = self._count
        fresh[:, (_WALKED, _DOWN)] = -np.inf
        both = np.concatenate((self.ids[kept], ids[new]))
        order = np.argsort(both, kind="stable")
        self.ids, self._rows = both[order], np.concatenate((self._rows[kept], fresh))[order]

    def _find_lost(self, look: Look, stand: NDArray[np.intp]) -> None:
        """See those who stood and are lost in somebody who stands in their place, not followed or new."""
        rows = self._rows
        lost = np.flatnonzero((rows[:, _SEEN] < look.at_s) & (rows[:, _LOOKS] >= 3) & (self.still_s >= 3.0))
        lost = lost[_to_edge_m(rows[lost, :2], self._corners) > _EDGE_M]
        if len(lost) == 0:
            return
        unfollowed = (look.ids < 0) & (look.speeds_mps < MOVING_MPS)
        nearest_m, _ = _nearest(rows[lost, :2], look.ground[unfollowed])
        kept_up = lost[nearest_m <= _STAYS_M]
        rows[kept_up, _SEEN] = look.at_s
        rows[kept_up, _SIGHTS] += 1
        new = stand[rows[stand, _SINCE] > rows[lost, _SEEN].min()]
        nearest_m, which = _nearest(rows[lost, :2], rows[new, :2])
        near = (nearest_m <= _STAYS_M) & (rows[new[which], _SINCE] > rows[lost, _SEEN]) if len(new) else nearest_m < 0
        heirs, first = np.unique(new[which[near]], return_index=True)
        left = lost[near][first]
        sights = rows[heirs, _SIGHTS] + rows[left, _SIGHTS]
        rows[heirs, :_SEEN] = rows[left, :_SEEN]
        rows[heirs, _SIGHTS] = sights
        rows[heirs, _DOWN:] = rows[left, _DOWN:]
        if len(left):
            kept = np.ones(len(rows), dtype=np.bool_)
            kept[left] = False
            self.ids, self._rows = self.ids[kept], rows[kept]


def _nearest(places: FloatArray, others: FloatArray) -> tuple[FloatArray, NDArray[np.intp]]:
    """Distance to the nearest of others from each place, and which it is; infinite where there are none."""
    if len(others) == 0 or len(places) == 0:
        return np.full(len(places), np.inf), np.zeros(len(places), dtype=np.intp)
    squares = (places[:, 0, None] - others[:, 0]) ** 2 + (places[:, 1, None] - others[:, 1]) ** 2
    which = squares.argmin(axis=1)
    return np.sqrt(squares[np.arange(len(places)), which]), which


def _to_edge_m(places: FloatArray, corners: FloatArray) -> FloatArray:
    """Distance from each place to the nearest side of a polygon, (N,)."""
    along = np.roll(corners, -1, axis=0) - corners
    off = places[:, None] - corners
    share = np.clip((off * along).sum(axis=2) / np.maximum((along**2).sum(axis=1), 1e-9), 0.0, 1.0)
    away = off - share[:, :, None] * along
    return np.asarray(np.hypot(away[:, :, 0], away[:, :, 1]).min(axis=1), dtype=np.float64)


def _among(wanted: NDArray[np.int64], rising: NDArray[np.int64]) -> Mask:
    """Tell which numbers are among others, which rise."""
    if len(rising) == 0:
        return np.zeros(len(wanted), dtype=np.bool_)
    found = np.minimum(np.searchsorted(rising, wanted), len(rising) - 1)
    return np.asarray(rising[found] == wanted, dtype=np.bool_)
