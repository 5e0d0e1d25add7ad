"""The body under a head: boxes for people of whom only the head was seen, so that one tracker follows everybody."""

import numpy as np
from scipy.spatial import KDTree

from throng.core.calibration import Calibration
from throng.core.observation import HEAD_HEIGHT_M, HEAD_M
from throng.core.points import FloatArray, GroundPoints, ImagePoints, Mask
from throng.core.uncertainty import metres_per_pixel

_BODY_M = HEAD_HEIGHT_M + HEAD_M / 2
_WIDTH_M = 0.6
_NEAR_M = 1.0
_COMPANY = 2


def boxes_under_heads(heads: ImagePoints, *, calibration: Calibration | None, head_px: float) -> FloatArray:
    """Return the box of a standing person under each head point.

    The lower edge lies at the feet and the height is that of a body at the scale of the place, also for a camera that
    looks straight down: trackers measure in body heights.

    Args:
        heads: (N, 2) pixels.
        calibration: of the camera, which gives feet and scale; None for none.
        head_px: size of a head in pixels where no calibration knows better.

    Returns:
        (N, 4) x1, y1, x2, y2 in pixels, partly outside the picture.
    """
    px_per_m = np.full(len(heads), head_px / HEAD_M)
    feet = heads + np.array([0.0, HEAD_HEIGHT_M]) * px_per_m[:, None]
    if calibration is not None:
        ground = calibration.to_ground(heads, HEAD_HEIGHT_M)
        known = np.isfinite(ground[:, 0])
        on_ground = GroundPoints(ground[known])
        feet[known] = calibration.to_image(on_ground)
        px_per_m[known] = 1 / metres_per_pixel(calibration, on_ground)[:, 0].clip(1e-6)
    half_width, height = px_per_m * _WIDTH_M / 2, px_per_m * _BODY_M
    return np.column_stack((feet[:, 0] - half_width, feet[:, 1] - height, feet[:, 0] + half_width, feet[:, 1]))


def in_company(heads: ImagePoints, others: ImagePoints, bodies: FloatArray) -> Mask:
    """Tell which heads have two others within a metre or so: people of whom a detector loses some behind each other.

    Args:
        heads: (N, 2) pixels.
        others: (M, 2) pixels of further heads.
        bodies: (N, 4) boxes under the heads, which give the scale.

    Returns:
        (N,) bool.
    """
    everybody = np.concatenate((heads, others))
    if len(heads) == 0 or len(everybody) < 1 + _COMPANY:
        return np.zeros(len(heads), dtype=np.bool_)
    distances = np.asarray(KDTree(everybody).query(heads, k=1 + _COMPANY)[0])
    metre_px = (bodies[:, 3] - bodies[:, 1]) / _BODY_M
    return np.asarray(distances[:, -1] <= _NEAR_M * metre_px, dtype=np.bool_)
