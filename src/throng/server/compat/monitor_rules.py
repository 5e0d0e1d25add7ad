"""The two alert rules of Smart Crowd Density Monitor, as it has them: they know nothing of density."""

from dataclasses import dataclass
from enum import StrEnum


class MonitorRule(StrEnum):
    """Kinds of its alerts; PROLONGED is listed there and never raised."""

    OVERCROWD = "OVERCROWD"
    SPIKE = "SPIKE"
    PROLONGED = "PROLONGED"


OVERCROWD_SHARE = 0.8
SPIKE_SHARE = 0.3


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a new count means for the alerts of its location."""

    raises: frozenset[MonitorRule]
    resolves: frozenset[MonitorRule]


def judge(
    count: int, *, before: float | None, capacity: int | None, active: frozenset[MonitorRule]
) -> Verdict:
    """Decide which alerts a count raises and resolves.

    OVERCROWD from 80 % of the capacity on, resolved below it; SPIKE when a count exceeds the one before by more than
    30 %; one active alert per kind.
    """
    raises: set[MonitorRule] = set()
    resolves: set[MonitorRule] = set()
    crowded = capacity is not None and count >= OVERCROWD_SHARE * capacity
    if crowded:
        raises.add(MonitorRule.OVERCROWD)
    elif capacity is not None:
        resolves.add(MonitorRule.OVERCROWD)
    if before is not None and before > 0 and count > (1 + SPIKE_SHARE) * before:
        raises.add(MonitorRule.SPIKE)
    return Verdict(frozenset(raises - active), frozenset(resolves & active))


def density_level(occupancy: float | None) -> str | None:
    """Return LOW below 50 % of the capacity, MEDIUM below 80 %, else HIGH; None when nothing is known."""
    if occupancy is None:
        return None
    return "LOW" if occupancy < 0.5 else "MEDIUM" if occupancy < OVERCROWD_SHARE else "HIGH"
