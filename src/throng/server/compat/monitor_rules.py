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
MEDIUM_SHARE = 0.5


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a new count means for the alerts of its location."""

    raises: frozenset[MonitorRule]
    resolves: frozenset[MonitorRule]


def judge(count: int, *, before: float | None, capacity: int | None, active: frozenset[MonitorRule]) -> Verdict:
    """Decide which alerts a count raises and resolves.

    OVERCROWD from 80 % of the capacity on, resolved below it; SPIKE when a count exceeds the one before by more than
    30 %, which stays until somebody resolves it; one active alert per kind.

    Args:
        count: people.
        before: the count before; None for the first one.
        capacity: of the location; None where nobody said.
        active: kinds that have an active alert.
    """
    raises: set[MonitorRule] = set()
    resolves: set[MonitorRule] = set()
    if capacity is not None:
        # Whole numbers: 0.8 · 15 is a little more than 12 in floating point.
        crowded = 10 * count >= round(10 * OVERCROWD_SHARE) * capacity
        (raises if crowded else resolves).add(MonitorRule.OVERCROWD)
    if before is not None and before > 0 and count > (1 + SPIKE_SHARE) * before:
        raises.add(MonitorRule.SPIKE)
    return Verdict(frozenset(raises - active), frozenset(resolves & active))


def density_level(occupancy: float | None) -> str | None:
    """Return LOW below 50 % of the capacity, MEDIUM below 80 %, else HIGH; None when nothing is known."""
    if occupancy is None:
        return None
    return "LOW" if occupancy < MEDIUM_SHARE else "MEDIUM" if occupancy < OVERCROWD_SHARE else "HIGH"
