"""The recent path of every track: velocities, and trails for the overlay."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from throng.core.motion import slope_velocities
from throng.core.observation import UNTRACKED
from throng.core.points import FloatArray, GroundPoints, ImagePoints

SPEED_WINDOW_S = 1.0
SHORTEST_WINDOW_S = 0.4
STRAIGHT_WITHIN_M = 0.5
"""A second of walking lies on a straight line to within this; what does not is two people under one id."""

TRAIL_S = 4.0


@dataclass(frozen=True, slots=True, eq=False)
class _Moment:
    """Everybody with a track at one time, ordered by id."""

    pts_s: float
    ids: NDArray[np.int64]
    ground: FloatArray
    pixels: FloatArray

    def of(self, ids: NDArray[np.int64], values: FloatArray) -> FloatArray:
        """Return the values, (N, 2), of some ids; NaN for those who were not there."""
        if len(self.ids) == 0:
            return np.full((len(ids), 2), np.nan)
        place = np.minimum(np.searchsorted(self.ids, ids), len(self.ids) - 1)
        return np.where((self.ids[place] == ids)[:, None], values[place], np.nan)


class Tracks:
    """The last `TRAIL_S` seconds of all tracks of one camera; nothing older is kept."""

    def __init__(self) -> None:
        self._moments: deque[_Moment] = deque()

    def __len__(self) -> int:
        """Number of tracks that are remembered."""
        return len(np.unique(np.concatenate([m.ids for m in self._moments]))) if self._moments else 0

    def update(self, pts_s: float, ids: NDArray[np.int64], ground: GroundPoints, pixels: ImagePoints) -> FloatArray:
        """Add the newest places and return the velocity of each person.

        Time that runs backwards starts all tracks anew.

        Returns:
            (N, 2) m/s on the ground, NaN where a person has no track, no place, has been seen for less than 0.4 s, or
            has a path that is not that of one walking person.
        """
        if self._moments and pts_s < self._moments[-1].pts_s:
            self._moments.clear()
        order = np.argsort(ids, kind="stable")
        order = order[ids[order] != UNTRACKED]
        self._moments.append(_Moment(pts_s, ids[order], ground[order], pixels[order]))
        while self._moments[0].pts_s < pts_s - TRAIL_S:
            self._moments.popleft()
        velocities = np.full((len(ids), 2), np.nan)
        velocities[order] = self._velocities(ids[order])
        return velocities

    def trails(self) -> Iterator[tuple[int, FloatArray]]:
        """Give the id and the pixels, (K, 2), oldest first, of every track seen in the newest observation."""
        if not self._moments:
            return
        ids = self._moments[-1].ids
        paths = np.stack([m.of(ids, m.pixels) for m in self._moments], axis=1)
        for track_id, path in zip(ids.tolist(), paths, strict=True):
            yield track_id, path[np.isfinite(path[:, 0])]

    def _velocities(self, ids: NDArray[np.int64]) -> FloatArray:
        start = self._moments[-1].pts_s - SPEED_WINDOW_S - 1e-6
        window = [m for m in self._moments if m.pts_s >= start]
        slopes = slope_velocities(np.array([m.pts_s for m in window]), np.stack([m.of(ids, m.ground) for m in window]))
        told = (slopes.span_s >= SHORTEST_WINDOW_S - 1e-6) & (slopes.off_line_m <= STRAIGHT_WITHIN_M)
        return np.asarray(np.where(told[:, None], slopes.velocity_mps, np.nan), dtype=np.float64)
