"""`throng models`: lists, fetches and checks third-party models."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)
from rich.table import Table

from throng.vision.catalogue import ModelEntry
from throng.vision.counter_registry import known_counters
from throng.vision.model_store import ModelState, Verdict, default_store
from throng.vision.registry import known_detectors

if TYPE_CHECKING:
    from throng.vision.fetch import Progress as FetchProgress

app = typer.Typer(no_args_is_help=True)

_COLOURS = {ModelState.INSTALLED: "green", ModelState.MISSING: "yellow", ModelState.DIFFERS: "bold red"}
_BUILT_IN_WHAT = {
    "hog": "persons ≥ 100 px, sparse scenes",
    "throngnet": "density map and heads, every density (default)",
}


@app.callback()
def root() -> None:
    """List the models, and fetch and check third parties' ones."""


@app.command("list")
def list_models() -> None:
    """Show every model by name: what it is, its licence, its size and whether it is here."""
    store = default_store()
    table = Table("name", "what", "licence", "size", "here", header_style="bold", box=SIMPLE_HEAD, pad_edge=False)
    table.columns[0].no_wrap = True
    table.columns[3].justify = "right"
    for entry in store.catalogue.values():
        state = store.state_of(entry.name)
        table.add_row(entry.name, entry.what, entry.licence, _size(entry), f"[{_COLOURS[state]}]{state}[/]")
    for name, origin in (known_counters() | known_detectors()).items():
        if name not in store.catalogue:
            table.add_row(escape(name), _BUILT_IN_WHAT.get(name, "plug-in"), "", "", f"[green]{escape(origin)}[/]")
    out = Console(highlight=False)
    out.print(table)
    out.print(f"folder: {escape(str(store.folder))}", soft_wrap=True)


@app.command()
def pull(
    name: Annotated[str, typer.Argument(help="Name of the model. `throng models list`.")],
    *,
    from_dir: Annotated[
        Path | None, typer.Option("--from", metavar="DIR", help="Take the files from this folder or below it.")
    ] = None,
) -> None:
    """Fetch a model from its publisher, or from a folder on a machine without internet, and check its hash."""
    store = default_store()
    if store.state_of(name) is ModelState.INSTALLED:
        typer.echo(f"{name} is already there: {store.find(name)}")
        return
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, TimeRemainingColumn(), console=Console(stderr=True)) as progress:
        path = store.pull(name, from_dir=from_dir, progress=_shown_on(progress))
    typer.echo(f"{name}, {store.entry(name).licence}: {path}")


@app.command()
def verify(
    name: Annotated[str | None, typer.Argument(help="Name of the model (default: all that are here).")] = None,
) -> None:
    """Hash the files of models anew; leave with exit code 2 when one is not what it should be."""
    store = default_store()
    verdicts = [store.verify(n) for n in ([name] if name else store.catalogue)]
    out = Console(highlight=False)
    for verdict in verdicts:
        line = f"{verdict.name}: [{_COLOURS[verdict.state]}]{verdict.state}[/], {escape(verdict.detail)}"
        out.print(line, soft_wrap=True)
    if any(_is_wrong(verdict, named=name is not None) for verdict in verdicts):
        raise typer.Exit(2)


def _is_wrong(verdict: Verdict, *, named: bool) -> bool:
    return verdict.state is ModelState.DIFFERS or (named and verdict.state is ModelState.MISSING)


def _size(entry: ModelEntry) -> str:
    return f"{max(edition.size_bytes for edition in entry.editions) / 1e6:.1f} MB"


def _shown_on(progress: Progress) -> "FetchProgress":
    tasks: dict[str, TaskID] = {}

    def show(file_name: str, done: int, total: int | None) -> None:
        if file_name not in tasks:
            tasks[file_name] = progress.add_task(file_name, total=total)
        progress.update(tasks[file_name], completed=done, total=total)

    return show
