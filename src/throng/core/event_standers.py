"""Where everybody who is followed last stopped, and since when they have been there."""

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from throng.core.event_look import MOVING_MPS, Look
from throng.core.points import FloatArray, Mask

_STAYS_M = 0.75
"""Whoever is further from where they were on average has moved on."""

_WALK_MPS = 0.4
_WALKED_M = 1.5
_LOST_S = 15.0
_MEMORY = 10


@dataclass(slots=True, eq=False)
class _Rows:
    """One row per person, in order of id.

    Attributes:
        ids: (P,) int64.
        at_m: (P, 2) where they are, on average since they came there.
        since_s: (P,) since when.
        looks: (P,) how often they were seen there, at most ten.
        walked_m: (P,) how far they walked in sight.
        walked_s: (P,) when they last walked.
        seen_s: (P,) when they were last seen.
    """

    ids: NDArray[np.int64]
    at_m: FloatArray
    since_s: FloatArray
    looks: FloatArray
    walked_m: FloatArray
    walked_s: FloatArray
    seen_s: FloatArray

    def taken(self, order: NDArray[np.int64]) -> "_Rows":
        return _Rows(*(getattr(self, field.name)[order] for field in fields(self)))


class Standers:
    """Follows who stands where, for as long as they are seen and 15 s more.

    Somebody who stood, is lost, and whose place is taken within 0.75 m by somebody who stands there, new or not
    followed, is the same person: detectors and trackers lose people who fall.
    """

    def __init__(self) -> None:
        none = np.empty(0)
        self._rows = _Rows(np.empty(0, dtype=np.int64), np.empty((0, 2)), none, none, none, none, none)

    @property
    def ids(self) -> NDArray[np.int64]:
        """(P,) everybody's number, rising."""
        return self._rows.ids

    @property
    def at_m(self) -> FloatArray:
        """(P, 2) where they are, site metres."""
        return self._rows.at_m

    def update(self, look: Look) -> None:
        """Take one look."""
        ids, first = np.unique(look.ids, return_index=True)
        followed = ids >= 0
        ids, places = ids[followed], look.ground[first[followed]]
        self._hand_over(look, ids)
        self._admit(ids, places, look.at_s)
        rows = self._rows
        here = np.searchsorted(rows.ids, ids)
        off = np.hypot(*(places - rows.at_m[here]).T)
        moved = off > _STAYS_M
        self._move(here[moved], places[moved], off[moved], look.at_s)
        stays = here[~moved]
        rows.looks[stays] = np.minimum(rows.looks[stays] + 1, _MEMORY)
        rows.at_m[stays] += (places[~moved] - rows.at_m[stays]) / rows.looks[stays, None]
        rows.seen_s[here] = look.at_s

    @property
    def still_s(self) -> FloatArray:
        """(P,) how long everybody has been seen where they are, seconds."""
        return self._rows.seen_s - self._rows.since_s

    def came_walking(self) -> Mask:
        """Return who walked in sight shortly before they stopped, (P,)."""
        rows = self._rows
        return np.asarray((rows.walked_m >= _WALKED_M) & (rows.since_s - rows.walked_s <= _LOST_S), dtype=np.bool_)

    def _move(self, here: NDArray[np.int64], places: FloatArray, off: FloatArray, at_s: float) -> None:
        rows = self._rows
        walks = off >= _WALK_MPS * (at_s - rows.seen_s[here])
        walkers = here[walks]
        rows.walked_m[walkers] = np.where(
            at_s - rows.walked_s[walkers] <= _LOST_S, rows.walked_m[walkers] + off[walks], off[walks]
        )
        rows.walked_s[walkers] = at_s
        rows.at_m[here], rows.since_s[here], rows.looks[here] = places, at_s, 0.0

    def _admit(self, ids: NDArray[np.int64], places: FloatArray, at_s: float) -> None:
        """Forget the lost and take in the new."""
        fresh_enough = at_s - self._rows.seen_s <= _LOST_S
        new = ~_among(ids, self._rows.ids[fresh_enough])
        if fresh_enough.all() and not new.any():
            return
        kept = self._rows.taken(np.flatnonzero(fresh_enough))
        now, never = np.full(new.sum(), at_s), np.full(new.sum(), -np.inf)
        zeros = np.zeros(new.sum())
        fresh = _Rows(ids[new], places[new], now, zeros, zeros, never, now)
        both = _Rows(*(np.concatenate((getattr(kept, f.name), getattr(fresh, f.name))) for f in fields(_Rows)))
        self._rows = both.taken(np.argsort(both.ids, kind="stable"))

    def _hand_over(self, look: Look, ids: NDArray[np.int64]) -> None:
        """Give the places of standers who are lost to those who are found there."""
        rows = self._rows
        lost = np.flatnonzero((rows.looks >= 2) & (self.still_s >= 2.0) & ~_among(rows.ids, ids))
        if len(lost) == 0:
            return
        stands = look.known & (look.speeds_mps < MOVING_MPS)
        strange = np.flatnonzero(stands & ((look.ids < 0) | ~_among(look.ids, rows.ids)))
        if len(strange) == 0:
            return
        far, which = cKDTree(look.ground[strange]).query(rows.at_m[lost], distance_upper_bound=_STAYS_M)
        near = np.isfinite(far)
        given: set[int] = set()
        for row, found in zip(lost[near], strange[np.asarray(which)[near]], strict=True):
            rows.seen_s[row] = look.at_s
            new_id = int(look.ids[found])
            if new_id >= 0 and new_id not in given:
                rows.ids[row] = new_id
                given.add(new_id)
        self._rows = rows.taken(np.argsort(rows.ids, kind="stable"))


def _among(wanted: NDArray[np.int64], rising: NDArray[np.int64]) -> Mask:
    """Tell which numbers are among others, which rise."""
    if len(rising) == 0:
        return np.zeros(len(wanted), dtype=np.bool_)
    found = np.minimum(np.searchsorted(rising, wanted), len(rising) - 1)
    return np.asarray(rising[found] == wanted, dtype=np.bool_)
