"""The state of a video stream, as every part of Throng and every screen names it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class StreamState(StrEnum):
    """Where a stream is in its life."""

    CONNECTING = "connecting"
    LIVE = "live"
    STALLED = "stalled"
    ENDED = "ended"
    FAILED = "failed"


ALLOWED_TRANSITIONS: dict[StreamState, frozenset[StreamState]] = {
    StreamState.CONNECTING: frozenset({StreamState.LIVE, StreamState.ENDED, StreamState.FAILED}),
    StreamState.LIVE: frozenset({StreamState.STALLED, StreamState.CONNECTING, StreamState.ENDED, StreamState.FAILED}),
    StreamState.STALLED: frozenset({StreamState.LIVE, StreamState.CONNECTING, StreamState.ENDED, StreamState.FAILED}),
    StreamState.ENDED: frozenset(),
    StreamState.FAILED: frozenset(),
}
"""Live means that frames arrive, not that a connection is open. Ended and failed are final."""


@dataclass(frozen=True, slots=True)
class StreamStatus:
    """State of one stream at one time.

    Attributes:
        state: where it is.
        detail: why, in plain words without credentials; empty when live.
        since: when this state began, aware UTC.
        last_frame_at: arrival of the newest frame, None before the first.
        reconnects: how often the connection had to be made again.
        complete: False when a recording ended early or has damaged parts; `detail` says where.
    """

    state: StreamState
    detail: str
    since: datetime
    last_frame_at: datetime | None = None
    reconnects: int = 0
    complete: bool = True
