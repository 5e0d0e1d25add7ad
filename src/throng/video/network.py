"""A source at a URL: only after connecting is it known whether it is live or a recording."""

from throng.core.clock import Clock
from throng.core.frame import Frame
from throng.core.stream import StreamState, StreamStatus
from throng.video.connect import connect_within
from throng.video.errors import SourceError
from throng.video.feed import Connect
from throng.video.lifecycle import Lifecycle
from throng.video.live import LiveSource
from throng.video.options import SourceOptions
from throng.video.ports import FrameSource, SourceInfo
from throng.video.recording import RecordingSource


class NetworkSource:
    """A `FrameSource` that becomes a `RecordingSource` or a `LiveSource` when it is opened.

    A stream with an end (a file on a web server, HLS on demand) is a recording; RTSP, MJPEG and live HLS are live.

    Args:
        connect: opens the feed.
        label: name without credentials.
        camera_id: goes into the frames.
        clock: the time.
        options: time-outs and back-off.
    """

    def __init__(self, connect: Connect, *, label: str, camera_id: str, clock: Clock, options: SourceOptions) -> None:
        self._connect = connect
        self._label = label
        self._camera_id = camera_id
        self._clock = clock
        self._options = options
        self._life = Lifecycle(clock)
        self._source: FrameSource | None = None

    @property
    def info(self) -> SourceInfo:
        """What is known of the source; valid after `open`."""
        if self._source is None:
            raise RuntimeError(f"{self._label}: open() comes before info")
        return self._source.info

    @property
    def status(self) -> StreamStatus:
        """The state now."""
        return self._life.status if self._source is None else self._source.status

    def open(self) -> None:
        """Connect, find out what it is, and wait for the first frame.

        Raises:
            SourceError: it cannot be opened; the message says why.
        """
        if self._source is not None:
            return
        try:
            feed = connect_within(self._connect, self._options.open_timeout_s, label=self._label)
        except SourceError as error:
            self._life.unless_over(StreamState.FAILED, str(error).removeprefix(f"{self._label}: "))
            raise
        if self._life.over:
            feed.close()
            return
        if feed.facts.live:
            self._source = LiveSource(
                self._connect,
                label=self._label,
                camera_id=self._camera_id,
                clock=self._clock,
                options=self._options,
                first=feed,
            )
        else:
            self._source = RecordingSource(
                self._connect, label=self._label, camera_id=self._camera_id, clock=self._clock, first=feed
            )
        self._source.open()

    def read(self, timeout_s: float) -> Frame | None:
        """Return the next frame (recording) or the newest unseen one (live)."""
        return None if self._source is None else self._source.read(timeout_s)

    def close(self) -> None:
        """Release everything."""
        self._life.unless_over(StreamState.ENDED, "closed")
        if self._source is not None:
            self._source.close()
