"""What happens in a zone within seconds or minutes: surge, rush, panic, pushing, counter-flow, fall, blocked exit."""

from dataclasses import dataclass, field
from math import isfinite

import numpy as np
from shapely import contains_xy, prepare
from shapely.geometry import Polygon

from throng.core.crowd_sample import CrowdSample
from throng.core.crowd_state import CrowdEvent, EventKind
from throng.core.event_blocked_exit import BlockedExitRule, Exit
from throng.core.event_counter_flow import CounterFlowRule
from throng.core.event_fall import FallRule
from throng.core.event_flight import FlightRule
from throng.core.event_latch import UNKNOWN_S, EventLatch
from throng.core.event_look import Verdict, look_at
from throng.core.event_pushing import PushingRule
from throng.core.event_surge import SurgeRule
from throng.core.points import Mask

_STEP_S = 0.9
"""Looks that come faster are passed over: one a second, so that false alarms do not depend on the rate."""


@dataclass(slots=True)
class _Rules:
    """What is watched in one zone."""

    surge: SurgeRule
    flight: FlightRule
    pushing: PushingRule
    fall: FallRule
    counter_flow: CounterFlowRule | None
    exits: tuple[BlockedExitRule, ...]
    latches: dict[tuple[EventKind, int], EventLatch] = field(default_factory=dict)

    def restart(self) -> None:
        self.surge.restart()
        self.flight.restart()
        self.pushing.restart()
        self.fall.restart()
        if self.counter_flow is not None:
            self.counter_flow.restart()
        for one in self.exits:
            one.restart()
        for latch in self.latches.values():
            latch.restart()


class EventDetector:
    """Tells the events of one zone from looks at it, 0.2 to 10 times a second.

    An event begins when its score has been 0.5 or more for 2 s and is over when it has been below 0.35 for 5 s. What is
    unknown neither begins nor ends an event; one that is on is let go after 60 s without knowledge. After a gap of more
    than 60 s, or when time runs backwards, everything is learnt anew. A look at a time that was seen already, or less
    than 0.9 s after the last one, changes nothing.

    Args:
        polygon: corners of the zone, site metres; people outside are left out.
        one_way_deg: the only way people may walk, degrees counter-clockwise from +x; None for any way.
        exits: the two ends of each exit that should be free, site metres.

    Raises:
        ValueError: the polygon has no area, or the way or an exit is not finite.
    """

    def __init__(
        self,
        polygon: tuple[tuple[float, float], ...],
        *,
        one_way_deg: float | None = None,
        exits: tuple[Exit, ...] = (),
    ) -> None:
        self._shape = Polygon(polygon)
        if not (self._shape.is_valid and self._shape.area > 0):
            raise ValueError(f"events: expected a polygon with an area, got {polygon}")
        if one_way_deg is not None and not isfinite(one_way_deg):
            raise ValueError(f"events: expected a direction in degrees, got {one_way_deg}")
        if not np.isfinite(np.asarray(exits, dtype=np.float64)).all():
            raise ValueError(f"events: expected exits with finite ends, got {exits}")
        prepare(self._shape)
        self._rules = _Rules(
            surge=SurgeRule(self._shape.area),
            flight=FlightRule(),
            pushing=PushingRule(polygon),
            fall=FallRule(polygon),
            counter_flow=CounterFlowRule(one_way_deg) if one_way_deg is not None else None,
            exits=tuple(BlockedExitRule(one, only=len(exits) == 1) for one in exits),
        )
        self._at_s: float | None = None
        self._events: tuple[CrowdEvent, ...] = ()

    def update(self, sample: CrowdSample) -> tuple[CrowdEvent, ...]:
        """Take one look and return the events that are on, surest first."""
        elapsed = sample.at_s - self._at_s if self._at_s is not None else None
        if elapsed is not None and 0 <= elapsed < _STEP_S:
            return self._events
        if elapsed is not None and not 0 <= elapsed <= UNKNOWN_S:
            self._rules.restart()
        self._at_s = sample.at_s
        inside = np.asarray(contains_xy(self._shape, sample.ground[:, 0], sample.ground[:, 1]), dtype=np.bool_)
        found = [
            self._latch(kind, index).update(sample.at_s, verdict)
            for kind, index, verdict in self._verdicts(sample, inside)
        ]
        self._events = tuple(sorted((event for event in found if event is not None), key=lambda event: -event.score))
        return self._events

    def _verdicts(self, sample: CrowdSample, inside: Mask) -> list[tuple[EventKind, int, Verdict | None]]:
        look, rules = look_at(sample, inside), self._rules
        rush, panic = rules.flight.update(look)
        verdicts = [
            (EventKind.SURGE, 0, rules.surge.update(look)),
            (EventKind.RUSH, 0, rush),
            (EventKind.PANIC, 0, panic),
            (EventKind.PUSHING, 0, rules.pushing.update(look)),
            (EventKind.FALL, 0, rules.fall.update(look)),
        ]
        if rules.counter_flow is not None:
            verdicts.append((EventKind.COUNTER_FLOW, 0, rules.counter_flow.update(look)))
        verdicts += [(EventKind.BLOCKED_EXIT, i, rule.update(look)) for i, rule in enumerate(rules.exits)]
        return verdicts

    def _latch(self, kind: EventKind, index: int) -> EventLatch:
        return self._rules.latches.setdefault((kind, index), EventLatch(kind))
