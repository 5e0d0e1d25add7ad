"""`throng train`: trains counters and exports them."""

import logging
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
import yaml
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from throng.cli.screen import console, set_up_logging
from throng.train.datasets import open_dataset
from throng.train.errors import TrainError
from throng.train.recipe import DataSource, Recipe, own_recipe, read_recipe
from throng.train.run_folder import RunFolder

if TYPE_CHECKING:
    from throng.train.loop import Moment
    from throng.train.validation import Validation

app = typer.Typer(no_args_is_help=True)

Device = Literal["auto", "cpu", "cuda"]


@app.callback()
def root() -> None:
    """Train counters on labelled pictures, and export them."""


@app.command()
def count(
    *,
    output: Annotated[Path, typer.Option(help="The run folder: recipe, metrics, curves, checkpoints.")],
    data: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME:ROOT[:WEIGHT]", help="A dataset and its folder; give it once per dataset."),
    ] = None,
    network: Annotated[str | None, typer.Option(help="throngnet (default), mcnn, csrnet, sanet or lcdnet.")] = None,
    recipe: Annotated[Path | None, typer.Option(help="YAML file (default: the network's own recipe).")] = None,
    minutes: Annotated[float | None, typer.Option(help="Length of the training, without validation.")] = None,
    iterations: Annotated[int | None, typer.Option(help="Length of the training in steps, instead.")] = None,
    loss: Annotated[
        list[str] | None, typer.Option(metavar="NAME[=WEIGHT]", help="What to minimise; give it once per loss.")
    ] = None,
    init: Annotated[Path | None, typer.Option(help="Where to start: a .pt, an .onnx, or throngnet.")] = None,
    features: Annotated[Path | None, typer.Option(help="Pre-trained features to begin from.")] = None,
    seed: Annotated[int | None, typer.Option(help="Decides every chance.")] = None,
    change: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Any other value of the recipe, such as batch=32."),
    ] = None,
    device: Annotated[Device, typer.Option(help="Where to train; auto takes a GPU if there is one.")] = "auto",
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the training in the run folder.")] = False,
) -> None:
    """Train a counter. Ctrl-C stops it; --resume goes on."""
    set_up_logging()
    _require_torch()
    changes: dict[str, Any] = {
        "data": None if data is None else [_source(text) for text in data],
        "network": network,
        "minutes": minutes,
        "iterations": iterations,
        "losses": None if loss is None else dict(_loss(text) for text in loss),
        "init": init,
        "features": features,
        "seed": seed,
    }
    changes = {key: value for key, value in changes.items() if value is not None} | dict(map(_pair, change or ()))
    run = RunFolder(output)
    wanted = _resumed(run, changes, recipe) if resume else _recipe(recipe, changes)
    _train(wanted, run, device=device, resume=resume)


@app.command()
def export(
    source: Annotated[Path, typer.Argument(metavar="RUN_OR_CHECKPOINT", help="A run folder (its best) or a .pt file.")],
    *,
    output: Annotated[Path, typer.Option(help="The .onnx file.")],
) -> None:
    """Write a trained counter as ONNX, for `throng run --model FILE.onnx`."""
    set_up_logging()
    _require_torch()
    from throng.train.checkpoint import load_checkpoint  # noqa: PLC0415  PyTorch takes seconds to import
    from throng.train.export import export_onnx  # noqa: PLC0415

    if output.suffix.lower() != ".onnx":
        raise TrainError(f"{output}: the name of the exported network must end in .onnx")
    export_onnx(load_checkpoint(RunFolder(source).best if source.is_dir() else source), output)
    console.print(f"network written to {escape(str(output))}, {output.stat().st_size / 1e6:.1f} MB")


@app.command()
def measure(
    model: Annotated[Path, typer.Argument(metavar="MODEL.onnx", help="An exported counter; the figures go into it.")],
    *,
    data: Annotated[
        list[str], typer.Option(metavar="NAME:ROOT", help="A dataset that it was trained on; give it once per dataset.")
    ],
) -> None:
    """Measure a counter's errors on the kept-back pictures, for its intervals and warnings."""
    set_up_logging()
    _require_torch()
    from throng.train.export import add_metadata  # noqa: PLC0415  PyTorch takes seconds to import
    from throng.train.measure import measure_counter  # noqa: PLC0415

    sources = [_source(text) for text in data]
    kept_back, trained_on = (
        {source.label: open_dataset(source.name, source.root, split) for source in sources}
        for split in ("val", "train")
    )
    with _bar() as bar:
        found = measure_counter(model, kept_back=kept_back, trained_on=trained_on, told=_told(bar))
    add_metadata(model, found.metadata())
    for label, share in found.coverage.items():
        console.print(f"{escape(label)}: {share:.0%} of the true counts lie in 90 % intervals fitted without them")
    heads = found.heads
    console.print(
        f"head points from {heads.threshold:g} on: recall {heads.recall:.2f}, precision {heads.precision:.2f} "
        "where people stand apart"
    )


def _require_torch() -> None:
    if find_spec("torch") is None:
        raise TrainError('training needs PyTorch, which is missing: pip install "throng[train]", or make train-setup')


def _resumed(run: RunFolder, changes: dict[str, Any], recipe: Path | None) -> Recipe:
    if changes or recipe is not None:
        given = ", ".join([*changes, *(["recipe"] if recipe else [])])
        raise TrainError(
            f"--resume goes on with the recipe in {run.root}, which cannot be changed (given: {given}); "
            f"begin a new run from it with --init {run.last}"
        )
    return run.recipe()


def _recipe(file: Path | None, changes: dict[str, Any]) -> Recipe:
    recipe = own_recipe(changes.get("network", "throngnet")) if file is None else read_recipe(file)
    recipe = recipe.changed(**changes)
    if not recipe.data:
        raise TrainError("there is nothing to train on: name a dataset and its folder with --data NAME:ROOT")
    return recipe


def _source(text: str) -> DataSource:
    name, _, rest = text.partition(":")
    root, _, weight = rest.rpartition(":")
    try:
        weighted = (root, float(weight)) if root else (rest, 1.0)
    except ValueError:
        weighted = (rest, 1.0)
    if not name or not weighted[0] or weighted[1] <= 0:
        raise TrainError(f"--data: expected NAME:ROOT or NAME:ROOT:WEIGHT such as points:./plaza:2, got {text!r}")
    return DataSource(name=name, root=Path(weighted[0]), weight=weighted[1])


def _loss(text: str) -> tuple[str, float]:
    name, _, weight = text.partition("=")
    try:
        return name.strip(), float(weight or 1)
    except ValueError:
        raise TrainError(f"--loss: expected NAME or NAME=WEIGHT such as head-focal=0.1, got {text!r}") from None


def _pair(text: str) -> tuple[str, Any]:
    key, equals, value = text.partition("=")
    try:
        parsed = yaml.safe_load(value)
    except yaml.YAMLError:
        equals = ""
    if not equals:
        raise TrainError(f"--set: expected KEY=VALUE such as batch=32, got {text!r}")
    return key.strip(), parsed


def _train(recipe: Recipe, run: RunFolder, *, device: Device, resume: bool) -> None:
    from throng.train.prepare import choose_device, prepare  # noqa: PLC0415  PyTorch takes seconds to import

    chosen = choose_device(device)
    if not resume:
        run.check_new()
    with _bar() as bar:
        trainer = prepare(recipe, run, device=chosen, told=_told(bar))
        if resume:
            trainer.resume()
        else:
            run.create(recipe, device=str(chosen))
        task = bar.add_task("training", total=1.0, detail="")

        def show(moment: "Moment") -> None:
            bar.update(task, completed=moment.progress, detail=_detail(moment))

        with _stopped_by_signals() as stop:
            moment = trainer.fit(told=show, stop=stop)
    if not moment.finished:
        console.print(f"stopped at step {moment.step}; go on with: throng train count --output {run.root} --resume")
        return
    for line in _summary(moment.validation):
        console.print(line)
    console.print(f"{moment.step} steps; best network {escape(str(run.best))}, curves {escape(str(run.curves))}")


@contextmanager
def _bar() -> Iterator[Progress]:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=30),
        TaskProgressColumn(),
        TextColumn("{task.fields[detail]}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console) as bar:
        yield bar


def _told(bar: Progress) -> Callable[[str, int, int], None]:
    """Return what shows the parts of the preparation, a line for each."""
    tasks: dict[str, Any] = {}

    def show(what: str, done: int, total: int) -> None:
        if what not in tasks:
            tasks[what] = bar.add_task(escape(what), total=total, detail="")
        bar.update(tasks[what], completed=done, detail=f"{done} of {total}")

    return show


def _detail(moment: "Moment") -> str:
    parts = [f"step {moment.step}", f"loss {moment.loss:.3g}"]
    if moment.validation is not None:
        parts += [f"MAE {escape(score.name)} {score.stats.mae:.2f}" for score in moment.validation.scores]
    return ", ".join(parts)


def _summary(validation: "Validation | None") -> Sequence[str]:
    if validation is None:
        return ()
    lines = [
        f"{escape(score.name)}: MAE {score.stats.mae:.2f}, RMSE {score.stats.rmse:.2f}, bias {score.stats.bias:+.2f} "
        f"of {score.stats.mean_truth:.1f} people, {score.stats.samples} pictures"
        for score in validation.scores
    ]
    return [*lines, f"most people counted where nobody is: {validation.ghosts:.2f}"]


@contextmanager
def _stopped_by_signals() -> Iterator[Callable[[], bool]]:
    """Let Ctrl-C and SIGTERM end the training after the present step; a second Ctrl-C ends it at once."""
    asked: list[int] = []

    def ask(number: int, _frame: Any) -> None:
        if asked and number == signal.SIGINT:
            raise KeyboardInterrupt
        asked.append(number)
        logging.getLogger(__name__).warning("stopping after this step")

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield lambda: bool(asked)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
