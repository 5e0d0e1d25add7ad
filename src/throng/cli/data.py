"""`throng data`: looks at datasets of labelled crowds, and packs them for training."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from numpy.typing import NDArray
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from throng.train.contact_sheet import check_sheet_name, write_contact_sheet
from throng.train.datasets import DATASETS, open_dataset, read_dataset, recognise
from throng.train.errors import DatasetError
from throng.train.pack_writer import DEFAULT_LONGEST_PX, DEFAULT_QUALITY, write_pack
from throng.train.record import Dataset, Skipped
from throng.train.summary import Summary, summarise

app = typer.Typer(no_args_is_help=True)

_SHOWN_SKIPS = 10

_Dataset = Annotated[
    str | None,
    typer.Option("--dataset", metavar="NAME", help=f"Its layout, else recognised: {', '.join(DATASETS)}."),
]
_AllSkipped = Annotated[bool, typer.Option("--all-skipped", help="Name every file that was left out.")]


@app.callback()
def root() -> None:
    """Look at datasets of labelled crowds, and pack them for training."""


@app.command()
def check(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="The dataset's folder, as its publisher lays it out; or a pack.")
    ],
    *,
    dataset: _Dataset = None,
    split: Annotated[str, typer.Option(help="train, val, test or all.")] = "all",
    picture: Annotated[
        Path | None,
        typer.Option(help="Draw the contact sheet into this .png or .jpg file (default: NAME-SPLIT.png here)."),
    ] = None,
    all_skipped: _AllSkipped = False,
) -> None:
    """Read every picture and label of a dataset, sum up what is there, and draw a contact sheet."""
    name = dataset or recognise(folder)
    sheet = picture or Path(f"{name}-{split}.png")
    check_sheet_name(sheet)
    with _progress("reading labels") as told:
        reading = read_dataset(name, folder, split, told=told)
    with _progress("decoding pictures") as told:
        summary = summarise(reading, told=told)
    to = Console(highlight=False)
    _print_summary(summary, folder, to)
    _print_skipped(summary.dataset.skipped, to, every=all_skipped)
    if not len(summary.dataset):
        raise DatasetError(f"{folder}: none of the pictures of the split {split!r} can be used")
    write_contact_sheet(summary, sheet)
    to.print(f"contact sheet: {escape(str(sheet))}", soft_wrap=True)


@app.command()
def pack(
    folders: Annotated[list[Path], typer.Argument(metavar="DIR...", help="Folders of datasets, or packs.")],
    *,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="The pack to write.")],
    dataset: _Dataset = None,
    split: Annotated[
        str, typer.Option(help="train, val, test or all; every picture keeps the split that it belongs to.")
    ] = "all",
    longest: Annotated[
        int, typer.Option(min=0, metavar="PX", help="Shrink larger pictures to this longer side; 0 keeps them.")
    ] = DEFAULT_LONGEST_PX,
    quality: Annotated[int, typer.Option(min=1, max=100, help="Of the JPEG coder.")] = DEFAULT_QUALITY,
    all_skipped: _AllSkipped = False,
) -> None:
    """Pack datasets into one compact file for fast training: `throng train count --data pack:FILE`."""
    if not output.parent.is_dir():
        raise DatasetError(f"{output}: cannot be written: the folder {output.parent} does not exist")
    opened: dict[str, Dataset] = {}
    for folder in folders:
        name = dataset or recognise(folder)
        label = f"{name} {folder.resolve().name}"
        if label in opened:
            raise DatasetError(f"{folder}: another folder is called {label!r}, too; rename one to tell them apart")
        with _progress("reading labels") as told:
            opened[label] = open_dataset(name, folder, split, told=told)
    with _progress("packing pictures") as told:
        report = write_pack(opened, output, longest_px=longest or None, quality=quality, told=told)
    to = Console(highlight=False)
    for label, packed in opened.items():
        to.print(f"{escape(label)}, {packed.split}: {len(packed)} pictures", soft_wrap=True)
    _print_skipped(report.skipped, to, every=all_skipped)
    held = f"{report.pictures} pictures, {report.people:,} people, {report.size_bytes / 1e6:.1f} MB"
    to.print(f"{escape(str(output))}: {held}", soft_wrap=True)


def _print_summary(summary: Summary, folder: Path, to: Console) -> None:
    dataset = summary.dataset
    to.print(f"[bold]{escape(dataset.name)}[/bold], {dataset.split}: {escape(str(folder))}", soft_wrap=True)
    table = Table("", "", box=SIMPLE_HEAD, pad_edge=False, show_header=False)
    for name, value in _rows(summary):
        table.add_row(name, value)
    to.print(table)


def _rows(summary: Summary) -> Iterator[tuple[str, str]]:
    people, sizes, spacing = summary.people, summary.sizes_px, summary.spacing_px
    yield "pictures", f"{len(people):,} ({len(summary.dataset.skipped):,} skipped)"
    yield "people", f"{people.sum():,}"
    if not len(people):
        return
    yield (
        "people per picture",
        (f"{people.mean():.1f} on average, median {np.median(people):.0f}, {people.min():,} to {people.max():,}"),
    )
    yield "pictures without people", f"{(people == 0).sum():,}"
    yield "picture sizes", _sizes(sizes)
    if len(spacing):
        low, median, high = np.percentile(spacing, (10, 50, 90))
        yield "nearest other head", f"median {median:.1f} px, 10–90 %: {low:.1f}–{high:.1f} px"
    if summary.regions:
        yield "with a region", f"{summary.regions:,} pictures; {summary.outside_region:,} people outside"
    if summary.perspectives:
        yield "with pixels per metre", f"{summary.perspectives:,} pictures"
    yield "moved into the picture", f"{summary.clipped:,} points"
    yield "repeated, dropped", f"{summary.duplicates:,} points"


def _sizes(sizes: NDArray[np.int64]) -> str:
    distinct, times = np.unique(sizes, axis=0, return_counts=True)
    if len(distinct) == 1:
        return f"{sizes[0][0]}×{sizes[0][1]}"
    areas = sizes.prod(axis=1)
    (small, large), common = sizes[[areas.argmin(), areas.argmax()]], distinct[times.argmax()]
    return (
        f"{small[0]}×{small[1]} to {large[0]}×{large[1]}, most often {common[0]}×{common[1]} "
        f"({100 * times.max() / len(sizes):.0f} %)"
    )


def _print_skipped(skipped: tuple[Skipped, ...], to: Console, *, every: bool) -> None:
    shown = skipped if every else skipped[:_SHOWN_SKIPS]
    for skip in shown:
        to.print(f"[yellow]skipped[/]: {escape(skip.reason)}", soft_wrap=True)
    if len(skipped) > len(shown):
        to.print(f"and {len(skipped) - len(shown)} more; --all-skipped names them all")


@contextmanager
def _progress(what: str) -> Iterator[Callable[[int, int], None]]:
    columns = (TextColumn("{task.description}"), BarColumn(bar_width=40), MofNCompleteColumn())
    with Progress(*columns, TimeRemainingColumn(compact=True), console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=None)

        def told(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total)

        yield told
