"""One partition of `readings` per day (UTC) on PostgreSQL, so that what is too old goes in one stroke."""

import re
from collections.abc import Iterable
from datetime import timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from throng.store.columns import from_us

DAY_US = 86_400_000_000
LOCK = 0x7468_726F_0001
"""Number of the advisory lock under which partitions are made and dropped."""

NAME = re.compile(r"readings_(\d{4})_(\d\d)_(\d\d)")
REST = "readings_other"
"""Takes the rows of days that have no partition."""


def day_of(at_us: int) -> int:
    """Return the number of the UTC day, counted from 1970."""
    return at_us // DAY_US


async def make(session: AsyncSession, days: Iterable[int]) -> None:
    """Make the partitions of some days; rows of those days that lie elsewhere move there."""
    await session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
    there = await existing(session)
    for day in sorted(set(days) - there.keys()):
        name, begin, end = _name(day), day * DAY_US, (day + 1) * DAY_US
        await session.execute(text(f"CREATE TABLE {name} (LIKE readings INCLUDING ALL)"))
        moved = f"DELETE FROM {REST} WHERE at_us >= {begin} AND at_us < {end} RETURNING *"  # noqa: S608
        await session.execute(text(f"WITH moved AS ({moved}) INSERT INTO {name} SELECT * FROM moved"))  # noqa: S608
        await session.execute(
            text(f"ALTER TABLE readings ATTACH PARTITION {name} FOR VALUES FROM ({begin}) TO ({end})")
        )


async def make_ahead(session: AsyncSession, now_us: int, *, days: int = 2) -> None:
    """Make the partitions of today and the days to come."""
    await make(session, range(day_of(now_us), day_of(now_us) + days + 1))


async def drop_before(session: AsyncSession, day: int) -> int:
    """Drop the partitions of all days before one, with all rows in them, and return how many."""
    await session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
    old = {number: name for number, name in (await existing(session)).items() if number < day}
    for name in old.values():
        await session.execute(text(f"DROP TABLE {name}"))
    return len(old)


async def existing(session: AsyncSession) -> dict[int, str]:
    """Return the partitions by day."""
    names = await session.scalars(
        text("SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid "
             "WHERE i.inhparent = CAST('readings' AS regclass)")
    )  # fmt: skip
    dated = ((NAME.fullmatch(name), name) for name in names)
    return {_day(match): name for match, name in dated if match is not None}


def _name(day: int) -> str:
    return f"readings_{from_us(day * DAY_US):%Y_%m_%d}"


def _day(match: re.Match[str]) -> int:
    year, month, day = map(int, match.groups())
    since = from_us(0).replace(year=year, month=month, day=day) - from_us(0)
    return since // timedelta(days=1)
