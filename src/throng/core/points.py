"""Image points and ground points: the same arrays to numpy, different types to the type checker."""

from typing import NewType

import numpy as np
from numpy.typing import ArrayLike, NDArray

ImagePoints = NewType("ImagePoints", NDArray[np.float64])
"""Pixels, shape (N, 2): x to the right, y down, the centre of the top left pixel at (0, 0)."""

GroundPoints = NewType("GroundPoints", NDArray[np.float64])
"""Site metres, shape (N, 2): x, y on the ground plane of the site; z points up."""

Mask = NDArray[np.bool_]
FloatArray = NDArray[np.float64]
Image = NDArray[np.uint8]
"""A picture, shape (H, W, 3), BGR as OpenCV has it."""


def image_points(values: ArrayLike) -> ImagePoints:
    """Check and convert to image points of shape (N, 2).

    Raises:
        ValueError: the values are not pairs.
    """
    return ImagePoints(_pairs(values))


def ground_points(values: ArrayLike) -> GroundPoints:
    """Check and convert to ground points of shape (N, 2).

    Raises:
        ValueError: the values are not pairs.
    """
    return GroundPoints(_pairs(values))


def _pairs(values: ArrayLike) -> FloatArray:
    array = np.asarray(values, dtype=np.float64)
    if array.size == 0:
        return np.empty((0, 2), dtype=np.float64)
    if array.ndim != 2 or array.shape[1] != 2:
        raise ValueError(f"expected points of shape (N, 2), got {array.shape}")
    return array
