"""How many people pass: through a line, through the edges of a zone, and over an area in a window of time."""

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import Polygon

from throng.core.crossing import signed_distance_m, step_crosses
from throng.core.points import FloatArray, GroundPoints, Mask
from throng.core.site import Line
from throng.core.trajectories import IntArray, Trajectories

_ON_LINE_M = 1e-5
"""Nearer to the line than this no side can be told: the next step decides."""


@dataclass(frozen=True, slots=True, eq=False)
class Crossings:
    """Who crossed when: K crossings in rising order of frame.

    Attributes:
        frame: (K,) int64, the first frame beyond the line or edge.
        id: (K,) int64, who.
        direction: (K,) int64, +1 in, -1 out.
        edge: (K,) int64, number of the polygon's edge, from corner k to corner k + 1; 0 for a line.
    """

    frame: IntArray
    id: IntArray
    direction: IntArray
    edge: IntArray

    def through(self, edge: int) -> "Crossings":
        """Return the crossings of one edge."""
        here = self.edge == edge
        return Crossings(self.frame[here], self.id[here], self.direction[here], self.edge[here])

    def n_t(self, first_frame: int, last_frame: int) -> IntArray:
        """Return how many crossings there were up to and with each frame from the first to the last (the N-t curve)."""
        frames = np.arange(first_frame, last_frame + 1)
        return np.asarray(np.searchsorted(self.frame, frames, side="right"), dtype=np.int64)


@dataclass(frozen=True, slots=True)
class Flow:
    """People through a line or an edge over a time.

    Swapping the ends of the line swaps in and out: `net_per_s` changes its sign, `per_s` does not change.

    Attributes:
        people_in, people_out: crossings each way.
        duration_s: over how long, > 0.
        length_m: how wide the line or edge is, > 0.
    """

    people_in: int
    people_out: int
    duration_s: float
    length_m: float

    def __post_init__(self) -> None:
        if not (self.duration_s > 0 and self.length_m > 0):
            raise ValueError(f"flow: expected a duration and a length above 0, got {self.duration_s}, {self.length_m}")

    @property
    def per_s(self) -> float:
        """People per second, both ways together, J = N/T."""
        return (self.people_in + self.people_out) / self.duration_s

    @property
    def net_per_s(self) -> float:
        """People per second in less out."""
        return (self.people_in - self.people_out) / self.duration_s

    @property
    def specific_per_m_s(self) -> float:
        """People per metre and second, both ways together, Js = J/b."""
        return self.per_s / self.length_m

    @property
    def in_per_m_min(self) -> float:
        """People per metre and minute who come in."""
        return 60 * self.people_in / self.duration_s / self.length_m

    @property
    def out_per_m_min(self) -> float:
        """People per metre and minute who leave."""
        return 60 * self.people_out / self.duration_s / self.length_m


@dataclass(frozen=True, slots=True)
class EdieFlow:
    """Density, flow and speed of an area over a window after Edie.

    Attributes:
        density_per_m2: k, people/m².
        flow_per_m_s: q, people per metre and second, along whatever way each person goes.
        flow_vector_per_m_s: (x, y), the same with directions, so that opposed streams cancel.
        speed_mps: v = q/k; NaN when nobody was there.
    """

    density_per_m2: float
    flow_per_m_s: float
    flow_vector_per_m_s: tuple[float, float]
    speed_mps: float


def line_length_m(line: Line) -> float:
    """Return the distance between the ends of a line."""
    return float(np.hypot(*np.subtract(line.end, line.start)))


def first_crossings(tracks: Trajectories, line: Line) -> Crossings:
    """Find when each person first crosses a line, whichever way.

    Stepping onto the line does not cross it; stepping off on the other side does.
    """
    off_line = tracks.select(np.abs(signed_distance_m(line, tracks.points)) >= _ON_LINE_M)
    points, (before, after) = off_line.points, off_line.steps()
    direction = step_crosses(line, GroundPoints(points[before]), GroundPoints(points[after]))
    crossed = direction != 0
    return _first_of_each(_crossings(off_line, after[crossed], direction[crossed], np.zeros(int(crossed.sum()))))


def edge_crossings(tracks: Trajectories, polygon: tuple[tuple[float, float], ...]) -> Crossings:
    """Find every step of a track into a polygon (in) and out of it (out), with the edge that it leads through.

    Whoever appears or vanishes inside has crossed no edge. The border belongs to the polygon.
    """
    points, (before, after) = tracks.points, tracks.steps()
    shape = Polygon(polygon)
    shapely.prepare(shape)
    inside: Mask = shapely.intersects_xy(shape, points[:, 0], points[:, 1])
    passing = inside[before] != inside[after]
    before, after = before[passing], after[passing]
    steps = _segments(points[before], points[after])
    corners = np.asarray(polygon, dtype=np.float64)
    edges = _segments(corners, np.roll(corners, -1, axis=0))
    nearest = shapely.distance(steps[:, None], edges[None, :]).argmin(axis=1)
    return _crossings(tracks, after, np.where(inside[after], 1, -1), nearest)


def mean_flow(
    crossings: Crossings, *, first_frame: int, last_frame: int, frame_rate_hz: float, length_m: float
) -> Flow:
    """Return the flow from one frame to another, J = N/T.

    A crossing counts from the first frame, which begins the window, to the last, which ends it; the one on the first
    frame belongs to the window before.

    Raises:
        ValueError: the window is empty.
    """
    inside = (crossings.frame > first_frame) & (crossings.frame <= last_frame)
    return _flow(crossings.direction[inside], (last_frame - first_frame) / frame_rate_hz, length_m)


def flow_windows(
    crossings: Crossings, *, last_frame: int, window_frames: int, frame_rate_hz: float, length_m: float
) -> tuple[Flow, ...]:
    """Return the flow over windows that begin and end with a crossing, as PedPy's `compute_flow` has it.

    Windows of fixed length begin at the first crossing; each is measured from the last crossing before it to its own
    last one, so that a pause at its end does not thin it. A window without crossings is left out.

    Args:
        crossings: of the line.
        last_frame: of the recording; a window that is not over by then is left out.
        window_frames: length of a window, at least 1.
        frame_rate_hz: frames per second.
        length_m: of the line.
    """
    if window_frames < 1:
        raise ValueError(f"window_frames: expected at least 1, got {window_frames}")
    if not len(crossings.frame):
        return ()
    start = int(crossings.frame[0])
    flows, passed, since = [], 0, start
    for end in range(start + window_frames, last_frame, window_frames):
        total = int(np.searchsorted(crossings.frame, end, side="right"))
        if total == passed:
            continue
        until = int(crossings.frame[total - 1]) + 1
        flows.append(_flow(crossings.direction[passed:total], (until - since) / frame_rate_hz, length_m))
        passed, since = total, until
    return tuple(flows)


def edie_flow(tracks: Trajectories, polygon: tuple[tuple[float, float], ...], *, window: tuple[int, int]) -> EdieFlow:
    r"""Measure an area over a window of time after Edie (1963): the best definition for windows of video.

    .. math:: k = \frac{\sum_i t_i}{A T}, \quad q = \frac{\sum_i d_i}{A T}, \quad v = \frac{q}{k}

    with :math:`t_i` the time that person i spends in the area A during the window T and :math:`d_i` the way there.
    Between two frames everybody walks straight on.

    Args:
        tracks: of everybody.
        polygon: corners of the area in site metres.
        window: first and last frame; T is the time between them.

    Raises:
        ValueError: the window is empty.
    """
    first, last = window
    if last <= first:
        raise ValueError(f"window: expected the first frame before the last, got {window}")
    shape = Polygon(polygon)
    seen = tracks.between(first, last)
    points, (before, after) = seen.points, seen.steps()
    shares = _shares_inside(shape, points[before], points[after])
    ways = (points[after] - points[before]) * shares[:, None]
    area_s = shape.area * (last - first) / tracks.frame_rate_hz
    density = float(((seen.frame[after] - seen.frame[before]) * shares).sum() / tracks.frame_rate_hz / area_s)
    flow = float(np.hypot(ways[:, 0], ways[:, 1]).sum() / area_s)
    x, y = (ways.sum(axis=0) / area_s).tolist()
    return EdieFlow(density, flow, (x, y), flow / density if density > 0 else float("nan"))


def _shares_inside(shape: Polygon, before: FloatArray, after: FloatArray) -> FloatArray:
    """Share of each step that lies in a polygon, (N,) in [0, 1]."""
    shapely.prepare(shape)
    steps = _segments(before, after)
    lengths = np.asarray(shapely.length(steps), dtype=np.float64)
    # A step of no length is no line to shapely.
    stands = np.asarray(shapely.intersects_xy(shape, before[:, 0], before[:, 1])) & (lengths == 0)
    shares = (np.asarray(shapely.covers(shape, steps)) | stands).astype(np.float64)
    partly = (shares == 0) & (lengths > 0) & shapely.intersects(shape, steps)
    shares[partly] = shapely.length(shapely.intersection(steps[partly], shape)) / lengths[partly]
    return np.asarray(shares, dtype=np.float64)


def _segments(before: FloatArray, after: FloatArray) -> NDArray[np.object_]:
    return np.asarray(shapely.linestrings(np.stack((before, after), axis=1)), dtype=np.object_)


def _crossings(
    tracks: Trajectories, after: IntArray, direction: IntArray | FloatArray, edge: IntArray | FloatArray
) -> Crossings:
    order = np.lexsort((tracks.id[after], tracks.frame[after]))
    rows = after[order]
    return Crossings(
        tracks.frame[rows], tracks.id[rows], direction[order].astype(np.int64), edge[order].astype(np.int64)
    )


def _first_of_each(crossings: Crossings) -> Crossings:
    first = np.sort(np.unique(crossings.id, return_index=True)[1])
    return Crossings(crossings.frame[first], crossings.id[first], crossings.direction[first], crossings.edge[first])


def _flow(directions: IntArray, duration_s: float, length_m: float) -> Flow:
    return Flow(int((directions > 0).sum()), int((directions < 0).sum()), duration_s, length_m)
