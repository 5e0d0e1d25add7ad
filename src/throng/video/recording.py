"""A recording: every frame in order, as fast as it is read."""

import threading
from collections.abc import Iterator
from datetime import datetime, timedelta

from throng.core.clock import Clock
from throng.core.frame import Frame
from throng.core.stream import StreamState, StreamStatus
from throng.video.classify import Fault, sentence
from throng.video.errors import SourceError
from throng.video.feed import Blank, Connect, DecodedPicture, Feed
from throng.video.lifecycle import Lifecycle
from throng.video.ports import SourceInfo
from throng.video.redact import redacting_logger
from throng.video.timeline import RecordingTimeline

CUT_S = 0.25
"""A recording that is shorter than it declares by more than this, and by two frames, was cut off."""
CLOSE_WAIT_S = 1.0

_log = redacting_logger(__name__)


class RecordingSource:
    """A `FrameSource` over a feed with an end.

    Args:
        connect: opens the feed.
        label: name without credentials.
        camera_id: goes into the frames.
        clock: the time.
        first: a feed that is open already.
    """

    def __init__(
        self, connect: Connect, *, label: str, camera_id: str, clock: Clock, first: Feed | None = None
    ) -> None:
        self._connect = connect
        self._label = label
        self._camera_id = camera_id
        self._clock = clock
        self._feed = first
        self._life = Lifecycle(clock)
        self._lock = threading.Lock()
        self._pictures: Iterator[DecodedPicture | Blank] = iter(())
        self._first: DecodedPicture | None = None
        self._timeline = RecordingTimeline(None)
        self._last_pts_s = 0.0
        self._info: SourceInfo | None = None
        self._opened_at: datetime = clock.now()
        self._sequence = 0
        self._damaged = 0
        self._missing = 0

    @property
    def info(self) -> SourceInfo:
        """What is known of the recording; valid after `open`."""
        if self._info is None:
            raise RuntimeError(f"{self._label}: open() comes before info")
        return self._info

    @property
    def status(self) -> StreamStatus:
        """The state now."""
        return self._life.status

    def open(self) -> None:
        """Open the recording and decode its first frame.

        Raises:
            SourceError: it cannot be opened; the message says why.
        """
        if self._info is not None:
            return
        try:
            self._start()
        except SourceError as error:
            self._life.unless_over(StreamState.FAILED, str(error).removeprefix(f"{self._label}: "))
            self.close()
            raise

    def read(self, timeout_s: float) -> Frame | None:  # noqa: ARG002 - a recording keeps nobody waiting
        """Return the next frame, None at the end."""
        with self._lock:
            if self._life.over:
                self._release()
                return None
            try:
                picture = self._first or self._decode()
            except SourceError as error:
                self._break_off(error)
                return None
            self._first = None
            if picture is None:
                self._end()
                return None
            return self._frame(picture)

    def close(self) -> None:
        """Release the recording; one that a read in another thread is busy with is released by that read."""
        self._life.unless_over(StreamState.ENDED, "closed")
        if self._lock.acquire(timeout=CLOSE_WAIT_S):
            try:
                self._release()
            finally:
                self._lock.release()

    def _start(self) -> None:
        if self._feed is None:
            self._feed = self._connect()
        facts = self._feed.facts
        self._timeline = RecordingTimeline(facts.fps)
        self._last_pts_s = -self._timeline.interval_s
        self._pictures = self._feed.pictures()
        self._first = self._decode()
        if self._first is None:
            raise SourceError(Fault.BROKEN, sentence(Fault.BROKEN, self._label))
        width, height = self._first.size
        self._info = SourceInfo(self._label, width, height, facts.fps, facts.duration_s, facts.frame_count, live=False)
        self._opened_at = self._clock.now()
        self._life.to(StreamState.LIVE)

    def _decode(self) -> DecodedPicture | None:
        for picture in self._pictures:
            if isinstance(picture, DecodedPicture):
                return picture
            if picture is Blank.DAMAGED:
                self._damaged += 1
                self._missing += 1
        return None

    def _frame(self, picture: DecodedPicture) -> Frame | None:
        expected = (self.info.width, self.info.height)
        if picture.size != expected:
            self._finish(StreamState.FAILED, size_change(expected, picture.size))
            return None
        pts_s = self._timeline.place(picture.pts_s, missing=self._missing)
        self._count_missing(pts_s)
        arrived_at = self._opened_at + timedelta(seconds=pts_s)
        frame = Frame(self._camera_id, picture.to_bgr(), pts_s, arrived_at, self._sequence)
        self._sequence += 1
        self._life.frame_arrived(arrived_at)
        return frame

    def _count_missing(self, pts_s: float) -> None:
        """Give damaged frames their numbers where the time stamps show the gap, so that labels stay aligned."""
        gap = round((pts_s - self._last_pts_s) / self._timeline.interval_s) - 1
        skipped = min(self._missing, max(0, gap))
        self._sequence += skipped
        self._missing -= skipped
        self._last_pts_s = pts_s

    def _end(self) -> None:
        end_s = (self._timeline.last_s or 0.0) + self._timeline.interval_s
        cut = self._cut_off_at(end_s)
        parts = ["end of the recording" if cut is None else cut]
        if self._damaged:
            parts.append(f"{self._damaged} damaged frame{'s' * (self._damaged > 1)} left out")
        self._finish(StreamState.ENDED, "; ".join(parts), complete=cut is None and not self._damaged)

    def _cut_off_at(self, end_s: float) -> str | None:
        declared_s = self.info.duration_s
        if self._feed is None or not self._feed.facts.indexed or declared_s is None:
            return None
        if declared_s - end_s <= max(CUT_S, 2 * self._timeline.interval_s):
            return None
        return f"the recording is truncated: it ends at {end_s:.2f} s of the {declared_s:.2f} s that it declares"

    def _break_off(self, error: SourceError) -> None:
        at_s = self._timeline.last_s or 0.0
        if error.fault is Fault.BROKEN:
            self._finish(StreamState.ENDED, f"the recording is truncated: it cannot be read beyond {at_s:.2f} s")
        else:
            self._finish(
                StreamState.FAILED, f"broken off at {at_s:.2f} s: {str(error).removeprefix(f'{self._label}: ')}"
            )

    def _finish(self, state: StreamState, detail: str, *, complete: bool = False) -> None:
        self._life.unless_over(state, detail, complete=complete)
        if not complete:
            _log.warning("%s: %s", self._label, detail)
        self._release()

    def _release(self) -> None:
        feed, self._feed, self._first = self._feed, None, None
        self._pictures = iter(())
        if feed is not None:
            feed.close()


def size_change(expected: tuple[int, int], came: tuple[int, int]) -> str:
    """Say that the pictures of a source changed their size, both as (width, height) in pixels."""
    return (
        f"the picture changed from {expected[0]}×{expected[1]} to {came[0]}×{came[1]} pixels, so the "
        f"calibration no longer holds; set the camera to one size and start again"
    )
