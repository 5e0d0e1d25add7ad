"""Whether readings called the danger of a scenario, how early, and how often they cried wolf."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from throng.core.crowd_state import EventKind, RiskLevel
from throng.core.reading import Reading, Validity
from throng.core.risk_profiles import LEVEL_SCORES, policy_for
from throng.core.site import RiskProfile, Zone
from throng.evaluation.errors import EvaluationError
from throng.evaluation.scenario_bench import ScenarioRun, TruthSeries, seconds_of
from throng.sim.scenario import CRUSH_PER_M2, Danger

SURE_SCORE = 0.5
"""An event with this score alarms."""

BEFORE_S = 600.0
"""An alarm so long before a crush is no false one."""

AFTER_S = 60.0
"""An alarm may stay so long after the danger is over."""

APART_S = 30.0
"""Alarms nearer to each other than this are one."""

WANTED_LEAD_S = 60.0

UPPER_BOUND = "upper_bound"

CRUSH_EVENTS = (EventKind.SURGE, EventKind.PUSHING, EventKind.BLOCKED_EXIT)
"""Events that call a crush; that somebody lies down does not."""


@dataclass(frozen=True, slots=True)
class Window:
    """When an alarm is right.

    Attributes:
        danger_s: when the danger is there.
        from_s, until_s: the first and the last moment of a right alarm.
    """

    danger_s: float
    from_s: float
    until_s: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """How well one scenario was watched.

    Attributes:
        scene: its name.
        kind: `crush`, `event` or `harmless`.
        noise: the sensor erred.
        danger_s: when the true density passes 5/m² or the event sets in; None when it is harmless.
        called_s: when the first right alarm came; None when none did.
        lead_time_s: how long before the danger; negative for a delay; None when it was not called.
        wanted_s: lead that is asked for: a minute, or the whole build-up where that is shorter; None for an event.
        named: an event of the right kind was reported; None where no event is meant.
        false_alarms: alarms at other times.
        false_causes: how many alarms at other times each cause made: a kind of event, `upper_bound` for a risk that
            only the upper bounds reach, `risk` for any other.
        quiet_s: how long nothing was wrong.
        why: the reason that the first right alarm gave, or else the first false one.
        blind_honest: while the camera was blind every reading was unknown, and kept its alarm; None when it never was.
    """

    scene: str
    kind: str
    noise: bool
    danger_s: float | None
    called_s: float | None
    lead_time_s: float | None
    wanted_s: float | None
    named: bool | None
    false_alarms: int
    false_causes: dict[str, int]
    quiet_s: float
    why: str
    blind_honest: bool | None

    @property
    def missed(self) -> bool:
        """There was a danger and no alarm."""
        return self.danger_s is not None and self.called_s is None

    @property
    def in_time(self) -> bool | None:
        """The alarm of a crush came early enough; None where no lead is asked for."""
        if self.wanted_s is None:
            return None
        return self.lead_time_s is not None and self.lead_time_s >= self.wanted_s

    @property
    def false_alarms_per_hour(self) -> float | None:
        """False alarms per hour in which nothing was wrong; None when there was no such time."""
        return None if self.quiet_s <= 0 else self.false_alarms * 3600 / self.quiet_s

    def to_dict(self) -> dict[str, Any]:
        """Return all numbers, for JSON."""
        return asdict(self) | {
            "missed": self.missed,
            "in_time": self.in_time,
            "false_alarms_per_hour": self.false_alarms_per_hour,
        }


def judge(run: ScenarioRun) -> Verdict:
    """Hold the readings of a scenario against its truth.

    An alarm of another kind in the time of the danger, such as a fall in a panic, is neither a call nor a false alarm.

    Raises:
        EvaluationError: the scenario claims a crush, and the true density never passed 5/m².
    """
    scenario, danger = run.scenario, run.scenario.danger
    window = danger_window(danger, run.truth, scene=scenario.name)
    alarms = [r for r in run.readings if alarming(r)]
    due = [r for r in alarms if window is not None and window.from_s <= seconds_of(r) <= window.until_s]
    right = [r for r in due if _risky(r) or _names(r, danger.events or CRUSH_EVENTS)]
    wrong = [r for r in alarms if window is None or not window.from_s <= seconds_of(r) <= window.until_s]
    called_s = seconds_of(right[0]) if right else None
    lead_s = None if window is None or called_s is None else window.danger_s - called_s
    return Verdict(
        scene=scenario.name,
        kind=danger.kind,
        noise=run.noise,
        danger_s=None if window is None else window.danger_s,
        called_s=called_s,
        lead_time_s=lead_s,
        wanted_s=_wanted_s(danger, window),
        named=None if danger.kind != "event" else any(_names(r, danger.events) for r in right),
        false_alarms=episodes([seconds_of(r) for r in wrong]),
        false_causes=_causes(wrong, scenario.zone),
        quiet_s=_quiet_s(window, scenario.duration_s),
        why=reason_of(next(iter(right + wrong), None)),
        blind_honest=_blind_honest(run),
    )


def danger_window(danger: Danger, truth: TruthSeries, *, scene: str) -> Window | None:
    """Return when an alarm is right; None when it never is.

    A crush may be called up to ten minutes ahead. Before an event there is nothing to see, so that only an alarm
    from its onset is right. Both may be called until a minute after they are over.

    Raises:
        EvaluationError: the true density never passed 5/m² although it should.
    """
    if danger.kind == "harmless":
        return None
    if danger.kind == "event":
        assert danger.ends_s is not None, "checked on construction"
        return Window(danger.begins_s, danger.begins_s, danger.ends_s + AFTER_S)
    passes_s, ends_s = truth.first_above(CRUSH_PER_M2), truth.last_above(CRUSH_PER_M2)
    if passes_s is None or ends_s is None:
        most = float(truth.density_per_m2.max(initial=0.0))
        raise EvaluationError(
            f"scenario {scene}: the density should pass {CRUSH_PER_M2:g} people/m² and reached only {most:.2f}; "
            "play it to its end, or choose another seed"
        )
    return Window(passes_s, max(0.0, passes_s - BEFORE_S), ends_s + AFTER_S)


def alarming(reading: Reading) -> bool:
    """Tell whether a reading would call somebody: risk of at least warning, or an event that is likely."""
    return _risky(reading) or any(event.score >= SURE_SCORE for event in reading.events)


def reason_of(reading: Reading | None) -> str:
    """Return in words why a reading alarms; empty for none."""
    if reading is None:
        return ""
    events = [f"{e.kind} {e.score:.2f}: {', '.join(e.evidence)}" for e in reading.events if e.score >= SURE_SCORE]
    risk = [] if reading.risk is None else [f"{reading.risk.level}: {'; '.join(reading.risk.reasons)}"]
    return " | ".join(events + risk)


def episodes(times_s: Sequence[float]) -> int:
    """Count alarms: moments that are at most half a minute apart are one."""
    return sum(1 for i, t in enumerate(times_s) if i == 0 or t - times_s[i - 1] > APART_S)


def _causes(alarms: Sequence[Reading], zone: Zone) -> dict[str, int]:
    """Count the episodes of each cause."""
    times_s: dict[str, list[float]] = {}
    for reading in alarms:
        kinds = [event.kind.value for event in reading.events if event.score >= SURE_SCORE]
        for cause in kinds or [UPPER_BOUND if _only_by_bounds(reading, zone) else "risk"]:
            times_s.setdefault(cause, []).append(seconds_of(reading))
    return {cause: episodes(times) for cause, times in sorted(times_s.items())}


def _only_by_bounds(reading: Reading, zone: Zone) -> bool:
    """Density, peak and occupancy themselves are below the warning; a reading without a density tells nothing."""
    if reading.density is None or zone.risk_profile is RiskProfile.CROWDSAFE:
        return False
    policy = policy_for(zone)
    points = [policy.density_score(reading.density.mean.value)]
    if reading.density.peak_per_m2 is not None:
        points.append(policy.density_score(reading.density.peak_per_m2 / policy.peak_factor))
    if reading.occupancy is not None:
        points.append(policy.occupancy_score(reading.occupancy.value))
    return max(points) < LEVEL_SCORES[RiskLevel.WARNING.rank - 1]


def _risky(reading: Reading) -> bool:
    return reading.risk is not None and reading.risk.level.rank >= RiskLevel.WARNING.rank


def _names(reading: Reading, kinds: Sequence[EventKind]) -> bool:
    return any(event.kind in kinds and event.score >= SURE_SCORE for event in reading.events)


def _wanted_s(danger: Danger, window: Window | None) -> float | None:
    if danger.kind != "crush" or window is None:
        return None
    return min(WANTED_LEAD_S, window.danger_s - danger.begins_s)


def _quiet_s(window: Window | None, duration_s: float) -> float:
    if window is None:
        return duration_s
    return window.from_s + max(0.0, duration_s - window.until_s)


def _blind_honest(run: ScenarioRun) -> bool | None:
    if not run.scenario.blind:
        return None
    return all(
        reading.validity is Validity.UNKNOWN and reading.count is None and _rank(reading) >= _rank_at(run, blind.from_s)
        for reading in run.readings
        for blind in run.scenario.blind
        if blind.from_s + 1 < seconds_of(reading) <= blind.until_s
    )


def _rank(reading: Reading) -> int:
    return 0 if reading.risk is None else reading.risk.level.rank


def _rank_at(run: ScenarioRun, time_s: float) -> int:
    """The level that the last reading before a time had."""
    return next((_rank(reading) for reading in reversed(run.readings) if seconds_of(reading) <= time_s), 0)
