"""Checks on the pairs of a calibration that name the points a person has to click again."""

from collections.abc import Iterable
from itertools import combinations

import numpy as np

from throng.core.calibration import CalibrationError
from throng.core.points import FloatArray, GroundPoints, ImagePoints

_FLATTEST = 0.01
"""Three points count as one line when the triangle is lower than this share of its longest side."""

_CLOSEST = 1e-3
"""Two points count as one when they are nearer than this share of the spread of all points."""


def check_pairs(image: ImagePoints, ground: GroundPoints) -> None:
    """Check that pairs of image and ground points can fix a plane.

    Args:
        image: (N, 2) pixels.
        ground: (N, 2) site metres.

    Raises:
        CalibrationError: fewer than four pairs, a number that is not finite, two points in one place,
            or so many on one line that the plane may tip about it.
    """
    if len(image) != len(ground):
        raise CalibrationError(f"each image point needs its ground point: got {len(image)} and {len(ground)}")
    if len(image) < 4:
        raise CalibrationError(
            f"a calibration needs at least 4 points on the ground, got {len(image)}; "
            "mark more points whose place on the ground you know"
        )
    for name, points in (("picture", image), ("ground", ground)):
        broken = np.flatnonzero(~np.isfinite(points).all(axis=1))
        if len(broken):
            raise CalibrationError(f"{point_names(broken)}: the {name} coordinates must be finite numbers")
        _check_apart(points, name)
        _check_not_in_line(points, name)


def _distances(points: FloatArray) -> FloatArray:
    """Distance of each point from each other one, (N, N)."""
    return np.asarray(np.linalg.norm(points[:, None] - points[None], axis=2), dtype=np.float64)


def _check_apart(points: FloatArray, name: str) -> None:
    distances = _distances(points)
    first, second = min(combinations(range(len(points)), 2), key=lambda pair: float(distances[pair]))
    if distances[first, second] > _CLOSEST * distances.max():
        return
    raise CalibrationError(
        f"{point_names((first, second))} are the same place {_where(name)}, {_xy(points[first])}; "
        "each point must be another place: correct or remove one"
    )


def _check_not_in_line(points: FloatArray, name: str) -> None:
    """A plane needs four points of which no three are in line: at most N - 2 may lie on one line."""
    most = _largest_line(points)
    if len(most) < len(points) - 1:
        return
    if len(most) == len(points):
        raise CalibrationError(
            f"all {len(points)} points lie on one line {_where(name)}; mark points on both sides of it, spread over "
            "the ground that you want to measure"
        )
    raise CalibrationError(
        f"{point_names(most)} lie on one line {_where(name)}, which leaves too few others to fix the ground plane; "
        "move one of them off the line or add another point"
    )


def _largest_line(points: FloatArray) -> tuple[int, ...]:
    """Indices of the largest set of points that lie on one line."""
    distances = _distances(points)
    best: tuple[int, ...] = ()
    for a, b in combinations(range(len(points)), 2):
        along = (points[b] - points[a]) / distances[a, b]
        aside = np.abs((points[:, 0] - points[a, 0]) * along[1] - (points[:, 1] - points[a, 1]) * along[0])
        longest = np.maximum(np.maximum(distances[a], distances[b]), distances[a, b])
        on_line = tuple(int(i) for i in np.flatnonzero(aside * distances[a, b] < _FLATTEST * longest**2))
        best = max(best, on_line, key=len)
    return best if len(best) > 2 else ()


def point_names(indices: Iterable[int]) -> str:
    """Name points as a person counts them, from 1: "points 1, 2 and 4"."""
    numbers = [str(int(i) + 1) for i in indices]
    if len(numbers) == 1:
        return f"point {numbers[0]}"
    return f"points {', '.join(numbers[:-1])} and {numbers[-1]}"


def _where(name: str) -> str:
    return f"in the {name}" if name == "picture" else f"on the {name}"


def _xy(point: FloatArray) -> str:
    return f"({point[0]:g}, {point[1]:g})"
