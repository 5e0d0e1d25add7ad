"""How the camera itself moved between two frames, seen from what does not move in the scene."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from throng.core.points import FloatArray

WITHIN_PX = 0.5
"""What moves with the camera does so to within this."""

STILL_SHARE = 0.15
"""Where so much of the picture stands still, the camera does: nothing but the scene stands still by chance."""

SHAKEN_SHARE = 0.4
"""So much of the picture must agree before its motion is taken for the camera's."""

LARGEST_TURN_RAD = 0.05
MOST_POINTS = 800
FEWEST_POINTS = 20

STILL: FloatArray = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])


@dataclass(frozen=True, slots=True, eq=False)
class Shake:
    """A turn about the axis of view and a shift.

    Attributes:
        matrix: (2, 3), takes pixels of the older frame to the newer one.
        shift_px: (2,) by how much it moves the middle of the picture.
    """

    matrix: FloatArray
    shift_px: FloatArray

    def follow(self, x: NDArray[np.float32], y: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return where pixels of the older frame are in the newer one if they move with the camera only."""
        (a, b, left), (c, d, top) = self.matrix.astype(np.float32)
        return a * x + b * y + left, c * x + d * y + top


def find_shake(older: NDArray[np.float32], newer: NDArray[np.float32], size: tuple[int, int]) -> Shake:
    """Find the motion of the camera from pairs of pixels that show the same thing.

    A similarity that most of the picture agrees on (RANSAC) is the camera's. A picture part of which stands still has
    a camera that does not move; one in which everything goes its own way is taken as such, too.

    Args:
        older: (N, 2) pixels in the older frame.
        newer: (N, 2) the same in the newer frame.
        size: width and height of the picture.
    """
    still = Shake(STILL, np.zeros(2))
    if len(older) < FEWEST_POINTS or float((np.abs(newer - older).max(axis=1) < WITHIN_PX).mean()) >= STILL_SHARE:
        return still
    older, newer = (np.ascontiguousarray(points[:: -(-len(points) // MOST_POINTS)]) for points in (older, newer))
    matrix, agree = cv2.estimateAffinePartial2D(older, newer, ransacReprojThreshold=WITHIN_PX)
    # Without a common motion OpenCV gives no matrix, which its types do not say.
    if np.size(matrix) != STILL.size or float(agree.mean()) < SHAKEN_SHARE:
        return still
    turn = np.asarray(matrix[:, :2] - STILL[:, :2])
    if float(np.abs(turn).max()) > LARGEST_TURN_RAD:
        return still
    middle = np.array(size) / 2
    return Shake(np.asarray(matrix, dtype=np.float64), np.asarray(turn @ middle + matrix[:, 2], dtype=np.float64))
