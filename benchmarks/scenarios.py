"""Scripted dangers played to the real pipeline, exactly and as a real counter sees them: called, how early, false."""

import argparse
import sys
import time
from pathlib import Path

from benchmarks.outcome import RESULTS, Measure, finish

from throng.evaluation.scenario_bench import play
from throng.evaluation.scenario_report import BenchReport
from throng.evaluation.scenario_verdict import Verdict, judge
from throng.evaluation.timeline import write_timeline
from throng.sim.scenarios import scenario, scenario_names

CALM_SEEDS = (2, 3, 4, 5)
"""Further runs of the harmless scenes with noise, for more hours of calm."""

FALSE_PER_HOUR = 1 / 8


def main() -> None:
    """Play every scenario once before both sensors, and the harmless ones again."""
    parser = argparse.ArgumentParser(description=__doc__, add_help=False)
    parser.add_argument("--pictures", type=Path, default=RESULTS / "scenarios", help="folder for the timelines")
    parser.add_argument("--calm", action="store_true", help="more hours of calm, with noise")
    options, rest = parser.parse_known_args()
    sys.argv = [sys.argv[0], *rest]
    begun = time.perf_counter()
    exact, noisy = play_all(options.pictures)
    measures = [*sensor_measures("exact", exact), *sensor_measures("noise", noisy)]
    calm = [v for v in noisy if v.kind == "harmless"] + (more_calm() if options.calm else [])
    quiet = BenchReport(tuple(calm))
    false_per_hour = quiet.false_alarms * 3600 / quiet.quiet_s
    measures.append(
        Measure(
            f"noise: false alarms in {quiet.quiet_s / 3600:.1f} h of calm",
            false_per_hour,
            "per hour",
            at_most=FALSE_PER_HOUR,
        )
    )
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


def more_calm() -> list[Verdict]:
    """Play the harmless scenes with other chances before the sensor that errs."""
    calm = [one for one in map(scenario, scenario_names()) if one.danger.kind == "harmless"]
    return [judge(run) for one in calm for seed in CALM_SEEDS for run in play(one, noises=(True,), seed=seed)]


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
