"""Head points as a publisher wrote them, made fit for use: inside the picture, each once, x and y not swapped."""

from dataclasses import dataclass

import numpy as np

from throng.core.points import FloatArray, ImagePoints
from throng.train.errors import DatasetError

_SLACK_SHARE = 0.02
"""Heads cut off by the border are marked up to this share of the side outside; beyond it something is wrong."""
_SWAP_SUSPECT_SHARE = 0.05
_WRONG_PICTURE_SHARE = 0.5


class SwappedPointsError(DatasetError):
    """The points fit the picture only with x and y exchanged."""


@dataclass(frozen=True, slots=True, eq=False)
class CleanPoints:
    """Points that can be used.

    Attributes:
        points: (N, 2) pixels, 0-based, inside the picture.
        clipped: how many lay outside and were moved to the border.
        duplicates: how many repeated another point exactly and were dropped.
    """

    points: ImagePoints
    clipped: int
    duplicates: int


def clean_points(points: FloatArray, size: tuple[int, int]) -> CleanPoints:
    """Drop repeated points and move those outside to the border.

    Args:
        points: (N, 2) pixels, 0-based: the centre of the top left pixel at (0, 0).
        size: width and height of the picture.

    Raises:
        SwappedPointsError: the points would fit with x and y exchanged, and do not as they are.
        DatasetError: a coordinate is no number, or most points lie outside.
    """
    if not np.isfinite(points).all():
        raise DatasetError("a point is not a number")
    _check_fit(points, size)
    _, first = np.unique(points, axis=0, return_index=True)
    distinct = points[np.sort(first)]
    far_corner = np.array(size, dtype=np.float64) - 1
    inside = np.clip(distinct, 0, far_corner)
    # Half a pixel beyond a pixel's centre still is that pixel: rounding, not an error.
    outside = (distinct < -0.5) | (distinct > far_corner + 0.5)
    return CleanPoints(ImagePoints(inside), int(outside.any(axis=1).sum()), len(points) - len(distinct))


def _check_fit(points: FloatArray, size: tuple[int, int]) -> None:
    stray = _stray_share(points, size)
    if stray > _SWAP_SUSPECT_SHARE and _stray_share(points[:, ::-1], size) < stray / 2:
        raise SwappedPointsError(
            f"{100 * stray:.0f} % of the points lie outside the picture of {size[0]}×{size[1]}, and would not with x "
            "and y exchanged: expected x (to the right) first, then y (down)"
        )
    if stray > _WRONG_PICTURE_SHARE:
        raise DatasetError(
            f"{100 * stray:.0f} % of the points lie outside the picture of {size[0]}×{size[1]}: expected pixels of "
            "this picture at this size"
        )


def _stray_share(points: FloatArray, size: tuple[int, int]) -> float:
    if not len(points):
        return 0.0
    slack = _SLACK_SHARE * max(size)
    outside = (points < -slack) | (points > np.array(size) - 1 + slack)
    return float(outside.any(axis=1).mean())
