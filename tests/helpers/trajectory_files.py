"""The laboratory runs of `THRONG_SHARED`: paths in metres, walls, measurement area and line, steady window."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from shapely import Polygon

from throng.core.points import FloatArray
from throng.core.site import Line
from throng.core.trajectories import Trajectories

CORRIDOR_RUNS = {
    "uo-050-180-180": (211, 800),
    "uo-060-180-180": (243, 771),
    "uo-070-180-180": (203, 1113),
    "uo-100-180-180": (200, 790),
    "uo-145-180-180": (300, 1097),
    "uo-180-180-180": (400, 1284),
    "uo-180-180-120": (300, 1099),
    "uo-180-180-095": (400, 1350),
    "uo-180-180-070": (500, 1399),
}
"""Steady windows, first and last frame, of PedPy's notebook on the fundamental diagram."""

RUNS = (*CORRIDOR_RUNS, "bottleneck_040_c_56_h", "bi_corr_400_b_03", "AO_300")

_CORRIDOR = Polygon(
    [
        *[(2.8, -6.5), (2.8, -4), (1.8, -4), (1.8, 4), (2.8, 4), (2.8, 8)],
        *[(-1, 8), (-1, 4), (0, 4), (0, -4), (-1, -4), (-1, -6.5)],
    ]
)
_LEFT_WALL = [(-0.7, -1.1), (-0.25, -1.1), (-0.25, -0.15), (-0.4, 0), (-2.8, 0), (-2.8, 6.7)]
_LEFT_WALL += [(-3.05, 6.7), (-3.05, -0.3), (-0.7, -0.3)]
_GATE = Polygon(
    [(-3.5, -2), (3.5, -2), (3.5, 8), (-3.5, 8)], holes=[_LEFT_WALL, [(-x, y) for x, y in reversed(_LEFT_WALL)]]
)
_TWO_WAY = Polygon([(-6, -0.1), (5, -0.1), (5, 4.3), (-6, 4.3)])
_AO_300 = Polygon(
    [
        *[(4, 6.25), (4, 0.53), (2.4, 0.53), (2.4, -0.53), (4, -0.53), (4, -8.5)],
        *[(-2.25, -8.5), (-2.25, -0.53), (-0.6, -0.53), (-0.6, 0.53), (-2.25, 0.53), (-2.25, 6.25)],
    ]
)


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """One laboratory run.

    Attributes:
        tracks: everybody, all frames.
        window: first and last frame of the steady part, or of the whole run.
        walkable: ground between the walls.
        area: convex measurement area.
        line: measurement line.
    """

    tracks: Trajectories
    window: tuple[int, int]
    walkable: Polygon
    area: Polygon
    line: Line

    @property
    def steady(self) -> Trajectories:
        return self.tracks.between(*self.window)


def load_run(shared_dir: Path, name: str) -> Run:
    """Read one of `RUNS`; units and frame rates stand in README.md beside the data."""
    folder = shared_dir / "data/trajectories"
    if name == "AO_300":
        tracks = _read(folder / "reference_bottleneck/traj.txt", unit_m=1.0, frame_rate_hz=16)
        area = Polygon([(2.4, 0.53), (2.4, -0.53), (-0.6, -0.53), (-0.6, 0.53)])
        return Run(tracks, _whole(tracks), _AO_300, area, Line("gate", (-2.25, 0.5), (4.0, 0.5)))
    if name == "bottleneck_040_c_56_h":
        tracks = _read(folder / f"{name}.txt", unit_m=1.0, frame_rate_hz=25)
        area = Polygon([(-0.4, 0.5), (0.4, 0.5), (0.4, 1.3), (-0.4, 1.3)])
        return Run(tracks, _whole(tracks), _GATE, area, Line("gate", (0.4, 0.0), (-0.4, 0.0)))
    if name == "bi_corr_400_b_03":
        tracks = _read(folder / f"{name}.txt", unit_m=0.01, frame_rate_hz=25)
        area = Polygon([(-1, 0), (1, 0), (1, 4), (-1, 4)])
        return Run(tracks, _whole(tracks), _TWO_WAY, area, Line("middle", (0.0, -0.5), (0.0, 4.5)))
    tracks = _read(folder / f"{name}.txt", unit_m=0.01, frame_rate_hz=16)
    area = Polygon([(0, -2), (0, 0), (1.8, 0), (1.8, -2)])
    return Run(tracks, CORRIDOR_RUNS[name], _CORRIDOR, area, Line("middle", (0.0, 0.0), (1.8, 0.0)))


def load_result(shared_dir: Path, name: str) -> FloatArray:
    """Read a result of JPSreport on AO_300: (rows, columns), comments left out."""
    table = np.loadtxt(shared_dir / "data/trajectories/reference_bottleneck" / name)
    return np.asarray(table, dtype=np.float64)


def _read(path: Path, *, unit_m: float, frame_rate_hz: float) -> Trajectories:
    rows = np.loadtxt(path, usecols=(0, 1, 2, 3))
    rows[:, 2:] *= unit_m
    return Trajectories.from_rows(rows, frame_rate_hz=frame_rate_hz)


def _whole(tracks: Trajectories) -> tuple[int, int]:
    return int(tracks.frame[0]), int(tracks.frame[-1])
