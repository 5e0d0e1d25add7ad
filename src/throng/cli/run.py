"""`throng run`: measures a source, or all cameras of a site, until it ends or Ctrl-C."""

import signal
import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated

import typer

from throng.bus.board import LiveBoard
from throng.camera.calibration_file import load_calibration
from throng.camera.overlay import Layers
from throng.camera.site_file import load_site
from throng.cli.screen import console, set_up_logging, watch
from throng.core.clock import SystemClock
from throng.core.errors import ThrongError
from throng.core.site import Camera, Site
from throng.edge.build import RunOptions, build_runner, calibrated, choose_site
from throng.edge.engine import Engine
from throng.edge.errors import EdgeError
from throng.edge.runner import CameraRunner
from throng.edge.sinks import AnnotatedFilm, BoardSink, ReadingsFile, StepSink
from throng.video.sources import Adapter

if TYPE_CHECKING:
    from throng.server.run import ServerThread

SourceArgument = Annotated[
    str | None,
    typer.Argument(
        help="Video file, image folder, rtsp://, http(s)://, USB index, /dev/video0 or sim://NAME. "
        "Without it, all cameras of --site.",
        show_default=False,
    ),
]


def run(
    source: SourceArgument = None,
    *,
    site: Annotated[Path | None, typer.Option(help="Site file with zones, lines and cameras.")] = None,
    camera: Annotated[str | None, typer.Option(help="Which camera of the site.")] = None,
    calibration: Annotated[Path | None, typer.Option(help="Calibration of the camera, instead of the site's.")] = None,
    model: Annotated[str | None, typer.Option(help="Name of a model, or an ONNX file. `throng models list`.")] = None,
    out: Annotated[Path | None, typer.Option(help="Write readings to this .jsonl or .csv file.")] = None,
    annotate: Annotated[Path | None, typer.Option(help="Write the annotated pictures to this .mp4 file.")] = None,
    rate: Annotated[float | None, typer.Option(min=0.01, help="Analyses per second of video (default 2).")] = None,
    fast: Annotated[bool, typer.Option("--fast", help="Recordings as fast as possible, not in real time.")] = False,
    grid: Annotated[bool, typer.Option("--grid", help="Draw the 1 m ground grid into the pictures.")] = False,
    web: Annotated[bool, typer.Option("--web/--no-web", help="Serve the live page.")] = True,
    host: Annotated[str, typer.Option(help="Address of the page; 0.0.0.0 lets others in, without a log-in.")] = (
        "127.0.0.1"
    ),
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port of the page.")] = 8000,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace output files that exist.")] = False,
    adapter: Annotated[Adapter, typer.Option(help="How video is read: av or opencv.")] = "av",
) -> None:
    """Measure a source: find the people, put them on the ground, give one reading per zone and second."""
    set_up_logging()
    options = RunOptions(model=model, rate_hz=rate, fast=fast, adapter=adapter)
    cameras, the_site = choose_cameras(source, site, camera_id=camera, calibration=calibration)
    runners = [build_runner(c, the_site, options=options) for c in cameras]
    sinks: list[StepSink] = []
    if out is not None:
        sinks.append(ReadingsFile(out, overwrite=overwrite))
    if annotate is not None:
        sinks.append(_film(annotate, runners, overwrite=overwrite))
    if not web and not sinks:
        raise EdgeError("nothing would keep the readings: give --out FILE, or leave --no-web away")
    board = LiveBoard() if web else None
    measure(runners, sinks, board=board, title=the_site.name, address=(host, port), layers=Layers(grid=grid))
    if out is not None:
        console.print(f"readings written to {out}")
    if annotate is not None:
        console.print(f"annotated film written to {annotate}")


def choose_cameras(
    source: str | None, site: Path | None, *, camera_id: str | None, calibration: Path | None
) -> tuple[list[Camera], Site]:
    """Find the cameras to run: one for a source, or those of the site.

    Raises:
        ThrongError: there is nothing to run, or the site file is wrong.
    """
    the_site = load_site(site) if site is not None else None
    if source is not None:
        one, the_site = choose_site(source, the_site, camera_id=camera_id)
        cameras = [one]
    elif the_site is None:
        raise EdgeError("nothing to measure: name a SOURCE, or a site with cameras by --site site.yaml")
    else:
        cameras = list(the_site.cameras) if camera_id is None else [the_site.camera(camera_id)]
    if not cameras:
        raise EdgeError(f"site {the_site.name} has no cameras; add one to the file, or name a SOURCE")
    if calibration is not None:
        cameras = [calibrated(c, load_calibration(calibration)) for c in cameras]
    return cameras, the_site


def measure(
    runners: Sequence[CameraRunner],
    sinks: list[StepSink],
    *,
    board: LiveBoard | None,
    title: str,
    address: tuple[str, int],
    layers: Layers | None = None,
) -> None:
    """Run cameras until they end or the user stops them; then finish all files.

    Raises:
        ThrongError: the first error of a camera or a file; everything measured before it has been kept.
    """
    server = None
    if board is not None:
        sinks = [*sinks, BoardSink(board, SystemClock())]
        server = _serve(board, title=title, address=address)
    engine = Engine(runners, sinks, layers=layers)
    stopped = on_signals()
    try:
        engine.start()
        watch(engine, stop=stopped.is_set)
    finally:
        engine.stop()
        engine.join()
        if server is not None:
            server.stop()
    if stopped.is_set():
        console.print("stopped; everything measured so far is kept")
    _raise_first(engine.errors)


def _serve(board: LiveBoard, *, title: str, address: tuple[str, int]) -> "ServerThread":
    """Start the live page; without one the web framework is never imported, which saves a second."""
    from throng.server.page.app import create_app  # noqa: PLC0415
    from throng.server.run import ServerThread  # noqa: PLC0415

    server = ServerThread(create_app(board, title=title), host=address[0], port=address[1])
    server.start()
    console.print(f"live page: [bold]{server.url}[/bold]   (Ctrl-C stops)")
    return server


def on_signals() -> threading.Event:
    """Turn Ctrl-C and SIGTERM into an event, so that the last reading is still written."""
    stopped = threading.Event()

    def stop(signum: int, frame: FrameType | None) -> None:  # noqa: ARG001
        stopped.set()

    with suppress(ValueError):  # not in the main thread: whoever called us handles signals
        signal.signal(signal.SIGINT, stop)
        signal.signal(signal.SIGTERM, stop)
    return stopped


def _film(path: Path, runners: Sequence[CameraRunner], *, overwrite: bool) -> AnnotatedFilm:
    if len(runners) > 1:
        raise EdgeError(f"--annotate writes one camera, but {len(runners)} would run; name one with --camera")
    return AnnotatedFilm(path, rate_hz=runners[0].rate_hz, overwrite=overwrite)


def _raise_first(errors: Sequence[ThrongError]) -> None:
    for error in errors[1:]:
        console.print(f"throng: {error}")
    if errors:
        raise errors[0]
