"""From an observation to people on the ground of the site."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from throng.core.calibration import Calibration
from throng.core.observation import HEAD_HEIGHT_M, Heads, Observation, Persons
from throng.core.points import FloatArray, GroundPoints, ImagePoints

SHORTEST_PERSON_M = 1.2
"""A box that is shorter than this between feet and head shows somebody whose feet are hidden."""


@dataclass(frozen=True, slots=True, eq=False)
class People:
    """The people of one observation, each with a place.

    Attributes:
        ids: (N,) int64 track ids, `UNTRACKED` where there is no track.
        pixels: (N, 2) the point that stands for each person in the picture: feet or head.
        ground: (N, 2) site metres, NaN without a calibration and at the horizon.
        velocities_mps: (N, 2) m/s on the ground, NaN where not (yet) known.
    """

    ids: NDArray[np.int64]
    pixels: ImagePoints
    ground: GroundPoints
    velocities_mps: FloatArray

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def speeds_mps(self) -> FloatArray:
        """Lengths of the velocities, (N,) m/s, NaN where not (yet) known."""
        return np.asarray(np.hypot(self.velocities_mps[:, 0], self.velocities_mps[:, 1]), dtype=np.float64)


def locate(observation: Observation, calibration: Calibration | None) -> People:
    """Put everybody who was seen on the ground: boxes first, then heads.

    A box is placed by its feet, or by its head through the head plane where the feet are cut off by the picture or
    hidden behind somebody.
    """
    heads = observation.heads if observation.heads is not None else Heads.empty()
    persons = observation.persons if observation.persons is not None else Persons.empty()
    boxed = _locate_boxes(persons, calibration, picture_height=observation.image_size[1])
    bare = _locate_heads(heads, calibration)
    return People(
        ids=np.concatenate((boxed.ids, bare.ids)),
        pixels=ImagePoints(np.concatenate((boxed.pixels, bare.pixels))),
        ground=GroundPoints(np.concatenate((boxed.ground, bare.ground))),
        velocities_mps=np.concatenate((boxed.velocities_mps, bare.velocities_mps)),
    )


def _locate_heads(heads: Heads, calibration: Calibration | None) -> People:
    pixels = ImagePoints(heads.points)
    ground = _nowhere(len(heads)) if calibration is None else calibration.to_ground(pixels, heads.heights_m)
    return People(heads.track_ids, pixels, ground, np.full((len(heads), 2), np.nan))


def _locate_boxes(persons: Persons, calibration: Calibration | None, *, picture_height: int) -> People:
    boxes = persons.boxes
    middle = (boxes[:, 0] + boxes[:, 2]) / 2
    feet = ImagePoints(np.column_stack((middle, boxes[:, 3])))
    if calibration is None:
        return People(persons.track_ids, feet, _nowhere(len(persons)), np.full((len(persons), 2), np.nan))
    # Away from the middle of the picture people lean outwards: a box spans feet and head, its middle is halfway.
    lean = calibration.to_image(calibration.to_ground(feet), HEAD_HEIGHT_M)[:, 0] - middle
    lean = np.where(np.isfinite(lean), lean, 0.0)
    feet = ImagePoints(np.column_stack((middle - lean / 2, boxes[:, 3])))
    heads = ImagePoints(np.column_stack((middle + lean / 2, boxes[:, 1])))
    on_ground = calibration.to_ground(feet)
    under_head = calibration.to_ground(heads, HEAD_HEIGHT_M)
    shown = calibration.to_image(on_ground, SHORTEST_PERSON_M)[:, 1]
    hidden = (boxes[:, 3] >= picture_height - 2) | np.isnan(on_ground[:, 0]) | (boxes[:, 1] > shown)
    by_head = hidden & ~np.isnan(under_head[:, 0])
    ground = GroundPoints(np.where(by_head[:, None], under_head, on_ground))
    return People(persons.track_ids, feet, ground, np.full((len(persons), 2), np.nan))


def _nowhere(n: int) -> GroundPoints:
    return GroundPoints(np.full((n, 2), np.nan))
