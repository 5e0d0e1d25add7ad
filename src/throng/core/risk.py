"""How dangerous a zone is over time: levels that rise when danger lasts and fall when it has passed."""

import math
from collections import deque
from dataclasses import replace
from typing import Protocol

from throng.core.crowd_state import Risk, RiskLevel
from throng.core.crowdsafe import CrowdSafeAssessor
from throng.core.estimate import Estimate
from throng.core.risk_evidence import Moment, RiskInputs, assess_moment, stagnation
from throng.core.risk_profiles import LEVEL_SCORES, RiskPolicy, level_of_score, policy_for
from throng.core.site import RiskProfile, Zone

_LEVELS = tuple(RiskLevel)
_TOP_OF_BAND = 0.1
_MOST_READINGS = 600


class Assessor(Protocol):
    """Judges one zone reading by reading."""

    def update(self, at_s: float, inputs: RiskInputs) -> Risk | None:
        """Take in what is known at a stream time and return the risk; None where nothing can be said."""
        ...


def assessor_for(zone: Zone) -> Assessor:
    """Return an assessor with the policy of a zone, or with CrowdSafe's score where the zone asks for it."""
    if zone.risk_profile == RiskProfile.CROWDSAFE:
        return CrowdSafeAssessor()
    return RiskAssessor(policy_for(zone))


class RiskAssessor:
    """Judges one zone with a policy, reading by reading, in constant memory.

    The upper bounds of density and occupancy count as far as they were reached on average over the last `bound_s`, the
    values themselves at once: whom a counter misses now it misses for seconds, and one excursion of a wide interval is
    no sustained danger. What all readings of a camera have in common stays in the mean.

    A level begins when its score has been reached for `rise_s`, and ends when the score has been below the lower,
    leaving score for `fall_s`; readings on the other side count back. One reading counts for half of either time at
    most, however long the gap before it: a single noisy frame never raises a level nor ends one. The first reading of
    all raises caution at once, so that a crowd which was there before the camera does not begin as safe.

    Without a density the last level holds, and events or occupancy may still raise it; "safe" holds for
    `hold_safe_s`, then nothing is said until data come. A zone that never had a density (no calibration) is judged by
    its occupancy, if that is known. Time that goes backwards counts as no time.
    """

    def __init__(self, policy: RiskPolicy) -> None:
        self.policy = policy
        self._levels = [_Latch(policy.rise_s, policy.fall_s) for _ in LEVEL_SCORES]
        self._leaving_scores = policy.leaving_scores
        self._density, self._occupancy = _Bound(policy.bound_s), _Bound(policy.bound_s)
        self._opposed: deque[tuple[float, float]] = deque(maxlen=_MOST_READINGS)
        self._stagnant = _Latch(policy.stagnation_s, policy.stagnation_s)
        self._dense_since_s: list[float | None] = [None] * len(LEVEL_SCORES)
        self._at_s: float | None = None
        self._known_at_s: float | None = None
        self._density_seen = False
        self._last: Risk | None = None

    def update(self, at_s: float, inputs: RiskInputs) -> Risk | None:
        """Take in what is known at a stream time.

        Args:
            at_s: stream time in seconds.
            inputs: what is known.

        Returns:
            The risk; None when nothing was ever known, or nothing for long in a zone that was safe.

        Raises:
            ValueError: the time is not a finite number.
        """
        step_s = self._advance(at_s)
        inputs = replace(
            inputs,
            density=self._density.update(at_s, inputs.density),
            occupancy=self._occupancy.update(at_s, inputs.occupancy),
        )
        self._density_seen |= inputs.density_known
        known = inputs.density_known or (inputs.occupancy is not None and not self._density_seen)
        if not known and self._last is None:
            return None
        if inputs.density_known:
            self._watch(at_s, step_s, inputs)
        dense_for_s = self._dense_for_s(at_s, inputs)
        moment = assess_moment(
            self.policy,
            inputs,
            dense_for_s=dense_for_s,
            stagnant=self._stagnant.closed,
            opposed=self._opposed_lately(at_s, inputs),
        )
        self._move(step_s, moment.score, known=known)
        if not known:
            return self._held(at_s, moment)
        self._known_at_s = at_s
        self._last = self._risk(moment)
        return self._last

    def _advance(self, at_s: float) -> float:
        """Return the time since the last reading; forget what lies ahead of a time that went backwards."""
        if not math.isfinite(at_s):
            raise ValueError(f"expected a finite stream time in seconds, got {at_s}")
        before_s, self._at_s = self._at_s, at_s
        if before_s is None or at_s >= before_s:
            return 0.0 if before_s is None else at_s - before_s
        self._dense_since_s = [None if since is None else min(since, at_s) for since in self._dense_since_s]
        if self._known_at_s is not None:
            self._known_at_s = min(self._known_at_s, at_s)
        return 0.0

    def _watch(self, at_s: float, step_s: float, inputs: RiskInputs) -> None:
        """Keep since when it is dense, and whether people have been standing still."""
        assert inputs.density is not None
        for rank, limit in enumerate(self.policy.thresholds_per_m2):
            if inputs.density.high < limit * (1 - self.policy.hysteresis):
                self._dense_since_s[rank] = None
            elif inputs.density.high >= limit and self._dense_since_s[rank] is None:
                self._dense_since_s[rank] = at_s
        index = stagnation(self.policy, inputs)
        if index is not None:
            self._stagnant.update(step_s, beyond=index > 0, beneath=index == 0)

    def _opposed_lately(self, at_s: float, inputs: RiskInputs) -> float | None:
        """The largest counter-flow index of the last while; None where none was known."""
        _forget(self._opposed, at_s, self.policy.opposed_s)
        against = None if inputs.movement is None else inputs.movement.counter_flow
        if against is not None and math.isfinite(against):
            self._opposed.append((at_s, against))
        return max((index for _, index in self._opposed), default=None)

    def _dense_for_s(self, at_s: float, inputs: RiskInputs) -> float | None:
        """For how long the density has been beyond the highest threshold that it is beyond now."""
        if inputs.density is None:
            return None
        rank = level_of_score(self.policy.density_score(inputs.density.high)).rank
        since_s = self._dense_since_s[rank - 1] if rank else None
        return None if since_s is None else at_s - since_s

    def _move(self, step_s: float, score: float, *, known: bool) -> None:
        """Let the levels follow the score; what is not known ends none and takes back nothing."""
        for latch, begin, leave in zip(self._levels, LEVEL_SCORES, self._leaving_scores, strict=True):
            if known or score >= begin:
                latch.update(step_s, beyond=score >= begin, beneath=known and score < leave)
        if self._last is None and score >= LEVEL_SCORES[0]:
            self._levels[0].close()

    def _risk(self, moment: Moment) -> Risk:
        level = self._level()
        reasons = list(moment.reasons) if level.rank else []
        reached = level_of_score(moment.score)
        if level.rank and reached.rank > level.rank:
            reasons.append(f"{reached} once it has lasted {self.policy.rise_s:g} s")
        if reached.rank < level.rank:
            leave = self._leaving_scores[level.rank - 1]
            reasons.append(f"{level} until the score has been below {leave:.0f} for {self.policy.fall_s:g} s")
        return Risk(level, _within(level, moment.score), tuple(reasons), self.policy.name)

    def _held(self, at_s: float, moment: Moment) -> Risk | None:
        """The last level, raised by what is still known; a zone that was safe is unknown after a while."""
        assert self._last is not None
        assert self._known_at_s is not None
        level, blind_s = self._level(), at_s - self._known_at_s
        if level is RiskLevel.SAFE and blind_s > self.policy.hold_safe_s:
            self._last = None
            return None
        reasons = (f"no data for {blind_s:.0f} s; last level held", *moment.reasons, *self._last.reasons)
        score = _within(level, max(moment.score, self._last.score))
        return Risk(level, score, tuple(dict.fromkeys(reasons)), self.policy.name)

    def _level(self) -> RiskLevel:
        return _LEVELS[max((rank for rank, latch in enumerate(self._levels, 1) if latch.closed), default=0)]


class _Bound:
    """The upper bound of a number, no higher than its mean over a window and no lower than the number itself."""

    __slots__ = ("_highs", "_window_s")

    def __init__(self, window_s: float) -> None:
        self._window_s = window_s
        self._highs: deque[tuple[float, float]] = deque(maxlen=_MOST_READINGS)

    def update(self, at_s: float, estimate: Estimate | None) -> Estimate | None:
        """Take in what is known at a time and return it with that bound; what is not known leaves no trace."""
        if estimate is None or not math.isfinite(estimate.high):
            return estimate
        _forget(self._highs, at_s, self._window_s)
        self._highs.append((at_s, estimate.high))
        mean = sum(high for _, high in self._highs) / len(self._highs)
        return Estimate(estimate.value, estimate.low, max(estimate.value, min(estimate.high, mean)))


class _Latch:
    """Closes after `rise_s` beyond, opens after `fall_s` beneath; time on the other side counts back."""

    __slots__ = ("_charge_s", "_fall_s", "_rise_s", "_step_s", "closed")

    def __init__(self, rise_s: float, fall_s: float) -> None:
        self._rise_s, self._fall_s, self._step_s = rise_s, fall_s, rise_s / 2
        self._charge_s = 0.0
        self.closed = False

    def update(self, step_s: float, *, beyond: bool, beneath: bool) -> None:
        """Let `step_s` pass on one side or between."""
        step_s = min(step_s, self._step_s)
        turning = beneath if self.closed else beyond
        self._charge_s = max(0.0, self._charge_s + (step_s if turning else -step_s))
        if self._charge_s >= (self._fall_s if self.closed else self._rise_s):
            self.closed, self._charge_s = not self.closed, 0.0

    def close(self) -> None:
        """Close at once."""
        self.closed, self._charge_s = True, 0.0


def _forget(readings: deque[tuple[float, float]], at_s: float, window_s: float) -> None:
    """Drop what lies ahead of a time, or further back than a window."""
    while readings and readings[-1][0] > at_s:
        readings.pop()
    while readings and readings[0][0] <= at_s - window_s:
        readings.popleft()


def _within(level: RiskLevel, score: float) -> float:
    """Keep a score in the band of the level that holds."""
    lowest, highest = 25.0 * level.rank, 25.0 * (level.rank + 1)
    return max(lowest, score if level is RiskLevel.CRITICAL else min(score, highest - _TOP_OF_BAND))
