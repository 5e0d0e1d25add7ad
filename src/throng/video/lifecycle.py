"""The state of one stream, changed under one lock and only along the allowed ways."""

import threading
from dataclasses import replace
from datetime import datetime

from throng.core.clock import Clock
from throng.core.stream import ALLOWED_TRANSITIONS, StreamState, StreamStatus

FINAL = frozenset(state for state, ways in ALLOWED_TRANSITIONS.items() if not ways)
"""A stream never leaves these."""


class ForbiddenTransition(RuntimeError):
    """A stream was asked to go a way that `ALLOWED_TRANSITIONS` does not have."""


class Lifecycle:
    """Holds the status of one stream; every method is safe to call from any thread."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._status = StreamStatus(StreamState.CONNECTING, "not opened yet", clock.now())

    @property
    def status(self) -> StreamStatus:
        """The status now."""
        return self._status

    @property
    def over(self) -> bool:
        """Whether the stream has ended or failed for good."""
        return self._status.state in FINAL

    def to(self, state: StreamState, detail: str = "") -> None:
        """Go to a state; staying in a state that is not final only renews the detail.

        Raises:
            ForbiddenTransition: there is no way from the present state.
        """
        with self._lock:
            self._go(state, detail)

    def to_if(self, present: StreamState, state: StreamState, detail: str = "") -> bool:
        """Go to a state if the stream is in `present`; tell whether it went."""
        with self._lock:
            if self._status.state is not present:
                return False
            self._go(state, detail)
            return True

    def unless_over(self, state: StreamState, detail: str, *, complete: bool = True) -> None:
        """Go to a state; nothing happens when the stream is over already.

        Args:
            state: where to go.
            detail: why, in plain words.
            complete: False when a recording ends here although there should be more of it.
        """
        with self._lock:
            if self._status.state not in FINAL:
                self._go(state, detail)
                self._status = replace(self._status, complete=complete)

    def frame_arrived(self, at: datetime) -> None:
        """Note the arrival of a frame: the stream is live, unless it is over."""
        with self._lock:
            if self._status.state in FINAL:
                return
            self._go(StreamState.LIVE, "")
            self._status = replace(self._status, last_frame_at=at)

    def reconnected(self) -> None:
        """Count a connection that was made again."""
        with self._lock:
            self._status = replace(self._status, reconnects=self._status.reconnects + 1)

    def _go(self, state: StreamState, detail: str) -> None:
        old = self._status
        if state is old.state and state not in FINAL:
            if detail != old.detail:
                self._status = replace(old, detail=detail)
            return
        if state not in ALLOWED_TRANSITIONS[old.state]:
            raise ForbiddenTransition(f"a stream cannot go from {old.state} to {state}")
        self._status = replace(old, state=state, detail=detail, since=self._clock.now())
