"""How commands reach the database of a central server on this machine, whether or not the server runs."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

    from throng.server.settings import ServerSettings
    from throng.store.database import Database

T = TypeVar("T")

DataDir = Annotated[
    Path | None, typer.Option("--data-dir", help="Where the server keeps its data (default throng-data).")
]
Config = Annotated[Path | None, typer.Option("--config", help="Settings of the server as YAML.")]


def server_settings(data_dir: Path | None, config: Path | None) -> "ServerSettings":
    """Read the settings as the server would.

    Raises:
        ThrongError: a setting is unknown or wrong.
    """
    from throng.server.settings import load_settings  # noqa: PLC0415

    return load_settings(config, **({} if data_dir is None else {"data_dir": data_dir}))


def with_database(
    settings: "ServerSettings",
    work: "Callable[[Database], Awaitable[T]]",
    *,
    create: bool = False,
    upgrade: bool = True,
) -> T:
    """Do something with the server's database, and close it.

    Args:
        settings: of the server.
        work: what to do.
        create: make the database where there is none yet; else a wrong folder would look like an empty server.
        upgrade: bring it to the present tables first.

    Raises:
        ThrongError: there is no database, or it refuses.
    """
    from throng.server.data_folder import make_data_folder  # noqa: PLC0415
    from throng.store import migrate  # noqa: PLC0415
    from throng.store.database import Database  # noqa: PLC0415

    async def whole() -> T:
        database = Database(settings.database())
        if create:
            make_data_folder(settings.data_dir)
        else:
            database.require_there()
        try:
            if upgrade:
                await migrate.upgrade(database)
            return await work(database)
        finally:
            await database.close()

    return asyncio.run(whole())


def in_database(
    work: "Callable[[AsyncSession], Awaitable[T]]", *, data_dir: Path | None, config: Path | None, create: bool = False
) -> T:
    """Do something in one transaction of the server's database; further arguments as of `with_database`."""

    async def whole(database: "Database") -> T:
        async with database.write() as session:
            return await work(session)

    return with_database(server_settings(data_dir, config), whole, create=create)
