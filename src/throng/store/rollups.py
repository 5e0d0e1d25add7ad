"""Summaries of readings per minute and hour, made anew whenever a raw reading of theirs has come."""

from collections.abc import Sequence

from sqlalchemy import Table, delete, select, text, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from throng.store.batches import MINUTE_US
from throng.store.driver import is_sqlite
from throng.store.rollup_sql import SECONDS, Piece, columns, pieces_json, summary
from throng.store.tables import readings_hour, readings_minute, stale_minutes
from throng.store.zone_limits import zone_limits

HOUR_US = 60 * MINUTE_US
SETTLE_S = 5.0
"""How long after its end a minute is summarised: what comes later makes it be summarised again."""

LOCK = 0x7468_726F_0002
"""Number of the advisory lock under which minutes are summarised."""

KEY = ("zone_id", "camera_id", "at_us")

Minute = tuple[int, int, int]
"""(zone, camera, begin in microseconds)."""


async def roll_up(session: AsyncSession, now_us: int, *, at_most: int = 100) -> int:
    """Summarise minutes that have changed, and their hours, and return how many minutes it were.

    Several servers may try at once: one of them does it, the others return 0.

    Args:
        session: writes.
        now_us: the present; minutes that ended less than `SETTLE_S` ago wait.
        at_most: how many minutes: other writers must not wait long.
    """
    minutes = await _claim(session, now_us, at_most)
    if not minutes:
        return 0
    hours = sorted({(zone, camera, at // HOUR_US * HOUR_US) for zone, camera, at in minutes})
    await _summarise(session, readings_minute, "readings", _pieces(minutes, MINUTE_US))
    await _summarise(session, readings_hour, "readings_minute", _pieces(hours, HOUR_US))
    t = stale_minutes.c
    await session.execute(delete(stale_minutes).where(tuple_(t.zone_id, t.camera_id, t.minute_us).in_(minutes)))
    return len(minutes)


async def _claim(session: AsyncSession, now_us: int, at_most: int) -> list[Minute]:
    if not is_sqlite(session):
        await session.execute(text("SET LOCAL jit = off"))
        # Two servers that summarise two minutes of one hour would each miss the other's.
        if not await session.scalar(text(f"SELECT pg_try_advisory_xact_lock({LOCK})")):
            return []
    t = stale_minutes.c
    ripe = now_us - round(SETTLE_S * 1e6) - MINUTE_US
    query = select(t.zone_id, t.camera_id, t.minute_us).where(t.minute_us <= ripe).limit(at_most)
    # A sender that writes to a minute now has it locked: its turn comes later.
    rows = await session.execute(query.with_for_update(skip_locked=True))
    return [(zone, camera, at) for zone, camera, at in rows]


def _pieces(begins: Sequence[Minute], length_us: int) -> list[Piece]:
    return [Piece(zone, camera, at, at + length_us) for zone, camera, at in begins]


async def _summarise(session: AsyncSession, table: Table, source: str, pieces: Sequence[Piece]) -> None:
    """Replace rows of a roll-up; one whose readings are gone goes as well."""
    t = table.c
    keys = [(p.zone_id, p.camera_id, p.begin_us) for p in pieces]
    await session.execute(delete(table).where(tuple_(t.zone_id, t.camera_id, t.at_us).in_(keys)))
    limits = await zone_limits(session, (p.zone_id for p in pieces))
    cells = _scaled() if source == "readings" else columns()
    query = summary(source, sqlite=is_sqlite(session))
    await session.execute(
        text(
            f"INSERT INTO {table.name} ({', '.join((*KEY, *columns()))}) "  # noqa: S608
            f"SELECT zone_id, camera_id, begin_us, {', '.join(cells)} FROM ({query}) AS s"
        ),
        {"pieces": pieces_json(pieces, limits)},
    )


def _scaled() -> list[str]:
    """Periods that overlap would make more than 60 s of a minute."""
    total = "known_s + unknown_s"
    factor = f"CASE WHEN {total} > 60 THEN 60.0 / ({total}) ELSE 1.0 END"
    return [f"{name} * {factor}" if name in SECONDS else name for name in columns()]
