"""Scripted dangers played to the real pipeline, exactly and as a real counter sees them: called, how early, false."""

import argparse
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

from benchmarks.outcome import RESULTS, Measure, finish

from throng.core.crowd_state import EventKind
from throng.evaluation.scenario_bench import play, record, watch
from throng.evaluation.scenario_report import BenchReport
from throng.evaluation.scenario_verdict import UPPER_BOUND, Verdict, judge
from throng.evaluation.timeline import write_timeline
from throng.sim.noisy_sensor import CHECKED, SensorNoise
from throng.sim.scenarios import scenario, scenario_names

CALM_SIMULATIONS = (2, 3)
"""Seeds of the simulations of calm, each in a process of its own."""

CALM_ROUNDS = 10
"""How often each is shown: four harmless scenes, 0.4 h, every time to a sensor with other errors."""

HOURS = 8.0
FALSE_PER_HOUR = 1 / HOURS


def main() -> None:
    """Play every scenario once before both sensors, or the harmless ones for hours."""
    parser = argparse.ArgumentParser(description=__doc__, add_help=False)
    parser.add_argument("--pictures", type=Path, default=RESULTS / "scenarios", help="folder for the timelines")
    parser.add_argument("--calm", action="store_true", help="hours of calm with noise, in place of the scenarios")
    parser.add_argument("--checked", action="store_true", help="calm before a counter that was checked on site")
    parser.add_argument("--minutes", type=float, default=120.0, help="begin no round of calm after so long")
    options, rest = parser.parse_known_args()
    sys.argv = [sys.argv[0], *rest]
    begun = time.perf_counter()
    if options.calm or options.checked:
        title = "Scenarios: hours of calm under noise" + (", counter checked on site" if options.checked else "")
        measures = calm_measures(play_calm(checked=options.checked, minutes=options.minutes))
        measures.append(Measure("time for all hours of calm", time.perf_counter() - begun, "s"))
        finish(title, "calm_checked" if options.checked else "calm", measures)
        return
    exact, noisy = play_all(options.pictures)
    measures = [*sensor_measures("exact", exact), *sensor_measures("noise", noisy)]
    measures.append(Measure("time for all scenes, both sensors", time.perf_counter() - begun, "s"))
    finish("Scenarios: dangers called, lead, false alarms", "scenarios", measures)


def play_all(pictures: Path) -> tuple[list[Verdict], list[Verdict]]:
    """Play all scenarios; return the verdicts of the exact sensor and of the one that errs."""
    verdicts: tuple[list[Verdict], list[Verdict]] = ([], [])
    for name in scenario_names():
        begun = time.perf_counter()
        for run, kept in zip(play(scenario(name), noises=(False, True)), verdicts, strict=True):
            kept.append(judge(run))
            write_timeline(run, kept[-1], pictures)
        print(f"{name}: {time.perf_counter() - begun:.0f} s", file=sys.stderr)
    return verdicts


def play_calm(*, checked: bool, minutes: float) -> list[Verdict]:
    """Play the harmless scenes with noise, over and over."""
    with ProcessPoolExecutor(len(CALM_SIMULATIONS)) as pool:
        parts = pool.map(
            partial(calm_of, noise=CHECKED if checked else SensorNoise(), minutes=minutes), CALM_SIMULATIONS
        )
        return [verdict for part in parts for verdict in part]


def calm_of(simulation: int, *, noise: SensorNoise, minutes: float) -> list[Verdict]:
    """Let the harmless scenes happen once, and show them to sensors with other errors."""
    begun, verdicts = time.perf_counter(), list[Verdict]()
    scenes = [one for one in map(scenario, scenario_names()) if one.danger.kind == "harmless"]
    recordings = [record(one, seed=simulation) for one in scenes]
    for turn in range(CALM_ROUNDS):
        if time.perf_counter() - begun > 60 * minutes:
            break
        verdicts += [judge(watch(r, noise=noise, seed=100 * simulation + turn)) for r in recordings]
        print(
            f"simulation {simulation}, round {turn + 1}, {time.perf_counter() - begun:.0f} s: "
            f"{BenchReport(tuple(verdicts)).false_causes or 'calm'}",
            file=sys.stderr,
            flush=True,
        )
    return verdicts


def calm_measures(verdicts: Sequence[Verdict]) -> list[Measure]:
    """Return what was called for nothing, by cause and by scene."""
    report = BenchReport(tuple(verdicts))
    hours, causes = max(report.quiet_s, 1.0) / 3600, report.false_causes
    measures = [
        Measure("hours of calm", hours, "h", at_least=HOURS),
        Measure("false alarms", report.false_alarms / hours, "per hour", at_most=FALSE_PER_HOUR),
        Measure("alarms of upper bounds alone", causes.get(UPPER_BOUND, 0) / hours, "per hour"),
        Measure("other alarms of risk", causes.get("risk", 0) / hours, "per hour"),
    ]
    measures += [
        Measure(f"false {kind.replace('_', ' ')}", causes.get(kind, 0) / hours, "per hour") for kind in EventKind
    ]
    for name in dict.fromkeys(v.scene for v in verdicts):
        scene = [v for v in verdicts if v.scene == name]
        played = sum(v.quiet_s for v in scene) / 3600
        measures.append(Measure(f"{name}, {played:.1f} h: false alarms", _false_alarms(scene)))
    return measures


def sensor_measures(sensor: str, verdicts: list[Verdict]) -> list[Measure]:
    """Return the sum of a sensor and one line per scene."""
    report = BenchReport(tuple(verdicts))
    measures = [
        Measure(f"{sensor}: scenes", len(verdicts), at_least=12),
        Measure(f"{sensor}: dangers missed", report.missed, at_most=0),
        Measure(
            f"{sensor}: false alarms in harmless scenes",
            _false_alarms(verdicts),
            at_most=None if sensor == "noise" else 0,
        ),
    ]
    for v in verdicts:
        if v.kind == "harmless":
            measures.append(Measure(f"{sensor}: {v.scene}, false alarms", v.false_alarms))
        else:
            lead = float("nan") if v.lead_time_s is None else v.lead_time_s
            wanted = None if sensor == "noise" else v.wanted_s
            measures.append(Measure(f"{sensor}: {v.scene}, lead", lead, "s", at_least=wanted))
        if v.blind_honest is not None:
            measures.append(Measure(f"{sensor}: {v.scene}, unknown while blind", float(v.blind_honest), at_least=1))
    return measures


def _false_alarms(verdicts: list[Verdict]) -> int:
    return sum(v.false_alarms for v in verdicts if v.kind == "harmless")


if __name__ == "__main__":
    main()
