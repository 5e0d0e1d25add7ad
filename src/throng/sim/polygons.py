"""Flat pieces of the scene as the camera sees them."""

import cv2
import numpy as np
from numpy.typing import NDArray

from throng.core.calibration import Calibration
from throng.core.points import FloatArray, GroundPoints, ImagePoints, Mask

Drawing = NDArray[np.float32]
"""A picture in the making: depths, or colours beyond 255."""

NEAR_M = 0.4
"""Nothing nearer than this along the view is drawn."""


def depth_m(calibration: Calibration, corners: FloatArray) -> FloatArray:
    """Return the distance along the view, (N,), of places (N, 3); negative behind the camera."""
    axis = calibration.projection[2] / np.linalg.norm(calibration.projection[2, :3])
    return np.asarray(corners @ axis[:3] + axis[3], dtype=np.float64)


def focal_px(calibration: Calibration) -> float:
    """Return the focal length in pixels of a camera with square pixels and no skew."""
    rows = calibration.projection[:, :3] / np.linalg.norm(calibration.projection[2, :3])
    return float(np.linalg.norm(np.cross(rows[0], rows[2])))


def outline(calibration: Calibration, corners: FloatArray) -> FloatArray:
    """Project a flat polygon, (N, 3) site metres, cut off where it passes the camera.

    Returns:
        (M, 2) pixels; (0, 2) when all of it lies behind the camera.
    """
    ahead = depth_m(calibration, corners) - NEAR_M
    kept: list[FloatArray] = []
    for k in range(len(corners)):
        here, there = ahead[k - 1], ahead[k]
        if (here > 0) != (there > 0):
            kept.append(corners[k - 1] + (corners[k] - corners[k - 1]) * here / (here - there))
        if there > 0:
            kept.append(corners[k])
    if len(kept) < 3:
        return np.empty((0, 2))
    places = np.array(kept)
    return calibration.to_image(GroundPoints(places[:, :2]), places[:, 2])


def fill(shape: tuple[int, int], pixels: FloatArray) -> Mask:
    """Return the pixels, (H, W), inside an outline (M, 2)."""
    mask = np.zeros(shape, dtype=np.uint8)
    if len(pixels) >= 3:
        points = np.rint(np.clip(pixels, -30000, 30000) * 16).astype(np.int32)
        cv2.fillPoly(mask, [points], (1,), cv2.LINE_8, 4)
    inside: Mask = mask.astype(np.bool_)
    return inside


def pixel_grid(rows: slice, columns: slice) -> ImagePoints:
    """Return all pixels of a part of the picture, (N, 2), row by row."""
    x, y = np.meshgrid(
        np.arange(columns.start, columns.stop, dtype=np.float64), np.arange(rows.start, rows.stop, dtype=np.float64)
    )
    return ImagePoints(np.column_stack((x.ravel(), y.ravel())))


def bounds(mask: Mask) -> tuple[slice, slice] | None:
    """Return the rows and columns that a mask covers, None for none."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if len(rows) == 0:
        return None
    return slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)
