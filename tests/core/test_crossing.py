"""Crossing a line: direction, ends, antisymmetry."""

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from throng.core.crossing import signed_distance_m, step_crosses
from throng.core.points import ground_points
from throng.core.site import Line

UP = Line("gate", (0.0, 0.0), (0.0, 4.0))
coordinate = st.floats(-6, 6)
point = st.tuples(coordinate, coordinate)


@pytest.mark.parametrize(
    ("before", "after", "crossed"),
    [
        ((-1, 2), (1, 2), 1),  # left to right of a line that points up: in
        ((1, 2), (-1, 2), -1),
        ((-1, 5), (1, 5), 0),  # past the upper end
        ((-1, -1), (1, -1), 0),  # past the lower end
        ((-1, 2), (-0.1, 2), 0),  # not yet there
        ((0, 1), (0, 3), 0),  # along the line
    ],
)
def test_direction(before: tuple[float, float], after: tuple[float, float], crossed: int) -> None:
    assert step_crosses(UP, ground_points([before]), ground_points([after]))[0] == crossed


@example(a=(0.0, 1.0), b=(1.0, 1.0), p=(0.0, 0.0), q=(0.0, 3.9e-136))
@given(point, point, point, point)
def test_swapping_ends_or_steps_changes_only_the_sign(
    a: tuple[float, float], b: tuple[float, float], p: tuple[float, float], q: tuple[float, float]
) -> None:
    if np.hypot(*np.subtract(a, b)) < 1e-3:
        return
    line, swapped = Line("x", a, b), Line("x", b, a)
    before, after = ground_points([p]), ground_points([q])
    crossed = step_crosses(line, before, after)[0]
    assert step_crosses(line, after, before)[0] == pytest.approx(-crossed) or _touches_an_end(line, p, q)
    assert step_crosses(swapped, before, after)[0] == pytest.approx(-crossed) or _touches_an_end(line, p, q)


def _touches_an_end(line: Line, p: tuple[float, float], q: tuple[float, float]) -> bool:
    """Whether rounding may decide: the step passes within a hair of an end of the line."""
    step = np.subtract(q, p)
    length = np.hypot(*step)
    if length < 1e-9:
        return True
    for end in (line.start, line.end):
        offset = np.subtract(end, p)
        if abs(step[0] * offset[1] - step[1] * offset[0]) / length < 1e-6:
            return True
    return False


def test_distance_is_positive_on_the_right() -> None:
    np.testing.assert_allclose(signed_distance_m(UP, ground_points([(2, 9), (-3, 1), (0, 7)])), [2, -3, 0])


def test_nobody() -> None:
    assert len(step_crosses(UP, ground_points([]), ground_points([]))) == 0
