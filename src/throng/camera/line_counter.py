"""Counts who crosses a line, once each."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from throng.core.crossing import signed_distance_m, step_crosses
from throng.core.observation import UNTRACKED
from throng.core.points import GroundPoints, ground_points
from throng.core.site import Line

CONFIRM_M = 0.2
"""How far beyond the line somebody must be before the crossing counts: more than a box jitters."""

FORGET_AFTER_S = 3.0


@dataclass(slots=True)
class _Walker:
    """Where one track is in relation to the line."""

    side: float
    place: list[float]
    pending: float
    seen_s: float


class LineCounter:
    """In and out of one line. Somebody without a track is never counted; stepping to and fro on the line counts once.

    Attributes:
        line: the counting line.
        in_total, out_total: crossings since the start.
    """

    def __init__(self, line: Line) -> None:
        self.line = line
        self.in_total = 0
        self.out_total = 0
        self._walkers: dict[int, _Walker] = {}
        self._last_s = -np.inf

    def update(self, pts_s: float, ids: NDArray[np.int64], ground: GroundPoints) -> tuple[int, int]:
        """Follow everybody one step.

        Returns:
            (in, out) crossings that this step confirmed.
        """
        if pts_s < self._last_s:
            self._walkers.clear()
        self._last_s = pts_s
        distances = signed_distance_m(self.line, ground)
        # Exactly on the line no side can be told: the next step decides.
        usable = (ids != UNTRACKED) & np.isfinite(distances) & (distances != 0)
        known = ids[usable].tolist()
        here = GroundPoints(ground[usable])
        places = here.tolist()
        before = [
            self._walkers[i].place if i in self._walkers else place for i, place in zip(known, places, strict=True)
        ]
        steps = step_crosses(self.line, ground_points(before), here)
        walkers = zip(known, places, distances[usable].tolist(), steps.tolist(), strict=True)
        crossed = [self._step(pts_s, *walker) for walker in walkers]
        entered, left = crossed.count(1), crossed.count(-1)
        self.in_total += entered
        self.out_total += left
        self._walkers = {i: w for i, w in self._walkers.items() if w.seen_s >= pts_s - FORGET_AFTER_S}
        return entered, left

    def _step(self, pts_s: float, track_id: int, place: list[float], distance: float, crossing: float) -> int:
        side = 1.0 if distance > 0 else -1.0
        walker = self._walkers.get(track_id)
        if walker is None:
            self._walkers[track_id] = _Walker(side, place, 0.0, pts_s)
            return 0
        walker.pending += crossing
        walker.place, walker.seen_s = place, pts_s
        if abs(distance) < CONFIRM_M:
            return 0
        through = side != walker.side and walker.pending == side
        walker.side, walker.pending = side, 0.0
        return int(side) if through else 0
