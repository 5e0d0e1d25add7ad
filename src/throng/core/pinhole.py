"""Calibrations from what is known of the camera itself: its place and direction, or K[R|t]."""

from dataclasses import dataclass

import numpy as np

from throng.core.calibration import Calibration, CalibrationError, Lens
from throng.core.points import FloatArray


def focal_from_fov(fov_deg: float, size_px: int) -> float:
    r"""Return the focal length in pixels, :math:`f = \frac{s / 2}{\tan(\alpha / 2)}`.

    Args:
        fov_deg: angle that the picture covers along one side, between 1 and 170 degrees.
        size_px: number of pixels along that side.

    Raises:
        CalibrationError: no pinhole camera has that angle.
    """
    if not 1 <= fov_deg <= 170:
        raise CalibrationError(f"the field of view must be between 1 and 170 degrees, got {fov_deg:g}")
    return float(size_px / 2 / np.tan(np.radians(fov_deg) / 2))


def calibration_from_camera(
    *,
    height_m: float,
    tilt_deg: float,
    image_size: tuple[int, int],
    fov_deg: float | None = None,
    vertical_fov_deg: float | None = None,
    roll_deg: float = 0.0,
    heading_deg: float = 0.0,
    position_m: tuple[float, float] = (0.0, 0.0),
    lens: Lens | None = None,
) -> Calibration:
    """Make a calibration from the mounting of a camera: square pixels, principal point in the picture's centre.

    The site frame, from above and from the side::

        from above                         from the side

           y                                 z
           ^    / heading (clockwise)        |  camera
           |   /                             |  o---------- horizontal
           |  /                              |  |\\ ) tilt
           | /                               |  | \\
           |/                                |  |  \\ view
           o---------> x                     |  | height
        position                             +--+-----------> ground, z = 0

    With heading 0 the camera looks along +y and +x lies to the right in the picture; heading 90 looks along +x.

    Args:
        height_m: height of the lens above the ground.
        tilt_deg: angle of the view below the horizontal, 0 level, 90 straight down.
        image_size: width and height of the picture in pixels.
        fov_deg: horizontal field of view; give this one or the vertical one.
        vertical_fov_deg: vertical field of view.
        roll_deg: turn of the camera about its view, clockwise seen from behind it.
        heading_deg: direction of the view on the ground, clockwise from +y.
        position_m: site metres of the point below the lens.
        lens: lens distortion, None for none.

    Raises:
        CalibrationError: a value that no camera above a ground can have.
    """
    if not height_m > 0:
        raise CalibrationError(f"the camera height must be positive metres above the ground, got {height_m:g}")
    if not -90 <= tilt_deg <= 90:
        raise CalibrationError(
            f"the tilt must be between -90 and 90 degrees (0 level, 90 straight down), got {tilt_deg:g}"
        )
    width, height = image_size
    if (fov_deg is None) == (vertical_fov_deg is None):
        raise CalibrationError("give either the horizontal or the vertical field of view of the camera, not both")
    if fov_deg is not None:
        focal_px = focal_from_fov(fov_deg, width)
    else:
        assert vertical_fov_deg is not None
        focal_px = focal_from_fov(vertical_fov_deg, height)
    rotation = _rotation(tilt_deg=tilt_deg, roll_deg=roll_deg, heading_deg=heading_deg)
    centre = np.array([*position_m, height_m])
    return calibration_from_krt(
        camera_matrix(focal_px, image_size), rotation, -rotation @ centre, image_size, lens=lens, method="camera"
    )


def calibration_from_krt(
    intrinsics: FloatArray,
    rotation: FloatArray,
    translation_m: FloatArray,
    image_size: tuple[int, int],
    *,
    lens: Lens | None = None,
    method: str = "krt",
) -> Calibration:
    """Make a calibration from K[R|t]: :math:`w (u, v, 1)^T = K (R X + t)`, as OpenCV's `solvePnP` has it.

    Camera axes: x to the right, y down, z along the view. Site axes: z up, the ground at z = 0.

    Args:
        intrinsics: K, (3, 3), in pixels of `image_size`.
        rotation: R, (3, 3), from site axes to camera axes.
        translation_m: t, (3,), site origin in camera axes, metres.
        image_size: width and height of the picture in pixels.
        lens: lens distortion, None for none.
        method: how it was made, for reports.

    Raises:
        CalibrationError: a matrix of another shape, R is no rotation, or the camera is not above the ground.
    """
    k, r = np.asarray(intrinsics, dtype=np.float64), np.asarray(rotation, dtype=np.float64)
    t = np.asarray(translation_m, dtype=np.float64).reshape(-1)
    for name, array, shape in (("K", k, (3, 3)), ("R", r, (3, 3)), ("t", t, (3,))):
        if array.shape != shape or not np.all(np.isfinite(array)):
            raise CalibrationError(f"{name} must be finite numbers of shape {shape}, got {array.tolist()}")
    if not np.allclose(r @ r.T, np.eye(3), atol=1e-3) or np.linalg.det(r) < 0:
        raise CalibrationError(f"R must be a rotation (orthonormal rows, determinant +1), got {r.tolist()}")
    if not (k[0, 0] > 0 and k[1, 1] > 0 and abs(k[1, 0]) < 1e-9 and np.allclose(k[2], (0, 0, 1))):
        raise CalibrationError(
            f"K must be [[fx, skew, cx], [0, fy, cy], [0, 0, 1]] in pixels with positive fx and fy, got {k.tolist()}"
        )
    calibration = Calibration(image_size, k @ np.column_stack((r, t)), lens=lens, method=method)
    require_above_ground(calibration)
    return calibration


@dataclass(frozen=True, slots=True)
class Mounting:
    """How a camera hangs, in the words of `calibration_from_camera`.

    Attributes:
        position_m: site metres of the point below the lens.
        height_m: height of the lens above the ground.
        tilt_deg: angle of the view below the horizontal.
        roll_deg: turn about the view, clockwise seen from behind.
        heading_deg: direction of the view on the ground, clockwise from +y, in [0, 360).
        fov_deg: horizontal field of view of the pinhole camera.
    """

    position_m: tuple[float, float]
    height_m: float
    tilt_deg: float
    roll_deg: float
    heading_deg: float
    fov_deg: float


def mounting(calibration: Calibration) -> Mounting:
    """Read off how the camera of a calibration hangs; the inverse of `calibration_from_camera`.

    For a camera that looks straight down, heading and roll are one turn; all of it is given as heading.
    """
    k, (right, _, view) = intrinsics_and_rotation(calibration)
    x, y, z = (float(value) for value in calibration.camera_position_m)
    straight_down = np.hypot(view[0], view[1]) < 1e-6
    heading = np.arctan2(-right[1], right[0]) if straight_down else np.arctan2(view[0], view[1])
    level_right = np.array([np.cos(heading), -np.sin(heading), 0.0])
    roll = np.arctan2(right @ np.cross(view, level_right), right @ level_right)
    return Mounting(
        position_m=(x, y),
        height_m=z,
        tilt_deg=float(np.degrees(np.arcsin(np.clip(-view[2], -1, 1)))),
        roll_deg=float(np.degrees(roll)),
        heading_deg=float(np.degrees(heading) % 360),
        fov_deg=float(np.degrees(2 * np.arctan(calibration.image_size[0] / 2 / k[0, 0]))),
    )


def intrinsics_and_rotation(calibration: Calibration) -> tuple[FloatArray, FloatArray]:
    """Split the projection into K and R, both (3, 3) (Hartley and Zisserman 2004, section 6.2.4)."""
    # numpy has QR only; turned upside down and transposed it is RQ.
    flip = np.eye(3)[::-1]
    q, upper = np.linalg.qr((flip @ calibration.projection[:, :3]).T)
    k, r = flip @ upper.T @ flip, flip @ q.T
    signs = np.diag(np.sign(np.diag(k)))
    return np.asarray(k @ signs / abs(k[2, 2]), dtype=np.float64), np.asarray(signs @ r, dtype=np.float64)


def camera_matrix(focal_px: float, image_size: tuple[int, int]) -> FloatArray:
    """Return K, (3, 3), for square pixels and the principal point in the picture's centre."""
    cx, cy = (image_size[0] - 1) / 2, (image_size[1] - 1) / 2
    return np.array([[focal_px, 0, cx], [0, focal_px, cy], [0, 0, 1]], dtype=np.float64)


def require_above_ground(calibration: Calibration) -> None:
    """Check that the camera looks down on the ground from above.

    Raises:
        CalibrationError: it comes out on or below the ground.
    """
    if calibration.camera_height_m > 0:
        return
    raise CalibrationError(
        f"the camera comes out {calibration.camera_height_m:.2f} m above the ground, which is below it; "
        "in the site frame z points up and seen from above y lies counter-clockwise of x: check the axes"
    )


def _rotation(*, tilt_deg: float, roll_deg: float, heading_deg: float) -> FloatArray:
    """R, (3, 3): its rows are the camera's right, down and view axes in site axes."""
    tilt, roll, heading = np.radians([tilt_deg, roll_deg, heading_deg])
    level = np.array([np.sin(heading), np.cos(heading), 0.0])
    right = np.array([np.cos(heading), -np.sin(heading), 0.0])
    view = np.cos(tilt) * level - np.sin(tilt) * np.array([0.0, 0.0, 1.0])
    down = np.cross(view, right)
    return np.stack((np.cos(roll) * right + np.sin(roll) * down, np.cos(roll) * down - np.sin(roll) * right, view))
