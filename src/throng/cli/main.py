"""The `throng` command."""

import sys
from importlib import import_module
from typing import Annotated

import typer

from throng import __version__
from throng.core.errors import ThrongError

SUB_COMMANDS = {
    "run": ("throng.cli.run", "run"),
    "demo": ("throng.cli.demo", "demo"),
    "serve": ("throng.cli.serve", "serve"),
    "edge": ("throng.cli.edge", "edge"),
    "users": ("throng.cli.users", "app"),
    "tokens": ("throng.cli.tokens", "app"),
    "config": ("throng.cli.config", "app"),
    "backup": ("throng.cli.backup", "backup"),
    "restore": ("throng.cli.backup", "restore"),
    "calibrate": ("throng.cli.calibrate", "calibrate"),
    "eval": ("throng.cli.evaluate", "app"),
    "backtest": ("throng.cli.backtest", "backtest"),
    "bench": ("throng.cli.bench", "app"),
    "models": ("throng.cli.models", "app"),
    "data": ("throng.cli.data", "app"),
    "train": ("throng.cli.train", "app"),
}


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"throng {__version__}")
        raise typer.Exit


def build_app(wanted: str | None = None) -> typer.Typer:
    """Put the command together.

    Args:
        wanted: the sub-command that will be called; only that one is imported, since each brings in a second or two of
            libraries. None, or a name that is not known, for all of them.
    """
    app = typer.Typer(
        name="throng",
        help="Calibrated people per square metre, motion and danger from the cameras that are already there.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
    )

    @app.callback()
    def root(
        version: Annotated[
            bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and leave.")
        ] = False,
    ) -> None:
        """Measure crowds with the cameras that are already there."""

    for name in [wanted] if wanted in SUB_COMMANDS else SUB_COMMANDS:
        module, attribute = SUB_COMMANDS[name]
        command = getattr(import_module(module), attribute)
        if isinstance(command, typer.Typer):
            app.add_typer(command, name=name)
        else:
            app.command(name)(command)
    return app


def main() -> None:
    """Run the command line. A problem the user can mend is one sentence and exit code 2."""
    try:
        build_app(sys.argv[1] if len(sys.argv) > 1 else None)()
    except ThrongError as error:
        print(f"throng: {error}", file=sys.stderr)  # noqa: T201
        sys.exit(2)
