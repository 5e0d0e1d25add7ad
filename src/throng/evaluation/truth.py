"""Who was where in each frame of a clip, as somebody labelled it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from throng.core.points import FloatArray, ImagePoints, Mask
from throng.evaluation.errors import TruthError


@dataclass(frozen=True, slots=True)
class Labelled:
    """The people that somebody labelled in one frame.

    Attributes:
        ids: (N,) int64, one per person for the whole clip.
        boxes: (N, 4) x1, y1, x2, y2 in pixels; None where only points were labelled.
        heads: (N, 2) pixels: the labelled points, or the middle of the upper edge of each box.
    """

    ids: NDArray[np.int64]
    boxes: FloatArray | None
    heads: ImagePoints

    @property
    def feet(self) -> ImagePoints | None:
        """The middle of the lower edge of each box, (N, 2) pixels; None where only points were labelled."""
        return None if self.boxes is None else _edge_middles(self.boxes, 3)

    def __len__(self) -> int:
        return len(self.ids)

    def select(self, keep: Mask) -> "Labelled":
        """Keep the people of a mask (N,)."""
        return Labelled(self.ids[keep], None if self.boxes is None else self.boxes[keep], ImagePoints(self.heads[keep]))


@dataclass(frozen=True, slots=True, eq=False)
class Truth:
    """The labels of one clip: a struct of arrays, one row per person and frame, ordered by frame.

    Attributes:
        path: the file it came from.
        format: name of the file format.
        labelled: (F,) int64 numbers of the frames that were labelled, ascending, counted from 0 like
            `Frame.sequence`. A labelled frame without rows is a frame with nobody in it; any other frame is unknown.
        frames: (M,) int64 frame of each row.
        ids: (M,) int64 person of each row.
        boxes: (M, 4) x1, y1, x2, y2 in pixels, or None.
        heads: (M, 2) pixels.
        image_size: width and height that the pixels belong to; None where the file does not say.
        rate_hz: frames per second; None where the file does not say.
    """

    path: Path
    format: str
    labelled: NDArray[np.int64]
    frames: NDArray[np.int64]
    ids: NDArray[np.int64]
    boxes: FloatArray | None
    heads: ImagePoints
    image_size: tuple[int, int] | None = None
    rate_hz: float | None = None

    def __post_init__(self) -> None:
        if len(self.labelled) == 0:
            raise TruthError(f"{self.path}: no frame is labelled, so there is nothing to compare with")
        values = self.heads if self.boxes is None else self.boxes
        if not len(self.frames) == len(self.ids) == len(self.heads) == len(values):
            raise ValueError("frames, ids, boxes and heads must have one row per person and frame")
        if not np.isfinite(values).all():
            raise TruthError(f"{self.path}: a position is not a number")
        if np.any(np.diff(self.frames) < 0) or np.any(np.diff(self.labelled) <= 0):
            raise ValueError("rows must be ordered by frame, labelled frames ascending")
        unlabelled = np.setdiff1d(self.frames, self.labelled)
        if len(unlabelled):
            raise TruthError(f"{self.path}: frame {unlabelled[0]} has people but is outside the labelled frames")

    def __len__(self) -> int:
        return len(self.frames)

    def at(self, frame: int) -> Labelled | None:
        """Return the people of one frame; None when that frame was not labelled."""
        place = int(np.searchsorted(self.labelled, frame))
        if place == len(self.labelled) or self.labelled[place] != frame:
            return None
        rows = slice(*(int(i) for i in np.searchsorted(self.frames, (frame, frame + 1))))
        boxes = None if self.boxes is None else self.boxes[rows]
        return Labelled(self.ids[rows], boxes, ImagePoints(self.heads[rows]))

    def resized(self, labelled_on: tuple[int, int], size: tuple[int, int]) -> "Truth":
        """Return the same labels for pictures of another size.

        Args:
            labelled_on: width and height that the pixels belong to now.
            size: width and height wanted.

        Raises:
            TruthError: the two sizes differ in shape by more than 2 %, so that they show different things.
        """
        sx, sy = size[0] / labelled_on[0], size[1] / labelled_on[1]
        if abs(sx / sy - 1) > 0.02:
            raise TruthError(
                f"{self.path}: labelled on {labelled_on[0]}×{labelled_on[1]} pixels, but the video has "
                f"{size[0]}×{size[1]}, which is another shape; give the size that was labelled with --truth-size"
            )
        factor = np.array([sx, sy])
        boxes = None if self.boxes is None else _rescaled(self.boxes.reshape(-1, 2), factor).reshape(-1, 4)
        return replace(self, boxes=boxes, heads=ImagePoints(_rescaled(self.heads, factor)), image_size=size)

    def moved(self, first_frame: int) -> "Truth":
        """Return the same labels for a video in which frame 0 of the labels is frame `first_frame`."""
        return replace(self, labelled=self.labelled + first_frame, frames=self.frames + first_frame)


@dataclass(frozen=True, slots=True)
class LabelRow:
    """One person in one frame as a reader found it: a box (x1, y1, x2, y2) or a head point (x, y), in pixels."""

    frame: int
    person: int
    values: tuple[float, ...]
    where: str


def truth_from_rows(
    rows: Sequence[LabelRow],
    *,
    path: Path,
    format_name: str,
    labelled: Sequence[int] | range,
    image_size: tuple[int, int] | None = None,
    rate_hz: float | None = None,
) -> Truth:
    """Order the rows of a file and check them.

    Raises:
        TruthError: a person occurs twice in a frame, a box has no area, or boxes and points are mixed.
    """
    _check_rows(rows)
    ordered = sorted(rows, key=lambda row: (row.frame, row.person))
    values = np.array([row.values for row in ordered], dtype=np.float64)
    if not ordered:
        values = np.empty((0, 4))
    boxes = values if values.shape[1] == 4 else None
    return Truth(
        path=path,
        format=format_name,
        labelled=np.unique(np.array(labelled, dtype=np.int64)),
        frames=np.array([row.frame for row in ordered], dtype=np.int64),
        ids=np.array([row.person for row in ordered], dtype=np.int64),
        boxes=boxes,
        heads=ImagePoints(values) if boxes is None else _edge_middles(boxes, 1),
        image_size=image_size,
        rate_hz=rate_hz,
    )


def _check_rows(rows: Sequence[LabelRow]) -> None:
    seen: dict[tuple[int, int], str] = {}
    for row in rows:
        if not np.isfinite(row.values).all():
            raise TruthError(f"{row.where}: a position is not a finite number: {row.values}")
        if len(row.values) == 4 and not (row.values[2] > row.values[0] and row.values[3] > row.values[1]):
            raise TruthError(f"{row.where}: the box of person {row.person} has no area: {row.values}")
        if len(row.values) != len(rows[0].values):
            raise TruthError(f"{row.where}: boxes and points are mixed; label every person with the same shape")
        first = seen.setdefault((row.frame, row.person), row.where)
        if first is not row.where:
            raise TruthError(
                f"{row.where}: person {row.person} is labelled twice in frame {row.frame}, first at {first}"
            )


def _edge_middles(boxes: FloatArray, y_column: int) -> ImagePoints:
    return ImagePoints(np.column_stack(((boxes[:, 0] + boxes[:, 2]) / 2, boxes[:, y_column])))


def _rescaled(points: FloatArray, factor: FloatArray) -> FloatArray:
    """Scale pixels whose centres lie at whole numbers."""
    return np.asarray((points + 0.5) * factor - 0.5, dtype=np.float64)
