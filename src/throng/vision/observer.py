"""From a frame to an observation: a detector and a tracker behind one door."""

import numpy as np

from throng.core.frame import Frame
from throng.core.observation import UNTRACKED, Observation, Persons
from throng.vision.boxes import joined
from throng.vision.bytetrack import SURE_SCORE
from throng.vision.found import Found, Looker
from throng.vision.ports import Detector, Tracker

CLEAR_FOR_S = 2.0
"""A doubtful find counts when its track was seen clearly within this time."""


class ModelObserver:
    """Looks at the frames of one camera.

    Finds above the detector's threshold count by themselves. Finds below it count where they continue a track that
    was seen clearly within the last two seconds: somebody who is half hidden is not lost, and a lamp post that
    looks like a person now and then does not become one for good.

    Args:
        camera_id: whose frames it looks at.
        detector: finds persons.
        tracker: keeps identities; None for counting only.
    """

    def __init__(self, camera_id: str, detector: Detector, tracker: Tracker | None) -> None:
        self.camera_id = camera_id
        self._detector = detector
        self._tracker = tracker
        self._clear_at_s: dict[int, float] = {}

    @property
    def models(self) -> tuple[str, ...]:
        """Names of the models that look."""
        return (self._detector.name,)

    def warm_up(self) -> None:
        """Load and run everything once."""
        self._detector.warm_up()

    def observe(self, frame: Frame) -> Observation:
        """Look at one frame.

        Raises:
            ValueError: the frame comes from another camera.
        """
        return self.conclude(frame, self.look(frame))

    def look(self, frame: Frame) -> Found:
        """Let the detector look; safe from several threads at once, in any order.

        Raises:
            ValueError: the frame comes from another camera.
        """
        if frame.camera_id != self.camera_id:
            raise ValueError(f"the observer of camera {self.camera_id} was given a frame of {frame.camera_id}")
        if isinstance(self._detector, Looker):
            return self._detector.look([frame.image])[0]
        return Found(self._detector.detect([frame.image])[0])

    def conclude(self, frame: Frame, found: Found) -> Observation:
        """Follow the tracks and make the observation; frames come in order."""
        persons = found.persons if self._tracker is None else self._track(self._tracker, found, frame.pts_s)
        return Observation(
            camera_id=frame.camera_id,
            pts_s=frame.pts_s,
            arrived_at=frame.arrived_at,
            sequence=frame.sequence,
            image_size=frame.size,
            persons=persons,
            heads=None,
            models=self.models,
            recall=self._detector.recall,
            precision=self._detector.precision,
            warnings=found.warnings,
        )

    def _track(self, tracker: Tracker, found: Found, pts_s: float) -> Persons:
        everybody = joined((found.persons, found.doubtful))
        is_clear = np.arange(len(everybody)) < len(found.persons)
        ids = tracker.update(_graded(everybody, is_clear), pts_s).track_ids
        self._remember(ids[is_clear], pts_s)
        counts = is_clear | np.isin(ids, list(self._clear_at_s))
        return Persons(everybody.boxes, everybody.scores, ids).select(counts)

    def _remember(self, clear_ids: np.ndarray[tuple[int, ...], np.dtype[np.int64]], pts_s: float) -> None:
        self._clear_at_s.update((int(i), pts_s) for i in clear_ids if i != UNTRACKED)
        self._clear_at_s = {i: at for i, at in self._clear_at_s.items() if abs(pts_s - at) <= CLEAR_FOR_S}


def _graded(persons: Persons, is_clear: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> Persons:
    """Map scores so that every tracker can tell clear finds (from 0.5 up) from doubtful ones, whatever the detector."""
    scores = np.where(is_clear, SURE_SCORE, 0.0) + SURE_SCORE * persons.scores
    return Persons(persons.boxes, scores, persons.track_ids)
