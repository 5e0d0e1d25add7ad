"""How far a calibrated density can be trusted, place by place."""

import numpy as np
from shapely import MultiPoint, Polygon
from shapely.geometry.polygon import orient

from throng.core.calibration import Calibration
from throng.core.focal import CLICK_SIGMA_PX
from throng.core.homography import PointPairs
from throng.core.observation import HEAD_HEIGHT_M
from throng.core.pinhole import intrinsics_and_rotation
from throng.core.plane_fit import homography_sensitivity
from throng.core.points import FloatArray, GroundPoints, ImagePoints

EXTRAPOLATION_LIMIT = 1.5
"""Further out than this, as a multiple of the calibrated area, the error grows too fast: warn."""

TILT_SIGMA_DEG = 0.5
HEIGHT_SIGMA = 0.02
FOCAL_SIGMA = 0.02
"""How well the tilt, the height and the focal length of a measured mounting are known, one sigma."""


def click_density_error(
    calibration: Calibration, pairs: PointPairs, at: GroundPoints, *, click_sigma_px: float = CLICK_SIGMA_PX
) -> FloatArray:
    r"""Return the relative error of people/m² that comes from inexact clicks, one sigma.

    .. math:: \sigma_\rho / \rho = \sigma_{px} \; | \nabla_h \ln J(u) \; A^+ |

    with J the ground area under a fixed pixel and :math:`A^+` the change of the homography per pixel of click
    (first order propagation; Criminisi et al., Image and Vision Computing 17, 1999).

    Args:
        calibration: made from the pairs.
        pairs: the points that were clicked.
        at: (N, 2) site metres of the places asked about.
        click_sigma_px: error of a click along each axis, one sigma.

    Returns:
        (N,) relative error; NaN behind the camera.
    """
    h = calibration.homography()
    sensitivity = homography_sensitivity(h, pairs.ground)
    ideal = _ideal(calibration, at)
    slopes = np.empty((len(at), 9))
    for i in range(9):
        step = np.zeros(9)
        step[i] = 1e-6 * max(abs(h.flat[i]), 1e-9 * float(np.abs(h).max()))
        ahead = _log_area(h + step.reshape(3, 3), ideal)
        slopes[:, i] = (ahead - _log_area(h - step.reshape(3, 3), ideal)) / (2 * step[i])
    return np.asarray(click_sigma_px * np.linalg.norm(slopes @ sensitivity, axis=1), dtype=np.float64)


def mounting_density_error(
    calibration: Calibration,
    at: GroundPoints,
    *,
    tilt_sigma_deg: float = TILT_SIGMA_DEG,
    height_sigma: float = HEIGHT_SIGMA,
    focal_sigma: float = FOCAL_SIGMA,
) -> FloatArray:
    """Return the relative error of people/m² that comes from an inexact tilt, height and focal length, one sigma.

    For a calibration that no points support: each quantity is moved by its sigma and the change of the ground area
    under a fixed pixel taken; the three add as squares.

    Args:
        calibration: the camera.
        at: (N, 2) site metres of the places asked about.
        tilt_sigma_deg: error of the tilt in degrees.
        height_sigma: relative error of the camera's height.
        focal_sigma: relative error of the focal length.

    Returns:
        (N,) relative error; NaN behind the camera and where the picture would show the sky.
    """
    k, r = intrinsics_and_rotation(calibration)
    centre = calibration.camera_position_m
    ideal = _ideal(calibration, at)

    def log_area(*, tilt_deg: float = 0.0, height: float = 0.0, focal: float = 0.0) -> FloatArray:
        angle = np.radians(tilt_deg)
        turn = np.array([[1, 0, 0], [0, np.cos(angle), -np.sin(angle)], [0, np.sin(angle), np.cos(angle)]])
        m = k @ np.diag([1 + focal, 1 + focal, 1]) @ turn @ r
        projection = np.column_stack((m, -m @ (centre * [1, 1, 1 + height])))
        return _log_area(projection[:, [0, 1, 3]], ideal)

    moves = (
        log_area(tilt_deg=tilt_sigma_deg) - log_area(tilt_deg=-tilt_sigma_deg),
        log_area(height=height_sigma) - log_area(height=-height_sigma),
        log_area(focal=focal_sigma) - log_area(focal=-focal_sigma),
    )
    return np.asarray(np.sqrt(sum(np.square(move / 2) for move in moves)), dtype=np.float64)


def head_plane_error(camera_height_m: float, *, head_height_m: float = HEAD_HEIGHT_M, sigma_m: float = 0.1) -> float:
    r"""Return how far people/m² read wrong when heads are `sigma_m` higher than the head plane.

    .. math:: 1 - \left( \frac{h - z - \sigma}{h - z} \right)^2

    by similar triangles: 8.5 % at 4 m, 4.6 % at 6 m, 2.4 % at 10 m for 0.1 m.

    Returns:
        The relative error, 1 where the camera is not above the heads.
    """
    above_m = camera_height_m - head_height_m
    return 1.0 if above_m <= sigma_m else 1 - ((above_m - sigma_m) / above_m) ** 2


def metres_per_pixel(calibration: Calibration, at: GroundPoints) -> FloatArray:
    """Return ground metres per pixel, (N, 2): across the view and along it, where it is coarsest.

    The singular values of the derivative of the ground position by the pixel; NaN behind the camera.
    """
    step_m = 0.01
    seen = calibration.to_image(at)
    du = (calibration.to_image(_moved(at, step_m, 0)) - seen) / step_m
    dv = (calibration.to_image(_moved(at, 0, step_m)) - seen) / step_m
    jacobians = np.stack((du, dv), axis=2)
    result = np.full((len(at), 2), np.nan)
    known = np.isfinite(jacobians).all(axis=(1, 2))
    result[known] = 1 / np.linalg.svd(jacobians[known], compute_uv=False)
    return result


def extrapolation(pairs: PointPairs, at: GroundPoints) -> FloatArray:
    """Return how far outside the calibrated area places lie, (N,).

    1 is the border of the smallest convex polygon around the calibration points, 2 twice as far from its centre.
    Above `EXTRAPOLATION_LIMIT` a density should not be trusted.
    """
    corners = np.asarray(orient(Polygon(MultiPoint(pairs.ground).convex_hull.boundary.coords)).exterior.coords)
    centre = corners[:-1].mean(axis=0)
    edges = np.diff(corners, axis=0)
    normals = np.column_stack((edges[:, 1], -edges[:, 0]))
    reach = np.sum(normals * (corners[:-1] - centre), axis=1)
    return np.asarray(((at - centre) @ normals.T / reach).max(axis=1), dtype=np.float64)


def _log_area(h: FloatArray, ideal: ImagePoints) -> FloatArray:
    """Logarithm of the ground area under undistorted pixels, up to a constant of the lens; NaN in the sky."""
    inverse = np.linalg.inv(h)
    scale = np.column_stack((ideal, np.ones(len(ideal)))) @ inverse[2]
    scale = np.where(scale > 0, scale, np.nan)
    return np.asarray(np.log(abs(np.linalg.det(inverse))) - 3 * np.log(scale), dtype=np.float64)


def _ideal(calibration: Calibration, at: GroundPoints) -> ImagePoints:
    seen = calibration.to_image(at)
    return seen if calibration.lens is None else calibration.lens.undistort(seen)


def _moved(at: GroundPoints, dx: float, dy: float) -> GroundPoints:
    return GroundPoints(at + np.array([dx, dy]))
