"""`throng eval counts`: holds a counter against labelled pictures."""

import math
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from enum import StrEnum
from functools import partial
from importlib import import_module
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from throng.cli.screen import console, set_up_logging
from throng.core.count_scores import f1
from throng.train.corruption import DEFAULT_SEVERITY, SEVERITIES, Corruption
from throng.train.datasets import DATASETS, open_dataset
from throng.train.errors import DatasetError, TrainError
from throng.train.evaluation import (
    HEAD_RADII_PX,
    CountOptions,
    CountReport,
    ScaleRule,
    evaluate_counts,
    spread,
)
from throng.train.evaluation import Progress as CountProgress
from throng.train.record import Dataset
from throng.train.report import write_json
from throng.train.worst import check_picture_name, write_worst
from throng.vision.counter_registry import load_counter
from throng.vision.input_scale import ScaleChooser, within_budget
from throng.vision.ports import DensityCounter

DEFAULT_COUNTER = "throngnet"

ONE_CAMERA = frozenset({"mall", "ucsd", "cvat", "points"})
"""Datasets whose pictures come from one camera, or from the user's own: `auto` finds their scale by trials."""

SCALE_TRIALS = 3
TRIAL_EVERY_S = 2.0

_SHOWN_SKIPS = 5


class Split(StrEnum):
    """Which part of a dataset."""

    TRAIN = "train"
    VAL = "val"
    TEST = "test"
    ALL = "all"


def counts(
    dataset: Annotated[str, typer.Option(help=f"Whose layout the pictures have: {', '.join(DATASETS)}.")],
    root: Annotated[
        Path, typer.Option(help="Its folder: the one with train_data and test_data, or Mall's with frames.")
    ],
    split: Annotated[Split, typer.Option(help="val is the seeded tenth of the training pictures, train the others.")],
    *,
    model: Annotated[
        str, typer.Option(help="Name of a counter, an .onnx file, or a .pt checkpoint of `throng train count`.")
    ] = DEFAULT_COUNTER,
    json: Annotated[Path | None, typer.Option(help="Write the report to this .json file.")] = None,
    picture: Annotated[Path | None, typer.Option(help="Draw the ten worst pictures into this .png file.")] = None,
    scale: Annotated[
        str,
        typer.Option(help="By how much pictures are enlarged: a number, or auto to find it for sets of one camera."),
    ] = "auto",
    corruption: Annotated[Corruption | None, typer.Option(help="Spoil every picture first.")] = None,
    severity: Annotated[int, typer.Option(min=SEVERITIES[0], max=SEVERITIES[-1], help="How badly.")] = DEFAULT_SEVERITY,
    limit: Annotated[int | None, typer.Option(min=1, help="Only so many pictures, evenly spread.")] = None,
    regions: Annotated[bool, typer.Option(help="Compare only what lies in the publisher's region of interest.")] = True,
) -> None:
    """Count labelled pictures and compare: how far off, where, how sure and how fast a counter is."""
    set_up_logging()
    _check_outputs(json, picture)
    counter = load_model(model)
    with _progress_bar("reading labels") as told:
        pictures = open_dataset(dataset, root, split.value, told=told)
    options = CountOptions(scale_rule(scale, counter, pictures), corruption, severity, limit, regions)
    with _progress_bar("counting") as progress:
        report = evaluate_counts(counter, pictures, options=options, progress=progress)
    print_counts(report, Console(highlight=False))
    if json is not None:
        write_json(report, json)
        console.print(f"report written to {json}")
    if picture is not None:
        write_worst(report, picture)
        console.print(f"picture written to {picture}")


def load_model(model: str) -> DensityCounter:
    """Load a counter by name, from an .onnx file, a .pt checkpoint, or third-party MCNN weights (.h5).

    Raises:
        ThrongError: it cannot be loaded, or is no counter.
    """
    if model.lower().endswith((".pt", ".h5")):
        if find_spec("torch") is None:
            raise TrainError(f"{model}: such weights need PyTorch; install it with: pip install 'throng[train]'")
        counter: DensityCounter = import_module("throng.train.torch_counter").load_counter(Path(model))
        return counter
    return load_counter(model)


def print_counts(report: CountReport, to: Console) -> None:
    """Print the report as a table that can be filed."""
    count, options = report.count, report.options
    spoiled = "" if options.corruption is None else f", {options.corruption} of severity {options.severity}"
    to.print(f"[bold]Counter {escape(report.model)} on {escape(report.dataset)}[/bold] (throng {version('throng')})")
    to.print(f"pictures  {count.samples} of split {report.split}{spoiled}, {len(report.skipped)} skipped")
    to.print(f"labels    {report.truth.sum():,.0f} people, {count.mean_truth:.1f} on average")
    table = Table("", "value", "unit", header_style="bold")
    table.columns[1].justify = "right"
    for row in _rows(report):
        if row is None:
            table.add_section()
        else:
            table.add_row(*row)
    to.print(table)
    for skipped in report.skipped[:_SHOWN_SKIPS]:
        to.print(f"skipped: {escape(skipped.reason)}", soft_wrap=True)
    if len(report.skipped) > _SHOWN_SKIPS:
        to.print(f"and {len(report.skipped) - _SHOWN_SKIPS} more; --json names them all")


def _rows(report: CountReport) -> Iterator[tuple[str, str, str] | None]:
    count = report.count
    yield "MAE", _number(count.mae, 2), "people per picture"
    yield "RMSE", _number(count.rmse, 2), ""
    yield "bias", _number(count.bias, 2, sign=True), ""
    yield "NAE", _number(100 * report.normalised_error, 1), "% of the people"
    for level, error in enumerate(report.game):
        yield f"GAME({level})", _number(error, 2), f"people, {4**level} field{'s' if level else ''}"
    yield None
    for radius, score in zip(HEAD_RADII_PX, report.heads, strict=True):
        found = f"precision {_number(score.precision, 3)}, recall {_number(score.recall, 3)}"
        yield f"heads within {radius:g} px, F1", _number(f1(score), 3), found
    yield "map PSNR", _number(report.psnr_db, 2), "dB"
    yield "map SSIM", _number(report.ssim, 3), ""
    yield None
    yield "truth in 90 % interval", _number(100 * report.coverage, 1), "% of the pictures"
    yield "with a warning", _number(100 * report.warned, 1), "% of the pictures"
    yield "counter alone", _number(report.fps, 1), "pictures/s"


def _number(value: float, digits: int, *, sign: bool = False) -> str:
    if math.isnan(value):
        return "unknown"
    return f"{value:+.{digits}f}" if sign else f"{value:.{digits}f}"


def scale_rule(text: str, counter: DensityCounter, pictures: Dataset) -> ScaleRule:
    """Say by how much pictures are enlarged.

    `auto` does what `throng run` does for a camera without calibration, with three pictures of the set in place of its
    first frames; photographs by many cameras are counted as they are, since each would need trials of its own. Neither
    is made larger than the counter's budget.

    Args:
        text: auto, or a number.
        counter: whose scale it is.
        pictures: what will be counted.

    Raises:
        TrainError: it is neither auto nor a number above 0.
    """
    if text == "auto":
        chooser = ScaleChooser(counter, None)
        if pictures.name not in ONE_CAMERA or len(pictures) == 0:
            return lambda image: within_budget(1.0, (image.shape[1], image.shape[0]))
        for trial, record in enumerate(spread(pictures.records, SCALE_TRIALS)):
            # A broken picture is named by the evaluation that follows.
            with suppress(DatasetError):
                chooser.scale_for(record.image(), trial * TRIAL_EVERY_S)
        return partial(chooser.scale_for, pts_s=(SCALE_TRIALS - 1) * TRIAL_EVERY_S)
    try:
        scale = float(text)
    except ValueError:
        scale = math.nan
    if not 0 < scale < math.inf:
        raise TrainError(f"--scale: expected auto or a number above 0 such as 1.5, got {text!r}")
    return lambda _image: scale


def _check_outputs(json: Path | None, picture: Path | None) -> None:
    """Find out before the long count, not after it."""
    for path in (json, picture):
        if path is not None and not path.parent.is_dir():
            raise TrainError(f"{path}: cannot be written: the folder {path.parent} does not exist")
    if picture is not None:
        check_picture_name(picture)


@contextmanager
def _progress_bar(what: str) -> Iterator[CountProgress]:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=40),
        MofNCompleteColumn(),
        TextColumn("pictures"),
        TimeRemainingColumn(compact=True),
    )
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task(what, total=None)

        def moved(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total)

        yield moved
