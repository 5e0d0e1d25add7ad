"""What the terminal shows: one console, one progress bar, one way to say things."""

import logging
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from rich.console import Console
from rich.logging import RichHandler
from rich.progress import (
    BarColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    Task,
    TaskID,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from throng.video.redact import redact_handlers

if TYPE_CHECKING:
    from throng.edge.engine import Engine

console = Console(stderr=True, highlight=False)
REFRESH_S = 0.2


class _FramesPerSecond(ProgressColumn):
    """Frames per second over the last seconds."""

    def render(self, task: Task) -> Text:
        """Return for example `57 frames/s`."""
        return Text(f"{task.fields['fps']:5.1f} frames/s", style="cyan")


class _People(ProgressColumn):
    """People in all zones now; unknown is not zero."""

    def render(self, task: Task) -> Text:
        """Return for example `12 people`."""
        people = task.fields["people"]
        return Text("people unknown" if people is None else f"{people:.0f} people", style="bold")


def set_up_logging() -> None:
    """Send the log of Throng to the terminal, credentials removed."""
    logging.basicConfig(
        level=logging.WARNING,
        format="%(message)s",
        handlers=[RichHandler(console=console, show_path=False, show_time=False)],
        force=True,
    )
    redact_handlers(logging.getLogger())


def watch(engine: "Engine", *, stop: Callable[[], bool]) -> None:
    """Show a line per camera until all cameras have ended or `stop` says so."""
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        TaskProgressColumn(),
        _FramesPerSecond(),
        _People(),
        TimeRemainingColumn(compact=True),
    )
    with Progress(*columns, console=console, transient=False) as bars:
        tasks = {p.camera_id: bars.add_task(p.camera_id, total=None, fps=0.0, people=None) for p in engine.progress()}
        begun = time.monotonic()
        while engine.running and not stop():
            time.sleep(REFRESH_S)
            _refresh(bars, tasks, engine, seconds=time.monotonic() - begun)
        _refresh(bars, tasks, engine, seconds=time.monotonic() - begun)


def _refresh(bars: Progress, tasks: dict[str, TaskID], engine: "Engine", *, seconds: float) -> None:
    for progress in engine.progress():
        bars.update(
            tasks[progress.camera_id],
            total=progress.duration_s,
            completed=progress.pts_s or 0.0,
            fps=progress.frames / max(seconds, 1e-3),
            people=progress.people,
        )
