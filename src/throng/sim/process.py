"""A simulated camera in a process of its own, so that several of them use all cores."""

import multiprocessing
import signal
from dataclasses import replace
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from typing import Any

from throng.core.clock import SystemClock
from throng.core.errors import ThrongError
from throng.core.frame import Frame
from throng.core.stream import StreamState, StreamStatus
from throng.sim.errors import SimError
from throng.sim.live import LiveSimulation
from throng.sim.source import open_sim
from throng.sim.truth import Truth
from throng.video.ports import SourceInfo

OPEN_TIMEOUT_S = 120.0
READ_S = 0.5

Answer = tuple[Frame | None, Truth | None, StreamStatus]


class ProcessSimulation:
    """Runs a scene in real time in another process (a `FrameSource` with its truth).

    The child draws the next frame only when it is asked for, so nothing piles up between the two.

    Args:
        uri: the scene, `sim://NAME?...`.
        camera_id: id in frames.
    """

    def __init__(self, uri: str, *, camera_id: str) -> None:
        self._uri = uri
        self._camera_id = camera_id
        self._info: SourceInfo | None = None
        self._status = StreamStatus(StreamState.CONNECTING, "not opened yet", datetime.now(UTC))
        self._newest: tuple[int, Truth] | None = None
        self._asked = False
        self._link, self._child_link = multiprocessing.Pipe()
        self._child = multiprocessing.get_context("spawn").Process(
            target=_serve, args=(self._child_link, uri, camera_id), name=f"sim-{camera_id}", daemon=True
        )

    @property
    def info(self) -> SourceInfo:
        """What is known of the scene, after `open`."""
        if self._info is None:
            raise SimError(f"camera {self._camera_id}: open() comes before info")
        return self._info

    @property
    def status(self) -> StreamStatus:
        """The state of the scene."""
        return self._status

    def open(self) -> None:
        """Start the process and wait until the scene stands.

        Raises:
            SimError: the scene cannot be built; the sentence is that of the simulation.
        """
        self._child.start()
        self._child_link.close()
        opened = self._receive(OPEN_TIMEOUT_S)
        if isinstance(opened, str):
            raise SimError(opened)
        if opened is None:
            raise SimError(f"camera {self._camera_id}: the simulation did not start within {OPEN_TIMEOUT_S:.0f} s")
        self._info, self._status = opened

    def read(self, timeout_s: float) -> Frame | None:
        """Return the newest frame; None when none came in time or the scene is over."""
        if self._status.state is not StreamState.LIVE:
            return None
        if not self._asked:
            self._link.send(True)
            self._asked = True
        answer: Answer | None = self._receive(timeout_s)
        if answer is None:
            return None
        self._asked = False
        frame, truth, self._status = answer
        if frame is not None and truth is not None:
            self._newest = (frame.sequence, truth)
        return frame

    def truth(self, sequence: int) -> Truth:
        """Return what was really there in the newest frame.

        Raises:
            SimError: it is not the newest frame.
        """
        if self._newest is None or self._newest[0] != sequence:
            raise SimError(f"camera {self._camera_id}: the truth of frame {sequence} is not kept, only the newest")
        return self._newest[1]

    def close(self) -> None:
        """End the process."""
        if self._status.state not in {StreamState.ENDED, StreamState.FAILED}:
            self._end(StreamState.ENDED, "closed")
        self._link.close()
        if self._child.is_alive():
            self._child.terminate()
            self._child.join(5)

    def _receive(self, timeout_s: float) -> Any:
        """What the child said; None when it said nothing in time or is gone."""
        try:
            return self._link.recv() if self._link.poll(timeout_s) else None
        except (EOFError, OSError):
            self._end(StreamState.FAILED, "the process of the simulation has ended")
            return None

    def _end(self, state: StreamState, why: str) -> None:
        self._status = replace(self._status, state=state, detail=why, since=datetime.now(UTC))


def _serve(link: Connection, uri: str, camera_id: str) -> None:
    """What the child does: a frame for each question, until the parent is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        simulation = open_sim(uri, camera_id=camera_id)
        source = LiveSimulation(simulation, SystemClock())
        source.open()
    except ThrongError as error:
        link.send(str(error))
        return
    link.send((source.info, source.status))
    try:
        while link.recv():
            frame = None
            while frame is None and source.status.state is StreamState.LIVE:
                frame = source.read(READ_S)
            link.send((frame, None if frame is None else simulation.truth(frame.sequence), source.status))
    except (EOFError, OSError):
        source.close()
