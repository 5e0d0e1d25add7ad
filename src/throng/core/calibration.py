"""Where a pixel lies on the ground, and where a place on the ground lies in the picture."""

from dataclasses import dataclass, replace
from typing import Protocol, Self

import numpy as np

from throng.core.errors import ThrongError
from throng.core.points import FloatArray, GroundPoints, ImagePoints, Mask


class CalibrationError(ThrongError):
    """A calibration cannot be made or does not fit the picture."""


class Lens(Protocol):
    """Lens distortion in pixels of one image size."""

    def undistort(self, points: ImagePoints) -> ImagePoints:
        """Map pixels of the picture, (N, 2), to pixels of an ideal pinhole camera."""
        ...

    def distort(self, points: ImagePoints) -> ImagePoints:
        """Map pixels of an ideal pinhole camera, (N, 2), to pixels of the picture."""
        ...

    def scaled(self, sx: float, sy: float) -> Self:
        """Return the same lens for a picture `sx` times as wide and `sy` times as high."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Calibration:
    """A camera seen as a projection of site metres to pixels.

    .. math:: w (u, v, 1)^T = P (x, y, z, 1)^T

    followed by the lens. A plane at height z has the homography :math:`H_z = [p_1, p_2, z p_3 + p_4]`: z = 0 is the
    ground plane, z = 1.7 m the head plane (Hartley and Zisserman 2004, chapter 8).

    Attributes:
        image_size: width and height in pixels that the numbers belong to.
        projection: P, (3, 4) float64, scaled so that w > 0 in front of the camera.
        lens: lens distortion, None for none.
        method: how it was made, for reports.
        rms_px: root mean square reprojection error in pixels, None where there were no points to check.
    """

    image_size: tuple[int, int]
    projection: FloatArray
    lens: Lens | None = None
    method: str = "projection"
    rms_px: float | None = None

    def __post_init__(self) -> None:
        if self.projection.shape != (3, 4) or not np.all(np.isfinite(self.projection)):
            raise CalibrationError(f"expected a finite projection of shape (3, 4), got {self.projection!r}")
        if abs(np.linalg.det(self.projection[:, :3])) < 1e-15:
            raise CalibrationError("the projection is degenerate: it maps space onto a line; calibrate again")

    @property
    def camera_position_m(self) -> FloatArray:
        """The optical centre (x, y, z) in site metres, shape (3,)."""
        return np.asarray(-np.linalg.solve(self.projection[:, :3], self.projection[:, 3]), dtype=np.float64)

    @property
    def camera_height_m(self) -> float:
        """Height of the optical centre above the ground in metres."""
        return float(self.camera_position_m[2])

    def homography(self, height_m: float = 0.0) -> FloatArray:
        """Return H_z, (3, 3): the plane at `height_m` to undistorted pixels."""
        p = self.projection
        return np.column_stack((p[:, 0], p[:, 1], height_m * p[:, 2] + p[:, 3]))

    def to_image(self, points: GroundPoints, height_m: float | FloatArray = 0.0) -> ImagePoints:
        """Project places at a height above the ground into the picture.

        Args:
            points: (N, 2) site metres.
            height_m: one height or (N,) heights in metres.

        Returns:
            (N, 2) pixels, possibly outside the picture; NaN behind the camera.
        """
        n = len(points)
        space = np.column_stack((points, np.broadcast_to(height_m, (n,)), np.ones(n)))
        projected = space @ self.projection.T
        in_front = projected[:, 2] > 0
        pixels = np.full((n, 2), np.nan)
        pixels[in_front] = projected[in_front, :2] / projected[in_front, 2:]
        ideal = ImagePoints(pixels)
        return ideal if self.lens is None else self.lens.distort(ideal)

    def to_ground(self, points: ImagePoints, height_m: float | FloatArray = 0.0) -> GroundPoints:
        """Find the place under pixels that show something at a height above the ground.

        Args:
            points: (N, 2) pixels.
            height_m: one height or (N,) heights in metres.

        Returns:
            (N, 2) site metres; NaN at and above the horizon.
        """
        ideal = points if self.lens is None else self.lens.undistort(points)
        n = len(ideal)
        heights = np.broadcast_to(np.asarray(height_m, dtype=np.float64), (n,))
        centre = self.camera_position_m
        rays = np.column_stack((ideal, np.ones(n))) @ np.linalg.inv(self.projection[:, :3]).T
        with np.errstate(divide="ignore", invalid="ignore"):
            along = (heights - centre[2]) / rays[:, 2]
        along = np.where(np.isfinite(along) & (along > 0), along, np.nan)
        return GroundPoints(centre[:2] + along[:, None] * rays[:, :2])

    def area_per_pixel_m2(self, points: ImagePoints, height_m: float = 0.0) -> FloatArray:
        r"""Ground area under one pixel, the Jacobian of `to_ground`.

        .. math:: J(u, v) = \frac{|\det H|}{|h_{31} u + h_{32} v + h_{33}|^3}, \quad H = H_z^{-1}

        Returns:
            (N,) m² per pixel; NaN at and above the horizon.
        """
        ideal = points if self.lens is None else self.lens.undistort(points)
        inverse = np.linalg.inv(self.homography(height_m))
        scale = np.column_stack((ideal, np.ones(len(ideal)))) @ inverse[2]
        area = np.asarray(np.abs(np.linalg.det(inverse)) / np.abs(scale) ** 3, dtype=np.float64)
        area[np.isnan(self.to_ground(points, height_m)[:, 0])] = np.nan
        return area if self.lens is None else area * _lens_area(self.lens, points)

    def contains(self, points: ImagePoints) -> Mask:
        """Tell which pixels, (N, 2), lie inside the picture; NaN does not."""
        width, height = self.image_size
        u, v = points[:, 0], points[:, 1]
        inside: Mask = (u >= -0.5) & (u <= width - 0.5) & (v >= -0.5) & (v <= height - 0.5)
        return inside

    def scaled_to(self, width: int, height: int) -> "Calibration":
        """Return the same camera for pictures of another size.

        Raises:
            CalibrationError: the new size has another shape, so that it shows another part of the world.
        """
        if (width, height) == self.image_size:
            return self
        sx, sy = width / self.image_size[0], height / self.image_size[1]
        if abs(sx / sy - 1) > 0.02:
            raise CalibrationError(
                f"the calibration was made for pictures of {self.image_size[0]}×{self.image_size[1]} pixels, "
                f"the video has {width}×{height}, which is another shape; calibrate on a frame of this video"
            )
        to_new = np.array([[sx, 0, (sx - 1) / 2], [0, sy, (sy - 1) / 2], [0, 0, 1]])
        return replace(
            self,
            image_size=(width, height),
            projection=to_new @ self.projection,
            lens=None if self.lens is None else self.lens.scaled(sx, sy),
            rms_px=None if self.rms_px is None else self.rms_px * float(np.sqrt(sx * sy)),
        )


def _lens_area(lens: Lens, points: ImagePoints) -> FloatArray:
    """How much the lens stretches area at each pixel: the determinant of its Jacobian by central differences."""
    step = 0.5
    du = (lens.undistort(_shifted(points, step, 0)) - lens.undistort(_shifted(points, -step, 0))) / (2 * step)
    dv = (lens.undistort(_shifted(points, 0, step)) - lens.undistort(_shifted(points, 0, -step))) / (2 * step)
    return np.asarray(np.abs(du[:, 0] * dv[:, 1] - du[:, 1] * dv[:, 0]), dtype=np.float64)


def _shifted(points: ImagePoints, du: float, dv: float) -> ImagePoints:
    return ImagePoints(points + np.array([du, dv]))
