"""The risk of a zone: points and reasons of one moment, levels over time."""

import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from throng.core.crowd_state import (
    Balance,
    CrowdEvent,
    EventKind,
    Movement,
    Outlook,
    Risk,
    RiskLevel,
    ThresholdOutlook,
)
from throng.core.crowdsafe import CrowdSafeAssessor
from throng.core.errors import ThrongError
from throng.core.estimate import Estimate
from throng.core.risk import RiskAssessor, assessor_for
from throng.core.risk_evidence import RiskInputs, assess_moment
from throng.core.risk_profiles import (
    MOVING,
    PROFILES,
    QUEUE,
    STAIRS,
    STANDING,
    RiskPolicy,
    custom_policy,
    level_of_score,
    policy_for,
    risk_thresholds_per_m2,
)
from throng.core.site import Use, Zone

CALM = Movement((1.0, 0.0), "tracks", 0.9, 0.95, 0.3, 0.0, 0.0, 0.05, 0.1, 0.005, False, None)
SQUARE = ((0.0, 0.0), (4.0, 0.0), (4.0, 3.0), (0.0, 3.0))


def exactly(value: float) -> Estimate:
    return Estimate(value, value, value)


def crowd(density: float, **known: Any) -> RiskInputs:
    return RiskInputs(exactly(density), **known)


def watch(assessor: RiskAssessor, readings: Iterable[tuple[float, RiskInputs]]) -> list[Risk | None]:
    return [assessor.update(at_s, inputs) for at_s, inputs in readings]


def levels(assessor: RiskAssessor, densities: Iterable[float], *, every_s: float = 1.0) -> list[str]:
    risks = watch(assessor, ((every_s * i, crowd(d)) for i, d in enumerate(densities)))
    return [risk.level.value for risk in risks if risk is not None]


def settled(policy: RiskPolicy, inputs: RiskInputs, *, for_s: int = 40) -> Risk:
    risk = watch(RiskAssessor(policy), ((float(s), inputs) for s in range(for_s)))[-1]
    assert risk is not None
    return risk


@pytest.mark.parametrize(
    ("policy", "caution", "warning", "critical", "maximum"),
    [(STANDING, 2, 3.5, 5, 6.5), (QUEUE, 2, 3.5, 5, 6.5), (MOVING, 2, 3, 4, 5.5), (STAIRS, 1.5, 2.7, 3.5, 4.5)],
    ids=lambda value: value.name if isinstance(value, RiskPolicy) else None,
)
def test_density_bands(policy: RiskPolicy, caution: float, warning: float, critical: float, maximum: float) -> None:
    at = [0, caution / 2, caution, warning, critical, maximum, 20]
    assert [policy.density_score(d) for d in at] == [0, 12.5, 25, 50, 75, 100, 100]
    found = [settled(policy, crowd(d)).level.value for d in (caution - 0.01, caution, warning, critical)]
    assert found == ["safe", "caution", "warning", "critical"]


def test_upper_bound_decides_and_the_reason_gives_it() -> None:
    risk = settled(STANDING, RiskInputs(Estimate(4.6, 4.1, 5.2), level_of_service="E"), for_s=26)
    assert risk.level is RiskLevel.CRITICAL
    assert risk.reasons == (
        "density 4.6 [4.1–5.2] people/m² for 25 s (classical, level of service E; critical from 5)",
    )


def test_safe_needs_no_reason() -> None:
    assert settled(STANDING, crowd(1.0)) == Risk(RiskLevel.SAFE, 12.5, (), "standing")
    assert settled(STANDING, crowd(0.0)).score == 0


def test_single_noisy_frame_raises_nothing_and_lasting_density_does() -> None:
    noisy = [1.0, 1.0, 9.0, 1.0, 1.0, 1.0, 1.0, 9.0, 1.0]
    assert set(levels(RiskAssessor(STANDING), noisy)) == {"safe"}
    assert levels(RiskAssessor(STANDING), [1.0, *[5.5] * 6]) == ["safe"] * 5 + ["critical"] * 2


def test_first_reading_raises_caution_and_no_more() -> None:
    assert levels(RiskAssessor(STANDING), [9.0] * 6) == ["caution"] * 5 + ["critical"]


def test_level_that_is_about_to_rise_is_foretold() -> None:
    risk = RiskAssessor(STANDING).update(0, crowd(5.5))
    assert risk is not None
    assert risk.score == pytest.approx(49.9)
    assert risk.reasons[-1] == "critical once it has lasted 5 s"


def test_levels_end_lower_and_later_than_they_began() -> None:
    up, between, down = [3.6] * 7, [3.2] * 60, [3.0] * 11
    found = levels(RiskAssessor(STANDING), [1.0, *up, *between, *down])
    assert found[7:] == ["warning"] * (1 + 60 + 9) + ["caution"] * 2
    held = watch(RiskAssessor(STANDING), ((float(s), crowd(d)) for s, d in enumerate([3.6] * 9 + [1.0])))[-1]
    assert held is not None
    assert held.score == 50
    assert held.reasons[-1] == "warning until the score has been below 43 for 10 s"


def test_density_that_flutters_about_a_threshold_rises_once() -> None:
    found = levels(RiskAssessor(STANDING), [1.0] + [5.2, 5.2, 4.8] * 30)
    assert found[-1] == "critical"
    changes = sum(a != b for a, b in pairwise(found))
    assert changes <= 3


@pytest.mark.parametrize("every_s", [0.1, 1.0, 30.0, 600.0])
def test_any_rate_raises_and_clears_but_never_by_one_reading(every_s: float) -> None:
    steps = max(2, round(5 / every_s))
    found = levels(RiskAssessor(STANDING), [0.5, *[5.5] * (steps + 2), *[0.5] * (4 * steps + 2)], every_s=every_s)
    assert found[1] == "safe"
    assert "critical" in found
    assert found[found.index("critical") + 3] != "safe"
    assert found[-1] == "safe"


def test_no_data_holds_the_alarm_and_says_for_how_long() -> None:
    assessor = RiskAssessor(STANDING)
    watch(assessor, ((float(s), crowd(5.5)) for s in range(10)))
    blind = watch(assessor, ((9.0 + s, RiskInputs()) for s in range(1, 4000)))
    assert {risk.level for risk in blind if risk} == {RiskLevel.CRITICAL}
    last = blind[-1]
    assert last is not None
    assert last.reasons[0] == "no data for 3999 s; last level held"
    assert last.reasons[1].startswith("density 5.5 [5.5–5.5] people/m²")
    one_look = assessor.update(4010, crowd(0.1))
    assert one_look is not None
    assert one_look.level is RiskLevel.CRITICAL


def test_safe_is_never_said_for_long_without_data() -> None:
    assessor = RiskAssessor(STANDING)
    assert assessor.update(0, RiskInputs()) is None
    watch(assessor, [(1, crowd(0.5))])
    held = assessor.update(11, RiskInputs())
    assert held == Risk(RiskLevel.SAFE, 6.25, ("no data for 10 s; last level held",), "standing")
    assert assessor.update(11.5, RiskInputs()) is None
    again = assessor.update(60, crowd(4.0))
    assert again is not None
    assert again.level is RiskLevel.CAUTION


def test_occupancy_does_not_end_an_alarm_of_a_density_that_was_lost() -> None:
    assessor = RiskAssessor(STANDING)
    watch(assessor, ((float(s), crowd(5.5)) for s in range(10)))
    empty = RiskInputs(occupancy=exactly(0.1))
    risk = watch(assessor, ((10.0 + s, empty) for s in range(30)))[-1]
    assert risk is not None
    assert risk.level is RiskLevel.CRITICAL


def test_a_look_away_does_not_take_back_what_was_about_to_rise() -> None:
    path = [crowd(1.0), *[crowd(5.5)] * 4, *[RiskInputs()] * 4, crowd(5.5)]
    risk = watch(RiskAssessor(STANDING), ((float(s), inputs) for s, inputs in enumerate(path)))[-1]
    assert risk is not None
    assert risk.level is RiskLevel.CRITICAL


def test_upper_bound_without_end_is_no_density() -> None:
    assert RiskAssessor(STANDING).update(0, RiskInputs(Estimate(1, 0, float("inf")))) is None


def test_events_raise_a_blind_zone() -> None:
    assessor = RiskAssessor(MOVING)
    panic = RiskInputs(events=(CrowdEvent(EventKind.PANIC, 1.0, ("mean speed 3.1 m/s",)),))
    watch(assessor, [(0, crowd(0.5)), *((float(s), panic) for s in range(1, 7))])
    risk = assessor.update(7, panic)
    assert risk is not None
    assert risk.level is RiskLevel.CRITICAL
    assert risk.reasons[:2] == ("no data for 7 s; last level held", "panic, 100% sure (mean speed 3.1 m/s)")


def test_zone_that_never_had_a_density_is_judged_by_its_occupancy() -> None:
    assessor = RiskAssessor(STANDING)
    full, empty = RiskInputs(occupancy=exactly(1.1)), RiskInputs(occupancy=exactly(0.1))
    risks = watch(assessor, ((float(s), full if s < 10 else empty) for s in range(30)))
    assert [risks[i].level for i in (0, 9, 29) if risks[i]] == ["caution", "warning", "safe"]  # type: ignore[union-attr]


def test_time_that_goes_backwards_is_no_time() -> None:
    assessor = RiskAssessor(STANDING)
    watch(assessor, [(100, crowd(0.5)), (101, crowd(5.5)), (50, crowd(5.5)), (10, crowd(5.5))])
    risk = assessor.update(11, crowd(5.5))
    assert risk is not None
    assert risk.level is RiskLevel.SAFE
    risk = watch(assessor, ((12.0 + s, crowd(5.5)) for s in range(4)))[-1]
    assert risk is not None
    assert risk.level is RiskLevel.CRITICAL
    assert risk.reasons[0].startswith("density 5.5 [5.5–5.5] people/m² for 5 s")


@pytest.mark.parametrize("at_s", [float("nan"), float("inf")])
def test_time_must_be_a_number(at_s: float) -> None:
    with pytest.raises(ValueError, match="finite"):
        RiskAssessor(STANDING).update(at_s, crowd(1))


def outlook(chance: float, *, threshold: float = 5.0, significant: bool = True) -> Outlook:
    near = ThresholdOutlook(
        threshold, ((60, 0.0), (120, chance / 2), (300, chance), (600, 1.0)), Estimate(240, 180, 360)
    )
    return Outlook(Estimate(0.5, 0.4, 0.6), significant, (ThresholdOutlook(2.0, ((60, 1.0),), None), near))


def balance(inflow: float, outflow: float, *, error: float = 2) -> Balance:
    def about(rate: float) -> Estimate:
        return Estimate(rate, max(0.0, rate - error), rate + error)

    return Balance(about(inflow), about(outflow), inflow - outflow, 60.0)


@pytest.mark.parametrize(
    ("known", "score", "reason"),
    [
        ({"occupancy": Estimate(0.9, 0.85, 1.0)}, 50, "90 [85–100] % of capacity"),
        ({"occupancy": exactly(0.8)}, 37.5, None),
        ({"occupancy": exactly(3.0)}, 74, "300 [300–300] % of capacity"),
        ({"outlook": outlook(0.9)}, 45, "90% chance of passing 5 people/m² within 5 min (in 4.0 [3.0–6.0] min)"),
        ({"outlook": outlook(0.9, significant=False)}, 37.5, None),
        ({"outlook": outlook(0.9, threshold=4.0)}, 37.5, None),
        ({"outlook": outlook(float("nan"))}, 37.5, None),
        ({"balance": balance(50, 12), "area_m2": 76.0}, 42.5, "inflow exceeds outflow by 38/min"),
        ({"balance": balance(50, 12)}, 37.5, "inflow exceeds outflow by 38/min"),
        ({"balance": balance(12, 11), "area_m2": 76.0}, 37.5, None),
        ({"balance": balance(12, 50), "area_m2": 76.0}, 37.5, None),
        ({"movement": replace(CALM, divergence_per_s=-0.06)}, 40, "people converge at 0.06/s"),
        ({"movement": replace(CALM, divergence_per_s=0.5)}, 37.5, None),
        ({"movement": replace(CALM, counter_flow=0.55)}, 42.5, "opposed streams (counter-flow 0.55)"),
        ({"movement": replace(CALM, counter_flow=float("nan"), divergence_per_s=None)}, 37.5, None),
        ({"movement": replace(CALM, pressure_per_s2=0.05)}, 37.5, None),  # not dense enough
        ({"peak_per_m2": 5.25}, 50, "local peak of 5.2 people/m² (gaussian_r1m)"),
        ({"peak_per_m2": float("nan")}, 37.5, None),
        ({"events": (CrowdEvent(EventKind.BLOCKED_EXIT, 0.9, ()),)}, 54, "blocked exit, 90% sure"),
    ],
)
def test_what_adds_to_a_standing_crowd_of_two_and_three_quarters(
    known: dict[str, Any], score: float, reason: str | None
) -> None:
    moment = assess_moment(STANDING, crowd(2.75, **known))
    assert moment.score == pytest.approx(score, abs=1e-9)
    assert (reason in moment.reasons) if reason else all("density" in r or "capacity" in r for r in moment.reasons)


def test_pressure_and_waves_count_in_density_only_and_not_where_gated() -> None:
    turbulent = replace(CALM, pressure_per_s2=0.03, wave_period_s=45.0)
    alone = STANDING.density_score(4.25)
    assert assess_moment(STANDING, crowd(4.25, movement=turbulent)).score == pytest.approx(alone + 7.5 + 5)
    gated = replace(turbulent, pressure_gated=True)
    assert assess_moment(STANDING, crowd(4.25, movement=gated)).score == pytest.approx(alone + 5)
    assert assess_moment(STANDING, crowd(3.0, movement=turbulent)).score == STANDING.density_score(3.0)


def test_motion_adds_at_most_one_level() -> None:
    wild = replace(CALM, divergence_per_s=-1.0, counter_flow=1.0, pressure_per_s2=1.0, wave_period_s=40.0)
    moment = assess_moment(STANDING, crowd(3.6, movement=wild, balance=balance(500, 0), area_m2=10.0))
    assert moment.score == pytest.approx(STANDING.density_score(3.6) + 25)
    assert level_of_score(moment.score) is RiskLevel.CRITICAL


def test_standing_still_in_density_counts_where_people_were_on_their_way() -> None:
    still = crowd(3.5, speed_mps=0.0)
    assert settled(MOVING, still).score == pytest.approx(MOVING.density_score(3.5) + 7.5)
    assert settled(MOVING, still).reasons[-1] == "people stand still: 0.00 m/s for 20 s or more"
    assert settled(MOVING, still, for_s=15).score == MOVING.density_score(3.5)
    assert settled(QUEUE, still).score == QUEUE.density_score(3.5)
    assert settled(MOVING, crowd(3.5, speed_mps=float("nan"))).score == MOVING.density_score(3.5)


def test_an_upper_bound_counts_as_far_as_it_lasts_and_a_value_at_once() -> None:
    """A counter that reads 2.6 [2.0-3.3] and for 12 s 2.8 [2.1-3.7]: its upper bound is 3.46 on average."""
    usual, excursion = RiskInputs(Estimate(2.6, 2.0, 3.3)), RiskInputs(Estimate(2.8, 2.1, 3.7))
    path = [*[usual] * 30, *[excursion] * 12, *[usual] * 20]
    found = watch(RiskAssessor(STANDING), ((float(s), inputs) for s, inputs in enumerate(path)))
    assert {risk.level for risk in found if risk} == {RiskLevel.CAUTION}
    lasting = watch(RiskAssessor(STANDING), ((float(s), i) for s, i in enumerate([*[usual] * 30, *[excursion] * 30])))
    assert lasting[-1] is not None
    assert lasting[-1].level is RiskLevel.WARNING
    sudden = watch(RiskAssessor(STANDING), ((float(s), i) for s, i in enumerate([*[usual] * 30, *[crowd(3.6)] * 6])))
    assert sudden[-1] is not None
    assert sudden[-1].level is RiskLevel.WARNING


def test_an_occupancy_bound_counts_as_far_as_it_lasts() -> None:
    def full(high: float) -> RiskInputs:
        return RiskInputs(exactly(1.0), occupancy=Estimate(0.8, 0.7, high))

    path = [*[full(0.95)] * 30, *[full(1.05)] * 10]
    found = watch(RiskAssessor(STANDING), ((float(s), inputs) for s, inputs in enumerate(path)))
    assert {risk.level for risk in found if risk} == {RiskLevel.CAUTION}


def test_streams_that_met_and_jam_still_count_as_opposed() -> None:
    meeting = crowd(2.4, speed_mps=1.0, movement=replace(CALM, counter_flow=0.8))
    jammed = crowd(2.4, speed_mps=0.4, movement=replace(CALM, counter_flow=0.05))
    free = crowd(2.4, speed_mps=0.9, movement=replace(CALM, counter_flow=0.05))
    alone = MOVING.density_score(2.4)

    def after(policy: RiskPolicy, inputs: RiskInputs, seconds: int) -> Risk:
        path = [meeting] * 10 + [inputs] * seconds
        risk = watch(RiskAssessor(policy), ((float(s), one) for s, one in enumerate(path)))[-1]
        assert risk is not None
        return risk

    held_up = after(MOVING, jammed, 20)
    assert held_up.score == pytest.approx(alone + 10)
    assert "opposed streams hold each other up (counter-flow 0.80, now 0.40 m/s)" in held_up.reasons
    assert after(MOVING, jammed, 61).score == pytest.approx(alone), "forgotten after a minute"
    assert after(MOVING, free, 20).score == pytest.approx(alone), "they pass each other"
    assert after(QUEUE, jammed, 20).score == pytest.approx(QUEUE.density_score(2.4)), "a queue may stand"


events = st.lists(st.builds(CrowdEvent, st.sampled_from(list(EventKind)), st.floats(0, 1), st.just(())), max_size=3)
movements = st.builds(
    Movement,
    velocity_mps=st.just((0.0, 0.0)),
    estimator=st.just("tracks"),
    moving_share=st.just(1.0),
    polarisation=st.none(),
    direction_entropy=st.none(),
    counter_flow=st.none() | st.floats(0, 1),
    divergence_per_s=st.none() | st.floats(-1, 1),
    congestion_level_per_m=st.none(),
    crowd_danger_per_m3=st.none(),
    pressure_per_s2=st.none() | st.floats(0, 0.1),
    pressure_gated=st.booleans(),
    wave_period_s=st.none() | st.floats(10, 100),
)
others = st.fixed_dictionaries(
    {
        "movement": st.none() | movements,
        "speed_mps": st.none() | st.floats(0, 2),
        "occupancy": st.none() | st.floats(0, 2).map(exactly),
        "outlook": st.none() | st.floats(0, 1).map(outlook),
        "balance": st.none() | st.floats(0, 100).map(lambda rate: balance(rate, 20)),
        "area_m2": st.none() | st.floats(1, 500),
        "events": events.map(tuple),
    }
)
policies = st.sampled_from([*PROFILES.values(), custom_policy(MOVING, (1.0, 8.0, 30.0))])
densities = st.tuples(st.floats(0, 12), st.floats(0, 12)).map(sorted)


@given(policies, densities, st.tuples(st.floats(0, 15), st.floats(0, 15)).map(sorted), others, st.booleans())
def test_score_never_falls_when_the_density_rises(
    policy: RiskPolicy, mean: list[float], peak: list[float], known: dict[str, Any], stagnant: bool
) -> None:
    lower, higher = (
        assess_moment(policy, crowd(d, peak_per_m2=p, **known), stagnant=stagnant).score
        for d, p in zip(mean, peak, strict=True)
    )
    assert 0 <= lower <= higher <= 100


@settings(max_examples=60)
@given(
    policies,
    st.lists(st.tuples(st.floats(0, 15), densities, st.booleans()), min_size=1, max_size=40),
    others,
)
def test_level_and_score_over_time_never_fall_when_the_density_was_higher(
    policy: RiskPolicy, path: list[tuple[float, list[float], bool]], known: dict[str, Any]
) -> None:
    lower, higher, at_s = RiskAssessor(policy), RiskAssessor(policy), 0.0
    known |= {"occupancy": None}
    for step_s, (less, more), seen in path:
        at_s += step_s
        a, b = (
            one.update(at_s, RiskInputs(Estimate(d, 0.8 * d, 1.3 * d), **known) if seen else RiskInputs())
            for one, d in ((lower, less), (higher, more))
        )
        if a is None or b is None:
            assert a is None  # a safe zone may have become unknown while the other holds its level
            continue
        assert a.level.rank <= b.level.rank
        assert not seen or a.score <= b.score + 1e-9


def test_custom_thresholds_and_profiles_of_zones() -> None:
    assert policy_for(Zone("a", SQUARE)) == MOVING
    assert policy_for(Zone("a", SQUARE, use=Use.STAIRS)) == STAIRS
    assert policy_for(Zone("a", SQUARE, use=Use.STAIRS, risk_profile="standing")) == STANDING
    custom = policy_for(Zone("a", SQUARE, use=Use.QUEUE, thresholds_per_m2=(1.0, 2.0, 2.5)))
    assert (custom.name, custom.maximum_per_m2, custom.stillness_counts) == ("custom", 3.0, False)
    assert [custom.density_score(d) for d in (1, 2, 2.5, 3)] == [25, 50, 75, 100]


def test_assessors_and_thresholds_of_zones() -> None:
    own = Zone("a", SQUARE, thresholds_per_m2=(1.0, 2.0, 3.0))
    migrated = Zone("b", SQUARE, risk_profile="crowdsafe")
    assert isinstance(assessor_for(own), RiskAssessor)
    assert isinstance(assessor_for(migrated), CrowdSafeAssessor)
    assert risk_thresholds_per_m2(own) == (1, 2, 3)
    assert risk_thresholds_per_m2(migrated) == (2, 4, 6)
    with pytest.raises(ThrongError, match="zone b: the risk profile crowdsafe"):
        policy_for(migrated)


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: custom_policy(MOVING, (2.0, 2.0, 3.0)), "policy custom: expected three rising"),
        (lambda: custom_policy(MOVING, (0.0, 2.0, 3.0)), "policy custom: expected three rising"),
        (lambda: replace(MOVING, maximum_per_m2=4.0), "policy moving: expected three rising"),
        (lambda: replace(MOVING, fall_s=1.0), "policy moving: expected 0 < rise_s <= fall_s"),
    ],
)
def test_policies_that_cannot_be(make: Callable[[], RiskPolicy], sentence: str) -> None:
    with pytest.raises(ThrongError, match=sentence):
        make()


def test_a_reading_costs_little() -> None:
    assessor = RiskAssessor(MOVING)
    inputs = crowd(
        3.6, peak_per_m2=6.0, speed_mps=0.05, movement=replace(CALM, pressure_per_s2=0.03), outlook=outlook(0.5),
        balance=balance(50, 12), area_m2=76.0, occupancy=exactly(0.9),
    )  # fmt: skip
    began = time.process_time()
    watch(assessor, ((float(s), inputs) for s in range(500)))
    assert (time.process_time() - began) / 500 < 1e-3
