"""`throng demo`: simulated cameras on the live page, to look around without a camera."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from throng.bus.board import LiveBoard
from throng.cli.run import measure
from throng.cli.screen import set_up_logging
from throng.edge.build import RunOptions, build_runner, choose_site
from throng.edge.runner import CameraRunner
from throng.edge.sinks import ReadingsFile, StepSink

SCENES = ("plaza", "hall", "bottleneck", "counterflow", "panic", "empty")
RATE_HZ = 4.0
SIZE = "640x360"


def demo(
    *,
    scenes: Annotated[list[str] | None, typer.Option("--scene", help="Only these scenes; may be repeated.")] = None,
    out: Annotated[Path | None, typer.Option(help="Write readings to this .jsonl or .csv file.")] = None,
    host: Annotated[str, typer.Option(help="Address of the page.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port of the page.")] = 8000,
) -> None:
    """Start simulated cameras and show them live. Their readings come from the simulation's own truth."""
    set_up_logging()
    runners = [scene_runner(name) for name in scenes or SCENES]
    sinks: list[StepSink] = [ReadingsFile(out, overwrite=False)] if out is not None else []
    measure(runners, sinks, board=LiveBoard(), title="Throng demo", address=(host, port))


def scene_runner(name: str, *, fast: bool = False) -> CameraRunner:
    """Put one simulated camera together, in real time unless `fast`."""
    source = f"sim://{name}?fps={RATE_HZ:g}&size={SIZE}"
    camera, site = choose_site(source, None, camera_id=name)
    options = RunOptions(rate_hz=RATE_HZ, fast=fast, own_process=True)
    return build_runner(replace(camera, name=name.capitalize()), site, options=options)
