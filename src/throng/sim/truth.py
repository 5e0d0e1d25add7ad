"""What is really there: the exact truth behind one simulated frame."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from throng.core.calibration import Calibration
from throng.core.points import FloatArray, GroundPoints, ImagePoints, Mask
from throng.sim.crowd import People


@dataclass(frozen=True, slots=True, eq=False)
class Truth:
    """Everyone in the scene at the time of one frame, also those outside the picture.

    Attributes:
        ids: (N,) int64, one number per person for the whole run.
        ground: (N, 2) where they stand, site metres.
        velocity_mps: (N, 2) their velocity.
        heights_m: (N,) height of the head point (the middle of the head) above the ground.
        statures_m: (N,) standing height.
        head_pixels: (N, 2) the head point in the picture; NaN behind the camera.
        foot_pixels: (N, 2) the point between the feet in the picture; NaN behind the camera.
        in_picture: (N,) bool, the head point lies inside the picture.
        visible: (N,) bool, in the picture and not behind a wall.
    """

    ids: NDArray[np.int64]
    ground: GroundPoints
    velocity_mps: FloatArray
    heights_m: FloatArray
    statures_m: FloatArray
    head_pixels: ImagePoints
    foot_pixels: ImagePoints
    in_picture: Mask
    visible: Mask

    def __post_init__(self) -> None:
        n = len(self.ids)
        for name in ("ground", "velocity_mps", "head_pixels", "foot_pixels"):
            if getattr(self, name).shape != (n, 2):
                raise ValueError(f"{name}: expected shape {(n, 2)}, got {getattr(self, name).shape}")
        for name in ("heights_m", "statures_m", "in_picture", "visible"):
            if getattr(self, name).shape != (n,):
                raise ValueError(f"{name}: expected shape {(n,)}, got {getattr(self, name).shape}")

    def __len__(self) -> int:
        return len(self.ids)


HEAD_BELOW_CROWN_M = 0.11
"""From the crown to the middle of the head: half a head of 0.22 m."""


def head_heights_m(statures_m: FloatArray) -> FloatArray:
    """Return the height of the middle of the head, (N,), for standing heights (N,)."""
    return statures_m - HEAD_BELOW_CROWN_M


def truth_of(people: People, calibration: Calibration, walls: NDArray[np.float32] | None = None) -> Truth:
    """Return the truth of one frame.

    Args:
        people: everyone present.
        calibration: the exact calibration of the camera.
        walls: (H, W) depth of the nearest wall in metres, infinite where there is none; None for no walls at all.
    """
    heights_m = head_heights_m(people.statures_m)
    heads = calibration.to_image(people.ground, heights_m)
    in_picture = calibration.contains(heads)
    visible = in_picture if walls is None else in_picture & ~behind_walls(calibration, people.ground, heads, walls)
    return Truth(
        ids=people.ids,
        ground=people.ground,
        velocity_mps=people.velocity_mps,
        heights_m=heights_m,
        statures_m=people.statures_m,
        head_pixels=heads,
        foot_pixels=calibration.to_image(people.ground),
        in_picture=in_picture,
        visible=visible,
    )


def behind_walls(
    calibration: Calibration, ground: GroundPoints, heads: ImagePoints, walls: NDArray[np.float32]
) -> Mask:
    """Tell who is hidden by a wall.

    Args:
        calibration: the camera.
        ground: (N, 2) site metres.
        heads: (N, 2) head points in pixels; NaN and pixels outside the picture are not hidden.
        walls: (H, W) depth of the nearest wall in metres, infinite where there is none.

    Returns:
        (N,) bool; empty for nobody.
    """
    hidden = np.zeros(len(ground), dtype=np.bool_)
    inside = np.flatnonzero(calibration.contains(heads))
    columns, rows = np.rint(heads[inside]).astype(int).T
    height, width = walls.shape
    columns, rows = columns.clip(0, width - 1), rows.clip(0, height - 1)
    hidden[inside] = walls[rows, columns] < depths_m(calibration, ground[inside]) - 0.3
    return hidden


def depths_m(calibration: Calibration, ground: FloatArray, height_m: float = 1.0) -> FloatArray:
    """Return the distance along the optical axis in metres, (N,), of places at a height; negative behind the camera."""
    axis = calibration.projection[2] / np.linalg.norm(calibration.projection[2, :3])
    return np.asarray(ground @ axis[:2] + axis[2] * height_m + axis[3], dtype=np.float64)
