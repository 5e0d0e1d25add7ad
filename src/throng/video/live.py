"""A live source: the newest frame, reconnecting by itself."""

import random
import threading
from dataclasses import dataclass
from datetime import datetime

from throng.core.clock import Clock
from throng.core.frame import Frame
from throng.core.stream import StreamState, StreamStatus
from throng.video.backoff import Backoff
from throng.video.classify import Fault, sentence
from throng.video.connect import connect_within
from throng.video.errors import SourceError
from throng.video.feed import Blank, Connect, DecodedPicture, Feed
from throng.video.lifecycle import Lifecycle
from throng.video.options import PATIENCE, SourceOptions
from throng.video.ports import SourceInfo
from throng.video.recording import size_change
from throng.video.redact import redacting_logger
from throng.video.timeline import JUMP_S, LiveTimeline

CLOSE_WAIT_S = 1.0

_log = redacting_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Arrival:
    picture: DecodedPicture
    pts_s: float
    at: datetime
    sequence: int


class LiveSource:
    """A `FrameSource` over feeds that never end of themselves.

    One thread decodes everything; a slot of one holds the newest frame, and only frames that are read are converted
    to BGR. Frames that nobody read in time show as gaps in `Frame.sequence`.

    Args:
        connect: opens a feed; called again for every reconnect.
        label: name without credentials.
        camera_id: goes into the frames.
        clock: the time.
        options: time-outs and back-off.
        first: a feed that is open already.
    """

    def __init__(
        self,
        connect: Connect,
        *,
        label: str,
        camera_id: str,
        clock: Clock,
        options: SourceOptions,
        first: Feed | None = None,
    ) -> None:
        self._connect = connect
        self._label = label
        self._camera_id = camera_id
        self._clock = clock
        self._options = options
        self._first = first
        self._life = Lifecycle(clock)
        self._timeline = LiveTimeline()
        self._backoff = Backoff(
            options.backoff_first_s,
            longest_s=options.backoff_max_s,
            generator=random.Random(),  # noqa: S311
        )
        self._stop = threading.Event()
        self._changed = threading.Condition()
        self._slot: _Arrival | None = None
        self._info: SourceInfo | None = None
        self._worker: threading.Thread | None = None
        self._burst_lead_s: float | None = None
        self._fault = Fault.TIMEOUT
        self._sequence = 0
        self._last_arrival_s = clock.monotonic_s()

    @property
    def info(self) -> SourceInfo:
        """What is known of the stream; valid after `open`."""
        if self._info is None:
            raise RuntimeError(f"{self._label}: open() comes before info")
        return self._info

    @property
    def status(self) -> StreamStatus:
        """The state now; a stream whose decoder hangs is stalled too."""
        self._check_stall()
        return self._life.status

    def open(self) -> None:
        """Connect and wait for the first frame.

        Raises:
            SourceError: no frame came within the open time-out, or the server refused.
        """
        if self._worker is not None:
            return
        deadline_s = self._clock.monotonic_s() + self._options.open_timeout_s
        try:
            feed = self._first or connect_within(self._connect, self._options.open_timeout_s, label=self._label)
        except SourceError as error:
            self._life.unless_over(StreamState.FAILED, self._plain(str(error)))
            raise
        self._last_arrival_s = self._clock.monotonic_s()
        self._worker = threading.Thread(target=self._run, args=(feed,), name="throng-live", daemon=True)
        self._worker.start()
        with self._changed:
            self._changed.wait_for(self._settled, max(0.1, deadline_s - self._clock.monotonic_s()))
        if self._info is None:
            self._give_up()

    def read(self, timeout_s: float) -> Frame | None:
        """Return the newest frame that was not read yet; None when none came in time or the stream is over."""
        with self._changed:
            self._changed.wait_for(lambda: self._slot is not None or self._life.over, timeout_s)
            newest, self._slot = self._slot, None
        if newest is None:
            self._check_stall()
            return None
        return Frame(self._camera_id, newest.picture.to_bgr(), newest.pts_s, newest.at, newest.sequence)

    def close(self) -> None:
        """Stop; a decoder that hangs is left to its time-out and releases itself."""
        self._stop.set()
        self._life.unless_over(StreamState.ENDED, "closed")
        with self._changed:
            self._slot = None
            self._changed.notify_all()
        if self._worker is not None and self._worker is not threading.current_thread():
            self._worker.join(CLOSE_WAIT_S)

    def _settled(self) -> bool:
        return self._info is not None or self._life.over

    def _give_up(self) -> None:
        message = f"{sentence(Fault.TIMEOUT, self._label)} (waited {self._options.open_timeout_s:g} s)"
        self._life.unless_over(StreamState.FAILED, self._plain(message))
        self.close()
        raise SourceError(self._fault, f"{self._label}: {self._life.status.detail}")

    def _plain(self, message: str) -> str:
        """Screens show the label beside the detail."""
        return message.removeprefix(f"{self._label}: ")

    def _check_stall(self) -> None:
        silent_s = self._clock.monotonic_s() - self._last_arrival_s
        if silent_s > self._options.read_timeout_s:
            self._life.to_if(StreamState.LIVE, StreamState.STALLED, f"no frame for {self._options.read_timeout_s:g} s")

    def _run(self, feed: Feed) -> None:
        try:
            self._serve(feed)
        except Exception:  # noqa: BLE001 - the outermost loop of this thread: logged, and shown as failed
            _log.exception("%s: the decoding thread broke", self._label)
            self._fail(Fault.BROKEN, "an error inside Throng stopped the decoding; the log has the details")
        finally:
            with self._changed:
                self._changed.notify_all()

    def _serve(self, feed: Feed) -> None:
        current: Feed | None = feed
        while current is not None:
            began_s = self._clock.monotonic_s()
            try:
                reason = self._drain(current)
            finally:
                current.close()
            self._backoff.worked_for(self._last_arrival_s - began_s)
            current = self._reconnect(reason)

    def _drain(self, feed: Feed) -> str:
        """Take everything a connection gives; return why it is over."""
        began_s = self._clock.monotonic_s()
        try:
            for picture in feed.pictures():
                if self._stop.is_set() or self._life.over:
                    return ""
                if isinstance(picture, DecodedPicture):
                    self._take(picture, feed)
                    continue
                self._sequence += picture is Blank.DAMAGED
                if self._silent_too_long(began_s):
                    return f"{self._label}: data comes, but no picture"
        except SourceError as error:
            self._fault = error.fault
            return str(error)
        return f"{self._label}: the stream ended"

    def _silent_too_long(self, began_s: float) -> bool:
        self._check_stall()
        silent_s = self._clock.monotonic_s() - max(began_s, self._last_arrival_s)
        return silent_s > self._options.read_timeout_s * PATIENCE

    def _take(self, picture: DecodedPicture, feed: Feed) -> None:
        if self._info is not None and picture.size != (self._info.width, self._info.height):
            message = size_change((self._info.width, self._info.height), picture.size)
            _log.error("%s: %s", self._label, message)
            self._fail(Fault.SIZE_CHANGED, message)
            return
        if feed.facts.bursts:
            self._spread(picture)
        arrival_s, at = self._clock.monotonic_s(), self._clock.now()
        arrival = _Arrival(picture, self._timeline.place(picture.pts_s, arrival_s), at, self._sequence)
        self._sequence += 1
        self._last_arrival_s = arrival_s
        with self._changed:
            if self._info is None:
                self._info = SourceInfo(self._label, *picture.size, feed.facts.fps, None, None, live=True)
            self._slot = arrival
            self._life.frame_arrived(at)
            self._changed.notify_all()

    def _spread(self, picture: DecodedPicture) -> None:
        """Hold back a picture that came ahead of its time with the rest of its segment."""
        if picture.pts_s is None:
            return
        now_s = self._clock.monotonic_s()
        if self._burst_lead_s is None:
            self._burst_lead_s = picture.pts_s - now_s
        ahead_s = picture.pts_s - now_s - self._burst_lead_s
        if abs(ahead_s) > JUMP_S:
            self._burst_lead_s = picture.pts_s - now_s
        elif ahead_s > 0:
            self._stop.wait(ahead_s)

    def _reconnect(self, reason: str) -> Feed | None:
        """Try until there is a new connection; None when the source is over."""
        if self._info is None:
            self._fail(self._fault, reason)
        if self._stop.is_set() or self._life.over:
            return None
        _log.warning("%s; connecting again", reason)
        self._timeline.reconnected()
        self._burst_lead_s = None
        while True:
            pause_s = self._backoff.next_s()
            self._life.unless_over(StreamState.CONNECTING, self._plain(f"{reason}; next attempt in {pause_s:.1f} s"))
            if self._stop.wait(pause_s):
                return None
            try:
                feed = self._connect()
            except SourceError as error:
                reason = str(error)
                continue
            self._life.reconnected()
            return feed

    def _fail(self, fault: Fault, message: str) -> None:
        self._fault = fault
        with self._changed:
            self._life.unless_over(StreamState.FAILED, self._plain(message))
            self._changed.notify_all()
