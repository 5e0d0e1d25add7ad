"""From a frame to an observation with a density counter, alone or beside a person detector."""

import numpy as np

from throng.core.calibration import Calibration
from throng.core.density_map import DensityMap
from throng.core.frame import Frame
from throng.core.observation import Heads, Observation, Persons
from throng.core.points import FloatArray, ImagePoints, Mask
from throng.core.scoring import match_pairs, nearness_matrix
from throng.vision.body_box import boxes_under_heads, in_company
from throng.vision.bytetrack import SURE_SCORE
from throng.vision.domain import WarningFilter, disagreement
from throng.vision.found import Found
from throng.vision.input_scale import ScaleChooser
from throng.vision.observer import ModelObserver
from throng.vision.ports import DensityCounter, Detector, MotionEstimator, Tracker

SAME_PERSON = 0.75
"""A head belongs to a box when it lies within a quarter of the box's height of the middle of its upper edge."""


class CrowdObserver:
    """Looks at the frames of one camera with a density counter.

    Everybody is followed by one tracker: people with a box by their box, the others by the box of a body under their
    head. Beside a detector only those heads stand for people that no box explains and that are in company, so that
    nobody is there twice and nobody is lost in a crowd.

    Args:
        camera_id: whose frames it looks at.
        counter: gives the density map and head points.
        detector: finds whole persons beside it; None for the counter alone.
        tracker: keeps identities; None for counting only.
        calibration: of the camera; None for none.
        scale: chooses how much frames are enlarged for the counter.
        motion: tells how the picture moves where people cannot be told apart; None for tracks alone.
    """

    def __init__(
        self,
        camera_id: str,
        counter: DensityCounter,
        detector: Detector | None,
        tracker: Tracker | None,
        *,
        calibration: Calibration | None,
        scale: ScaleChooser,
        motion: MotionEstimator | None = None,
    ) -> None:
        self.camera_id = camera_id
        self._counter = counter
        self._detector = detector
        self._boxes = None if detector is None else ModelObserver(camera_id, detector, None)
        self._tracker = tracker
        self._calibration = calibration
        self._scale = scale
        self._motion = motion
        self._warnings = WarningFilter()

    @property
    def models(self) -> tuple[str, ...]:
        """Names of the models that look."""
        return (self._counter.name,) if self._detector is None else (self._counter.name, self._detector.name)

    @property
    def glance_s(self) -> float | None:
        """So long before a frame that it looks at it wants to glance at one; None without an estimate of motion."""
        return None if self._motion is None else self._motion.glance_s

    def glance(self, frame: Frame) -> None:
        """Take in a frame that nobody looks at, for the motion up to the next one."""
        if self._motion is not None:
            self._motion.glance(frame)

    def warm_up(self) -> None:
        """Load and run everything once."""
        self._counter.warm_up()
        if self._detector is not None:
            self._detector.warm_up()

    def observe(self, frame: Frame) -> Observation:
        """Look at one frame.

        Raises:
            ValueError: the frame comes from another camera.
        """
        return self.conclude(frame, self.look(frame))

    def look(self, frame: Frame) -> Found:
        """Let the models look; safe from several threads at once, in any order.

        Raises:
            ValueError: the frame comes from another camera.
        """
        if frame.camera_id != self.camera_id:
            raise ValueError(f"the observer of camera {self.camera_id} was given a frame of {frame.camera_id}")
        found = Found(Persons.empty()) if self._boxes is None else self._boxes.look(frame)
        scale = self._scale.scale_for(frame.image, frame.pts_s)
        crowd = self._counter.count([frame.image], scale=scale)[0]
        return Found(found.persons, found.doubtful, found.warnings, found.saturated, crowd)

    def conclude(self, frame: Frame, found: Found) -> Observation:
        """Follow the tracks and the motion and make the observation; frames come in order."""
        crowd = found.crowd
        if crowd is None:
            raise ValueError(f"the observer of camera {self.camera_id} was given finds without a density map")
        persons, heads = found.persons, crowd.heads
        bodies = self._bodies(heads, crowd.density)
        if self._detector is not None:
            alone = _missed_by_detector(heads, bodies, persons)
            heads, bodies = _select(heads, alone), bodies[alone]
        if self._tracker is not None:
            persons, heads = _tracked(self._tracker, persons, heads, bodies, frame.pts_s)
        return Observation(
            camera_id=frame.camera_id,
            pts_s=frame.pts_s,
            arrived_at=frame.arrived_at,
            sequence=frame.sequence,
            image_size=frame.size,
            persons=None if self._detector is None else persons,
            heads=heads,
            models=self.models,
            recall=self._counter.recall if self._detector is None else max(self._counter.recall, self._detector.recall),
            precision=self._counter.precision,
            warnings=found.warnings + self._warnings.steady(frame.pts_s, (*crowd.warnings, *self._disagree(found))),
            density=crowd.density,
            motion=None if self._motion is None else self._motion.estimate(frame, crowd.density),
        )

    def _disagree(self, found: Found) -> tuple[str, ...]:
        if self._detector is None or found.crowd is None:
            return ()
        return disagreement(
            found.crowd.count,
            detected=len(found.persons),
            recall=self._detector.recall,
            precision=self._detector.precision,
        )

    def _bodies(self, heads: Heads, density: DensityMap) -> FloatArray:
        calibration = None if self._calibration is None else self._calibration.scaled_to(*density.image_size)
        head_px = density.head_px or self._counter.head_px
        return boxes_under_heads(ImagePoints(heads.points), calibration=calibration, head_px=head_px)


def _tracked(
    tracker: Tracker, persons: Persons, heads: Heads, bodies: FloatArray, pts_s: float
) -> tuple[Persons, Heads]:
    """Follow everybody with one tracker, bare heads by the bodies under them."""
    boxes = np.concatenate((persons.boxes, bodies))
    # Every find of these models is sure enough to start a track; the tracker keeps scores apart at one half.
    scores = SURE_SCORE + (1 - SURE_SCORE) * np.concatenate((persons.scores, heads.scores))
    ids = tracker.update(Persons.from_boxes(boxes, scores), pts_s).track_ids
    n = len(persons)
    return (
        Persons(persons.boxes, persons.scores, ids[:n]),
        Heads(heads.points, heads.scores, ids[n:], heads.heights_m),
    )


def _missed_by_detector(heads: Heads, bodies: FloatArray, persons: Persons) -> Mask:
    """Tell which heads stand for people beside those with a box, (N,).

    A head that no box explains is somebody whom the detector has lost behind others, if there are others. Of somebody
    who stands apart the detector knows better.
    """
    points = ImagePoints(heads.points)
    tops = ImagePoints(np.column_stack(((persons.boxes[:, 0] + persons.boxes[:, 2]) / 2, persons.boxes[:, 1])))
    missed = in_company(points, tops, bodies)
    _, explained = match_pairs(nearness_matrix(persons.boxes, points), SAME_PERSON)
    missed[explained] = False
    return missed


def _select(heads: Heads, keep: Mask) -> Heads:
    return Heads(heads.points[keep], heads.scores[keep], heads.track_ids[keep], heads.heights_m[keep])
