"""CrowdSafe's weighted risk score, for people who move over from it and want to see the numbers that they know.

It is not a good judge: an empty square scores 30, 4 people/m² add 16 points, and a single reading raises every level.
"""

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from throng.core.crowd_state import Risk, RiskLevel
from throng.core.risk_evidence import RiskInputs
from throng.core.risk_profiles import CROWDSAFE_THRESHOLDS_PER_M2

COOL_DOWN_S: Final = 60.0
"""Time without a second alert of the same level."""

PRESSURE_FULL_PER_S2: Final = 0.04
"""Crowd pressure after Helbing that stands for CrowdSafe's pressure of 1, which was measured in pixels."""

_PROFILE = "crowdsafe"


class CrowdSafeTrigger(StrEnum):
    """Why CrowdSafe alerts."""

    EXTREME_DENSITY = "extreme_density"
    SUDDEN_SURGE = "sudden_surge"
    STAGNATION = "stagnation_with_density"
    RISK = "risk_threshold"


@dataclass(frozen=True, slots=True)
class CrowdSafeMetrics:
    """What CrowdSafe's score is made of; 0 stands for unknown there.

    Attributes:
        density_per_m2: people/m².
        surge_rate: spread of the speeds over their mean; not a rate.
        speed_mps: mean speed, m/s.
        pressure: in [0, 1].
        coherence: in [0, 1], 1 where all walk one way.
        count: people.
    """

    density_per_m2: float
    surge_rate: float = 0.0
    speed_mps: float = 0.0
    pressure: float = 0.0
    coherence: float = 0.0
    count: float = 0.0

    @classmethod
    def from_inputs(cls, inputs: RiskInputs) -> "CrowdSafeMetrics | None":
        """Translate what is known of a zone; None where the density is not known.

        The value of the density is taken, not its upper bound; coherence is the polarisation.
        """
        if inputs.density is None or not math.isfinite(inputs.density.value):
            return None
        speed, movement = _or_zero(inputs.speed_mps), inputs.movement
        return cls(
            density_per_m2=inputs.density.value,
            surge_rate=_or_zero(inputs.speed_std_mps) / speed if speed > 0 else 0.0,
            speed_mps=speed,
            pressure=0.0 if movement is None else min(1.0, _or_zero(movement.pressure_per_s2) / PRESSURE_FULL_PER_S2),
            coherence=0.0 if movement is None else _or_zero(movement.polarisation),
            count=0.0 if inputs.count is None else inputs.count.value,
        )


def crowdsafe_score(metrics: CrowdSafeMetrics) -> float:
    r"""Return CrowdSafe's risk in [0, 1].

    .. math:: base = 0.4 \min(1, d/10) + 0.3 \min(1, s/2) + 0.3\, slow(v) \\
              risk = base + 0.15 \max(0, p - 0.3) + 0.2 \max(0, c - 0.5)

    with slow = 1 up to 0.2 m/s, 0 from 1.5 m/s, straight between; times 1.15 for more than 100 people; limited to 0–1.
    Its README names weights 0.6 and 0.4 for the last two; these are the ones of its code.
    """
    base = 0.4 * min(1.0, metrics.density_per_m2 / 10) + 0.3 * min(1.0, metrics.surge_rate / 2)
    base += 0.3 * _slow(metrics.speed_mps)
    risk = base + 0.15 * max(0.0, metrics.pressure - 0.3) + 0.2 * max(0.0, metrics.coherence - 0.5)
    if metrics.count > 100:
        risk *= 1.15
    return min(1.0, max(0.0, risk))


def crowdsafe_level(score: float) -> RiskLevel:
    """Return the level of a risk in [0, 1]: safe below 0.25, caution below 0.5, warning below 0.75, critical."""
    return list(RiskLevel)[sum(score >= begin for begin in (0.25, 0.5, 0.75))]


def crowdsafe_density_level(density_per_m2: float) -> RiskLevel:
    """Return CrowdSafe's density level: safe below 2 people/m², caution below 4, warning below 6, critical."""
    return list(RiskLevel)[sum(density_per_m2 >= limit for limit in CROWDSAFE_THRESHOLDS_PER_M2)]


def crowdsafe_triggers(metrics: CrowdSafeMetrics) -> tuple[CrowdSafeTrigger, ...]:
    """Return why CrowdSafe would alert: d > 6; s > 0.8; v < 0.2 with d > 4; level warning or worse."""
    rank = crowdsafe_level(crowdsafe_score(metrics)).rank
    fired = {
        CrowdSafeTrigger.EXTREME_DENSITY: metrics.density_per_m2 > 6,
        CrowdSafeTrigger.SUDDEN_SURGE: metrics.surge_rate > 0.8,
        CrowdSafeTrigger.STAGNATION: metrics.speed_mps < 0.2 and metrics.density_per_m2 > 4,
        CrowdSafeTrigger.RISK: rank >= RiskLevel.WARNING.rank,
    }
    return tuple(trigger for trigger, yes in fired.items() if yes)


class CrowdSafeAssessor:
    """Judges one zone as CrowdSafe does: each reading by itself, with its cool-down between alerts.

    Attributes:
        alerts: triggers that CrowdSafe would have sent with the newest reading; empty during the cool-down of its
            level, and without a density.
    """

    def __init__(self) -> None:
        self.alerts: tuple[CrowdSafeTrigger, ...] = ()
        self._alerted_at_s: dict[RiskLevel, float] = {}

    def update(self, at_s: float, inputs: RiskInputs) -> Risk | None:
        """Take in what is known at a stream time; None where the density is not known, which CrowdSafe calls 0.

        Time that goes backwards ends every cool-down that began later.

        Raises:
            ValueError: the time is not a finite number.
        """
        if not math.isfinite(at_s):
            raise ValueError(f"expected a finite stream time in seconds, got {at_s}")
        metrics = CrowdSafeMetrics.from_inputs(inputs)
        if metrics is None:
            self.alerts = ()
            return None
        score = crowdsafe_score(metrics)
        level = crowdsafe_level(score)
        self.alerts = self._due(at_s, level, crowdsafe_triggers(metrics))
        return Risk(level, 100 * score, _reasons(metrics) if level.rank else (), _PROFILE)

    def _due(
        self, at_s: float, level: RiskLevel, triggers: tuple[CrowdSafeTrigger, ...]
    ) -> tuple[CrowdSafeTrigger, ...]:
        before_s = self._alerted_at_s.get(level)
        cooling = before_s is not None and 0 <= at_s - before_s < COOL_DOWN_S
        if not triggers or cooling:
            return ()
        self._alerted_at_s[level] = at_s
        return triggers


def _reasons(metrics: CrowdSafeMetrics) -> tuple[str, ...]:
    """The parts of the score, the weightiest first."""
    parts = (
        (40 * min(1.0, metrics.density_per_m2 / 10), f"density {metrics.density_per_m2:.1f} people/m²"),
        (30 * min(1.0, metrics.surge_rate / 2), f"speeds spread by {metrics.surge_rate:.0%} of their mean"),
        (30 * _slow(metrics.speed_mps), f"mean speed {metrics.speed_mps:.2f} m/s"),
        (15 * max(0.0, metrics.pressure - 0.3), f"pressure {metrics.pressure:.2f}"),
        (20 * max(0.0, metrics.coherence - 0.5), f"coherence {metrics.coherence:.2f}"),
    )
    return tuple(f"{text}: {points:.0f} points" for points, text in sorted(parts, reverse=True) if points > 0)


def _slow(speed_mps: float) -> float:
    return min(1.0, max(0.0, 1 - (speed_mps - 0.2) / 1.3))


def _or_zero(value: float | None) -> float:
    return 0.0 if value is None or math.isnan(value) else value
