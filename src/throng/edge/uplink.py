"""Sends the readings of running cameras to the central server: in batches, in order, each exactly once."""

import json
import logging
import random
import re
import threading
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from throng.camera.outputs import to_row
from throng.camera.pipeline import Measured, reading_period_s
from throng.core.clock import Clock, SystemClock
from throng.core.points import Image
from throng.core.reading import Reading
from throng.core.site import Camera
from throng.edge.event_rows import EventRows
from throng.edge.runner import CameraRunner, Step
from throng.edge.server_link import RefusedError, ServerLink, UnreachableError
from throng.edge.spool import MemorySpool, Spool, SpooledBatch, SpooledRow
from throng.video.backoff import Backoff

log = logging.getLogger(__name__)

GATHER_S = 0.2
"""Rows of so long go together: the live state is never older than this because of us."""

FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 30.0
CLOSE_S = 2.0
"""How long `close` tries to send what waits."""

MOST_REASONS = 100


class Uplink:
    """A `StepSink` that reports to a server from one thread of its own; cameras never wait for the network.

    A batch that did not get through is sent again with the same key until the server has taken it or refused it for
    good, so that nothing is lost and nothing is stored twice.

    Args:
        link: the way to the server.
        spool: where rows wait; in memory by default, at most 100,000 rows.
        clock: for the times in `status`.
        generator: where chance comes from.
    """

    wants_pictures = False

    def __init__(
        self,
        link: ServerLink,
        *,
        spool: Spool | None = None,
        clock: Clock | None = None,
        generator: random.Random | None = None,
    ) -> None:
        self._link = link
        self._spool: Spool = MemorySpool() if spool is None else spool
        self._clock = clock or SystemClock()
        self._generator = generator or random.Random()  # noqa: S311  (pauses, not secrets)
        self._events = EventRows()
        self._lock = threading.Lock()
        self._something = threading.Event()
        self._closing = threading.Event()
        self._give_up_s = float("inf")
        self._figures = {"sent": 0, "duplicates": 0, "rejected": 0, "refused": 0, "dropped": 0}
        self._problem: str | None = None
        self._failing_since: datetime | None = None
        self._reasons: set[str] = set()
        self._thread = threading.Thread(target=self._run, name="throng-uplink", daemon=True)
        self._thread.start()

    def connecting(self, camera: Camera, models: tuple[str, ...]) -> None:
        """Nothing to do."""

    def opened(self, runner: CameraRunner) -> None:
        """Nothing to do."""

    def take(self, runner: CameraRunner, step: Step, picture: Image | None) -> None:  # noqa: ARG002
        """Report the readings of the step."""
        if step.readings:
            self.report(step.readings, period_s=reading_period_s(runner.rate_hz))

    def failed(self, camera: Camera, sentence: str) -> None:
        """Nothing to do."""

    def report(self, readings: Sequence[Measured], *, period_s: float = 1.0) -> None:
        """Keep readings until they are sent; `period_s` is how long each holds."""
        rows: list[SpooledRow] = []
        with self._lock:
            for reading in readings:
                rows.append(("readings", _json({**to_row(reading), "period_s": period_s})))
                if isinstance(reading, Reading):
                    rows.extend(("events", _json(row)) for row in self._events.rows(reading))
            dropped = self._spool.put(rows)
            self._count(dropped=dropped)
            first = dropped > 0 and self._figures["dropped"] == dropped
        if first:
            log.error("too many readings wait for the server: the oldest are dropped from now on")
        self._something.set()

    def status(self) -> dict[str, Any]:
        """Return how it stands, as heartbeats say it."""
        with self._lock:
            since = self._failing_since
            return {
                "waiting": len(self._spool),
                **self._figures,
                "problem": self._problem,
                "failing_since": None if since is None else since.isoformat(),
            }

    def close(self) -> None:
        """Send what waits, for at most `CLOSE_S`, then end."""
        self._give_up_s = self._clock.monotonic_s() + CLOSE_S
        self._closing.set()
        self._something.set()
        self._thread.join(CLOSE_S + 1.0)
        if len(self._spool):
            log.warning("%d readings were not sent to %s", len(self._spool), self._link.url)

    def _run(self) -> None:
        """The outermost loop of the thread."""
        while not self._over():
            self._something.wait()
            self._closing.wait(GATHER_S)
            self._something.clear()
            try:
                self._send_all()
            except Exception:
                if self._over():
                    return
                log.exception("sending readings failed by an error in Throng itself; trying again")
                self._wait(LONGEST_PAUSE_S)
                self._something.set()

    def _over(self) -> bool:
        return self._closing.is_set() and (not len(self._spool) or self._clock.monotonic_s() >= self._give_up_s)

    def _send_all(self) -> None:
        while (batch := self._spool.batch()) is not None and self._deliver(batch):
            self._spool.done(batch.key)

    def _deliver(self, batch: SpooledBatch) -> bool:
        """Send a batch until it is taken or refused; False when there is no more time."""
        backoff = Backoff(FIRST_PAUSE_S, longest_s=LONGEST_PAUSE_S, generator=self._generator)
        body = batch.body()
        while True:
            try:
                taken = self._link.ingest(body, batch.key)
            except RefusedError as error:
                log.error("%d readings were refused and are lost: %s", len(batch.rows), error)
                self._well(refused=len(batch.rows), problem=str(error))
                return True
            except UnreachableError as error:
                self._ill(str(error))
                pause_s = max(backoff.next_s(), error.pause_s or 0.0)
                if not self._wait(pause_s):
                    return False
            else:
                self._tell_rejected(taken.rejected)
                rejected = len(taken.rejected)
                self._well(sent=len(batch.rows) - rejected, duplicates=taken.duplicates, rejected=rejected)
                return True

    def _wait(self, pause_s: float) -> bool:
        """Wait before another try; False when `close` has no more time for one."""
        self._closing.wait(pause_s)
        if not self._closing.is_set():
            return True
        left_s = self._give_up_s - self._clock.monotonic_s()
        self._clock.sleep(min(left_s, GATHER_S))
        return left_s > 0

    def _ill(self, problem: str) -> None:
        with self._lock:
            first = self._failing_since is None
            self._problem = problem
            self._failing_since = self._failing_since or self._clock.now()
        if first:
            log.warning("readings wait, %s", problem)

    def _well(self, *, problem: str | None = None, **figures: int) -> None:
        with self._lock:
            since, self._failing_since, self._problem = self._failing_since, None, problem
            self._count(**figures)
        if since is not None:
            log.warning("readings get through again to %s, since %s they had waited", self._link.url, since.isoformat())

    def _count(self, **figures: int) -> None:
        for name, number in figures.items():
            self._figures[name] += number

    def _tell_rejected(self, reasons: Sequence[str]) -> None:
        for reason in reasons:
            kind = re.sub(r"\d+", "#", reason)  # times and numbers make no new reason
            if kind not in self._reasons and len(self._reasons) < MOST_REASONS:
                self._reasons.add(kind)
                log.error("the server rejects readings: %s", reason)


def _json(row: Any) -> bytes:
    return json.dumps(row, ensure_ascii=False, allow_nan=False).encode()
