"""Which side of a counting line, and whether a step crosses it."""

import numpy as np

from throng.core.points import FloatArray, GroundPoints
from throng.core.site import Line


def signed_distance_m(line: Line, points: GroundPoints) -> FloatArray:
    """Return the distance from the endless line, (N,): positive on its right side, where *in* leads.

    Args:
        line: the counting line, from start to end.
        points: (N, 2) site metres.
    """
    along = np.subtract(line.end, line.start)
    offsets = points - np.asarray(line.start)
    across = offsets[:, 0] * along[1] - offsets[:, 1] * along[0]
    return np.asarray(across / np.hypot(*along), dtype=np.float64)


def step_crosses(line: Line, before: GroundPoints, after: GroundPoints) -> FloatArray:
    """Tell which steps lead through the line between its two ends.

    Args:
        line: the counting line.
        before, after: (N, 2) positions before and after each step.

    Returns:
        (N,) +1 for in, -1 for out, 0 for neither. Swapping the ends of the line, or `before` and `after`, changes
        the sign and nothing else.
    """
    d0, d1 = signed_distance_m(line, before), signed_distance_m(line, after)
    direction = np.where((d0 < 0) & (d1 > 0), 1.0, np.where((d0 > 0) & (d1 < 0), -1.0, 0.0))
    with np.errstate(divide="ignore", invalid="ignore"):
        share = d0 / (d0 - d1)
        meeting = before + share[:, None] * (after - before)
        along = np.subtract(line.end, line.start)
        place = (meeting - np.asarray(line.start)) @ along / float(along @ along)
    return np.asarray(np.where((place >= 0) & (place <= 1), direction, 0.0), dtype=np.float64)
