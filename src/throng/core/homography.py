"""A calibration from points whose place on the ground is known."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from throng.core.calibration import Calibration, CalibrationError, Lens
from throng.core.focal import (
    Vertical,
    focal_from_homography,
    focal_from_verticals,
    require_plausible,
    vertical_column,
)
from throng.core.plane_fit import apply_homography, fit_homography
from throng.core.point_checks import check_pairs, point_names
from throng.core.points import FloatArray, GroundPoints, ImagePoints, image_points

WORST_FIT = 0.05
"""Above this share of the picture's diagonal the RMS error is no click noise: the pairs are wrong."""


@dataclass(frozen=True, slots=True, eq=False)
class PointPairs:
    """Points on the ground with their pixels.

    Attributes:
        image: (N, 2) pixels.
        ground: (N, 2) site metres.
    """

    image: ImagePoints
    ground: GroundPoints

    def __len__(self) -> int:
        return len(self.image)


def calibration_from_points(
    pairs: PointPairs,
    image_size: tuple[int, int],
    *,
    focal_px: float | None = None,
    verticals: Sequence[Vertical] = (),
    lens: Lens | None = None,
) -> Calibration:
    """Make a calibration from at least four points on the ground.

    The ground plane follows from the points alone. Height above it (the head plane) needs the focal length as well;
    it comes from `focal_px` or `verticals`, else from the points, with square pixels and the principal point
    in the picture's centre.

    Args:
        pairs: pixels of the picture and site metres; more than four points show how well they fit.
        image_size: width and height of the picture in pixels.
        focal_px: focal length in pixels, where it is known.
        verticals: upright things of known height.
        lens: lens distortion, None for none.

    Raises:
        CalibrationError: too few points, points in line, swapped, mirrored or not on one plane; a focal length that
            the points cannot fix; the message names the points.
    """
    if focal_px is not None and verticals:
        raise CalibrationError("give the focal length (field of view) or upright things, not both")
    check_pairs(pairs.image, pairs.ground)
    _require_inside(pairs.image, image_size)
    ideal = _undistorted(pairs.image, lens)
    h = fit_homography(ideal, pairs.ground)
    _require_sound(h, ideal, pairs.ground, image_size)
    if focal_px is not None:
        require_plausible(focal_px, h, pairs.ground, image_size)
    else:
        focal_px = _focal_px(h, pairs.ground, verticals, image_size, lens)
    projection = np.column_stack((h[:, 0], h[:, 1], vertical_column(h, focal_px, image_size), h[:, 2]))
    calibration = Calibration(image_size, projection, lens=lens, method="points")
    rms_px = float(np.sqrt(np.mean(point_errors_px(calibration, pairs) ** 2)))
    return Calibration(image_size, projection, lens=lens, method="points", rms_px=rms_px)


def point_errors_px(calibration: Calibration, pairs: PointPairs) -> FloatArray:
    """Return the distance in pixels, (N,), between each image point and its ground point seen in the picture."""
    seen = calibration.to_image(pairs.ground)
    return np.hypot(seen[:, 0] - pairs.image[:, 0], seen[:, 1] - pairs.image[:, 1])


def _focal_px(
    h: FloatArray,
    ground: GroundPoints,
    verticals: Sequence[Vertical],
    image_size: tuple[int, int],
    lens: Lens | None,
) -> float:
    if not verticals:
        return focal_from_homography(h, ground, image_size)
    feet = _undistorted(image_points([v.foot for v in verticals]), lens)
    heads = _undistorted(image_points([v.head for v in verticals]), lens)
    return focal_from_verticals(h, feet, heads, np.array([v.height_m for v in verticals]), image_size)


def _undistorted(image: ImagePoints, lens: Lens | None) -> ImagePoints:
    if lens is None:
        return image
    ideal = lens.undistort(image)
    lost = np.flatnonzero(np.isnan(ideal[:, 0]))
    if len(lost):
        raise CalibrationError(
            f"{point_names(lost)}: the lens coefficients do not reach so far out in the picture; "
            "check them, or mark points nearer to the centre"
        )
    return ideal


def _require_inside(image: ImagePoints, image_size: tuple[int, int]) -> None:
    u, v = image[:, 0], image[:, 1]
    outside = np.flatnonzero((u < -0.5) | (v < -0.5) | (u > image_size[0] - 0.5) | (v > image_size[1] - 0.5))
    if len(outside):
        raise CalibrationError(
            f"{point_names(outside)} outside the picture of {image_size[0]}×{image_size[1]} pixels: "
            "check the pixels, and that they were read off a picture of this size"
        )


def _require_sound(h: FloatArray, image: ImagePoints, ground: GroundPoints, image_size: tuple[int, int]) -> None:
    fault = _fault(h, image, ground, image_size)
    if fault is None:
        if np.linalg.det(h) < 0:
            return
        raise CalibrationError(
            "the points are mirrored: they go round the other way than they would seen from above, which puts the "
            "camera below the ground; seen from above y lies counter-clockwise of x (swap x and y of every point, or "
            "change the sign of one of them)"
        )
    swapped = _swapped_pair(image, ground, image_size)
    if swapped is not None:
        fault = f"the points are in crossed order: {point_names(swapped)} look swapped; give each pixel its own place"
    raise CalibrationError(fault)


def _fault(h: FloatArray, image: ImagePoints, ground: GroundPoints, image_size: tuple[int, int]) -> str | None:
    """Say what is wrong with a fit, or None: a point beyond the horizon, or distances that are no click noise."""
    depths = np.column_stack((ground, np.ones(len(ground)))) @ h[2]
    if np.any(depths <= 0):
        few = np.flatnonzero(depths <= 0)
        return (
            f"the points are in crossed order: with these pairs {point_names(few)} would lie beyond the horizon; "
            "the corners must go round the same way in the picture and on the ground"
        )
    errors = np.linalg.norm(apply_homography(h, ground) - image, axis=1)
    rms_px = float(np.sqrt(np.mean(errors**2)))
    if rms_px > WORST_FIT * np.hypot(*image_size):
        worst = int(np.argmax(errors))
        return (
            f"the points do not fit one ground plane: they miss by {rms_px:.0f} px (RMS), {point_names([worst])} "
            f"most, by {errors[worst]:.0f} px; check their order and their metres"
        )
    return None


def _swapped_pair(image: ImagePoints, ground: GroundPoints, image_size: tuple[int, int]) -> tuple[int, int] | None:
    """Find the two points whose swap makes the best sound fit, None when no swap does."""
    best, best_miss = None, np.inf
    for pair in combinations(range(len(image)), 2):
        order = np.arange(len(image))
        order[list(pair)] = pair[::-1]
        swapped = ImagePoints(image[order])
        h = fit_homography(swapped, ground, refine=False)
        if np.linalg.det(h) > 0 or _fault(h, swapped, ground, image_size) is not None:
            continue
        miss = float(np.sum((apply_homography(h, ground) - swapped) ** 2))
        if miss < best_miss:
            best, best_miss = pair, miss
    return best
