"""An edge box: runs the cameras that the central server wants, reports what they see, and says how they are."""

import logging
import random
import threading
from collections.abc import Callable
from typing import Any

from throng import __version__
from throng.bus.board import LiveBoard
from throng.core.clock import Clock, SystemClock
from throng.core.errors import ThrongError
from throng.edge.build import RunOptions, build_runner
from throng.edge.camera_set import CameraSet
from throng.edge.configuration import CameraWork, EdgePlan, read_plan
from throng.edge.runner import CameraRunner
from throng.edge.server_link import RefusedError, ServerLink, UnreachableError
from throng.edge.sinks import BoardSink, StepSink
from throng.edge.spool import Spool
from throng.edge.uplink import Uplink

log = logging.getLogger(__name__)

SOFTWARE = f"throng {__version__}"
LOOK_EVERY_S = 3.0
BEAT_EVERY_S = 5.0
TURN_S = 0.5

Allowed = Callable[[str], None]
"""Looks at a source just before it is opened; raises ThrongError when it may not be."""


class EdgeAgent:
    """Asks the server every few seconds what to run, in a thread of its own.

    What has been running goes on while the server is away or says what cannot be; heartbeats tell what is wrong.

    Args:
        link: the way to the server.
        board: gets pictures and readings too, for a page on this machine.
        options: how cameras are run.
        allowed: decides about each source; None lets every one pass.
        spool: where readings wait for the server, see `Uplink`.
        clock: the time.
    """

    def __init__(
        self,
        link: ServerLink,
        *,
        board: LiveBoard | None = None,
        options: RunOptions | None = None,
        allowed: Allowed | None = None,
        spool: Spool | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._link = link
        self._clock = clock or SystemClock()
        self._options = options or RunOptions(own_process=True)
        self._allowed = allowed
        generator = random.Random()  # noqa: S311  (pauses, not secrets)
        self.uplink = Uplink(link, spool=spool, clock=self._clock, generator=generator)
        boards: list[StepSink] = [] if board is None else [BoardSink(board, self._clock)]
        self.cameras = CameraSet(self._build, self.uplink, boards, clock=self._clock, generator=generator)
        self._tag: str | None = None
        self._problem: str | None = None
        self._told: str | None = None
        self._shut_out = False
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="throng-edge", daemon=True)

    @property
    def shut_out(self) -> bool:
        """Whether the server no longer knows our token."""
        return self._shut_out

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop_soon(self) -> None:
        """Begin to end; returns at once."""
        self._stopping.set()

    def stop(self) -> None:
        """End all cameras, send what waits for a few seconds at most, and hang up."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()
        self._link.close()

    def status(self) -> dict[str, Any]:
        """Return how everything is, as heartbeats say it."""
        return {
            "cameras": self.cameras.status(),
            "spool": self.uplink.status(),
            "configuration": {"version": self._tag, "problem": self._problem},
        }

    def _run(self) -> None:
        look_s = beat_s = self._clock.monotonic_s()
        while not self._stopping.is_set():
            now_s = self._clock.monotonic_s()
            try:
                if now_s >= look_s:
                    look_s = now_s + LOOK_EVERY_S
                    self._look()
                self.cameras.tend()
                if now_s >= beat_s:
                    beat_s = now_s + BEAT_EVERY_S
                    self._beat()
            except Exception:  # the outermost loop of a thread
                log.exception("the edge made a mistake; it goes on")
            self._stopping.wait(TURN_S)
        self.cameras.stop()
        self.uplink.close()

    def _look(self) -> None:
        """Ask what to run; what cannot be understood leaves everything as it is."""
        answer = self._asked(lambda: self._link.configuration(self._tag))
        if answer is None:
            return
        self._tag, content = answer
        try:
            plan = read_plan(content)
        except ThrongError as error:
            self._problem = str(error)[:500]
            log.error("%s; what was running goes on", error)
            return
        self._problem = _of_cameras(plan)
        if self._problem is not None:
            log.error("%s; the other cameras run", self._problem)
        self.cameras.apply(plan)

    def _beat(self) -> None:
        body = {"software": SOFTWARE, "sent_at": self._clock.now().isoformat(), "status": self.status()}
        self._asked(lambda: self._link.heartbeat(body))

    def _asked(self, question: Callable[[], Any]) -> Any:
        """Ask the server something; None when it cannot be asked now, which is told once."""
        try:
            answer = question()
        except (UnreachableError, RefusedError) as error:
            self._shut_out = isinstance(error, UnreachableError) and error.status in {401, 403}
            if self._told is None:
                log.warning("%s; cameras go on, trying again", error)
            self._told = str(error)
            return None
        self._shut_out, self._told = False, None
        return answer

    def _build(self, work: CameraWork) -> CameraRunner:
        if self._allowed is not None:
            self._allowed(work.camera.source)
        return build_runner(work.camera, work.site, options=self._options, clock=self._clock)


def _of_cameras(plan: EdgePlan) -> str | None:
    """Put the problems of single cameras into one sentence."""
    return "; ".join(plan.problems.values())[:500] or None
