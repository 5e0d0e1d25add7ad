"""The driver below SQLAlchemy, for statements that carry thousands of rows, and its errors in words."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import asyncpg
from sqlalchemy.ext.asyncio import AsyncSession

from throng.store.errors import ConflictError, StorageFullError, StoreError


def is_sqlite(session: AsyncSession) -> bool:
    """Whether a session speaks to SQLite; else it is PostgreSQL."""
    return bool(session.get_bind().dialect.name == "sqlite")


async def driver_connection(session: AsyncSession) -> Any:
    """Return the connection of aiosqlite or asyncpg that a session's transaction runs on.

    SQLAlchemy begins the transaction at its first statement: one must have been executed before.
    """
    connection = await session.connection()
    return (await connection.get_raw_connection()).driver_connection


@contextmanager
def driver_errors() -> Iterator[None]:
    """Raise errors of the drivers as those of the store.

    Raises:
        StorageFullError: the disk is full.
        ConflictError: a constraint is violated.
        StoreError: anything else that the database refuses.
    """
    try:
        yield
    except (asyncpg.DiskFullError, sqlite3.OperationalError) as error:
        if isinstance(error, sqlite3.OperationalError) and "full" not in str(error):
            raise StoreError(f"the database refused: {error}") from error
        raise StorageFullError("the disk of the database is full; nothing was kept; free some space") from error
    except (asyncpg.IntegrityConstraintViolationError, sqlite3.IntegrityError) as error:
        raise ConflictError(f"this contradicts what is stored: {error}") from error
    except (asyncpg.PostgresError, asyncpg.InterfaceError, sqlite3.Error) as error:
        raise StoreError(f"the database refused: {error}") from error
