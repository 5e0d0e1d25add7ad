"""Opening a network feed within a time that holds whatever the network does."""

import threading

from throng.video.classify import Fault, sentence
from throng.video.errors import SourceError
from throng.video.feed import Connect, Feed


class _Attempt:
    """One attempt in a thread of its own: looking up a name cannot be interrupted."""

    def __init__(self, connect: Connect) -> None:
        self._connect = connect
        self._lock = threading.Lock()
        self._abandoned = False
        self.done = threading.Event()
        self.feed: Feed | None = None
        self.error: SourceError | None = None

    def run(self) -> None:
        try:
            feed = self._connect()
            with self._lock:
                abandoned = self._abandoned
                self.feed = None if abandoned else feed
            if abandoned:
                feed.close()
        except SourceError as error:
            self.error = error
        finally:
            self.done.set()

    def abandon(self) -> None:
        with self._lock:
            self._abandoned = True
            feed, self.feed = self.feed, None
        if feed is not None:
            feed.close()


GRACE_S = 0.5
"""FFmpeg's own time-out comes first and knows more; ours catches what it cannot interrupt."""


def connect_within(connect: Connect, timeout_s: float, *, label: str) -> Feed:
    """Open a feed.

    Raises:
        SourceError: it cannot be opened, or it took longer than `timeout_s`; then the attempt is left to end by itself.
    """
    attempt = _Attempt(connect)
    threading.Thread(target=attempt.run, name="throng-connect", daemon=True).start()
    if attempt.done.wait(timeout_s + GRACE_S):
        if attempt.feed is not None:
            return attempt.feed
        raise attempt.error or RuntimeError(f"{label}: connecting broke, the thread's traceback says where")
    attempt.abandon()
    raise SourceError(Fault.TIMEOUT, f"{sentence(Fault.TIMEOUT, label)} (waited {timeout_s:g} s)")
