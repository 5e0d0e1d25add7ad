"""By how much a picture is enlarged for the density counter: on a new camera this decides more than anything else.

A counter counts heads of the sizes that it was trained on. With a calibration the size of the heads is known; without
one the picture is counted at several scales, see `throng.vision.scale_trials`.
"""

import threading
from collections import deque

import numpy as np
from shapely import contains_xy
from shapely.geometry import Polygon

from throng.core.calibration import Calibration, CalibrationError
from throng.core.observation import HEAD_HEIGHT_M, HEAD_M
from throng.core.points import FloatArray, GroundPoints, Image, ImagePoints
from throng.core.zones import visible_ground
from throng.vision.ports import DensityCounter
from throng.vision.scale_trials import LARGEST_INPUT_PX, ScaleCurve, best_scale, sparse_scale, try_scales

REACH_M = 40.0
REACH_HEIGHTS = 4.0
"""Heads further away are not looked for (reference sheet 1.13: trend only), in metres and in camera heights above the
heads: from there on, at 14°, people 1.2 m apart hide each other. Where all the ground is further away, it is half as
far again as its nearest part."""

KNOWN_SHARES = (0.5, 2.5)
"""Smallest and largest head that is still counted well, as shares of the best size."""

HOLD = 1.25
"""A new estimate that differs by less than this factor changes nothing: counts do not jump for small gains."""

_TAILS = (10, 50, 90)
_SAMPLES = 40
_STEP_M = 0.01
_SETTLING = 3
_SETTLING_EVERY_S = 2.0
_NOBODY_EVERY_S = 60.0
_EVERY_S = 300.0


def head_sizes_px(calibration: Calibration, ground: GroundPoints) -> FloatArray:
    r"""Return how large the heads of people would be in the picture, (N,) pixels; NaN behind the camera.

    A head is taken for a ball of 0.24 m at 1.7 m, which looks equally large from the front and from above:

    .. math:: s = 0.24 \; \det(J J^T)^{1/4}

    with J the derivative of the pixel by the place in space, (2, 3).

    Args:
        calibration: of the camera.
        ground: (N, 2) where people stand, site metres.
    """
    here = calibration.to_image(ground, HEAD_HEIGHT_M)
    moved = (
        calibration.to_image(GroundPoints(ground + np.array([_STEP_M, 0.0])), HEAD_HEIGHT_M),
        calibration.to_image(GroundPoints(ground + np.array([0.0, _STEP_M])), HEAD_HEIGHT_M),
        calibration.to_image(ground, HEAD_HEIGHT_M + _STEP_M),
    )
    jacobian = np.stack([(there - here) / _STEP_M for there in moved], axis=2)
    area = np.linalg.det(jacobian @ jacobian.transpose(0, 2, 1))
    return np.asarray(HEAD_M * np.maximum(area, 0) ** 0.25, dtype=np.float64)


def scale_of_calibration(calibration: Calibration, head_px: float) -> float:
    """Return the scale at which the heads on the visible ground have the right size.

    People spread over the ground and not over the picture, so heads are weighed by ground area. The median head gets
    the best size; the scale is raised where a tenth of the heads, the farthest, would be too small to be seen, as far
    as the nearest tenth does not become too large for that.

    Args:
        calibration: of the camera, scaled to its pictures.
        head_px: the best size in pixels of the network's input.

    Raises:
        CalibrationError: the picture shows no ground.
    """
    sizes_px = head_sizes_px(calibration, _ground_samples(calibration))
    far_px, median_px, near_px = np.percentile(sizes_px, _TAILS)
    least, most = KNOWN_SHARES[0] * head_px / far_px, KNOWN_SHARES[1] * head_px / near_px
    if least > most:
        return float(np.sqrt(least * most))
    return float(np.clip(head_px / median_px, least, most))


def within_budget(scale: float, size: tuple[int, int], *, limit_px: int = LARGEST_INPUT_PX) -> float:
    """Return a scale, made smaller where the network's input would have more pixels than a limit.

    Args:
        scale: wanted.
        size: width and height of the picture in pixels.
        limit_px: largest input.
    """
    return float(min(scale, np.sqrt(limit_px / (size[0] * size[1]))))


class ScaleChooser:
    """Knows the scale of one camera.

    With a calibration it is fixed. Without one the first three pictures with people, two seconds apart, are tried at
    several scales, and then one in five minutes, so that a camera that was turned or zoomed is counted rightly again;
    the newest three decide together, and the scale changes only where that makes a difference (`HOLD`). Until enough
    people have been seen it is the one, about 1, at which the fewest are, and trials become as rare as one a minute.

    Args:
        counter: whose scale is chosen.
        calibration: of the camera; None for none.
        limit_px: largest input of the network in pixels.
    """

    def __init__(
        self, counter: DensityCounter, calibration: Calibration | None, *, limit_px: int = LARGEST_INPUT_PX
    ) -> None:
        self._counter = counter
        self._calibration = calibration
        self._limit_px = limit_px
        self._size: tuple[int, int] | None = None
        self._scale: float | None = None
        self._guess = 1.0
        self._curves: deque[ScaleCurve] = deque(maxlen=_SETTLING)
        self._tried_at_s, self._wait_s = 0.0, 0.0
        self._lock = threading.Lock()

    @property
    def known(self) -> bool:
        """The scale comes from a calibration or from people that were seen, and is not a mere guess."""
        return self._scale is not None

    def scale_for(self, image: Image, pts_s: float) -> float:
        """Return the scale for a frame; tries scales on it when it is time to. Safe from several threads.

        Args:
            image: (H, W, 3) uint8 BGR.
            pts_s: time of the frame in the stream.

        Raises:
            CalibrationError: the picture has another shape than the calibration, or shows no ground.
        """
        size = (image.shape[1], image.shape[0])
        with self._lock:
            if size != self._size:
                self._restart(size)
            if self._calibration is None and abs(pts_s - self._tried_at_s) >= self._wait_s:
                self._try(image, pts_s)
            scale = self._guess if self._scale is None else self._scale
        return within_budget(scale, size, limit_px=self._limit_px)

    def _restart(self, size: tuple[int, int]) -> None:
        """Forget what was learnt of pictures of another size."""
        self._size, self._wait_s, self._guess = size, 0.0, 1.0
        self._curves.clear()
        fitting = None if self._calibration is None else self._calibration.scaled_to(*size)
        self._scale = None if fitting is None else scale_of_calibration(fitting, self._counter.head_px)

    def _try(self, image: Image, pts_s: float) -> None:
        self._tried_at_s = pts_s
        curve = try_scales(self._counter, image, limit_px=self._limit_px)
        if best_scale([curve]) is None:
            self._wait_s = float(np.clip(2 * self._wait_s, _SETTLING_EVERY_S, _NOBODY_EVERY_S))
            self._guess = sparse_scale(curve)
            return
        self._curves.append(curve)
        self._wait_s = _EVERY_S if len(self._curves) == _SETTLING else _SETTLING_EVERY_S
        scale = best_scale(self._curves)
        if scale is None:
            return
        settling = self._scale is None or len(self._curves) < _SETTLING
        if settling or not 1 / HOLD <= scale / (self._scale or scale) <= HOLD:
            self._scale = scale


def _ground_samples(calibration: Calibration) -> GroundPoints:
    """Return places evenly spread over the ground that the picture shows, (N, 2)."""
    width, height = calibration.image_size
    bottom = ImagePoints(np.column_stack((np.linspace(0, width - 1, 9), np.full(9, height - 1.0))))
    distances_m = np.hypot(*(calibration.to_ground(bottom) - calibration.camera_position_m[:2]).T)
    nearest_m = float(np.nanmin(distances_m)) if np.isfinite(distances_m).any() else 0.0
    reach_m = min(REACH_M, REACH_HEIGHTS * max(0.0, calibration.camera_height_m - HEAD_HEIGHT_M))
    polygon = Polygon(visible_ground(calibration, max_distance_m=max(reach_m, 1.5 * nearest_m)))
    left, low, right, high = polygon.bounds
    x, y = np.meshgrid(np.linspace(left, right, _SAMPLES), np.linspace(low, high, _SAMPLES))
    inside = contains_xy(polygon, x, y)
    if not inside.any():
        raise CalibrationError("the picture shows too little ground to know the size of heads; check the calibration")
    samples = GroundPoints(np.column_stack((x[inside], y[inside])))
    return GroundPoints(samples[np.isfinite(head_sizes_px(calibration, samples))])
