"""When frames are due: recordings in real time, and the choice of the frames that are analysed."""

from collections import deque
from statistics import median

from throng.core.clock import Clock
from throng.core.frame import Frame
from throng.core.stream import StreamStatus
from throng.video.lifecycle import FINAL
from throng.video.ports import FrameSource, SourceInfo

STEP_S = 0.05
"""Longest sleep in one go, so that closing interrupts."""


class PacedSource:
    """Replays a recording in real time: a frame comes out when its stream time has come.

    A reader that is slower than real time gets every frame late rather than fewer frames. Gaps in the recording are
    waited out. A live source keeps its own time: its newest frame comes out at once.

    Args:
        source: the recording.
        clock: the time to keep.
    """

    def __init__(self, source: FrameSource, clock: Clock) -> None:
        self._source = source
        self._clock = clock
        self._start_s: float | None = None
        self._waiting: Frame | None = None

    @property
    def info(self) -> SourceInfo:
        """What is known of the recording."""
        return self._source.info

    @property
    def status(self) -> StreamStatus:
        """The state of the recording."""
        return self._source.status

    def open(self) -> None:
        """Open the recording."""
        self._source.open()

    def read(self, timeout_s: float) -> Frame | None:
        """Return the next frame once it is due; None when that takes longer than `timeout_s` or there is none."""
        if self._source.info.live:
            return self._source.read(timeout_s)
        give_up_s = self._clock.monotonic_s() + timeout_s
        if self._waiting is None:
            self._waiting = self._source.read(timeout_s)
        frame = self._waiting
        if frame is None:
            return None
        if self._start_s is None:
            self._start_s = self._clock.monotonic_s() - frame.pts_s
        due_s = self._start_s + frame.pts_s
        while (now_s := self._clock.monotonic_s()) < due_s:
            if now_s >= give_up_s or self._source.status.state in FINAL:
                return None
            self._clock.sleep(min(STEP_S, due_s - now_s, give_up_s - now_s))
        self._waiting = None
        return frame

    def close(self) -> None:
        """Close the recording; a read that waits returns within `STEP_S`."""
        self._source.close()


class RateSampler:
    """Chooses the frames to analyse by stream time, a given number per second.

    The due times lie on a grid of 1 / rate; the frame nearest to each is chosen, so that jitter moves no choice to
    the next frame. After a jump or gap the grid starts anew. With a rate at or above that of the stream every frame
    is due.

    Args:
        rate_hz: frames per second of stream time, more than 0.
    """

    def __init__(self, rate_hz: float) -> None:
        if not rate_hz > 0:
            raise ValueError(f"expected a rate above 0 Hz, got {rate_hz}")
        self._period_s = 1 / rate_hz
        self._next_s: float | None = None
        self._last_s: float | None = None
        self._intervals_s: deque[float] = deque(maxlen=9)

    def due(self, pts_s: float) -> bool:
        """Tell whether the frame of this stream time is to be analysed; call it once for each frame, in order."""
        previous_s, self._last_s = self._last_s, pts_s
        if previous_s is None or self._next_s is None or pts_s < previous_s:
            self._next_s = pts_s + self._period_s
            return True
        self._intervals_s.append(pts_s - previous_s)
        # A little less than half a frame: a due time in the middle of two frames belongs to the later one.
        early_s = min(0.45 * median(self._intervals_s), 0.5 * self._period_s)
        if pts_s <= self._next_s - early_s:
            return False
        self._next_s += self._period_s
        if self._next_s <= pts_s:
            self._next_s = pts_s + self._period_s - early_s
        return True
