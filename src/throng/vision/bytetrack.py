"""Identities over time by ByteTrack (Zhang et al. 2022), tuned to walking people and to any frame rate.

The implementation comes from the `trackers` library. Two of its parts are replaced, because its defaults are tuned
to 30 frames per second: the noise of its Kalman filter, and overlap as the measure of likeness. At 2 Hz a walker
moves by a whole box and more between two frames; here likeness is the distance between feet, in body heights.
"""

from typing import TYPE_CHECKING

import numpy as np

from throng.core.observation import UNTRACKED, Persons

if TYPE_CHECKING:
    from trackers import ByteTrackTracker

SURE_SCORE = 0.5
"""Persons from this score on start tracks; weaker ones only continue them."""

_KEEP_LOST_S = 1.5
_FRAMES_TO_CONFIRM = 2
_LEAST_LIKENESS = 0.05
_LIBRARY_RATE_HZ = 30.0


class ByteTracker:
    """Keeps identities in the frames of one camera.

    Time may pass unevenly. When it jumps back, or on by more than a track may be lost, all tracks end and new ones
    get new ids: ids are never used twice.

    Args:
        rate_hz: frames per second that will come.
        sure_score: score from which a person may start a track; `ModelObserver` maps each detector's threshold to
            the default.
        keep_lost_s: how long somebody may be hidden and come back with the same id; at least two frames.

    Raises:
        ValueError: the rate is not a positive number.
    """

    def __init__(self, rate_hz: float, *, sure_score: float = SURE_SCORE, keep_lost_s: float = _KEEP_LOST_S) -> None:
        if not (np.isfinite(rate_hz) and rate_hz > 0):
            raise ValueError(f"expected a positive frame rate, got {rate_hz}")
        self._rate_hz = rate_hz
        self._sure_score = sure_score
        self._keep_lost_s = max(keep_lost_s, 2 / rate_hz)
        self._first_id = 0
        self._highest_id = -1
        self._last_s: float | None = None
        self._tracker = self._new_tracker()

    @property
    def tracks(self) -> int:
        """Number of tracks kept in memory, lost ones included."""
        return len(self._tracker.tracks)

    def update(self, persons: Persons, pts_s: float) -> Persons:
        """Return the same persons in the same order with track ids; `UNTRACKED` for new or unsure ones."""
        self._check_time(pts_s)
        import supervision  # noqa: PLC0415  (a second to import; loaded with the tracker)

        order = np.lexsort((*persons.boxes.T, persons.scores))
        detections = supervision.Detections(
            xyxy=persons.boxes[order], confidence=persons.scores[order], data={"place": order}
        )
        tracked = self._tracker.update(detections, timestamp=pts_s)
        ids = np.full(len(persons), UNTRACKED, dtype=np.int64)
        if len(tracked):
            found = np.asarray(tracked.tracker_id, dtype=np.int64)
            ids[tracked.data["place"]] = np.where(found >= 0, found + self._first_id, UNTRACKED)
            self._highest_id = max(self._highest_id, int(ids.max()))
        return Persons(persons.boxes, persons.scores, ids)

    def _check_time(self, pts_s: float) -> None:
        last = self._last_s
        if last is not None and not 0 < pts_s - last <= self._keep_lost_s:
            self._first_id = self._highest_id + 1
            self._tracker = self._new_tracker()
        self._last_s = pts_s

    def _new_tracker(self) -> "ByteTrackTracker":
        from trackers import ByteTrackTracker  # noqa: PLC0415  (as above)

        from throng.vision.walking import FeetLikeness, reach_heights, walker_state  # noqa: PLC0415  (as above)

        return ByteTrackTracker(
            lost_track_buffer=int(np.ceil(self._keep_lost_s * _LIBRARY_RATE_HZ)),
            frame_rate=self._rate_hz,
            track_activation_threshold=self._sure_score,
            high_conf_det_threshold=self._sure_score,
            minimum_consecutive_frames=_FRAMES_TO_CONFIRM,
            minimum_iou_threshold=_LEAST_LIKENESS,
            state_estimator_class=walker_state(self._rate_hz),
            iou=FeetLikeness(reach_heights(self._rate_hz)),
        )
