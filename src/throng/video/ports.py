"""The port of this room: where frames come from."""

from dataclasses import dataclass
from typing import Protocol

from throng.core.frame import Frame
from throng.core.stream import StreamStatus


@dataclass(frozen=True, slots=True)
class SourceInfo:
    """What is known of a source once it is open.

    Attributes:
        label: name for screens and logs, credentials removed.
        width, height: pixels of the first frame.
        fps: frames per second as the stream declares or its time stamps show; None when unknown.
        duration_s: length of a recording; None for live sources and where the container does not say.
        frame_count: frames of a recording; None where the container does not say.
        live: frames come in real time and cannot be asked for again.
    """

    label: str
    width: int
    height: int
    fps: float | None
    duration_s: float | None
    frame_count: int | None
    live: bool


class FrameSource(Protocol):
    """One video source.

    Recordings hand out every frame in order, as fast as they are read. Live sources hand out the newest frame and
    drop older ones, and reconnect by themselves.
    """

    @property
    def info(self) -> SourceInfo:
        """What is known of the source; valid after `open`."""
        ...

    @property
    def status(self) -> StreamStatus:
        """The state of the stream now; safe to call from any thread."""
        ...

    def open(self) -> None:
        """Open the source; for a live one wait for the first frame or the open time-out.

        Raises:
            SourceError: it cannot be opened; the message says why and what to do, without credentials.
        """
        ...

    def read(self, timeout_s: float) -> Frame | None:
        """Return the next frame (recording) or the newest unseen one (live).

        Returns:
            None when none came within `timeout_s` or the source has ended or failed: `status` says which.
        """
        ...

    def close(self) -> None:
        """Release everything; may be called twice and from another thread."""
        ...
