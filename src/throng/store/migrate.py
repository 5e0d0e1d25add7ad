"""Brings a database to the tables that this version of the program expects, and back."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from throng.store.database import Database
from throng.store.errors import StoreError

HEAD = "head"
MIGRATIONS = Path(__file__).parent / "migrations"


async def upgrade(database: Database, *, to: str = HEAD) -> None:
    """Apply the migrations that are missing, all in one transaction.

    Raises:
        StoreError: the database was made by a newer version of the program.
    """
    if to == HEAD and await revision(database) == newest_revision():
        return
    await _run(database, lambda config: command.upgrade(config, to))


async def downgrade(database: Database, *, to: str) -> None:
    """Take migrations back, down to a revision; `base` removes all tables and everything in them."""
    await _run(database, lambda config: command.downgrade(config, to))


async def revision(database: Database) -> str | None:
    """Return the revision a database is at; None for an empty one."""
    async with database.connect() as connection:
        return await connection.run_sync(revision_of)


@cache
def newest_revision() -> str:
    """Return the revision that this version of the program expects."""
    head = ScriptDirectory.from_config(_config()).get_current_head()
    assert head is not None, "there is at least one migration"
    return head


async def _run(database: Database, action: Callable[[Config], None]) -> None:
    def in_connection(connection: Connection) -> None:
        at = revision_of(connection)
        known = {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}
        if at is not None and at not in known:
            raise StoreError(
                f"the database is at revision {at}, which this version of Throng does not know; it was made by a newer "
                "version: install that one, or restore a backup of the time before"
            )
        config = _config()
        config.attributes["connection"] = connection
        action(config)

    async with database.connect(write=True) as connection:
        await connection.run_sync(in_connection)


def revision_of(connection: Connection) -> str | None:
    """Return the revision that a connection sees; None for an empty database."""
    return MigrationContext.configure(connection).get_current_revision()


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return config
