"""Stream time: from the time stamps that a container has to seconds that never go backwards."""

DEFAULT_INTERVAL_S = 0.04
RESTART_S = 1.0
"""A recording whose time falls back by more than this was put together from several; shorter falls are errors."""
JUMP_S = 5.0
"""A live time stamp may run this much ahead of its arrival before it counts as a jump of the camera's clock."""


class RecordingTimeline:
    """Times of a recording: 0.0 for the first frame, strictly growing.

    A missing time stamp is the last one plus the mean interval. One that falls back a little is put half an interval
    after its predecessor, so that the following good ones fit again; one that starts over is carried on.
    """

    def __init__(self, fps: float | None) -> None:
        self._interval_s = 1 / fps if fps else DEFAULT_INTERVAL_S
        self._origin_s = 0.0
        self._last_s: float | None = None

    @property
    def interval_s(self) -> float:
        """Mean time between frames."""
        return self._interval_s

    @property
    def last_s(self) -> float | None:
        """Time of the newest frame, None before the first."""
        return self._last_s

    def place(self, raw_s: float | None, *, missing: int = 0) -> float:
        """Return the stream time of the next frame.

        Args:
            raw_s: its raw time stamp, None when it has none.
            missing: number of frames known to be damaged before it; they count only for the first.
        """
        if self._last_s is None:
            self._last_s = missing * self._interval_s
            self._origin_s = (raw_s or 0.0) - self._last_s
            return self._last_s
        if raw_s is None:
            self._last_s += self._interval_s
            return self._last_s
        time_s = raw_s - self._origin_s
        if time_s <= self._last_s:
            if self._last_s - time_s > RESTART_S:
                time_s = self._last_s + self._interval_s
                self._origin_s = raw_s - time_s
            else:
                time_s = self._last_s + self._interval_s / 2
        self._last_s = time_s
        return time_s


class LiveTimeline:
    """Times of a live stream: 0.0 for the first frame, strictly growing, also over reconnects.

    Within a connection the stream's own time stamps give the distances. Where they are missing, fall back, jump, or
    start anew with a new connection, the time since the last arrival takes their place.
    """

    def __init__(self) -> None:
        self._offset_s: float | None = None
        self._last_s: float | None = None
        self._last_arrival_s = 0.0

    def reconnected(self) -> None:
        """The next time stamp has nothing to do with the last one."""
        self._offset_s = None

    def place(self, raw_s: float | None, arrival_s: float) -> float:
        """Return the stream time of a frame.

        Args:
            raw_s: the time stamp of the stream, None when it has none.
            arrival_s: monotonic time of arrival.
        """
        if self._last_s is None:
            time_s = 0.0
        else:
            waited_s = max(0.001, arrival_s - self._last_arrival_s)
            by_arrival_s = self._last_s + waited_s
            time_s = by_arrival_s if raw_s is None or self._offset_s is None else raw_s + self._offset_s
            if time_s <= self._last_s or time_s > by_arrival_s + JUMP_S:
                time_s = by_arrival_s
                self._offset_s = None
        if raw_s is not None and self._offset_s is None:
            self._offset_s = time_s - raw_s
        self._last_s, self._last_arrival_s = time_s, arrival_s
        return time_s
