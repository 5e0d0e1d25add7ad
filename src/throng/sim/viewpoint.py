"""The ideal camera of a scene: a pinhole at a place, looking at a place."""

from dataclasses import replace
from math import atan, atan2, degrees, hypot, radians, tan

from throng.core.calibration import Calibration
from throng.core.pinhole import calibration_from_camera

SHAPE = 16 / 9
"""Width over height that the field of view belongs to; other shapes show at least as much."""

Place = tuple[float, float, float]


def look_at(position_m: Place, target_m: Place, *, field_of_view_deg: float, size: tuple[int, int]) -> Calibration:
    """Make the calibration of a camera without roll that looks at a point.

    Args:
        position_m: the optical centre, (x, y, z) in site metres.
        target_m: the place in the middle of the picture; not straight below the camera.
        field_of_view_deg: horizontal angle of a 16:9 picture. A picture of another shape shows the same and more
            at two sides.
        size: width and height of the picture in pixels.
    """
    dx, dy, drop = target_m[0] - position_m[0], target_m[1] - position_m[1], position_m[2] - target_m[2]
    vertical_deg = degrees(2 * atan(tan(radians(field_of_view_deg) / 2) / SHAPE))
    wide = size[0] / size[1] > SHAPE
    calibration = calibration_from_camera(
        height_m=position_m[2],
        tilt_deg=degrees(atan2(drop, hypot(dx, dy))),
        heading_deg=degrees(atan2(dx, dy)),
        position_m=position_m[:2],
        image_size=size,
        fov_deg=None if wide else field_of_view_deg,
        vertical_fov_deg=vertical_deg if wide else None,
    )
    return replace(calibration, method="simulated camera, exact", rms_px=0.0)
