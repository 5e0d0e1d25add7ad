"""The back-test as a JSON file and as a picture."""

from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path

import numpy as np

from throng.core.points import Image
from throng.evaluation.backtest import BacktestReport, HorizonReport, ThresholdReport
from throng.evaluation.report_files import without_nan, write_json_file, write_picture
from throng.vision.plot import MUTED, Axis, Colour, Panel, blank, draw_axes, draw_key, draw_line, draw_text

WIDTH, HEIGHT = 1400, 620
_COLOURS: tuple[Colour, ...] = ((196, 98, 20), (60, 140, 230), (70, 150, 60), (150, 60, 150), (40, 60, 200))
_FEWEST = 10
"""Shares of fewer forecasts than that are chance, and are not drawn."""


def as_json(report: BacktestReport) -> dict[str, object]:
    """Return the report as nested values for a JSON file; what is not known is null."""
    values = {
        "throng": version("throng"),
        "zone_id": report.zone_id,
        "begin": report.begin.isoformat(),
        "hours": report.hours,
        "readings": {"all": report.readings, "unknown": report.unknown},
        "forecasts": report.forecasts,
        "significant_share": report.significant,
        "horizons": [_horizon(horizon) for horizon in report.horizons],
        "thresholds": [_threshold(threshold) for threshold in report.thresholds],
        "daily_profile": {
            "mae_per_m2": report.day.errors.mae,
            "bias_per_m2": report.day.errors.bias,
            "hours": report.day.errors.samples,
            "coverage_90": report.day.coverage,
            "days_learnt": report.day.days,
            "days_missing": report.day.missing_days,
        },
        "notes": list(report.notes),
    }
    return {key: without_nan(value) for key, value in values.items()}


def write_json(report: BacktestReport, path: Path) -> None:
    """Write the report as JSON.

    Raises:
        EvaluationError: the file cannot be written.
    """
    write_json_file(as_json(report), path)


def draw_chart(report: BacktestReport) -> Image:
    """Draw the reliability diagram beside the errors by horizon, (620, 1400, 3) BGR."""
    image = blank((WIDTH, HEIGHT))
    draw_text(image, f"Forecasts for zone {report.zone_id} against what came", (60, 48), scale=0.9, thickness=2)
    summary = f"{report.forecasts} forecasts over {report.hours:.1f} h, from {report.begin:%Y-%m-%d %H:%M} UTC"
    draw_text(image, summary, (60, 82), scale=0.6)
    _draw_reliability(image, report)
    _draw_errors(image, report)
    return image


def write_chart(report: BacktestReport, path: Path) -> None:
    """Write the picture as PNG or JPEG, after the ending of the name.

    Raises:
        EvaluationError: the name ends in something else, or the file cannot be written.
    """
    write_picture(draw_chart(report), path)


def _draw_reliability(image: Image, report: BacktestReport) -> None:
    """All thresholds together, a line per horizon; on the diagonal forecasts are as sure as they should be."""
    panel = Panel(90, 160, 620, HEIGHT - 80, Axis(0, 100), Axis(0, 100))
    draw_axes(image, panel, x_title="foretold probability in %", y_title="came true, %")
    draw_line(image, panel, np.array([0.0, 100.0]), np.array([0.0, 100.0]), colour=MUTED, thickness=1)
    for i, horizon in enumerate(report.horizons):
        colour = _COLOURS[i % len(_COLOURS)]
        bins = _pooled(report.thresholds, i)
        if len(bins):
            draw_line(image, panel, bins[:, 0] * 100, bins[:, 1] * 100, colour=colour, dots=True)
        draw_key(image, f"{horizon.ahead_s / 60:g} min", (250 + 95 * i, 128), colour=colour)


def _pooled(thresholds: tuple[ThresholdReport, ...], horizon: int) -> np.ndarray:
    """Bins of all thresholds together, (B, 2): foretold and happened."""
    sums = np.zeros((11, 3))
    for threshold in thresholds:
        for part in threshold.by_horizon[horizon][1].bins:
            i = min(9, int(part.forecast * 10))
            sums[i] += np.array([part.forecast, part.happened, 1.0]) * part.samples
    kept = sums[sums[:, 2] >= _FEWEST]
    return np.asarray(kept[:, :2] / kept[:, 2:])


def _draw_errors(image: Image, report: BacktestReport) -> None:
    judged = [horizon for horizon in report.horizons if horizon.forecast.samples]
    if not judged:
        return
    minutes = np.array([horizon.ahead_s / 60 for horizon in judged])
    lines = {
        "forecast": np.array([horizon.forecast.mae for horizon in judged]),
        "nothing changes": np.array([horizon.persistence.mae for horizon in judged]),
    }
    most = max(float(max(line.max() for line in lines.values())), 0.05)
    panel = Panel(760, 160, WIDTH - 50, HEIGHT - 80, Axis(0, float(minutes.max()) * 1.05), Axis(0, most * 1.1))
    draw_axes(image, panel, x_title="minutes ahead", y_title="mean error in people/m2")
    for i, (name, line) in enumerate(lines.items()):
        colour = (_COLOURS[0], MUTED)[i]
        draw_line(image, panel, minutes, line, colour=colour, dots=True)
        draw_key(image, name, (1010 + 140 * i, 128), colour=colour)


def _horizon(horizon: HorizonReport) -> dict[str, object]:
    return {
        "ahead_s": horizon.ahead_s,
        "mae_per_m2": horizon.forecast.mae,
        "bias_per_m2": horizon.forecast.bias,
        "persistence_mae_per_m2": horizon.persistence.mae,
        "samples": horizon.forecast.samples,
    }


def _threshold(threshold: ThresholdReport) -> dict[str, object]:
    return {
        "threshold_per_m2": threshold.threshold_per_m2,
        "by_horizon": [{"ahead_s": ahead_s} | asdict(score) for ahead_s, score in threshold.by_horizon],
        "time_to": {
            "told": threshold.time_to_told,
            "judged": threshold.time_to_judged,
            "coverage_90": threshold.time_to_coverage,
        },
    }
