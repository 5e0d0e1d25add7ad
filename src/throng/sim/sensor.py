"""The simulated sensor: an observer that knows the truth, and says so."""

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
        truth = self._source.truth(frame.sequence)
        seen = truth.visible
        heads = Heads(
            points=truth.head_pixels[seen],
            scores=np.ones(int(seen.sum())),
            track_ids=truth.ids[seen],
            heights_m=truth.heights_m[seen],
        )
        return Observation(
            camera_id=frame.camera_id,
            pts_s=frame.pts_s,
            arrived_at=frame.arrived_at,
            sequence=frame.sequence,
            image_size=frame.size,
            persons=None,
            heads=heads,
            models=self.models,
            recall=1.0,
            precision=1.0,
            simulated=True,
        )
