"""The simulated sensor: an observer that knows the truth, and says so."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import numpy as np

from throng.core.frame import Frame
from throng.core.observation import Heads, Observation
from throng.sim.truth import Truth

MODEL = "simulated sensor"


class TruthSource(Protocol):
    """A simulated camera, in this process or another."""

    def truth(self, sequence: int) -> Truth:
        """Return what was really there in one of the newest frames."""
        ...


@dataclass(frozen=True, slots=True)
class Moment:
    """A frame without its picture.

    Attributes:
        camera_id, pts_s, arrived_at, sequence: as in the `Frame`.
        image_size: width and height in pixels.
    """

    camera_id: str
    pts_s: float
    arrived_at: datetime
    sequence: int
    image_size: tuple[int, int]


def exact_observation(truth: Truth, moment: Moment) -> Observation:
    """Return the true heads of everyone in the picture who is not behind a wall, with their true ids."""
    seen = truth.visible
    heads = Heads(
        points=truth.head_pixels[seen],
        scores=np.ones(int(seen.sum())),
        track_ids=truth.ids[seen],
        heights_m=truth.heights_m[seen],
    )
    return Observation(
        camera_id=moment.camera_id,
        pts_s=moment.pts_s,
        arrived_at=moment.arrived_at,
        sequence=moment.sequence,
        image_size=moment.image_size,
        persons=None,
        heads=heads,
        models=(MODEL,),
        recall=1.0,
        precision=1.0,
        simulated=True,
    )


class SimulatedSensor:
    """Observes the frames of one simulated camera from their truth (an `Observer`).

    It finds everyone whose head is inside the picture and not behind a wall, also behind other people; nothing else.

    Args:
        source: the camera whose frames come in.
    """

    def __init__(self, source: TruthSource) -> None:
        self._source = source

    @property
    def models(self) -> tuple[str, ...]:
        """The name that readings and screens show."""
        return (MODEL,)

    def warm_up(self) -> None:
        """Nothing has to be loaded."""

    def observe(self, frame: Frame) -> Observation:
        """Return the true heads of one of the newest frames of the source.

        Raises:
            SimError: the frame is too old.
        """
        moment = Moment(frame.camera_id, frame.pts_s, frame.arrived_at, frame.sequence, frame.size)
        return exact_observation(self._source.truth(frame.sequence), moment)
