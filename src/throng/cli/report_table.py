"""The commissioning report as a table that can be filed."""

import math
from importlib.metadata import version

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from throng.core.scoring import ErrorStats
from throng.evaluation.report import SpeedSpread, VideoReport, ZoneReport


def print_report(report: VideoReport, to: Console) -> None:
    """Print the report as a table that can be filed."""
    summary, labels = report.clip, report.truth
    width, height = summary.image_size
    to.print(f"[bold]Commissioning report: camera {escape(summary.camera_id)}[/bold] (throng {version('throng')})")
    to.print(f"clip    {escape(summary.source)}, {width}×{height} pixels", soft_wrap=True)
    to.print(f"models  {escape(', '.join(summary.models))}")
    drawn_on = f"drawn on {labels.labelled_on[0]}×{labels.labelled_on[1]} pixels"
    to.print(f"labels  {escape(labels.file)} ({labels.format}), {drawn_on}, {labels.people} people", soft_wrap=True)
    to.print(
        f"frames  {summary.frames_read} read, {summary.frames_analysed} analysed, {summary.frames_compared} compared"
    )
    table = Table("", "measured", "labels", "compared", title_justify="left", header_style="bold")
    for column in table.columns[1:]:
        column.justify = "right"
    _picture_rows(table, report)
    for zone_id, zone in report.zones.items():
        _zone_rows(table, zone_id, zone)
    for line_id, line in report.lines.items():
        table.add_section()
        table.add_row(f"line {escape(line_id)}: in", str(line.in_count), str(line.truth_in), "")
        table.add_row(f"line {escape(line_id)}: out", str(line.out_count), str(line.truth_out), "")
    to.print(table)
    for note in report.notes:
        to.print(f"note: {escape(note)}", soft_wrap=True)


def _picture_rows(table: Table, report: VideoReport) -> None:
    count, found = report.count, report.detection
    _count_rows(table, "count", count, f"{count.samples} frames")
    table.add_section()
    table.add_row("detection precision", _number(found.precision, 3), "", f"{found.found} finds")
    table.add_row("detection recall", _number(found.recall, 3), "", f"{found.present} people")
    table.add_section()
    error = report.speed_error_share
    off = "" if math.isnan(error) else f" ({100 * error:+.1f} %)"
    measured, true = report.speed, report.truth.speed
    table.add_row(
        "walking speed, median", _speed(measured.median_mps) + off, _speed(true.median_mps), _samples(measured)
    )
    table.add_row("walking speed, 25–75 %", _span(measured, inner=True), _span(true, inner=True), "")
    table.add_row("walking speed, 10–90 %", _span(measured, inner=False), _span(true, inner=False), "")
    table.add_section()
    shift = report.alignment.best_shift
    table.add_row(
        "alignment, best shift", "unknown" if shift is None else f"{shift:+d} frames" if shift else "0", "0", ""
    )
    table.add_row("frames per second", _number(report.clip.fps, 1), "", f"{report.clip.frames_analysed} frames")


def _zone_rows(table: Table, zone_id: str, zone: ZoneReport) -> None:
    table.add_section()
    area = "" if zone.area_m2 is None else f" ({zone.area_m2:.0f} m²)"
    known = f"{zone.count.samples} readings"
    table.add_row(f"[bold]zone {escape(zone_id)}[/bold]{area}", "", "", "")
    _count_rows(table, "  count", zone.count, known)
    table.add_row("  truth in 90 % interval", _percent(zone.coverage), "90 %", known)
    density = zone.density
    if density.samples:
        table.add_row(
            "  people/m² MAE",
            f"{density.mae:.4f}",
            f"{density.mean_truth:.4f} on average",
            f"{density.samples} readings",
        )
        table.add_row("  mean speed MAE", _speed(zone.speed.mae), "", f"{zone.speed.samples} readings")
    table.add_row("  unknown readings", str(zone.unknown), "0", f"{zone.readings} readings")


def _count_rows(table: Table, name: str, errors: ErrorStats, compared: str) -> None:
    table.add_row(f"{name} MAE", _number(errors.mae, 2), f"{_number(errors.mean_truth, 2)} on average", compared)
    table.add_row(f"{name} RMSE", _number(errors.rmse, 2), "", "")
    table.add_row(f"{name} bias", _number(errors.bias, 2, sign=True), "", "")


def _number(value: float, digits: int, *, sign: bool = False) -> str:
    if math.isnan(value):
        return "unknown"
    return f"{value:+.{digits}f}" if sign else f"{value:.{digits}f}"


def _percent(share: float) -> str:
    return "unknown" if math.isnan(share) else f"{100 * share:.0f} %"


def _speed(value_mps: float) -> str:
    return "unknown" if math.isnan(value_mps) else f"{value_mps:.2f} m/s"


def _span(spread: SpeedSpread, *, inner: bool) -> str:
    low, high = (spread.p25_mps, spread.p75_mps) if inner else (spread.p10_mps, spread.p90_mps)
    return "unknown" if math.isnan(low) else f"{low:.2f}–{high:.2f} m/s"


def _samples(spread: SpeedSpread) -> str:
    return f"{spread.samples} speeds"
