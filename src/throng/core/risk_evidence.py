"""What speaks for danger in a zone at one moment, as points with a reason each.

Pure, and no part of it falls when the density rises and the rest stays.
"""

import math
from dataclasses import dataclass

from throng.core.crowd_state import Balance, CrowdEvent, Movement, Outlook
from throng.core.density import CLASSICAL, GAUSSIAN_R1
from throng.core.estimate import Estimate
from throng.core.fundamental_diagram import stagnation_index
from throng.core.reading import Reading
from throng.core.risk_profiles import LEVEL_SCORES, RiskPolicy, level_of_score


@dataclass(frozen=True, slots=True)
class RiskInputs:
    """What is known of one zone at one time. None, like NaN, is unknown and speaks neither for danger nor against.

    Attributes:
        density: people/m² over the zone.
        density_estimator: name of its estimator.
        peak_per_m2: largest local density.
        peak_estimator: name of its estimator.
        area_m2: ground area that the density speaks of.
        count: people in the zone.
        occupancy: count / capacity.
        level_of_service: letter A to F, for the reason only: it does not rank danger.
        speed_mps, speed_std_mps: mean walking speed and the spread between persons.
        movement, balance, outlook, events: see `throng.core.crowd_state`.
    """

    density: Estimate | None = None
    density_estimator: str = CLASSICAL
    peak_per_m2: float | None = None
    peak_estimator: str = GAUSSIAN_R1
    area_m2: float | None = None
    count: Estimate | None = None
    occupancy: Estimate | None = None
    level_of_service: str | None = None
    speed_mps: float | None = None
    speed_std_mps: float | None = None
    movement: Movement | None = None
    balance: Balance | None = None
    outlook: Outlook | None = None
    events: tuple[CrowdEvent, ...] = ()

    @classmethod
    def from_reading(cls, reading: Reading, *, area_m2: float | None) -> "RiskInputs":
        """Take everything from a reading, its risk excepted; `area_m2` is the visible area of its zone."""
        density, speed = reading.density, reading.speed
        return cls(
            density=None if density is None else density.mean,
            density_estimator=CLASSICAL if density is None else density.mean_estimator,
            peak_per_m2=None if density is None else density.peak_per_m2,
            peak_estimator=GAUSSIAN_R1 if density is None else density.peak_estimator,
            area_m2=area_m2,
            count=reading.count,
            occupancy=reading.occupancy,
            level_of_service=reading.level_of_service,
            speed_mps=None if speed is None else speed.mean_mps,
            speed_std_mps=None if speed is None else speed.std_mps,
            movement=reading.movement,
            balance=reading.balance,
            outlook=reading.outlook,
            events=reading.events,
        )

    @property
    def density_known(self) -> bool:
        """There is a density with an upper bound."""
        return self.density is not None and math.isfinite(self.density.high)

    def crowding_per_m2(self, peak_factor: float) -> float:
        """Density that decides: the upper bound of the mean, or the weighed-down peak; 0.0 where none is known."""
        if self.density is None or not self.density_known:
            return 0.0
        return max(self.density.high, _or_zero(self.peak_per_m2) / peak_factor)


@dataclass(frozen=True, slots=True)
class Evidence:
    """One thing that speaks for danger: its points and the sentence."""

    points: float
    reason: str


@dataclass(frozen=True, slots=True)
class Moment:
    """The danger of one moment, before anybody asks how long it lasts.

    Attributes:
        score: 0 to 100.
        reasons: the weightiest first.
    """

    score: float
    reasons: tuple[str, ...]


def assess_moment(
    policy: RiskPolicy,
    inputs: RiskInputs,
    *,
    dense_for_s: float | None = None,
    stagnant: bool = False,
    opposed: float | None = None,
) -> Moment:
    r"""Judge one moment.

    .. math:: score = \min\left(100,\ \max_i floor_i + \min(25, \sum_j addition_j)\right)

    Args:
        policy: the profile.
        inputs: what is known.
        dense_for_s: how long the density has been beyond the threshold that it is beyond now.
        stagnant: the crowd has been standing still in density for `policy.stagnation_s`.
        opposed: the largest counter-flow index of the last `policy.opposed_s`.
    """
    floors = [*_density(policy, inputs, dense_for_s), *_occupancy(policy, inputs)]
    floors += [*_forecast(policy, inputs), *_events(policy, inputs)]
    additions = [*_inflow(policy, inputs), *_movement(policy, inputs, opposed), *_stagnation(policy, inputs, stagnant)]
    highest = max((e.points for e in floors), default=0.0)
    added = min(policy.additions_limit, sum(e.points for e in additions))
    told = [e for e in floors if e.points >= LEVEL_SCORES[0] or e.points == highest] + additions
    told.sort(key=lambda e: -e.points)
    return Moment(min(100.0, highest + added), tuple(e.reason for e in told))


def _density(policy: RiskPolicy, inputs: RiskInputs, dense_for_s: float | None) -> list[Evidence]:
    """The mean by its upper bound, and the peak."""
    density = inputs.density
    if density is None or not inputs.density_known:
        return []
    notes = inputs.density_estimator
    if inputs.level_of_service is not None:
        notes += f", level of service {inputs.level_of_service}"
    points = policy.density_score(density.high)
    rank = level_of_score(points).rank
    if rank:
        notes += f"; {level_of_score(points)} from {policy.thresholds_per_m2[rank - 1]:g}"
    lasting = "" if dense_for_s is None else f" for {dense_for_s:.0f} s"
    found = [Evidence(points, f"density {_interval(density)} people/m²{lasting} ({notes})")]
    peak = _or_zero(inputs.peak_per_m2)
    if policy.density_score(peak / policy.peak_factor) >= LEVEL_SCORES[0]:
        points = policy.density_score(peak / policy.peak_factor)
        found.append(Evidence(points, f"local peak of {peak:.1f} people/m² ({inputs.peak_estimator})"))
    return found


def _occupancy(policy: RiskPolicy, inputs: RiskInputs) -> list[Evidence]:
    occupancy = inputs.occupancy
    if occupancy is None or not math.isfinite(occupancy.high):
        return []
    low, high = f"{100 * occupancy.low:.0f}", f"{100 * occupancy.high:.0f}"
    reason = f"{100 * occupancy.value:.0f} [{low}–{high}] % of capacity"
    return [Evidence(policy.occupancy_score(occupancy.high), reason)]


def _forecast(policy: RiskPolicy, inputs: RiskInputs) -> list[Evidence]:
    """The chance of passing the critical density in time, where the slope is more than noise."""
    outlook, critical = inputs.outlook, policy.thresholds_per_m2[2]
    passed = inputs.density is not None and inputs.density.high >= critical
    if outlook is None or not outlook.significant or passed:
        return []
    for threshold in outlook.thresholds:
        chances = [(p, s) for s, p in threshold.probabilities if s <= policy.forecast_s and math.isfinite(p)]
        if not math.isclose(threshold.threshold_per_m2, critical, rel_tol=1e-3) or not chances:
            continue
        chance, ahead_s = max(chances)
        reason = f"{chance:.0%} chance of passing {critical:g} people/m² within {ahead_s / 60:g} min"
        if threshold.time_to_s is not None:
            reason += f" (in {_interval(threshold.time_to_s.scaled(1 / 60))} min)"
        return [Evidence(policy.forecast_points * chance, reason)]
    return []


def _events(policy: RiskPolicy, inputs: RiskInputs) -> list[Evidence]:
    found = []
    for event in inputs.events:
        reason = f"{event.kind.replace('_', ' ')}, {event.score:.0%} sure"
        if event.evidence:
            reason += f" ({', '.join(event.evidence)})"
        found.append(Evidence(policy.event_points.get(event.kind, 0.0) * event.score, reason))
    return found


def _inflow(policy: RiskPolicy, inputs: RiskInputs) -> list[Evidence]:
    """More come than go, by more than the errors of both."""
    balance = inputs.balance
    if balance is None or not balance.inflow_per_min.low > balance.outflow_per_min.high:
        return []
    growth = balance.net_per_min / inputs.area_m2 if inputs.area_m2 else None
    points = policy.inflow_points * _ramp(growth, 0.0, 1.0) * _crowded(policy, inputs)
    return [Evidence(points, f"inflow exceeds outflow by {balance.net_per_min:.0f}/min")]


def _movement(policy: RiskPolicy, inputs: RiskInputs, opposed: float | None) -> list[Evidence]:
    movement = inputs.movement
    if movement is None:
        return []
    crowded, found = _crowded(policy, inputs), []
    convergence_per_s = -_or_zero(movement.divergence_per_s)
    if converging := _ramp(convergence_per_s, 0.02, 0.1) * crowded:
        reason = f"people converge at {convergence_per_s:.2f}/s"
        found.append(Evidence(policy.convergence_points * converging, reason))
    against, reason = _opposed(policy, inputs, _or_zero(movement.counter_flow), _or_zero(opposed))
    if opposing := _ramp(against, 0.3, 0.8) * crowded:
        found.append(Evidence(policy.counter_flow_points * opposing, reason))
    if inputs.crowding_per_m2(1.0) < policy.turbulent_from_per_m2:
        return found
    if pressing := 0.0 if movement.pressure_gated else _ramp(movement.pressure_per_s2, *policy.pressure_per_s2):
        reason = f"crowd pressure {movement.pressure_per_s2:.3f}/s² (turbulence from {policy.pressure_per_s2[0]:g})"
        found.append(Evidence(policy.pressure_points * pressing, reason))
    if _or_zero(movement.wave_period_s):
        found.append(Evidence(policy.wave_points, f"stop-and-go waves every {movement.wave_period_s:.0f} s"))
    return found


def _opposed(policy: RiskPolicy, inputs: RiskInputs, now: float, lately: float) -> tuple[float, str]:
    """The counter-flow index; where people on their way are slowed, that of the streams which met here lately.

    Two streams that block each other have no direction any more: the index falls as the jam forms.
    """
    speed = inputs.speed_mps
    if policy.stillness_counts and speed is not None and speed >= 0:
        free, slowed = policy.slowed_mps
        held_up = lately * _ramp(free - speed, 0.0, free - slowed)
        if held_up > now:
            return held_up, f"opposed streams hold each other up (counter-flow {lately:.2f}, now {speed:.2f} m/s)"
    return now, f"opposed streams (counter-flow {now:.2f})"


def stagnation(policy: RiskPolicy, inputs: RiskInputs) -> float | None:
    """Return the stagnation index of the moment, 0.0 where standing is no danger; None where nothing is known."""
    if not policy.stillness_counts:
        return 0.0
    speed = inputs.speed_mps
    if not inputs.density_known or speed is None or not speed >= 0:
        return None
    return float(stagnation_index(max(0.0, inputs.crowding_per_m2(policy.peak_factor)), speed))


def _stagnation(policy: RiskPolicy, inputs: RiskInputs, stagnant: bool) -> list[Evidence]:
    index = stagnation(policy, inputs) if stagnant else None
    if not index:
        return []
    reason = f"people stand still: {inputs.speed_mps:.2f} m/s for {policy.stagnation_s:.0f} s or more"
    return [Evidence(policy.stagnation_points * index, reason)]


def _crowded(policy: RiskPolicy, inputs: RiskInputs) -> float:
    """0 in a thin crowd, 1 from the caution density on: the motion of few people is no danger."""
    caution = policy.thresholds_per_m2[0]
    return _ramp(inputs.crowding_per_m2(policy.peak_factor), caution / 2, caution)


def _ramp(value: float | None, zero: float, full: float) -> float:
    """0 up to `zero`, 1 from `full` on, straight between; 0 for the unknown."""
    if value is None or math.isnan(value):
        return 0.0
    return min(1.0, max(0.0, (value - zero) / (full - zero)))


def _or_zero(value: float | None) -> float:
    return 0.0 if value is None or math.isnan(value) else value


def _interval(estimate: Estimate) -> str:
    high = f"{estimate.high:.1f}" if math.isfinite(estimate.high) else "never"
    return f"{estimate.value:.1f} [{estimate.low:.1f}–{high}]"
