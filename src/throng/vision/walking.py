"""What ByteTrack has to know of walking people: how they move, and how alike a track and a box are."""

import numpy as np
from numpy.typing import NDArray
from trackers.utils.iou import BaseIoU
from trackers.utils.state_representations import BaseStateEstimator, XCYCWHStateEstimator

BODY_M = 1.7
WALK_MPS = 1.5
ACCELERATION_MPS2 = 1.5
BOX_ERROR_SHARE = 0.05
_FASTEST_MPS = 2.0
_SLACK_M = 0.9
_SIZE_SHARE = 0.2

Matrix = NDArray[np.float64]


def reach_heights(rate_hz: float) -> float:
    """Return how far feet may be from where they were expected, in body heights: 0.9 m plus 2 m/s for one frame."""
    return (_SLACK_M + _FASTEST_MPS / rate_hz) / BODY_M


class FeetLikeness(BaseIoU):
    """Likeness of two boxes by the distance d of their feet, in heights h of the smaller box.

    .. math:: s = \\max(0, 1 - d / (h r))

    with the reach r of `reach_heights`. Unlike overlap it still tells near from far when a box has moved by more
    than its width, as at 2 Hz.
    """

    def __init__(self, reach: float) -> None:
        self._reach = reach

    def _compute(self, boxes_1: Matrix, boxes_2: Matrix) -> Matrix:
        feet_1, feet_2 = _feet(boxes_1), _feet(boxes_2)
        distances_px = np.linalg.norm(feet_1[:, None] - feet_2[None], axis=2)
        heights_px = np.minimum(_heights(boxes_1)[:, None], _heights(boxes_2)[None])
        likeness: Matrix = np.clip(1 - distances_px / (heights_px * self._reach), 0, None)
        return likeness


def _feet(boxes: Matrix) -> Matrix:
    return np.column_stack(((boxes[:, 0] + boxes[:, 2]) / 2, boxes[:, 3]))


def _heights(boxes: Matrix) -> Matrix:
    return np.maximum(boxes[:, 3] - boxes[:, 1], 1.0)


def walker_state(rate_hz: float) -> type[BaseStateEstimator]:
    """Make the Kalman filter of a walking person for a frame rate.

    The box height h stands for 1.7 m. Per frame of 1/f seconds, in pixels: a walker sets out with
    :math:`1.5 h / (1.7 f)`, changes by :math:`1.5 h / (1.7 f^2)`, and boxes are off by 0.05 h.
    """

    class WalkerState(XCYCWHStateEstimator):  # type: ignore[misc, unused-ignore]
        """Centre, width and height of a box with their velocities."""

        def __init__(self, bbox: Matrix) -> None:
            super().__init__(bbox)
            self._scale_noise(bbox, first=True)

        def update(self, bbox: Matrix | None) -> None:
            """Take in a box; the noise follows its size as somebody comes nearer."""
            if bbox is not None:
                self._scale_noise(bbox, first=False)
            super().update(bbox)

        def set_kf_covariances(
            self,
            measurement_noise: Matrix | None = None,
            process_noise: Matrix | None = None,
            state_covariance: Matrix | None = None,
        ) -> None:
            """Keep the walker's own noise: the tracker would set that of 30 frames per second."""

        def _scale_noise(self, bbox: Matrix, *, first: bool) -> None:
            box_error, start, change = _deviations(max(4.0, float(bbox[3] - bbox[1])), rate_hz)
            shape = np.array([1, 1, _SIZE_SHARE, _SIZE_SHARE])
            super().set_kf_covariances(
                np.diag(np.full(4, box_error)) ** 2,
                np.diag(np.concatenate((shape * change / 2, shape * change))) ** 2,
                np.diag(np.concatenate((np.full(4, box_error), shape * start))) ** 2 if first else None,
            )

    return WalkerState


def _deviations(height_px: float, rate_hz: float) -> tuple[float, float, float]:
    """Return standard deviations in pixels: of a box, of the first speed per frame, of its change per frame."""
    px_per_m = height_px / BODY_M
    return BOX_ERROR_SHARE * height_px, WALK_MPS * px_per_m / rate_hz, ACCELERATION_MPS2 * px_per_m / rate_hz**2
