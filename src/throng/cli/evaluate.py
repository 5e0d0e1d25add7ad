"""`throng eval`: holds readings against labelled clips, and counters against labelled pictures."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from throng.camera.calibration_file import load_calibration
from throng.camera.site_file import load_site
from throng.cli.evaluate_counts import counts
from throng.cli.report_table import print_report
from throng.cli.screen import console, set_up_logging
from throng.core.site import Camera, Site
from throng.edge.build import calibrated, choose_site
from throng.evaluation import clip
from throng.evaluation.chart import write_chart
from throng.evaluation.errors import EvaluationError
from throng.evaluation.report import write_json
from throng.evaluation.report_files import check_chart_name
from throng.evaluation.truth_file import read_truth
from throng.evaluation.video import EvalOptions, evaluate_video
from throng.video.options import DEFAULT_OPTIONS, SourceOptions
from throng.video.ports import FrameSource
from throng.video.sources import open_source
from throng.vision.observers import load_observer
from throng.vision.ports import Observer

app = typer.Typer(no_args_is_help=True)
app.command()(counts)


@app.callback()
def root() -> None:
    """Hold readings against a labelled clip, or a counter against labelled pictures."""


@app.command()
def video(
    source: Annotated[str, typer.Option(help="The clip: a video file or an image folder.")],
    truth: Annotated[Path, typer.Option(help="Its labels: CVML or CVAT-for-video XML, MOT text, or UCSD points.")],
    *,
    calibration: Annotated[
        Path | None, typer.Option(help="Calibration of the camera; without it no people/m².")
    ] = None,
    site: Annotated[Path | None, typer.Option(help="Site file whose zones and lines are compared.")] = None,
    camera: Annotated[str | None, typer.Option(help="Which camera of the site.")] = None,
    model: Annotated[str | None, typer.Option(help="Name of a model, or an ONNX file. `throng models list`.")] = None,
    rate: Annotated[float | None, typer.Option(min=0.1, help="Analyses per second of video (default: all).")] = None,
    truth_size: Annotated[
        str | None, typer.Option(help="WxH in pixels that the labels were drawn on (default: the calibration's).")
    ] = None,
    truth_start: Annotated[int, typer.Option(help="Video frame that label frame 0 belongs to.")] = 0,
    fps: Annotated[
        float | None, typer.Option(min=0.1, help="Pictures per second of an image folder (default: the labels').")
    ] = None,
    json: Annotated[Path | None, typer.Option(help="Write the report to this .json file.")] = None,
    picture: Annotated[Path | None, typer.Option(help="Draw count and errors over time into this .png file.")] = None,
) -> None:
    """Compare what Throng measures in a clip with what somebody labelled in it: the report for a new camera."""
    set_up_logging()
    _check_outputs(json, picture)
    options = EvalOptions(rate_hz=rate, truth_size=_size(truth_size), truth_start=truth_start)
    if source.startswith("sim://"):
        raise EvaluationError(f"{source}: a simulated camera has no label file; name a video file or an image folder")
    labels = read_truth(truth)
    the_camera, the_site = _camera(source, site, camera_id=camera, calibration=calibration)
    frames = open_source(source, camera_id=the_camera.id, options=_source_options(fps or labels.rate_hz))
    frames.open()
    try:
        observer = _observer(model or the_camera.model, the_camera, frames, rate)
        with _progress_bar() as progress:
            report = evaluate_video(
                frames, observer, labels, camera=the_camera, site=the_site, options=options, progress=progress
            )
    finally:
        frames.close()
    print_report(report, Console(highlight=False))
    if json is not None:
        write_json(report, json)
        console.print(f"report written to {json}")
    if picture is not None:
        write_chart(report, picture)
        console.print(f"picture written to {picture}")


def _check_outputs(json: Path | None, picture: Path | None) -> None:
    """Find out before the long comparison, not after it."""
    for path in (json, picture):
        if path is not None and not path.parent.is_dir():
            raise EvaluationError(f"{path}: cannot be written: the folder {path.parent} does not exist")
    if picture is not None:
        check_chart_name(picture)


def _size(text: str | None) -> tuple[int, int] | None:
    if text is None:
        return None
    found = re.fullmatch(r"(\d+)[x×](\d+)", text.strip().lower())
    if found is None or int(found[1]) == 0 or int(found[2]) == 0:
        raise EvaluationError(f"--truth-size: expected WIDTHxHEIGHT such as 768x576, got {text!r}")
    return int(found[1]), int(found[2])


def _source_options(folder_fps: float | None) -> SourceOptions:
    return DEFAULT_OPTIONS if folder_fps is None else SourceOptions(folder_fps=folder_fps)


def _camera(source: str, site: Path | None, *, camera_id: str | None, calibration: Path | None) -> tuple[Camera, Site]:
    camera, the_site = choose_site(source, None if site is None else load_site(site), camera_id=camera_id)
    return (camera if calibration is None else calibrated(camera, load_calibration(calibration))), the_site


def _observer(model: str | None, camera: Camera, frames: FrameSource, rate_hz: float | None) -> Observer:
    rate_hz = rate_hz or frames.info.fps
    if rate_hz is None:
        raise EvaluationError(f"{frames.info.label}: the clip does not say its frames per second; say it with --rate")
    return load_observer(camera.id, model, rate_hz=rate_hz, calibration=camera.calibration, threads=1)


@contextmanager
def _progress_bar() -> Iterator[clip.Progress]:
    columns = (
        TextColumn("comparing"),
        BarColumn(bar_width=40),
        TextColumn("{task.completed} frames"),
        TextColumn("{task.fields[fps]}"),
        TimeRemainingColumn(compact=True),
    )
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("comparing", total=None, fps="")

        def moved(done: int, total: int | None) -> None:
            speed = bar.tasks[0].speed
            bar.update(task, completed=done, total=total, fps="" if speed is None else f"{speed:.0f} frames/s")

        yield moved
