"""What the models saw in one frame: structs of arrays, shapes checked on construction."""

from dataclasses import dataclass
from datetime import datetime
from typing import Self

import numpy as np
from numpy.typing import NDArray

from throng.core.density_map import DensityMap
from throng.core.motion_field import MotionField

HEAD_HEIGHT_M = 1.7
"""Height of the head plane above the ground: mean standing height less half a head, reference sheet 1.13."""

HEAD_M = 0.24
"""Height of a head, chin to hair: one seventh of a standing body; with hair it is about as wide from above."""

UNTRACKED = -1
"""The track id of somebody who belongs to no track; it is never one person."""


def _check(name: str, array: NDArray[np.generic], shape: tuple[int, ...]) -> None:
    if array.shape != shape:
        raise ValueError(f"{name}: expected shape {shape}, got {array.shape}")


@dataclass(frozen=True, slots=True)
class Persons:
    """Boxes around whole persons.

    Attributes:
        boxes: (N, 4) float64 x1, y1, x2, y2 in pixels of the full frame.
        scores: (N,) float64 in [0, 1].
        track_ids: (N,) int64, `UNTRACKED` where there is no track.
    """

    boxes: NDArray[np.float64]
    scores: NDArray[np.float64]
    track_ids: NDArray[np.int64]

    def __post_init__(self) -> None:
        n = len(self.boxes)
        _check("boxes", self.boxes, (n, 4))
        _check("scores", self.scores, (n,))
        _check("track_ids", self.track_ids, (n,))

    def __len__(self) -> int:
        return len(self.boxes)

    @classmethod
    def from_boxes(cls, boxes: NDArray[np.floating], scores: NDArray[np.floating]) -> Self:
        """Make untracked persons from boxes (N, 4) and scores (N,)."""
        return cls(
            boxes=np.asarray(boxes, dtype=np.float64).reshape(-1, 4),
            scores=np.asarray(scores, dtype=np.float64).reshape(-1),
            track_ids=np.full(len(scores), UNTRACKED, dtype=np.int64),
        )

    @classmethod
    def empty(cls) -> Self:
        """Nobody."""
        return cls.from_boxes(np.empty((0, 4)), np.empty(0))

    def select(self, keep: NDArray[np.bool_] | NDArray[np.intp]) -> "Persons":
        """Keep the persons of a mask (N,) or of indices."""
        return Persons(self.boxes[keep], self.scores[keep], self.track_ids[keep])


@dataclass(frozen=True, slots=True)
class Heads:
    """Points on heads.

    Attributes:
        points: (N, 2) float64 pixels of the full frame.
        scores: (N,) float64 in [0, 1].
        track_ids: (N,) int64, `UNTRACKED` where there is no track.
        heights_m: (N,) float64 height of each point above the ground; `HEAD_HEIGHT_M` where nobody knows better.
    """

    points: NDArray[np.float64]
    scores: NDArray[np.float64]
    track_ids: NDArray[np.int64]
    heights_m: NDArray[np.float64]

    def __post_init__(self) -> None:
        n = len(self.points)
        _check("points", self.points, (n, 2))
        _check("scores", self.scores, (n,))
        _check("track_ids", self.track_ids, (n,))
        _check("heights_m", self.heights_m, (n,))

    def __len__(self) -> int:
        return len(self.points)

    @classmethod
    def from_points(cls, points: NDArray[np.floating], scores: NDArray[np.floating]) -> Self:
        """Make untracked heads at the usual height from points (N, 2) and scores (N,)."""
        return cls(
            points=np.asarray(points, dtype=np.float64).reshape(-1, 2),
            scores=np.asarray(scores, dtype=np.float64).reshape(-1),
            track_ids=np.full(len(scores), UNTRACKED, dtype=np.int64),
            heights_m=np.full(len(scores), HEAD_HEIGHT_M),
        )

    @classmethod
    def empty(cls) -> Self:
        """Nobody."""
        return cls.from_points(np.empty((0, 2)), np.empty(0))


@dataclass(frozen=True, slots=True)
class Observation:
    """What the models saw in one frame.

    `None` means that no model looked; an empty struct means that a model looked and saw nobody.

    Attributes:
        camera_id, pts_s, arrived_at, sequence: as in the `Frame`.
        image_size: width and height of the frame in pixels.
        persons: boxes, or None.
        heads: points on the heads of people who have no box, or None.
        models: names of the models that looked.
        recall: share of the people present that these models find (1.0 for exact sensors).
        precision: share of the finds that are people (1.0 for exact sensors).
        simulated: the numbers come from a simulation's own truth, not from the picture.
        warnings: what makes this observation less trustworthy, in plain words.
        density: density map, or None.
        motion: how the picture moves, or None.
    """

    camera_id: str
    pts_s: float
    arrived_at: datetime
    sequence: int
    image_size: tuple[int, int]
    persons: Persons | None
    heads: Heads | None
    models: tuple[str, ...]
    recall: float = 1.0
    precision: float = 1.0
    simulated: bool = False
    warnings: tuple[str, ...] = ()
    density: DensityMap | None = None
    motion: MotionField | None = None
