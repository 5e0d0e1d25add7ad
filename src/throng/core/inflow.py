"""Who comes into a zone and who leaves it, while it happens."""

from collections import deque

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.special import gammaincinv
from shapely import Polygon

from throng.core.crowd_state import Balance
from throng.core.estimate import Estimate
from throng.core.observation import UNTRACKED
from throng.core.points import FloatArray, GroundPoints, Mask

CONFIRM_M = 0.2
"""How far beyond the edge somebody must be before the crossing counts: more than a box jitters."""

FORGET_AFTER_S = 3.0
"""A track that nobody saw for so long is forgotten; a longer gap starts the window anew."""

SHORTEST_S = 10.0
"""Before a zone was watched for so long (or for its whole window) no rate is told."""

_SLOTS_PER_WINDOW = 100


class ZoneFlow:
    """Counts people through the edges of one zone from their tracks.

    A track that appears or vanishes inside is no crossing, stepping to and fro on the edge counts once, and somebody
    without a track never counts. A picture in which most people have no track says nothing about crossings: it is
    left out, as if there had been none. Time that runs backwards starts everything anew.

    Attributes:
        in_total, out_total: crossings since the start.
    """

    def __init__(self, polygon: tuple[tuple[float, float], ...], *, window_s: float = 60.0) -> None:
        if not window_s > 0:
            raise ValueError(f"window_s: expected a time above 0, got {window_s}")
        self.in_total = 0
        self.out_total = 0
        self._shape = Polygon(polygon)
        self._border = self._shape.boundary
        # In a narrow zone nobody could ever be far enough inside.
        self._confirm_m = min(CONFIRM_M, shapely.maximum_inscribed_circle(self._shape).length / 2)
        self._window_s = window_s
        self._crossings: deque[tuple[float, int, int]] = deque()
        self._since_s = self._watched_s = self._now_s = -np.inf
        self._forget(-np.inf)

    def update(self, pts_s: float, ids: NDArray[np.int64], ground: GroundPoints) -> tuple[int, int]:
        """Follow everybody one step.

        Args:
            pts_s: stream time in seconds.
            ids: (N,) track ids, `UNTRACKED` where there is none.
            ground: (N, 2) site metres, NaN where unknown.

        Returns:
            (in, out) crossings that this step confirmed.
        """
        if pts_s < self._now_s:
            self._forget(pts_s)
        self._now_s = pts_s
        usable = (ids != UNTRACKED) & np.isfinite(ground).all(axis=1)
        if 2 * int(usable.sum()) < len(ids):
            return 0, 0
        if not self._watched_s >= pts_s - FORGET_AFTER_S:
            self._forget(pts_s)
        self._watched_s = pts_s
        known, first = np.unique(ids[usable], return_index=True)
        entered, left = self._follow(known, ground[usable][first])
        self._remember(entered, left)
        return entered, left

    def balance(self) -> Balance | None:
        """Return the rates over the window that ends with the last update.

        Intervals are exact 90 % Poisson intervals (Garwood 1936) of the two counts. None when the zone has been
        watched for too short a time, or could not be watched within the last seconds.
        """
        watched_s = min(self._watched_s - self._since_s, self._window_s)
        lost = self._now_s - self._watched_s > FORGET_AFTER_S
        if lost or not watched_s >= min(SHORTEST_S, self._window_s):
            return None
        entered = sum(slot[1] for slot in self._crossings)
        left = sum(slot[2] for slot in self._crossings)
        per_min = 60 / watched_s
        return Balance(
            inflow_per_min=poisson_estimate(entered).scaled(per_min),
            outflow_per_min=poisson_estimate(left).scaled(per_min),
            net_per_min=(entered - left) * per_min,
            window_s=watched_s,
        )

    def _forget(self, pts_s: float) -> None:
        self._ids: NDArray[np.int64] = np.empty(0, dtype=np.int64)
        self._inside: Mask = np.empty(0, dtype=np.bool_)
        self._seen_s: FloatArray = np.empty(0)
        self._crossings.clear()
        self._since_s = self._watched_s = self._now_s = pts_s

    def _follow(self, ids: NDArray[np.int64], ground: FloatArray) -> tuple[int, int]:
        """Move the tracks, ids in rising order, and count who is beyond the edge for sure."""
        inside = np.asarray(shapely.intersects_xy(self._shape, ground[:, 0], ground[:, 1]), dtype=np.bool_)
        fresh = self._seen_s >= self._now_s - FORGET_AFTER_S
        old_ids, old_inside, old_seen_s = self._ids[fresh], self._inside[fresh], self._seen_s[fresh]
        here, row = _places_among(old_ids, ids)
        side = inside.copy()
        side[here] = old_inside[row]
        other = np.flatnonzero(inside != side)
        sure = shapely.distance(self._border, shapely.points(ground[other])) >= self._confirm_m
        crossed = other[sure]
        side[crossed] = inside[crossed]
        away = np.ones(len(old_ids), dtype=np.bool_)
        away[row] = False
        merged = np.concatenate((old_ids[away], ids))
        order = np.argsort(merged)
        self._ids = merged[order]
        self._inside = np.concatenate((old_inside[away], side))[order]
        self._seen_s = np.concatenate((old_seen_s[away], np.full(len(ids), self._now_s)))[order]
        entered = int(inside[crossed].sum())
        return entered, len(crossed) - entered

    def _remember(self, entered: int, left: int) -> None:
        self.in_total += entered
        self.out_total += left
        if entered or left:
            at_s = self._now_s
            if self._crossings and at_s - self._crossings[-1][0] < self._window_s / _SLOTS_PER_WINDOW:
                at_s, before_in, before_out = self._crossings.pop()
                entered, left = entered + before_in, left + before_out
            self._crossings.append((at_s, entered, left))
        while self._crossings and self._crossings[0][0] <= self._now_s - self._window_s:
            self._crossings.popleft()


def _places_among(rising: NDArray[np.int64], wanted: NDArray[np.int64]) -> tuple[Mask, NDArray[np.intp]]:
    """Tell which of some numbers, (N,), are among others, which rise, and where those that are stand there."""
    if len(rising) == 0:
        return np.zeros(len(wanted), dtype=np.bool_), np.empty(0, dtype=np.intp)
    place = np.minimum(np.searchsorted(rising, wanted), len(rising) - 1)
    here = np.asarray(rising[place] == wanted, dtype=np.bool_)
    return here, place[here]


def poisson_estimate(count: int) -> Estimate:
    """Return a count with the exact 90 % interval of its Poisson mean (Garwood 1936); 0 has [0, 3.0]."""
    low = float(gammaincinv(count, 0.05)) if count else 0.0
    return Estimate(float(count), low, float(gammaincinv(count + 1, 0.95)))
