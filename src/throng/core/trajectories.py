"""The paths of people over a recording, and their velocities."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from throng.core.points import FloatArray, GroundPoints, Mask, ground_points

IntArray = NDArray[np.int64]


class Border(StrEnum):
    """What becomes of a velocity near the ends of a path, where the window does not fit."""

    EXCLUDE = "exclude"
    """It is unknown."""
    ADAPTIVE = "adaptive"
    """The window shrinks on both sides alike; unknown at the two ends themselves."""
    SINGLE_SIDED = "single_sided"
    """The missing half of the window is left out."""


@dataclass(frozen=True, slots=True, eq=False)
class Trajectories:
    """Where everybody was, frame by frame: M rows in rising order of frame, then of id.

    Attributes:
        frame: (M,) int64 frame numbers.
        id: (M,) int64, whose row it is; nobody has two rows in one frame.
        x, y: (M,) float64 site metres, finite.
        frame_rate_hz: frames per second, > 0; need not be whole.

    Raises:
        ValueError: the arrays do not fit together, are out of order or hold a number that is not finite.
    """

    frame: IntArray
    id: IntArray
    x: FloatArray
    y: FloatArray
    frame_rate_hz: float

    def __post_init__(self) -> None:
        shape = self.frame.shape
        for name, array in (("frame", self.frame), ("id", self.id), ("x", self.x), ("y", self.y)):
            if array.ndim != 1 or array.shape != shape:
                raise ValueError(f"{name}: expected shape {(shape[0],) if shape else '(M,)'}, got {array.shape}")
        if not self.frame_rate_hz > 0:
            raise ValueError(f"frame_rate_hz: expected a number above 0, got {self.frame_rate_hz}")
        if not (np.isfinite(self.x).all() and np.isfinite(self.y).all()):
            raise ValueError("x, y: expected finite metres; leave out the rows of whoever was not seen")
        later = np.diff(self.frame)
        if ((later < 0) | ((later == 0) & (np.diff(self.id) <= 0))).any():
            raise ValueError("expected rows in rising order of frame, then of id, each id once in a frame")

    @classmethod
    def from_rows(cls, rows: ArrayLike, *, frame_rate_hz: float) -> Self:
        """Take rows of (id, frame, x, y) in metres, (M, 4), in any order; further columns are left out.

        Raises:
            ValueError: fewer than four columns, or rows that `Trajectories` does not take.
        """
        table = np.asarray(rows, dtype=np.float64)
        if table.size == 0:
            table = np.empty((0, 4))
        if table.ndim != 2 or table.shape[1] < 4:
            raise ValueError(f"rows: expected shape (M, 4) of id, frame, x, y, got {table.shape}")
        table = table[np.lexsort((table[:, 0], table[:, 1]))]
        ids, frames = table[:, 0].astype(np.int64), table[:, 1].astype(np.int64)
        return cls(frames, ids, table[:, 2].copy(), table[:, 3].copy(), frame_rate_hz)

    @property
    def points(self) -> GroundPoints:
        """All positions, (M, 2)."""
        return ground_points(np.column_stack((self.x, self.y)))

    @property
    def duration_s(self) -> float:
        """Seconds from the first to the last frame; 0 when there are none."""
        return float(self.frame[-1] - self.frame[0]) / self.frame_rate_hz if len(self.frame) else 0.0

    def by_frame(self) -> Iterator[tuple[int, slice]]:
        """Yield each frame that holds somebody, and its rows."""
        frames, starts = np.unique(self.frame, return_index=True)
        ends = np.append(starts, len(self.frame))[1:]
        for frame, start, end in zip(frames.tolist(), starts.tolist(), ends.tolist(), strict=True):
            yield frame, slice(start, end)

    def select(self, rows: Mask) -> Self:
        """Return some of the rows.

        Args:
            rows: (M,) bool.
        """
        return type(self)(self.frame[rows], self.id[rows], self.x[rows], self.y[rows], self.frame_rate_hz)

    def between(self, first_frame: int, last_frame: int) -> Self:
        """Return the rows from one frame to another, both included."""
        return self.select((self.frame >= first_frame) & (self.frame <= last_frame))

    def steps(self) -> tuple[IntArray, IntArray]:
        """Return the rows before and after each step: consecutive rows of one person, however far apart in time."""
        order = np.lexsort((self.frame, self.id))
        same = self.id[order[1:]] == self.id[order[:-1]]
        return order[:-1][same], order[1:][same]


def velocities(tracks: Trajectories, *, window_frames: int, border: Border = Border.ADAPTIVE) -> FloatArray:
    r"""Return the velocity of everybody in each row, (M, 2) m/s, NaN where it is unknown.

    .. math:: v_i(t) = \frac{X_i(t + n) - X_i(t - n)}{2 n / f}

    with n the window and f the frame rate, as PedPy's `compute_individual_speed` has it. n counts the rows of a
    person; where frames are missing, the time that really passed divides.

    Args:
        tracks: of everybody.
        window_frames: frames before and after, n >= 1.
        border: what holds where a path has fewer rows on one side.

    Raises:
        ValueError: the window is below one frame.
    """
    if window_frames < 1:
        raise ValueError(f"window_frames: expected at least 1, got {window_frames}")
    order = np.lexsort((tracks.frame, tracks.id))
    ids, frames, places = tracks.id[order], tracks.frame[order], tracks.points[order]
    first = np.searchsorted(ids, ids, side="left")
    last = np.searchsorted(ids, ids, side="right") - 1
    before, after = _window(first, last, window_frames, border)
    spans_s = (frames[after] - frames[before]) / tracks.frame_rate_hz
    sorted_velocities = (places[after] - places[before]) / np.where(spans_s > 0, spans_s, np.nan)[:, None]
    result = np.empty_like(sorted_velocities)
    result[order] = sorted_velocities
    return np.asarray(result, dtype=np.float64)


def _window(first: IntArray, last: IntArray, reach: int, border: Border) -> tuple[IntArray, IntArray]:
    """Rows that the velocity of each row is taken from; one and the same row where there is none."""
    row = np.arange(len(first))
    before, after = row - reach, row + reach
    if border is Border.ADAPTIVE:
        reaches = np.minimum(reach, np.minimum(row - first, last - row))
        return row - reaches, row + reaches
    early, late = before < first, after > last
    if border is Border.EXCLUDE:
        early = late = early | late
    return np.where(early, row, before), np.where(late, row, after)
