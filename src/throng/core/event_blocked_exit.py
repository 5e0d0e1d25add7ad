"""Blocked exit: people stand still at an exit, nobody gets through, and a queue builds behind them."""

from collections import deque

import numpy as np

from throng.core.event_look import CALM, Look, Verdict, grade
from throng.core.points import FloatArray

Exit = tuple[tuple[float, float], tuple[float, float]]
"""The two ends of an exit, site metres."""

_NEAR_M, _QUEUE_M = 1.5, 6.0
_STILL_MPS = 0.25
_SHUFFLE_S = 3.0
_LOOKS, _OUTFLOW_LOOKS = 5, 10


class BlockedExitRule:
    """Somebody within 1.5 m of an exit, most of them still for 15 s, next to no flow, a queue that grew since then.

    The flow through an exit is the outflow of the zone where that is known and it has one exit, over 10 looks; else
    what moves towards it in the last 1.5 m, people times speed over depth (Edie), over 5. Below 0.2 people per second
    it is none. Where most speeds at the exit are unknown, as in a dense crowd, a known outflow alone decides. The queue
    is everybody within 6 m; it has to have grown by three people since the standstill began and be five strong.

    Args:
        exit_m: the two ends of the exit.
        only: the zone has no other exit.
    """

    def __init__(self, exit_m: Exit, *, only: bool) -> None:
        self._start, self._end = (np.asarray(point, dtype=np.float64) for point in exit_m)
        self._only = only
        self.restart()

    def restart(self) -> None:
        """Forget how long it has been blocked."""
        self._since_s: float | None = None
        self._blocked_s = 0.0
        self._queue_then = 0.0
        self._flows: deque[float] = deque(maxlen=_LOOKS)
        self._outflows: deque[float] = deque(maxlen=_OUTFLOW_LOOKS)

    def update(self, look: Look) -> Verdict | None:
        """Judge one look; None where most people at the exit have no velocity."""
        if look.blind:
            return None
        outflow = self._outflow(look)
        to_exit = self._to_exit(look.ground)
        away = np.hypot(to_exit[:, 0], to_exit[:, 1])
        near = away <= _NEAR_M
        weights = look.weights[near & look.known]
        unsure = weights.sum() < 0.5 * look.weights[near].sum()
        if unsure and outflow is None:
            return None
        speeds, towards = look.speeds_mps[near & look.known], to_exit[near & look.known]
        unit = towards / np.maximum(away[near & look.known], 1e-6)[:, None]
        heading = (look.velocities_mps[near & look.known] * unit).sum(axis=1)
        self._flows.append(max(0.0, float((weights * heading).sum())) / _NEAR_M)
        still = float(weights[speeds < _STILL_MPS].sum() / weights.sum()) if weights.sum() > 0 else 0.0
        queue = float(look.weights[away <= _QUEUE_M].sum())
        flow = float(np.mean(self._flows)) if outflow is None else outflow
        self._note(look, stands=(unsure or still >= 0.7) and flow <= 0.2, queue=queue)
        if self._since_s is None:
            return CALM
        return self._verdict(look.at_s - self._since_s, queue, flow)

    def _to_exit(self, ground: FloatArray) -> FloatArray:
        """From each place to the nearest point of the exit, (N, 2)."""
        along = self._end - self._start
        share = np.clip((ground - self._start) @ along / max(float(along @ along), 1e-9), 0.0, 1.0)
        return np.asarray(self._start + share[:, None] * along - ground, dtype=np.float64)

    def _outflow(self, look: Look) -> float | None:
        """People per second who left over the last looks; None where that is unknown or other ways lead out."""
        if not self._only or look.sample.outflow_per_s is None:
            self._outflows.clear()
            return None
        self._outflows.append(look.sample.outflow_per_s)
        return float(np.mean(self._outflows))

    def _note(self, look: Look, *, stands: bool, queue: float) -> None:
        """Begin a standstill, keep it through a moment of shuffling, or end it."""
        if stands:
            self._blocked_s = look.at_s
            if self._since_s is None:
                self._since_s, self._queue_then = look.at_s, queue
        elif self._since_s is not None and look.at_s - self._blocked_s > _SHUFFLE_S:
            self._since_s = None

    def _verdict(self, still_s: float, queue: float, flow: float) -> Verdict:
        grown = queue - self._queue_then
        score = min(
            grade(still_s, nothing=5.0, begins=13.0, full=60.0),
            grade(grown, nothing=0.0, begins=3.0, full=12.0),
            grade(queue, nothing=2.0, begins=5.0, full=20.0),
        )
        middle = (self._start + self._end) / 2
        return Verdict(
            score,
            (
                f"people stand still at the exit for {still_s:.0f} s",
                f"{60 * flow:.0f} people/min get through",
                f"{queue:.0f} people wait within {_QUEUE_M:.0f} m, {grown:.0f} more than before",
            ),
            (float(middle[0]), float(middle[1])),
        )
