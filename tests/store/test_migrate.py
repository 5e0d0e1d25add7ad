"""Migrations make exactly the tables that the program expects, and take them back."""

import asyncio

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, inspect, text

from throng.store import migrate
from throng.store.database import Database
from throng.store.errors import StoreError
from throng.store.tables import Base

PARTITIONS = {"readings_other"}


def test_up_makes_the_tables_of_the_program_and_down_removes_them(database_url: str) -> None:
    async def scenario() -> None:
        database = Database(database_url)
        await migrate.upgrade(database)
        async with database.writer.connect() as connection:
            assert await connection.run_sync(_differences) == []
        assert await migrate.revision(database) == migrate.newest_revision()
        await migrate.downgrade(database, to="base")
        async with database.writer.connect() as connection:
            left = await connection.run_sync(lambda c: set(inspect(c).get_table_names()))
        assert left <= {"alembic_version"}
        await database.close()

    asyncio.run(scenario())


def test_a_newer_database_is_refused_in_words(database_url: str) -> None:
    async def scenario() -> None:
        database = Database(database_url)
        await migrate.upgrade(database)
        async with database.write() as session:
            await session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        with pytest.raises(StoreError, match="newer version"):
            await migrate.upgrade(database)
        await database.close()

    asyncio.run(scenario())


def _differences(connection: Connection) -> list[object]:
    context = MigrationContext.configure(connection, opts={"compare_type": True, "include_name": _is_ours})
    return list(compare_metadata(context, Base.metadata))


def _is_ours(name: str | None, kind: str, _parents: object) -> bool:
    return not (kind == "table" and name in PARTITIONS)
