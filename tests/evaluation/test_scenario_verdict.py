"""Verdicts on readings made by hand."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from throng.core.crowd_state import CrowdEvent, EventKind, Risk, RiskLevel
from throng.core.estimate import Estimate
from throng.core.reading import Density, Reading, Validity
from throng.evaluation.errors import EvaluationError
from throng.evaluation.scenario_bench import START, ScenarioRun, TruthSeries, play, record, watch
from throng.evaluation.scenario_report import BenchReport, write_bench
from throng.evaluation.scenario_verdict import alarming, episodes, judge
from throng.evaluation.timeline import HEIGHT, WIDTH, draw_timeline, write_timeline
from throng.sim.noisy_sensor import SensorNoise
from throng.sim.scenarios import scenario

LEVELS = list(RiskLevel)


def reading(time_s: float, level: RiskLevel | None = RiskLevel.SAFE, *events: CrowdEvent) -> Reading:
    known = level is not None
    mean = Estimate(2.0, 1.8, 2.3)
    return Reading(
        zone_id="z",
        camera_id="c",
        at=START + timedelta(seconds=time_s),
        pts_s=time_s,
        validity=Validity.LIVE if known else Validity.UNKNOWN,
        reasons=(),
        models=(),
        simulated=True,
        frames=2,
        count=None,
        density=Density(mean, "classical", None, "gaussian_r1m", None) if known else None,
        level_of_service=None,
        speed=None,
        occupancy=None,
        last_good_at=None,
        events=events,
        risk=None if level is None else Risk(level, 25.0 * level.rank, (f"density is {level}",), "standing"),
    )


def rising(duration_s: float = 420.0, *, passes_s: float = 300.0) -> TruthSeries:
    times = np.arange(0.0, duration_s, 0.5)
    return TruthSeries(times, 5.0 * times / passes_s)


def run(name: str, levels: Mapping[int, RiskLevel | None], *, truth: TruthSeries | None = None) -> ScenarioRun:
    """A run whose level of risk changes at some seconds."""
    one = scenario(name)
    level: RiskLevel | None = RiskLevel.SAFE
    readings = []
    for second in range(1, round(one.duration_s) + 1):
        level = levels.get(second, level)
        readings.append(reading(second, level))
    return ScenarioRun(one, False, truth or rising(one.duration_s), tuple(readings))


def with_event(name: str, at_s: int, event: CrowdEvent, *, lasting_s: int = 5) -> ScenarioRun:
    one = scenario(name)
    readings = [
        reading(t, RiskLevel.SAFE, *([event] if at_s <= t < at_s + lasting_s else []))
        for t in range(1, round(one.duration_s) + 1)
    ]
    return ScenarioRun(one, False, rising(one.duration_s), tuple(readings))


def test_a_warning_before_the_crush_is_a_call_with_its_lead() -> None:
    verdict = judge(run("filling-hall", {100: RiskLevel.CAUTION, 210: RiskLevel.WARNING, 290: RiskLevel.CRITICAL}))
    assert (verdict.danger_s, verdict.called_s, verdict.lead_time_s) == (300.0, 210.0, 90.0)
    assert (verdict.missed, verdict.in_time, verdict.false_alarms) == (False, True, 0)
    assert verdict.why == "warning: density is warning"


@pytest.mark.parametrize(("called_s", "in_time"), [(240, True), (241, False), (320, False)])
def test_a_minute_is_asked_for(called_s: int, in_time: bool) -> None:
    verdict = judge(run("filling-hall", {called_s: RiskLevel.WARNING}))
    assert verdict.in_time is in_time
    assert verdict.lead_time_s == 300 - called_s


def test_a_short_build_up_asks_for_no_more_than_its_length() -> None:
    one = run("stage-surge", {}, truth=rising(230.0, passes_s=110.0))
    assert judge(one).wanted_s == 110 - 80


def test_nobody_called_is_missed() -> None:
    verdict = judge(run("filling-hall", {1: RiskLevel.CAUTION}))
    assert (verdict.missed, verdict.called_s, verdict.lead_time_s, verdict.why) == (True, None, None, "")


def test_a_crush_that_did_not_happen_is_an_error_not_a_success() -> None:
    flat = TruthSeries(np.arange(0.0, 420.0), np.full(420, 4.8))
    with pytest.raises(EvaluationError, match=r"should pass 5 people/m² and reached only 4\.80"):
        judge(run("filling-hall", {}, truth=flat))


def test_any_alarm_of_a_harmless_scene_is_false() -> None:
    calm = {50: RiskLevel.WARNING, 52: RiskLevel.SAFE, 60: RiskLevel.CRITICAL, 61: RiskLevel.SAFE}
    verdict = judge(run("calm-plaza", calm | {200: RiskLevel.WARNING, 230: RiskLevel.SAFE}))
    assert verdict.false_alarms == 2
    assert verdict.quiet_s == 480
    assert verdict.false_alarms_per_hour == pytest.approx(15.0)
    assert not verdict.missed
    assert judge(run("calm-plaza", {1: RiskLevel.CAUTION})).false_alarms == 0


def test_an_event_is_called_from_its_onset_on() -> None:
    panic = CrowdEvent(EventKind.PANIC, 0.8, ("speed jumps to 2.9 m/s",))
    verdict = judge(with_event("panic-dispersal", 153, panic))
    assert (verdict.lead_time_s, verdict.named, verdict.false_alarms) == (-3.0, True, 0)
    assert verdict.in_time is None
    early = judge(with_event("panic-dispersal", 140, panic))
    assert (early.missed, early.false_alarms) == (True, 1)


def test_an_event_by_another_name_is_no_call_and_a_risk_is_one_without_a_name() -> None:
    verdict = judge(with_event("panic-dispersal", 153, CrowdEvent(EventKind.FALL, 0.9, ("one lies",))))
    assert (verdict.missed, verdict.named, verdict.false_alarms) == (True, False, 0)
    risky = judge(run("panic-dispersal", {155: RiskLevel.WARNING, 170: RiskLevel.SAFE}))
    assert (risky.missed, risky.named, risky.lead_time_s) == (False, False, -5.0)
    assert judge(with_event("filling-hall", 200, CrowdEvent(EventKind.FALL, 0.9, ()))).missed
    assert judge(with_event("filling-hall", 200, CrowdEvent(EventKind.SURGE, 0.6, ()))).lead_time_s == 100
    unsure = judge(with_event("panic-dispersal", 153, CrowdEvent(EventKind.PANIC, 0.49, ())))
    assert unsure.missed


def test_an_alarm_long_after_the_danger_is_false() -> None:
    times = np.arange(0.0, 420.0, 0.5)
    over = TruthSeries(times, np.where((times >= 200) & (times < 250), 5.5, 1.0))
    levels: dict[int, RiskLevel | None] = {150: RiskLevel.WARNING, 300: RiskLevel.SAFE, 350: RiskLevel.WARNING}
    verdict = judge(run("filling-hall", levels, truth=over))
    assert (verdict.called_s, verdict.lead_time_s, verdict.false_alarms) == (150, 50, 1)


def test_blind_readings_must_be_unknown() -> None:
    truth = rising(280.0, passes_s=250.0)
    blind: dict[int, RiskLevel | None] = {101: None, 151: RiskLevel.WARNING}
    assert judge(run("blinded-build-up", blind, truth=truth)).blind_honest is True
    assert judge(run("blinded-build-up", {}, truth=truth)).blind_honest is False
    forgotten: dict[int, RiskLevel | None] = {90: RiskLevel.WARNING, 101: None, 151: RiskLevel.WARNING}
    assert judge(run("blinded-build-up", forgotten, truth=truth)).blind_honest is False, "the alarm was lost"
    assert judge(run("filling-hall", {})).blind_honest is None


def test_unknown_never_alarms() -> None:
    assert not alarming(reading(1.0, None))
    assert [alarming(reading(1.0, level)) for level in LEVELS] == [False, False, True, True]


@given(st.lists(st.integers(0, 2000), max_size=60, unique=True))
def test_episodes_are_at_least_one_and_at_most_one_per_moment(seconds: list[int]) -> None:
    times = sorted(float(s) for s in seconds)
    count = episodes(times)
    assert (count >= 1) == bool(times)
    assert count <= len(times)
    assert episodes([t + 7.0 for t in times]) == count


def test_false_alarms_are_told_apart_by_their_cause() -> None:
    panic = with_event("calm-plaza", 100, CrowdEvent(EventKind.PANIC, 0.8, ()))
    assert judge(panic).false_causes == {"panic": 1}
    by_bound = run(
        "calm-plaza", {50: RiskLevel.WARNING, 60: RiskLevel.SAFE, 200: RiskLevel.WARNING, 210: RiskLevel.SAFE}
    )
    assert judge(by_bound).false_causes == {"upper_bound": 2}, "2 people/m² are no warning"
    dense = Density(Estimate(3.2, 3.1, 3.3), "classical", None, "gaussian_r1m", None)
    readings = tuple(replace(r, density=dense) for r in by_bound.readings)
    assert judge(replace(by_bound, readings=readings)).false_causes == {"risk": 2}
    assert judge(run("calm-plaza", {})).false_causes == {}
    both = BenchReport((judge(panic), judge(by_bound)))
    assert both.false_causes == {"panic": 1, "upper_bound": 2}


def test_a_recording_can_be_watched_again() -> None:
    short = replace(scenario("waving-crowd"), duration_s=6.0)
    recording = record(short, seed=3)
    first, again = (watch(recording, noise=SensorNoise(), seed=4) for _ in range(2))
    exact = watch(recording)
    assert first.readings == again.readings
    assert (first.noise, exact.noise) == (True, False)
    assert exact.readings == play(short, noises=(False,), seed=3)[0].readings
    assert watch(recording, noise=SensorNoise(), seed=5).readings != first.readings
    assert len(recording.frames) == 12
    assert first.truth.density_per_m2 == pytest.approx(exact.truth.density_per_m2)


def test_the_report_sums_up(tmp_path: Path) -> None:
    verdicts = [
        judge(run("filling-hall", {200: RiskLevel.WARNING})),
        judge(run("rain-shelter", {}, truth=rising(220.0, passes_s=150.0))),
        judge(run("calm-plaza", {20: RiskLevel.WARNING})),
    ]
    write_bench(verdicts, tmp_path / "b.json")
    read = json.loads((tmp_path / "b.json").read_text())
    assert (read["missed"], read["false_alarms"], read["lead_time_s"]) == (1, 1, 100.0)
    assert read["late"] == ["rain-shelter"]
    assert [s["scene"] for s in read["scenes"]] == ["filling-hall", "rain-shelter", "calm-plaza"]
    assert read["false_alarms_per_hour"] == pytest.approx(7.5)
    assert BenchReport(()).lead_time_s is None
    with pytest.raises(EvaluationError, match="cannot be written"):
        write_bench(verdicts, tmp_path / "nowhere" / "b.json")


def test_the_timeline_shows_truth_readings_and_levels(tmp_path: Path) -> None:
    plain, called = (
        run("filling-hall", {}),
        run("filling-hall", {200: RiskLevel.WARNING, 250: None, 260: RiskLevel.CRITICAL}),
    )
    a, b = (draw_timeline(one, judge(one)) for one in (plain, called))
    assert a.shape == b.shape == (HEIGHT, WIDTH, 3)
    assert (a != b).any(axis=2).mean() > 0.01
    path = write_timeline(called, judge(called), tmp_path / "pictures")
    assert path.name == "filling-hall.png"
    assert path.stat().st_size > 10_000


def test_a_timeline_without_any_reading_can_be_drawn() -> None:
    empty = ScenarioRun(scenario("calm-plaza"), True, TruthSeries(np.empty(0), np.empty(0)), ())
    assert draw_timeline(empty, judge(empty)).shape == (HEIGHT, WIDTH, 3)
