"""`throng backup` and `throng restore`: everything that the server keeps, in one file."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.progress import Progress, SpinnerColumn, TextColumn

from throng.cli.screen import console
from throng.cli.server_database import Config, DataDir, server_settings, with_database

if TYPE_CHECKING:
    from throng.store.backup import Manifest
    from throng.store.database import Database


def backup(
    file: Annotated[Path, typer.Argument(help="The file to write, for example throng-2026-06-01.zip.")],
    *,
    config: Config = None,
    data_dir: DataDir = None,
    key: Annotated[
        bool, typer.Option("--key/--without-key", help="Put secret.key in; without it stored passwords are lost.")
    ] = True,
) -> None:
    """Write a backup of the server's database into one file, while the server runs."""
    from throng.store.backup import write_backup  # noqa: PLC0415

    settings = server_settings(data_dir, config)

    async def work(database: "Database") -> "Manifest":
        with _progress() as told:
            folder = settings.data_dir if key else None
            return await write_backup(database, file, at=datetime.now(UTC), folder=folder, progress=told)

    manifest = with_database(settings, work, upgrade=False)
    rows = sum(part.rows for part in manifest.tables)
    console.print(f"{file}: {rows:,} rows of {len(manifest.tables)} tables, {file.stat().st_size / 1e6:.1f} MB")
    if key:
        console.print("It holds the secret key: keep it as safe as the server itself.")


def restore(
    file: Annotated[Path, typer.Argument(help="A file that `throng backup` wrote.", exists=True, dir_okay=False)],
    *,
    config: Config = None,
    data_dir: DataDir = None,
) -> None:
    """Fill a new, empty server from a backup. SQLite and PostgreSQL can be exchanged on the way."""
    from throng.store.backup import restore_backup  # noqa: PLC0415

    settings = server_settings(data_dir, config)

    async def work(database: "Database") -> "Manifest":
        with _progress() as told:
            return await restore_backup(database, file, folder=settings.data_dir, progress=told)

    manifest = with_database(settings, work, create=True, upgrade=False)
    rows = sum(part.rows for part in manifest.tables)
    console.print(f"restored {rows:,} rows of {manifest.made_at}; start the server with the same settings")


class _progress:  # noqa: N801  used like a function: with _progress() as told
    """A line that says which table is at how many rows."""

    def __enter__(self) -> Any:
        self._bar = Progress(SpinnerColumn(), TextColumn("{task.description}"), console=console, transient=True)
        self._bar.start()
        task = self._bar.add_task("")
        return lambda name, done: self._bar.update(task, description=f"{name}: {done:,}")

    def __exit__(self, *_: object) -> None:
        self._bar.stop()
