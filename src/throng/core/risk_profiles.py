"""The policy that says how dangerous a crowd is, and its profiles for what people do in a zone."""

import math
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Final

from throng.core.crowd_state import EventKind, RiskLevel
from throng.core.errors import ThrongError
from throng.core.site import RiskProfile, Zone

LEVEL_SCORES: Final = (25.0, 50.0, 75.0)
"""Scores at which caution, warning and critical begin."""

EVENT_POINTS: Final[dict[EventKind, float]] = {
    EventKind.PANIC: 80,
    EventKind.PUSHING: 75,
    EventKind.SURGE: 60,
    EventKind.RUSH: 60,
    EventKind.FALL: 60,
    EventKind.BLOCKED_EXIT: 60,
    EventKind.COUNTER_FLOW: 50,
}
"""Score that an event reaches by itself when it is quite sure."""

CROWDSAFE_THRESHOLDS_PER_M2: Final = (2.0, 4.0, 6.0)
"""CrowdSafe's density levels; its risk score does not use them."""


@dataclass(frozen=True, slots=True)
class RiskPolicy:
    """How the danger of one zone is judged. Everything that can be tuned is here.

    The score is the largest of the floors (density, local peak, occupancy, forecast, events), and what the motion of
    the crowd adds, at most `additions_limit` points: one level. No part falls when the density rises.

    Attributes:
        name: of the profile.
        thresholds_per_m2: where caution, warning and critical begin (25, 50, 75 points); the upper bound of the density
            interval is compared.
        maximum_per_m2: where the density alone makes 100 points.
        stillness_counts: people who stand still in a dense crowd were on their way.
        peak_factor: a local peak counts as a mean density this many times lower: it hides in every crowd, and depends
            on its estimator by up to 60 %.
        hysteresis: a level ends at a density lower by this share than where it began.
        bound_s: upper bounds are compared as their mean over so long, see `RiskAssessor`.
        rise_s, fall_s: how long a level must have been reached before it holds, and left before it ends.
        occupancy_points: (occupancy, points), rising, straight lines between.
        forecast_points: for a certain passing of the critical density within `forecast_s`.
        forecast_s: how far ahead the forecast counts.
        event_points: see `EVENT_POINTS`.
        pressure_points: for a pressure of `pressure_per_s2[1]` or more, none at `[0]` or less.
        pressure_per_s2: Helbing's onset of turbulence and the value around the accident.
        turbulent_from_per_m2: pressure and stop-and-go waves count only where it is this dense.
        stagnation_points: for a dense crowd that stands still for `stagnation_s`.
        inflow_points: for inflow that exceeds outflow by 1 person per m² and minute.
        convergence_points: for a velocity field that converges with 0.1/s, none at 0.02/s.
        counter_flow_points: for a counter-flow index of 0.8, none at 0.3.
        slowed_mps: people on their way who are slowed to `[1]`, not at all at `[0]`, count with the largest
            counter-flow index of the last `opposed_s`: Weidmann's speed at 2 people/m², and two thirds of it.
        opposed_s: for how long streams that met are remembered.
        wave_points: for stop-and-go waves.
        additions_limit: most points that motion adds.
        hold_safe_s: how long "safe" holds without data; higher levels hold until data come.

    Raises:
        ThrongError: thresholds do not rise, or `fall_s` is shorter than `rise_s`.
    """

    name: str
    thresholds_per_m2: tuple[float, float, float]
    maximum_per_m2: float
    stillness_counts: bool
    peak_factor: float = 1.5
    hysteresis: float = 0.125
    bound_s: float = 30.0
    rise_s: float = 5.0
    fall_s: float = 10.0
    occupancy_points: tuple[tuple[float, float], ...] = ((0.0, 0.0), (0.8, 25.0), (1.0, 50.0), (1.5, 74.0))
    forecast_points: float = 50.0
    forecast_s: float = 300.0
    event_points: Mapping[EventKind, float] = field(default_factory=lambda: dict(EVENT_POINTS))
    pressure_points: float = 15.0
    pressure_per_s2: tuple[float, float] = (0.02, 0.04)
    turbulent_from_per_m2: float = 3.5
    stagnation_points: float = 10.0
    stagnation_s: float = 20.0
    inflow_points: float = 10.0
    convergence_points: float = 5.0
    counter_flow_points: float = 10.0
    slowed_mps: tuple[float, float] = (0.61, 0.4)
    opposed_s: float = 60.0
    wave_points: float = 5.0
    additions_limit: float = 25.0
    hold_safe_s: float = 10.0

    def __post_init__(self) -> None:
        rising: tuple[float, ...] = (0.0, *self.thresholds_per_m2, self.maximum_per_m2, math.inf)
        if len(rising) != 6 or not all(a < b for a, b in pairwise(rising)):
            raise ThrongError(
                f"risk policy {self.name}: expected three rising densities above 0 and a higher maximum in people/m², "
                f"got {list(self.thresholds_per_m2)} and {self.maximum_per_m2}"
            )
        if not 0 < self.rise_s <= self.fall_s:
            raise ThrongError(
                f"risk policy {self.name}: expected 0 < rise_s <= fall_s, got {self.rise_s} and {self.fall_s}"
            )

    def density_score(self, density_per_m2: float) -> float:
        """Return the points of a density: 25, 50 and 75 at the thresholds, straight lines between."""
        densities = (0.0, *self.thresholds_per_m2, self.maximum_per_m2)
        return _interpolate(density_per_m2, densities, (0.0, *LEVEL_SCORES, 100.0))

    def occupancy_score(self, occupancy: float) -> float:
        """Return the points of an occupancy (1.0 is full); it alone is never critical."""
        shares, points = zip(*self.occupancy_points, strict=True)
        return _interpolate(occupancy, shares, points)

    @property
    def leaving_scores(self) -> tuple[float, ...]:
        """Scores below which caution, warning and critical end."""
        return tuple(self.density_score(limit * (1 - self.hysteresis)) for limit in self.thresholds_per_m2)


def _interpolate(x: float, xs: tuple[float, ...], ys: tuple[float, ...]) -> float:
    """Follow straight lines from point to point; level before the first and behind the last."""
    right = bisect_right(xs, x)
    if right in (0, len(xs)):
        return ys[min(right, len(xs) - 1)]
    share = (x - xs[right - 1]) / (xs[right] - xs[right - 1])
    return ys[right - 1] + share * (ys[right] - ys[right - 1])


def level_of_score(score: float) -> RiskLevel:
    """Return the level that a score of 0 to 100 lies in."""
    return list(RiskLevel)[sum(score >= begin for begin in LEVEL_SCORES)]


STANDING: Final = RiskPolicy("standing", (2.0, 3.5, 5.0), 6.5, stillness_counts=False)
"""People who watch or wait: suggested bands of the reference sheet; the Green Guide ends at 4.7 people/m²."""

QUEUE: Final = replace(STANDING, name="queue")
"""People who wait in line."""

MOVING: Final = RiskPolicy("moving", (2.0, 3.0, 4.0), 5.5, stillness_counts=True)
"""People on their way: Still's working rule, caution above 2 and high risk above 4 people/m²."""

STAIRS: Final = RiskPolicy("stairs", (1.5, 2.7, 3.5), 4.5, stillness_counts=True)
"""People on stairs: caution where Fruin's E begins (1.54), warning where F does (2.69)."""

PROFILES: Final[dict[str, RiskPolicy]] = {policy.name: policy for policy in (STANDING, MOVING, QUEUE, STAIRS)}
"""The built-in policies by name. CrowdSafe's score is no such policy: see `throng.core.crowdsafe`."""


def custom_policy(base: RiskPolicy, thresholds_per_m2: tuple[float, float, float]) -> RiskPolicy:
    """Return a policy with thresholds of one's own; the rest is that of `base`.

    The density that makes 100 points lies as far above critical as critical above warning.

    Raises:
        ThrongError: the thresholds do not rise.
    """
    _, warning, critical = thresholds_per_m2
    return replace(
        base, name="custom", thresholds_per_m2=thresholds_per_m2, maximum_per_m2=critical + (critical - warning)
    )


def policy_for(zone: Zone) -> RiskPolicy:
    """Return the policy of a zone: its own thresholds, its profile, or the profile of its use.

    Raises:
        ThrongError: the zone is judged as CrowdSafe does, which no policy describes.
    """
    profile = zone.risk_profile or zone.use.value
    if profile not in PROFILES:
        raise ThrongError(f"zone {zone.id}: the risk profile {profile} is no policy; it has a score of its own")
    policy = PROFILES[profile]
    return policy if zone.thresholds_per_m2 is None else custom_policy(policy, zone.thresholds_per_m2)


def risk_thresholds_per_m2(zone: Zone) -> tuple[float, float, float]:
    """Return the densities at which caution, warning and critical begin in a zone: what a forecast looks out for."""
    if zone.risk_profile == RiskProfile.CROWDSAFE:
        return CROWDSAFE_THRESHOLDS_PER_M2
    return policy_for(zone).thresholds_per_m2
