"""The report on a counter as JSON."""

import json
import math
from importlib.metadata import version
from pathlib import Path

from throng.core.count_scores import f1
from throng.train.errors import TrainError
from throng.train.evaluation import HEAD_RADII_PX, CountReport, PictureScore


def as_json(report: CountReport) -> dict[str, object]:
    """Return the report as values for a JSON file; what is not known is null.

    `mae`, `rmse`, `bias`, `game` and `mean_truth` are people per picture, `nae`, `coverage90` and `warned` shares,
    `psnr` dB, `fps` pictures per second of the counter alone; `heads_px` says what the head points were matched
    within, `results` has a row for every picture.
    """
    count, options = report.count, report.options
    values: dict[str, object] = {
        "throng": version("throng"),
        "dataset": report.dataset,
        "split": report.split,
        "model": report.model,
        "corruption": None if options.corruption is None else f"{options.corruption}, severity {options.severity}",
        "regions": options.regions,
        "pictures": count.samples,
        "people": int(report.truth.sum()),
        "skipped": len(report.skipped),
        "mean_truth": _known(count.mean_truth),
        "mae": _known(count.mae),
        "rmse": _known(count.rmse),
        "nae": _known(report.normalised_error),
        "game": [_known(value) for value in report.game],
        "bias": _known(count.bias),
        "coverage90": _known(report.coverage),
        "psnr": _known(report.psnr_db),
        "ssim": _known(report.ssim),
    }
    for radius, score in zip(HEAD_RADII_PX, report.heads, strict=True):
        values[f"precision_{radius:g}"] = _known(score.precision)
        values[f"recall_{radius:g}"] = _known(score.recall)
        values[f"f1_{radius:g}"] = _known(f1(score))
    return values | {
        "warned": _known(report.warned),
        "fps": _known(report.fps),
        "skipped_files": [{"file": str(s.path), "reason": s.reason} for s in report.skipped],
        "results": [_row(picture) for picture in report.pictures],
    }


def write_json(report: CountReport, path: Path) -> None:
    """Write the report as JSON.

    Raises:
        TrainError: the file cannot be written.
    """
    try:
        path.write_text(json.dumps(as_json(report), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    except OSError as error:
        raise TrainError(f"{path}: the report cannot be written: {error.strerror}") from None


def _row(picture: PictureScore) -> dict[str, object]:
    return {
        "name": picture.name,
        "truth": picture.truth,
        "estimate": _known(picture.estimate.value),
        "low": _known(picture.estimate.low),
        "high": _known(picture.estimate.high),
        "scale": picture.scale,
        "warnings": list(picture.warnings),
    }


def _known(value: float) -> float | None:
    """JSON has no NaN."""
    return value if math.isfinite(value) else None
