"""Lenses that bend straight lines: pixels of the picture to pixels of an ideal pinhole camera and back."""

from dataclasses import dataclass, replace

import numpy as np

from throng.core.calibration import CalibrationError
from throng.core.points import FloatArray, ImagePoints

_TOLERANCE_PX = 1e-7
_MAX_STEPS = 30
_TABLE_ROWS = 512

_WIDEST = 100.0
"""Focal lengths from the centre: half a degree from straight sideways, where a pinhole picture ends."""

_NO_BENDING = 1e-15


@dataclass(frozen=True, slots=True)
class BrownLens:
    r"""The Brown-Conrady lens, with the coefficients as OpenCV and most calibration tools print them.

    .. math::
        x_d = x (1 + k_1 r^2 + k_2 r^4 + k_3 r^6) + 2 p_1 x y + p_2 (r^2 + 2 x^2)

        y_d = y (1 + k_1 r^2 + k_2 r^4 + k_3 r^6) + p_1 (r^2 + 2 y^2) + 2 p_2 x y

    in normalised coordinates x = (u - cx) / fx, y = (v - cy) / fy (Brown 1966). The model holds up to the radius where
    the radial term stops growing; beyond it one pixel would show two places, and the result is NaN.

    Attributes:
        fx, fy: focal length in pixels.
        cx, cy: principal point in pixels.
        k1, k2, k3: radial coefficients.
        p1, p2: tangential coefficients.
    """

    fx: float
    fy: float
    cx: float
    cy: float
    k1: float = 0.0
    k2: float = 0.0
    p1: float = 0.0
    p2: float = 0.0
    k3: float = 0.0

    def __post_init__(self) -> None:
        if not (self.fx > 0 and self.fy > 0):
            raise CalibrationError(f"lens: the focal length must be positive pixels, got fx={self.fx}, fy={self.fy}")

    def undistort(self, points: ImagePoints) -> ImagePoints:
        """Map pixels of the picture, (N, 2), to pixels of an ideal pinhole camera; NaN where the model ends."""
        x, y = self._normalised(points)
        ideal_x, ideal_y = self._invert(x, y)
        return ImagePoints(np.column_stack((ideal_x * self.fx + self.cx, ideal_y * self.fy + self.cy)))

    def distort(self, points: ImagePoints) -> ImagePoints:
        """Map pixels of an ideal pinhole camera, (N, 2), to pixels of the picture; NaN where the model ends."""
        x, y = self._normalised(points)
        bent_x, bent_y = self._bend(x, y)
        usable = np.hypot(x, y) <= self._radius_limit()
        bent = np.column_stack((bent_x * self.fx + self.cx, bent_y * self.fy + self.cy))
        return ImagePoints(np.where(usable[:, None], bent, np.nan))

    def scaled(self, sx: float, sy: float) -> "BrownLens":
        """Return the same lens for a picture `sx` times as wide and `sy` times as high."""
        return replace(
            self, fx=self.fx * sx, fy=self.fy * sy, cx=_scaled_centre(self.cx, sx), cy=_scaled_centre(self.cy, sy)
        )

    def _normalised(self, points: ImagePoints) -> tuple[FloatArray, FloatArray]:
        return (points[:, 0] - self.cx) / self.fx, (points[:, 1] - self.cy) / self.fy

    def _radius_limit(self) -> float:
        """The smallest radius where the radial term stops growing, `_WIDEST` where it grows up to there."""
        slope = np.array([7 * self.k3, 5 * self.k2, 3 * self.k1, 1.0])
        roots = np.roots(np.where(np.abs(slope) < _NO_BENDING, 0.0, slope))
        squares = roots[(np.abs(roots.imag) < 1e-9) & (roots.real > 0)].real
        return min(float(np.sqrt(squares.min())), _WIDEST) if len(squares) else _WIDEST

    def _bend(self, x: FloatArray, y: FloatArray) -> tuple[FloatArray, FloatArray]:
        with np.errstate(over="ignore", invalid="ignore"):
            r2 = x * x + y * y
            radial = 1 + r2 * (self.k1 + r2 * (self.k2 + r2 * self.k3))
            bent_x = x * radial + 2 * self.p1 * x * y + self.p2 * (r2 + 2 * x * x)
            bent_y = y * radial + self.p1 * (r2 + 2 * y * y) + 2 * self.p2 * x * y
        return bent_x, bent_y

    def _slopes(self, x: FloatArray, y: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """The Jacobian of `_bend`, which is symmetric: dx_d/dx, dx_d/dy = dy_d/dx, dy_d/dy."""
        r2 = x * x + y * y
        radial = 1 + r2 * (self.k1 + r2 * (self.k2 + r2 * self.k3))
        growth = 2 * (self.k1 + r2 * (2 * self.k2 + r2 * 3 * self.k3))
        xx = radial + growth * x * x + 2 * self.p1 * y + 6 * self.p2 * x
        xy = growth * x * y + 2 * self.p1 * x + 2 * self.p2 * y
        yy = radial + growth * y * y + 6 * self.p1 * y + 2 * self.p2 * x
        return xx, xy, yy

    def _invert(self, bent_x: FloatArray, bent_y: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Solve `_bend` for the ideal point: a table of radii gives the start, Newton's method the rest."""
        limit = self._radius_limit()
        x, y = self._start(bent_x, bent_y, limit)
        tolerance = _TOLERANCE_PX / max(self.fx, self.fy)
        off = np.full(x.shape, np.inf)
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            for _ in range(_MAX_STEPS):
                now_x, now_y = self._bend(x, y)
                miss_x, miss_y = now_x - bent_x, now_y - bent_y
                off = np.hypot(miss_x, miss_y)
                if not np.any(off > tolerance):
                    break
                xx, xy, yy = self._slopes(x, y)
                det = xx * yy - xy * xy
                x, y = x - (yy * miss_x - xy * miss_y) / det, y - (xx * miss_y - xy * miss_x) / det
        solved = (off <= tolerance) & (np.hypot(x, y) <= limit)
        return np.where(solved, x, np.nan), np.where(solved, y, np.nan)

    def _start(self, bent_x: FloatArray, bent_y: FloatArray, limit: float) -> tuple[FloatArray, FloatArray]:
        bent_r = np.hypot(bent_x, bent_y)
        finite = bent_r[np.isfinite(bent_r)]
        if not len(finite):
            return np.full_like(bent_x, np.nan), np.full_like(bent_y, np.nan)
        end = min(max(float(finite.max()), 1e-6), limit)
        while end < limit and self._radial(np.array([end]))[0] < finite.max():
            end = min(2 * end, limit)
        radii = np.linspace(0, end, _TABLE_ROWS)
        start_r = np.interp(bent_r, self._radial(radii), radii)
        with np.errstate(invalid="ignore"):
            ratio = np.where(bent_r > 0, start_r / np.where(bent_r > 0, bent_r, 1), 1.0)
        ratio = np.where(np.isfinite(bent_r), ratio, np.nan)
        return bent_x * ratio, bent_y * ratio

    def _radial(self, r: FloatArray) -> FloatArray:
        r2 = r * r
        return np.asarray(r * (1 + r2 * (self.k1 + r2 * (self.k2 + r2 * self.k3))), dtype=np.float64)


@dataclass(frozen=True, slots=True)
class TsaiLens:
    r"""The one-parameter lens of Tsai's camera model, in millimetres on the sensor.

    .. math:: X_u = X_d (1 + \kappa_1 (X_d^2 + Y_d^2)), \quad u = s_x X_d / d_x + c_x, \quad v = Y_d / d_y + c_y

    (Tsai 1987). Where :math:`\kappa_1 < 0` the model ends at :math:`r_d = \sqrt{-1 / (3 \kappa_1)}`; beyond it: NaN.

    Attributes:
        kappa1: radial coefficient in 1/mm².
        mm_per_px_x: width of a pixel on the sensor in mm, dpx / sx in Tsai's names.
        mm_per_px_y: height of a pixel on the sensor in mm.
        cx, cy: centre of distortion in pixels.
    """

    kappa1: float
    mm_per_px_x: float
    mm_per_px_y: float
    cx: float
    cy: float

    def __post_init__(self) -> None:
        if not (self.mm_per_px_x > 0 and self.mm_per_px_y > 0):
            raise CalibrationError(
                f"lens: the size of a pixel must be positive mm, got {self.mm_per_px_x} × {self.mm_per_px_y}"
            )

    def undistort(self, points: ImagePoints) -> ImagePoints:
        """Map pixels of the picture, (N, 2), to pixels of an ideal pinhole camera; NaN where the model ends."""
        from_centre = points - np.array([self.cx, self.cy])
        r2 = self._squared_mm(from_centre)
        usable = 1 + 3 * self.kappa1 * r2 >= 0
        factor = np.where(usable, 1 + self.kappa1 * r2, np.nan)
        return ImagePoints(from_centre * factor[:, None] + np.array([self.cx, self.cy]))

    def distort(self, points: ImagePoints) -> ImagePoints:
        """Map pixels of an ideal pinhole camera, (N, 2), to pixels of the picture; NaN where the model ends."""
        from_centre = points - np.array([self.cx, self.cy])
        ideal_r = np.sqrt(self._squared_mm(from_centre))
        bent_r = self._solve(ideal_r)
        factor = np.where(ideal_r > 0, bent_r / np.where(ideal_r > 0, ideal_r, 1), np.where(ideal_r == 0, 1.0, np.nan))
        return ImagePoints(from_centre * factor[:, None] + np.array([self.cx, self.cy]))

    def scaled(self, sx: float, sy: float) -> "TsaiLens":
        """Return the same lens for a picture `sx` times as wide and `sy` times as high."""
        return TsaiLens(
            kappa1=self.kappa1,
            mm_per_px_x=self.mm_per_px_x / sx,
            mm_per_px_y=self.mm_per_px_y / sy,
            cx=_scaled_centre(self.cx, sx),
            cy=_scaled_centre(self.cy, sy),
        )

    def _squared_mm(self, from_centre: FloatArray) -> FloatArray:
        x, y = from_centre[:, 0] * self.mm_per_px_x, from_centre[:, 1] * self.mm_per_px_y
        return np.asarray(x * x + y * y, dtype=np.float64)

    def _solve(self, ideal_r: FloatArray) -> FloatArray:
        """Solve r + kappa1 r³ = ideal_r for the smaller root; from this start Newton's steps never overshoot."""
        if self.kappa1 == 0:
            return ideal_r
        r = ideal_r
        usable = np.isfinite(ideal_r)
        if self.kappa1 > 0:
            r = np.minimum(ideal_r, np.cbrt(ideal_r / self.kappa1))
        else:
            last = np.sqrt(-1 / (3 * self.kappa1))
            # At the very end the slope is zero and Newton slow: leave out the last billionth.
            usable &= ideal_r < last * 2 / 3 * (1 - 1e-9)
        r = np.where(usable, r, np.nan)
        for _ in range(_MAX_STEPS):
            step = (r + self.kappa1 * r**3 - ideal_r) / (1 + 3 * self.kappa1 * r * r)
            r = r - step
            if not np.any(np.abs(step) > _TOLERANCE_PX * self.mm_per_px_y):
                break
        return r


def _scaled_centre(centre: float, factor: float) -> float:
    """Move a pixel coordinate to a picture `factor` times as large; pixel centres are at whole numbers."""
    return centre * factor + (factor - 1) / 2
