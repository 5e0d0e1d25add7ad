"""The `throng` command: every sub-command lives in its own file and is imported only when it is called."""

import sys

import typer

from throng.core.errors import ThrongError

app = typer.Typer(
    name="throng",
    help="Calibrated people per square metre, motion and danger from the cameras that are already there.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def main() -> None:
    """Run the command line. A problem the user can mend is one sentence and exit code 2."""
    try:
        app()
    except ThrongError as error:
        print(f"throng: {error}", file=sys.stderr)  # noqa: T201
        sys.exit(2)
