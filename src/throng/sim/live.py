"""A simulated camera in real time: the newest frame, like a real one."""

from dataclasses import replace

from throng.core.clock import Clock
from throng.core.frame import Frame
from throng.core.stream import StreamState, StreamStatus
from throng.sim.source import SimSource
from throng.video.ports import SourceInfo

STEP_S = 0.05
"""Longest sleep in one go, so that closing interrupts."""


class LiveSimulation:
    """Runs a scene in real time (a `FrameSource`).

    On a machine that cannot draw every frame, the people walk on and the frames that came due meanwhile are left out,
    so that the picture never falls behind the clock.

    Args:
        source: the scene, not yet open.
        clock: the time to keep.
    """

    def __init__(self, source: SimSource, clock: Clock) -> None:
        self._source = source
        self._clock = clock
        self._start_s = 0.0
        self._next = 0

    @property
    def info(self) -> SourceInfo:
        """What is known of the scene; it is live."""
        return replace(self._source.info, live=True, duration_s=None, frame_count=None)

    @property
    def status(self) -> StreamStatus:
        """The state of the scene."""
        return self._source.status

    def open(self) -> None:
        """Build the scene and start its time."""
        self._source.open()
        self._start_s = self._clock.monotonic_s()

    def read(self, timeout_s: float) -> Frame | None:
        """Return the newest frame that is due; None when none is within `timeout_s` or the scene is over."""
        give_up_s = self._clock.monotonic_s() + timeout_s
        fps = self._source.scene.fps
        due_s = self._start_s + self._next / fps
        while (now_s := self._clock.monotonic_s()) < due_s:
            if now_s >= give_up_s or self.status.state is not StreamState.LIVE:
                return None
            self._clock.sleep(min(STEP_S, due_s - now_s, give_up_s - now_s))
        newest = int((now_s - self._start_s) * fps + 1e-6)
        while self._next < newest and self._source.skip():
            self._next += 1
        self._next += 1
        return self._source.read(timeout_s)

    def close(self) -> None:
        """Close the scene; a read that waits returns within `STEP_S`."""
        self._source.close()
