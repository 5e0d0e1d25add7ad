"""How the crowd of one zone moves, how dangerous that is, and where it is heading: what a reading says beyond counts.

Whatever cannot be said is None, never 0.
"""

from dataclasses import dataclass
from enum import StrEnum

from throng.core.estimate import Estimate


class RiskLevel(StrEnum):
    """How dangerous a zone is, in rising order."""

    SAFE = "safe"
    CAUTION = "caution"
    WARNING = "warning"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """0 for safe to 3 for critical."""
        return list(RiskLevel).index(self)


class EventKind(StrEnum):
    """What can happen in a crowd within seconds or minutes."""

    SURGE = "surge"
    RUSH = "rush"
    PANIC = "panic"
    PUSHING = "pushing"
    COUNTER_FLOW = "counter_flow"
    FALL = "fall"
    BLOCKED_EXIT = "blocked_exit"


@dataclass(frozen=True, slots=True)
class CrowdEvent:
    """Something that happens in a zone now.

    Attributes:
        kind: what.
        score: how sure, in [0, 1].
        evidence: the numbers behind it, in plain words.
        at_m: where on the ground, site metres; None where it has no one place.
    """

    kind: EventKind
    score: float
    evidence: tuple[str, ...]
    at_m: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.score <= 1:
            raise ValueError(f"event {self.kind}: expected a score in [0, 1], got {self.score}")


@dataclass(frozen=True, slots=True)
class Movement:
    """How the people of one zone move together.

    Attributes:
        velocity_mps: mean velocity (x, y), people weighted alike, m/s.
        estimator: where velocities come from: `tracks`, `optical_flow` or `fused`.
        moving_share: share of the people who move faster than 0.1 m/s.
        polarisation: 0 for all ways, 1 for one way; None when too few move.
        direction_entropy: 0 for one direction, 1 for all alike; None when too few move.
        counter_flow: 0 for one stream, 1 for two opposed streams of equal size; None when too few move.
        divergence_per_s: mean divergence of the velocity field, negative where people converge, 1/s.
        congestion_level_per_m: after Feliciani and Nishinari, 1/m.
        crowd_danger_per_m3: congestion level times density, 1/m³.
        pressure_per_s2: crowd pressure after Helbing, largest value in the zone with the noise floor removed, 1/s².
        pressure_gated: the pressure says nothing about turbulence here: the crowd is too thin, or two streams pass.
        wave_period_s: period of stop-and-go waves, None when there are none.
    """

    velocity_mps: tuple[float, float]
    estimator: str
    moving_share: float
    polarisation: float | None
    direction_entropy: float | None
    counter_flow: float | None
    divergence_per_s: float | None
    congestion_level_per_m: float | None
    crowd_danger_per_m3: float | None
    pressure_per_s2: float | None
    pressure_gated: bool
    wave_period_s: float | None


@dataclass(frozen=True, slots=True)
class Balance:
    """Who came into a zone and who left it, over a window.

    Attributes:
        inflow_per_min, outflow_per_min: people through the edges of the zone, with 90 % intervals.
        net_per_min: inflow less outflow, people per minute.
        window_s: over how long.
    """

    inflow_per_min: Estimate
    outflow_per_min: Estimate
    net_per_min: float
    window_s: float


@dataclass(frozen=True, slots=True)
class ThresholdOutlook:
    """When a zone passes one density.

    Attributes:
        threshold_per_m2: the density.
        probabilities: (seconds ahead, probability of being beyond the threshold then), rising in seconds.
        time_to_s: seconds until the threshold with its 90 % interval; None where the slope is noise or leads away.
    """

    threshold_per_m2: float
    probabilities: tuple[tuple[float, float], ...]
    time_to_s: Estimate | None


@dataclass(frozen=True, slots=True)
class Outlook:
    """Where the density of one zone is heading.

    Attributes:
        slope_per_m2_per_min: people/m² per minute, with its 90 % interval.
        significant: the slope is more than noise.
        thresholds: in rising order.
    """

    slope_per_m2_per_min: Estimate
    significant: bool
    thresholds: tuple[ThresholdOutlook, ...]


@dataclass(frozen=True, slots=True)
class Risk:
    """How dangerous one zone is.

    Attributes:
        level: safe, caution, warning or critical.
        score: 0 to 100; 25, 50 and 75 are where the levels begin.
        reasons: why, in plain words with numbers, the weightiest first; empty when safe.
        profile: name of the policy that decided.
    """

    level: RiskLevel
    score: float
    reasons: tuple[str, ...]
    profile: str

    def __post_init__(self) -> None:
        if not 0 <= self.score <= 100:
            raise ValueError(f"risk: expected a score from 0 to 100, got {self.score}")
