"""The focal length, which turns a ground plane into a camera with a height and a head plane."""

from dataclasses import dataclass

import numpy as np

from throng.core.calibration import CalibrationError
from throng.core.pinhole import camera_matrix, focal_from_fov
from throng.core.plane_fit import homography_sensitivity
from throng.core.points import FloatArray, GroundPoints

CLICK_SIGMA_PX = 3.0
"""How far off a person clicks on a ground mark, one sigma, reference sheet 1.13."""

WORST_FOCAL = 0.25
"""The relative error of the focal length, one sigma, from which on the points do not fix it."""

CONTRADICTION = 0.3
"""A given focal length may differ by this share from what the points show; lenses and uneven ground do that."""

_WAYS_OUT = (
    "give the field of view of the camera (fov_deg, `--fov`) or its focal length (focal_px), or an upright thing of "
    "known height (vertical: foot, head, height_m)"
)


@dataclass(frozen=True, slots=True)
class Vertical:
    """An upright thing of known height: a person, a door post, a lamp.

    Attributes:
        foot: pixel (u, v) of its lower end, on the ground.
        head: pixel (u, v) of its upper end, straight above.
        height_m: metres from foot to head.
    """

    foot: tuple[float, float]
    head: tuple[float, float]
    height_m: float

    def __post_init__(self) -> None:
        if not self.height_m > 0:
            raise CalibrationError(f"the height of an upright thing must be positive metres, got {self.height_m:g}")


def vertical_column(h: FloatArray, focal_px: float, image_size: tuple[int, int]) -> FloatArray:
    r"""Return p3, (3,), the column of the projection that belongs to height.

    .. math:: K^{-1} H = \lambda [r_1, r_2, t], \quad p_3 = \lambda K (r_1 \times r_2)

    with :math:`\lambda = \sqrt{|\lambda r_1| |\lambda r_2|}`, square pixels and the principal point in the centre
    (Hartley and Zisserman 2004, section 8.1).

    Args:
        h: ground plane to undistorted pixels, (3, 3), w > 0 in front of the camera.
        focal_px: focal length in pixels.
        image_size: width and height of the picture in pixels.
    """
    k = camera_matrix(focal_px, image_size)
    columns = np.linalg.solve(k, h)
    first, second = columns[:, 0], columns[:, 1]
    scale = np.sqrt(np.linalg.norm(first) * np.linalg.norm(second))
    return np.asarray(k @ np.cross(first, second) / scale, dtype=np.float64)


def focal_from_homography(h: FloatArray, ground: GroundPoints, image_size: tuple[int, int]) -> float:
    r"""Find the focal length in pixels from the ground plane alone.

    The columns of :math:`K^{-1} H` belong to perpendicular axes of equal length (Zhang 2000), two equations that are
    linear in :math:`1 / f^2` and are solved by least squares.

    Raises:
        CalibrationError: the camera looks too steeply or the points lie too close together to tell.
    """
    focal_px, relative_error = _measure(h, ground, image_size)
    _require_certain(relative_error)
    return focal_px


def require_plausible(focal_px: float, h: FloatArray, ground: GroundPoints, image_size: tuple[int, int]) -> None:
    """Check a focal length that somebody gave against the one that the points show, where they show one.

    Raises:
        CalibrationError: the two contradict each other by more than the clicks explain.
    """
    seen_px, relative_error = _measure(h, ground, image_size)
    if relative_error > WORST_FOCAL or abs(np.log(focal_px / seen_px)) < max(3 * relative_error, CONTRADICTION):
        return
    given_deg, seen_deg = (float(np.degrees(2 * np.arctan(image_size[0] / 2 / f))) for f in (focal_px, seen_px))
    raise CalibrationError(
        f"the field of view that was given ({given_deg:.0f}°, focal length {focal_px:.0f} px) contradicts the points, "
        f"which show {seen_deg:.0f}°; check both, or leave it out"
    )


def _measure(h: FloatArray, ground: GroundPoints, image_size: tuple[int, int]) -> tuple[float, float]:
    """The focal length that the ground plane shows and its relative error, one sigma; infinite when it shows none."""
    inverse_square = _inverse_square_focal(h, image_size)
    if inverse_square <= 0:
        return float("nan"), float("inf")
    slopes = np.empty(9)
    for i in range(9):
        step = np.zeros(9)
        step[i] = 1e-6 * max(abs(h.flat[i]), 1e-9)
        ahead = _inverse_square_focal(h + step.reshape(3, 3), image_size)
        back = _inverse_square_focal(h - step.reshape(3, 3), image_size)
        slopes[i] = (ahead - back) / (2 * step[i])
    spread = float(np.linalg.norm(slopes @ homography_sensitivity(h, ground)))
    return float(1 / np.sqrt(inverse_square)), 0.5 * CLICK_SIGMA_PX * spread / inverse_square


def focal_from_verticals(
    h: FloatArray, feet: FloatArray, heads: FloatArray, heights_m: FloatArray, image_size: tuple[int, int]
) -> float:
    """Find the focal length in pixels that puts the heads of upright things where they were seen.

    Args:
        h: ground plane to undistorted pixels, (3, 3).
        feet: (N, 2) undistorted pixels on the ground.
        heads: (N, 2) undistorted pixels straight above.
        heights_m: (N,) metres between them.
        image_size: width and height of the picture in pixels.

    Raises:
        CalibrationError: no focal length fits, or the things look too short to tell.
    """
    from scipy.optimize import least_squares  # noqa: PLC0415  half a second that only fitting needs

    standing = np.linalg.solve(h, np.column_stack((feet, np.ones(len(feet)))).T)
    standing = standing / standing[2]

    def misses(log_focal: FloatArray) -> FloatArray:
        column = vertical_column(h, float(np.exp(log_focal[0])), image_size)
        seen = h @ standing + np.outer(column, heights_m)
        return np.asarray((seen[:2] / seen[2]).T - heads, dtype=np.float64).ravel()

    starts = [np.log(focal_from_fov(fov_deg, image_size[0])) for fov_deg in (100, 70, 40, 20)]
    bounds = (np.log(focal_from_fov(170, image_size[0])), np.log(focal_from_fov(1, image_size[0])))
    fits = [least_squares(misses, [start], bounds=bounds) for start in starts]
    best = min(fits, key=lambda fit: fit.cost)
    rms_px = float(np.sqrt(2 * best.cost / len(feet)))
    if rms_px > 0.02 * np.hypot(*image_size):
        raise CalibrationError(
            f"the upright things do not fit the ground points: their upper ends miss by {rms_px:.0f} px (RMS); "
            "check foot, head (straight above the foot) and height_m"
        )
    _require_certain(CLICK_SIGMA_PX / max(float(np.linalg.norm(np.asarray(best.jac))), 1e-12))
    return float(np.exp(best.x[0]))


def _inverse_square_focal(h: FloatArray, image_size: tuple[int, int]) -> float:
    """Solve a / f² + b = 0 for the two conditions on the columns of H."""
    centred = np.linalg.solve(camera_matrix(1.0, image_size), h)
    (x1, x2), (y1, y2), (z1, z2) = centred[0, :2], centred[1, :2], centred[2, :2]
    a = np.array([x1 * x2 + y1 * y2, (x1**2 + y1**2 - x2**2 - y2**2) / 2])
    b = np.array([z1 * z2, (z1**2 - z2**2) / 2])
    squared = float(a @ a)
    return 0.0 if squared == 0 else float(-(a @ b) / squared)


def _require_certain(relative_error: float) -> None:
    if relative_error <= WORST_FOCAL:
        return
    known = f"only to ±{relative_error:.0%}" if relative_error < 1 else "not at all"
    raise CalibrationError(
        f"the points fix the focal length of the camera {known}, which is too little to know how high it hangs and "
        f"where heads are: {_WAYS_OUT}, or mark points further apart"
    )
