"""One database, SQLite or PostgreSQL: who reads, who writes, and what goes wrong in words that help."""

import asyncio
import contextlib
import errno
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.orm.exc import StaleDataError

from throng.store.errors import ConflictError, StorageFullError, StoreError

BUSY_TIMEOUT_S = 15.0
"""How long a writer of SQLite waits for a writer of another process."""

READERS = 8
"""Connections that read at the same time."""

DISK_FULL = "53100"
"""PostgreSQL's `disk_full`."""

UNWRITABLE = frozenset({"SQLITE_IOERR_WRITE", "SQLITE_IOERR_FSYNC", "SQLITE_IOERR_SHMSIZE"})
"""What SQLite says when a quota or a limit of the file's size is reached."""

SQLITE_PRAGMAS = (
    "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "temp_store=MEMORY", "cache_size=-32000",
    "mmap_size=268435456", "journal_size_limit=67108864",
)  # fmt: skip


class Database:
    """Connections to one database.

    `read` and `write` each open one transaction and end it: nobody else commits. On SQLite writers take turns and
    begin with BEGIN IMMEDIATE, since a read that turns into a write ignores the busy time-out.

    Args:
        url: `sqlite:///path/to/file.db` or `postgresql://user:password@host/name`.
    """

    def __init__(self, url: str) -> None:
        parsed = make_url(url)
        self.is_sqlite = parsed.get_backend_name() == "sqlite"
        if not self.is_sqlite and parsed.get_backend_name() != "postgresql":
            raise StoreError(
                f"a database of kind {parsed.get_backend_name()!r} is not supported; use sqlite or postgresql"
            )
        self.path = Path(parsed.database) if self.is_sqlite and parsed.database else None
        self.url = parsed.set(drivername="sqlite+aiosqlite" if self.is_sqlite else "postgresql+asyncpg")
        self._write_lock = asyncio.Lock()
        if self.is_sqlite:
            self.reader = _sqlite_engine(self.url, begin="BEGIN", connections=READERS)
            self.writer = _sqlite_engine(self.url, begin="BEGIN IMMEDIATE", connections=1)
        else:
            self.reader = self.writer = create_async_engine(
                self.url,
                pool_size=READERS,
                max_overflow=4,
                pool_pre_ping=True,
                pool_timeout=BUSY_TIMEOUT_S,
                hide_parameters=True,
            )

    @contextlib.asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncSession]:
        """Yield a session that sees one consistent state.

        Raises:
            StoreError: the database does not answer.
        """
        async with AsyncSession(self.reader, expire_on_commit=False, autoflush=False) as session:
            with _in_words():
                yield session

    @contextlib.asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncSession]:
        """Yield a session whose changes are kept when the block ends well, and none of them otherwise.

        Raises:
            ConflictError: a row exists already, is used by others, or was changed meanwhile.
            StorageFullError: the disk is full.
            StoreError: the database does not answer.
        """
        lock = self._write_lock if self.is_sqlite else contextlib.nullcontext()
        async with lock:
            with _in_words():
                async with AsyncSession(self.writer, expire_on_commit=False) as session, session.begin():
                    yield session

    @contextlib.asynccontextmanager
    async def connect(self, *, write: bool = False) -> AsyncIterator[AsyncConnection]:
        """Yield a bare connection, for migrations and backups; with `write` in a transaction that ends with the block.

        Raises:
            StoreError: the database does not answer.
        """
        with _in_words():
            connection = await (self.writer if write else self.reader).connect()
        try:
            if write:
                async with connection.begin():
                    yield connection
            else:
                yield connection
        finally:
            await connection.close()

    def require_there(self) -> None:
        """Refuse to go on where a file of SQLite is missing, which would be made empty.

        Raises:
            StoreError: there is none.
        """
        if self.path is not None and not self.path.exists():
            raise StoreError(f"there is no database {self.path}; name the server's data folder with --data-dir")

    async def close(self) -> None:
        """Close all connections."""
        await self.reader.dispose()
        if self.writer is not self.reader:
            await self.writer.dispose()


def _sqlite_engine(url: Any, *, begin: str, connections: int) -> AsyncEngine:
    engine = create_async_engine(
        url,
        pool_size=connections,
        max_overflow=0,
        connect_args={"timeout": BUSY_TIMEOUT_S},
        pool_timeout=60.0,
        hide_parameters=True,
    )

    @event.listens_for(engine.sync_engine, "connect")
    def connected(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # the driver must not begin transactions of its own
        cursor = connection.cursor()
        for pragma in SQLITE_PRAGMAS:
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def begun(connection: Any) -> None:
        connection.exec_driver_sql(begin)

    return engine


@contextlib.contextmanager
def _in_words() -> Any:
    try:
        yield
    except StaleDataError as error:
        raise ConflictError("somebody else has changed this meanwhile; load it again and repeat your change") from error
    except IntegrityError as error:
        raise ConflictError(_constraint(error)) from error
    except DBAPIError as error:
        raise _translated(error) from error
    except OSError as error:
        raise StoreError(f"the database does not answer: {error}") from error


def _constraint(error: IntegrityError) -> str:
    text = str(error.orig)
    if "FOREIGN KEY" in text or "foreign key" in text:
        return f"this refers to something that does not exist, or others still refer to it: {text}"
    return f"this exists already: {text}"


def _translated(error: DBAPIError) -> StoreError:
    text = str(error.orig)
    if _is_full(error.orig, text):
        return StorageFullError("the disk of the database is full; nothing was kept; free some space")
    if getattr(error.orig, "sqlite_errorname", None) in UNWRITABLE:
        return StorageFullError(f"the disk of the database takes nothing more ({text}); nothing was kept; look at it")
    return StoreError(f"the database refused: {text}")


def _is_full(error: BaseException | None, text: str) -> bool:
    """PostgreSQL says it by its code, SQLite in words, the file system by a number."""
    said = "disk is full" in text or "No space left" in text
    return said or getattr(error, "sqlstate", None) == DISK_FULL or getattr(error, "errno", None) == errno.ENOSPC
