"""Writes rows of readings the fastest way that each database has, within the transaction of a session."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from sqlalchemy.ext.asyncio import AsyncSession

from throng.store.batches import LINE_COLUMNS, READING_COLUMNS, Newest, Pair, Row
from throng.store.driver import driver_connection, driver_errors, is_sqlite
from throng.store.tables.readings import NUMBERS

STALE_COLUMNS = ("zone_id", "camera_id", "minute_us")
LATEST_COLUMNS = ("at_us", "received_us", "row")

TYPES = {
    **dict.fromkeys((*NUMBERS, "period_s"), "float8"),
    **dict.fromkeys(("validity", "risk_level"), "int2"),
    **dict.fromkeys(("in_count", "out_count"), "int4"),
    **dict.fromkeys(("level_of_service", "detail", "row"), "text"),
    "simulated": "bool",
}
"""PostgreSQL's types of columns; the others are int8."""

NEWER = (
    'DO UPDATE SET at_us = excluded.at_us, received_us = excluded.received_us, "row" = excluded."row" '
    "WHERE {0}.at_us < excluded.at_us"
)
# DO NOTHING would not lock the row: a roll-up that runs meanwhile would take it away without having seen our rows.
LOCKED = "DO UPDATE SET minute_us = excluded.minute_us WHERE false"


class RowWriter(Protocol):
    """Inserts rows on one connection; conflicts are what `on_conflict` says."""

    async def insert(
        self, table: str, columns: Sequence[str], rows: Sequence[Row], *, key: Sequence[str], on_conflict: str
    ) -> int:
        """Insert rows and return how many were inserted or changed."""
        ...


class _SqliteRows:
    def __init__(self, connection: Any) -> None:
        self._connection = connection

    async def insert(
        self, table: str, columns: Sequence[str], rows: Sequence[Row], *, key: Sequence[str], on_conflict: str
    ) -> int:
        marks = ", ".join("?" * len(columns))
        statement = f"INSERT INTO {table} ({_named(columns)}) VALUES ({marks}) {_clause(key, on_conflict)}"  # noqa: S608
        async with await self._connection.executemany(statement, rows) as cursor:
            return int(cursor.rowcount)


class _PostgresRows:
    def __init__(self, connection: Any) -> None:
        self._connection = connection

    async def insert(
        self, table: str, columns: Sequence[str], rows: Sequence[Row], *, key: Sequence[str], on_conflict: str
    ) -> int:
        arrays = ", ".join(f"${n}::{TYPES.get(c, 'int8')}[]" for n, c in enumerate(columns, start=1))
        statement = (
            f"INSERT INTO {table} ({_named(columns)}) SELECT * FROM unnest({arrays}) "  # noqa: S608
            f"{_clause(key, on_conflict)}"
        )
        status = await self._connection.execute(statement, *zip(*rows, strict=True))
        return int(status.rpartition(" ")[2])


def _named(columns: Sequence[str]) -> str:
    return ", ".join(f'"{column}"' for column in columns)


def _clause(key: Sequence[str], on_conflict: str) -> str:
    return f"ON CONFLICT ({', '.join(key)}) {on_conflict}"


class ReadingRows:
    """Inserts what a batch holds. All rows are sorted first, so that two servers never wait for each other.

    Args:
        rows: writes to the database.
    """

    def __init__(self, rows: RowWriter) -> None:
        self._rows = rows

    async def zones(self, rows: Sequence[Row]) -> int:
        """Insert rows of zones and return how many were new."""
        return await self._raw("readings", READING_COLUMNS, rows)

    async def lines(self, rows: Sequence[Row]) -> int:
        """Insert rows of lines and return how many were new."""
        return await self._raw("line_readings", LINE_COLUMNS, rows)

    async def stale(self, minutes: Iterable[Row]) -> None:
        """Mark minutes as changed since their roll-up: (zone, camera, begin of the minute)."""
        rows = sorted(set(minutes))
        if rows:
            with driver_errors():
                await self._rows.insert("stale_minutes", STALE_COLUMNS, rows, key=STALE_COLUMNS, on_conflict=LOCKED)

    async def latest(self, table: str, newest: Mapping[Pair, Newest]) -> None:
        """Replace the newest reading of pairs where it is newer."""
        rows = [(*pair, newest[pair].at_us, newest[pair].received_us, newest[pair].body) for pair in sorted(newest)]
        if rows:
            key = (f"{table.removeprefix('latest_').removesuffix('s')}_id", "camera_id")
            with driver_errors():
                await self._rows.insert(table, (*key, *LATEST_COLUMNS), rows, key=key, on_conflict=NEWER.format(table))

    async def _raw(self, table: str, columns: Sequence[str], rows: Sequence[Row]) -> int:
        if not rows:
            return 0
        ordered = sorted(rows, key=_key)
        with driver_errors():
            return await self._rows.insert(table, columns, ordered, key=columns[:3], on_conflict="DO NOTHING")


def _key(row: Row) -> Row:
    return row[:3]


async def reading_rows(session: AsyncSession) -> ReadingRows:
    """Return the writer for a session in whose transaction a statement was executed before."""
    connection = await driver_connection(session)
    return ReadingRows(_SqliteRows(connection) if is_sqlite(session) else _PostgresRows(connection))
