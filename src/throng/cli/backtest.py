"""`throng backtest`: how far past forecasts could have been trusted."""

import math
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from throng.cli.screen import console, set_up_logging
from throng.core.daily_profile import DAYS_NEEDED
from throng.evaluation.backtest import THRESHOLDS_PER_M2, BacktestReport, DayReport
from throng.evaluation.backtest import backtest as run_backtest
from throng.evaluation.backtest_report import write_chart, write_json
from throng.evaluation.errors import EvaluationError
from throng.evaluation.reading_history import read_history
from throng.evaluation.report_files import check_chart_name


def backtest(
    readings: Annotated[Path, typer.Argument(help="Readings that `throng run --out FILE.jsonl` wrote.")],
    *,
    zone: Annotated[str | None, typer.Option(help="Which zone, where there are several.")] = None,
    threshold: Annotated[
        list[float] | None, typer.Option(help="People/m² to be passed; may be given several times (default: 4 and 5).")
    ] = None,
    time_zone: Annotated[str, typer.Option(help="Where the place is, such as Europe/Zurich.")] = "UTC",
    json: Annotated[Path | None, typer.Option(help="Write the report to this .json file.")] = None,
    picture: Annotated[Path | None, typer.Option(help="Draw reliability and errors into this .png file.")] = None,
) -> None:
    """Replay readings through the forecast and compare what it says with what came."""
    set_up_logging()
    _check_outputs(json, picture)
    thresholds = tuple(threshold or THRESHOLDS_PER_M2)
    if not all(math.isfinite(value) and value > 0 for value in thresholds):
        raise EvaluationError("--threshold: expected people/m² above 0")
    history = read_history(readings, zone)
    report = run_backtest(history, thresholds, zone=_time_zone(time_zone))
    print_backtest(report, Console(highlight=False))
    if json is not None:
        write_json(report, json)
        console.print(f"report written to {json}")
    if picture is not None:
        write_chart(report, picture)
        console.print(f"picture written to {picture}")


def print_backtest(report: BacktestReport, to: Console) -> None:
    """Print the report as two tables."""
    to.print(f"[bold]Back-test: zone {escape(report.zone_id)}[/bold]")
    to.print(f"readings   {report.readings} over {report.hours:.1f} h, {report.unknown} without a density")
    to.print(f"forecasts  {report.forecasts}, {_percent(report.significant)} with a slope that was more than noise")
    errors = _table("people/m²", "error of the forecast", "if nothing changed", "bias", "compared")
    for horizon in report.horizons:
        forecast, persistence = horizon.forecast, horizon.persistence
        errors.add_row(
            f"{horizon.ahead_s / 60:g} min ahead",
            _number(forecast.mae),
            _number(persistence.mae),
            _number(forecast.bias, sign=True),
            str(forecast.samples),
        )
    to.print(errors)
    scores = _table("passing a threshold", "Brier score", "climatology", "skill", "happened", "compared")
    for threshold in report.thresholds:
        for ahead_s, score in threshold.by_horizon:
            scores.add_row(
                f"{threshold.threshold_per_m2:g}/m² in {ahead_s / 60:g} min",
                _number(score.brier, 4),
                _number(score.reference, 4),
                _number(score.skill, 2, sign=True),
                _percent(score.base_rate),
                str(score.samples),
            )
        coverage = f"{_percent(threshold.time_to_coverage)} in the 90 % interval"
        judged = f"{threshold.time_to_judged} of {threshold.time_to_told}"
        scores.add_row(f"time to {threshold.threshold_per_m2:g}/m²", coverage, "", "", "", judged)
        scores.add_section()
    to.print(scores)
    to.print(_day(report.day), soft_wrap=True)
    for note in report.notes:
        to.print(f"note: {escape(note)}", soft_wrap=True)


def _table(*titles: str) -> Table:
    table = Table(*titles, title_justify="left", header_style="bold")
    for column in table.columns[1:]:
        column.justify = "right"
    return table


def _day(day: DayReport) -> str:
    if day.missing_days:
        return (
            f"daily profile  needs {day.missing_days} more days (at least {DAYS_NEEDED}, and the last to be foretold)"
        )
    return (
        f"daily profile  learnt from {day.days} days: error {_number(day.errors.mae)} people/m² over the last "
        f"{day.errors.samples} hours, {_percent(day.coverage)} within their bands"
    )


def _check_outputs(json: Path | None, picture: Path | None) -> None:
    """Find out before the replay, not after it."""
    for path in (json, picture):
        if path is not None and not path.parent.is_dir():
            raise EvaluationError(f"{path}: cannot be written: the folder {path.parent} does not exist")
    if picture is not None:
        check_chart_name(picture)


def _time_zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise EvaluationError(f"--time-zone: there is no time zone {name!r}; say it like Europe/Zurich") from None


def _number(value: float, digits: int = 3, *, sign: bool = False) -> str:
    if math.isnan(value):
        return "unknown"
    return f"{value:+.{digits}f}" if sign else f"{value:.{digits}f}"


def _percent(share: float) -> str:
    return "unknown" if math.isnan(share) else f"{100 * share:.0f} %"
