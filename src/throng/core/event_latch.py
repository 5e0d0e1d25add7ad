"""When an event begins and when it is over."""

from dataclasses import replace

from throng.core.crowd_state import CrowdEvent, EventKind
from throng.core.event_look import Verdict

BEGINS, ENDS = 0.5, 0.35
"""Scores at which an event begins and below which it may end."""

ONSET_S = 2.0
"""The score has to stay above for so long before an event begins."""

CLEAR_S = 5.0
"""The score has to stay below for so long before an event is over."""

UNKNOWN_S = 60.0
"""After so long without knowledge an event is let go."""

_PATIENCE_S = 6.0
"""An onset survives so long without knowledge: one look at the slowest rate."""


class EventLatch:
    """Turns the verdicts of one rule into an event that does not flicker.

    Args:
        kind: of which event.
    """

    def __init__(self, kind: EventKind) -> None:
        self._kind = kind
        self._event: CrowdEvent | None = None
        self._high_since_s: float | None = None
        self._low_since_s: float | None = None
        self._known_s: float | None = None

    def update(self, at_s: float, verdict: Verdict | None) -> CrowdEvent | None:
        """Take a verdict, None for unknown, and return the event that is on, if any.

        Args:
            at_s: stream time, rising.
            verdict: what the rule says.
        """
        if verdict is None:
            return self._unknown(at_s)
        self._known_s = at_s
        if self._event is None:
            self._wait(at_s, verdict)
        elif verdict.score >= ENDS:
            self._low_since_s = None
            self._event = self._named(verdict)
        else:
            self._low_since_s = at_s if self._low_since_s is None else self._low_since_s
            if at_s - self._low_since_s >= CLEAR_S:
                self.restart()
        return self._event

    def restart(self) -> None:
        """No event, nothing known."""
        self._event = None
        self._high_since_s = self._low_since_s = self._known_s = None

    def _wait(self, at_s: float, verdict: Verdict) -> None:
        if verdict.score < BEGINS:
            self._high_since_s = None
            return
        self._high_since_s = at_s if self._high_since_s is None else self._high_since_s
        if at_s - self._high_since_s >= ONSET_S:
            self._event = self._named(verdict)

    def _unknown(self, at_s: float) -> CrowdEvent | None:
        blind_s = at_s - self._known_s if self._known_s is not None else 0.0
        self._low_since_s = None
        if self._event is None:
            if blind_s > _PATIENCE_S:
                self._high_since_s = None
            return None
        if blind_s > UNKNOWN_S:
            self.restart()
            return None
        return replace(self._event, evidence=(*self._event.evidence, f"not measured for {blind_s:.0f} s"))

    def _named(self, verdict: Verdict) -> CrowdEvent:
        return CrowdEvent(self._kind, round(verdict.score, 3), verdict.evidence, verdict.at_m)
