"""`throng bench`: plays known dangers to the pipeline and sees whether it calls them."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from throng.cli.screen import console, set_up_logging
from throng.evaluation import scenario_bench
from throng.evaluation.scenario_report import BenchReport, write_bench
from throng.evaluation.scenario_verdict import Verdict, judge
from throng.evaluation.timeline import write_timeline
from throng.sim.scenario import Scenario
from throng.sim.scenarios import scenario, scenario_names

app = typer.Typer(help="Play known dangers to Throng and see whether it calls them.", no_args_is_help=True)

_LONGEST_REASON = 60


@app.callback()
def _bench() -> None:
    """Keep `scenarios` a command of its own."""


@app.command()
def scenarios(
    *,
    noise: Annotated[bool, typer.Option("--noise", help="See people as a real counter does: with errors.")] = False,
    json: Annotated[Path | None, typer.Option(help="Write the verdicts to this .json file.")] = None,
    pictures: Annotated[Path | None, typer.Option(help="Draw a timeline per scene into this folder.")] = None,
    scene: Annotated[list[str] | None, typer.Option(help="Only this scene; may be given several times.")] = None,
    seed: Annotated[int, typer.Option(min=0, help="Decides every chance.")] = 1,
) -> None:
    """Let scripted crowds become dangerous, or not, and tell what was called, how early, and what was a false alarm."""
    set_up_logging()
    chosen = [scenario(name) for name in scene or scenario_names()]
    verdicts = []
    for one, progress in _bars(chosen):
        (run,) = scenario_bench.play(one, noises=(noise,), seed=seed, progress=progress)
        verdicts.append(judge(run))
        if pictures is not None:
            write_timeline(run, verdicts[-1], pictures)
    if json is not None:
        write_bench(verdicts, json)
    print_bench(BenchReport(tuple(verdicts)), Console(), noise=noise)


def print_bench(report: BenchReport, to: Console, *, noise: bool) -> None:
    """Print one row per scene and the sum."""
    sensor = "with measurement noise" if noise else "without measurement noise"
    table = Table("scene", "danger", "called", "lead", "false alarms", "per hour", "why", title=f"Scenarios, {sensor}")
    for column in table.columns[2:6]:
        column.justify = "right"
    for verdict in report.verdicts:
        table.add_row(*_row(verdict))
    to.print(table)
    hours = report.quiet_s / 3600
    to.print(
        f"{len(report.verdicts)} scenes, {report.missed} missed, {len(report.late)} late, "
        f"{report.false_alarms} false alarms in {hours:.2f} h of calm"
    )


def _row(verdict: Verdict) -> tuple[str, ...]:
    danger = verdict.kind if verdict.danger_s is None else f"{verdict.kind} at {verdict.danger_s:.0f} s"
    called = "-" if verdict.danger_s is None else "MISSED" if verdict.missed else f"{verdict.called_s:.0f} s"
    late = " LATE" if verdict.in_time is False and not verdict.missed else ""
    lead = "-" if verdict.lead_time_s is None else f"{verdict.lead_time_s:+.0f} s{late}"
    rate = "-" if verdict.false_alarms_per_hour is None else f"{verdict.false_alarms_per_hour:.1f}"
    why = verdict.why if len(verdict.why) <= _LONGEST_REASON else verdict.why[: _LONGEST_REASON - 1] + "…"
    return verdict.scene, danger, called, lead, str(verdict.false_alarms), rate, escape(why)


@contextmanager
def _progress_bar() -> Iterator[Progress]:
    columns = (TextColumn("{task.description}"), BarColumn(bar_width=40), TimeRemainingColumn(compact=True))
    with Progress(*columns, console=console, transient=True) as bar:
        yield bar


def _bars(chosen: list[Scenario]) -> Iterator[tuple[Scenario, scenario_bench.Progress]]:
    """Give each scene with what moves the bar."""
    with _progress_bar() as bar:
        task = bar.add_task("", total=sum(one.duration_s for one in chosen))
        done_s = 0.0
        for one in chosen:
            bar.update(task, description=one.name)
            begun_s, length_s = done_s, one.duration_s

            def moved(steps: float, of: float, begun_s: float = begun_s, length_s: float = length_s) -> None:
                bar.update(task, completed=begun_s + length_s * steps / of)

            yield one, moved
            done_s += one.duration_s
