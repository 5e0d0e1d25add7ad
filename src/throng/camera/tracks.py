"""The recent path of every track: speeds, and trails for the overlay."""

from collections import deque
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from throng.core.motion import slope_velocity
from throng.core.observation import UNTRACKED
from throng.core.points import FloatArray, GroundPoints, ImagePoints

SPEED_WINDOW_S = 1.0
SHORTEST_WINDOW_S = 0.4
STRAIGHT_WITHIN_M = 0.5
"""A second of walking lies on a straight line to within this; what does not is two people under one id."""

FORGET_AFTER_S = 3.0
TRAIL_S = 4.0


class _Path:
    """Times, places and pixels of one track, oldest first."""

    __slots__ = ("pixels", "places", "times_s")

    def __init__(self) -> None:
        self.times_s: deque[float] = deque()
        self.places: deque[tuple[float, float]] = deque()
        self.pixels: deque[tuple[float, float]] = deque()

    def add(self, pts_s: float, place: tuple[float, float], pixel: tuple[float, float]) -> None:
        self.times_s.append(pts_s)
        self.places.append(place)
        self.pixels.append(pixel)
        while self.times_s[0] < pts_s - TRAIL_S:
            self.times_s.popleft()
            self.places.popleft()
            self.pixels.popleft()

    def speed_mps(self) -> float:
        """Speed over the last second, NaN while the path is too short or is not that of one walking person."""
        start = self.times_s[-1] - SPEED_WINDOW_S - 1e-6
        recent = [i for i, t in enumerate(self.times_s) if t >= start]
        times = np.array([self.times_s[i] for i in recent])
        if times[-1] - times[0] < SHORTEST_WINDOW_S:
            return float("nan")
        places = np.array([self.places[i] for i in recent])
        velocity = slope_velocity(times, places)
        off_line = places - places.mean(axis=0) - np.outer(times - times.mean(), velocity)
        if np.sqrt((off_line**2).sum(axis=1).mean()) > STRAIGHT_WITHIN_M:
            return float("nan")
        return float(np.hypot(*velocity))


class Tracks:
    """All tracks of one camera. A track that was not seen for `FORGET_AFTER_S` is forgotten."""

    def __init__(self) -> None:
        self._paths: dict[int, _Path] = {}
        self._last_s = -np.inf

    def __len__(self) -> int:
        return len(self._paths)

    def update(self, pts_s: float, ids: NDArray[np.int64], ground: GroundPoints, pixels: ImagePoints) -> FloatArray:
        """Add the newest places and return the speed of each person.

        Time that runs backwards starts all tracks anew.

        Returns:
            (N,) m/s, NaN where a person has no track, no place, or has been seen for less than 0.4 s.
        """
        if pts_s < self._last_s:
            self._paths.clear()
        self._last_s = pts_s
        speeds = np.full(len(ids), np.nan)
        for i, track_id in enumerate(ids.tolist()):
            if track_id == UNTRACKED:
                continue
            path = self._paths.setdefault(track_id, _Path())
            path.add(pts_s, (float(ground[i, 0]), float(ground[i, 1])), (float(pixels[i, 0]), float(pixels[i, 1])))
            speeds[i] = path.speed_mps()
        self._forget(pts_s)
        return speeds

    def trails(self) -> Iterator[tuple[int, FloatArray]]:
        """Give the id and the pixels, (K, 2), oldest first, of every track seen in the newest observation."""
        for track_id, path in self._paths.items():
            if path.times_s[-1] == self._last_s:
                yield track_id, np.array(path.pixels)

    def _forget(self, pts_s: float) -> None:
        old = [i for i, path in self._paths.items() if path.times_s[-1] < pts_s - FORGET_AFTER_S]
        for track_id in old:
            del self._paths[track_id]
