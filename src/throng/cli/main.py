"""The `throng` command."""

import sys
from typing import Annotated

import typer

from throng import __version__
from throng.core.errors import ThrongError


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"throng {__version__}")
        raise typer.Exit


def build_app() -> typer.Typer:
    """Put the command together; the sub-commands bring in what they need, so this is done only when it is run."""
    from throng.cli import evaluate, models  # noqa: PLC0415
    from throng.cli.calibrate import calibrate  # noqa: PLC0415
    from throng.cli.demo import demo  # noqa: PLC0415
    from throng.cli.run import run  # noqa: PLC0415

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

    app.command()(run)
    app.command()(demo)
    app.command()(calibrate)
    app.add_typer(evaluate.app, name="eval", help="Hold readings against a labelled clip.")
    app.add_typer(models.app, name="models", help="List, fetch and check third-party models.")
    return app


def main() -> None:
    """Run the command line. A problem the user can mend is one sentence and exit code 2."""
    try:
        build_app()()
    except ThrongError as error:
        print(f"throng: {error}", file=sys.stderr)  # noqa: T201
        sys.exit(2)
