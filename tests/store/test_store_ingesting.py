"""Several servers of one database, a full disk: nothing is lost, nothing is stored twice."""

import asyncio

import pytest
from measured import NOON_US, SECOND_US, batch, store, with_store, zone_row
from sqlalchemy import func, select, text

from throng.store.batches import MINUTE_US
from throng.store.database import Database
from throng.store.errors import StorageFullError
from throng.store.ingesting import store_batches
from throng.store.rollups import roll_up
from throng.store.tables import readings, readings_minute, stale_minutes

LATER_US = NOON_US + 10 * MINUTE_US


async def count_of(database: Database) -> int:
    async with database.read() as session:
        return int(await session.scalar(select(func.count()).select_from(readings)) or 0)


def test_two_servers_are_given_the_same_batch_at_once(database_url: str) -> None:
    async def scenario(database: Database) -> None:
        other = Database(database_url)
        for n in range(8):
            rows = [zone_row(1, 2, NOON_US + (n * 50 + i) * SECOND_US) for i in range(50)]
            answers = await asyncio.gather(
                store(database, batch(rows, key=f"k{n}"), batch(rows[:5], key=f"l{n}")),
                store(other, batch(rows[:5], key=f"l{n}"), batch(rows, key=f"k{n}")),
            )
            (ours_k, ours_l), (theirs_l, theirs_k) = answers
            assert (ours_k.stored, ours_k.duplicates) == (theirs_k.stored, theirs_k.duplicates)
            assert (ours_l.stored, ours_l.duplicates) == (theirs_l.stored, theirs_l.duplicates)
            assert ours_k.stored + ours_l.stored == 50
            assert ours_k.repeated != theirs_k.repeated
        assert await count_of(database) == 400
        await other.close()

    with_store(database_url, scenario)


def test_a_roll_up_leaves_alone_what_is_being_written(database_url: str) -> None:
    async def scenario(database: Database) -> None:
        if database.is_sqlite:
            return  # one writes at a time
        await store(database, batch([zone_row(1, 2, NOON_US + SECOND_US)]))
        async with database.write() as writing:
            await store_batches(writing, [batch([zone_row(1, 2, NOON_US + 2 * SECOND_US)])])
            async with database.write() as rolling:
                assert await roll_up(rolling, LATER_US) == 0
        async with database.write() as rolling:
            assert await roll_up(rolling, LATER_US) == 1
        async with database.read() as session:
            assert await session.scalar(select(readings_minute.c.readings)) == 2
            assert await session.scalar(select(func.count()).select_from(stale_minutes)) == 0

    with_store(database_url, scenario)


def test_one_server_rolls_up_at_a_time(database_url: str) -> None:
    async def scenario(database: Database) -> None:
        if database.is_sqlite:
            return
        await store(database, batch([zone_row(1, 2, NOON_US + n * MINUTE_US + 1) for n in range(4)]))
        async with database.write() as first, database.write() as second:
            assert await roll_up(first, LATER_US, at_most=2) == 2
            assert await roll_up(second, LATER_US) == 0
        async with database.write() as session:
            assert await roll_up(session, LATER_US) == 2

    with_store(database_url, scenario)


def test_a_full_disk_keeps_nothing_of_a_batch_and_recovers(database_url: str) -> None:
    async def scenario(database: Database) -> None:
        if not database.is_sqlite:
            return  # a PostgreSQL cannot be told that its disk is full
        rows = [zone_row(1, 2, NOON_US + i * SECOND_US, detail="x" * 500) for i in range(2000)]
        async with database.write() as session:
            pages = await session.scalar(text("PRAGMA page_count"))
            await session.execute(text(f"PRAGMA max_page_count = {pages + 5}"))
        with pytest.raises(StorageFullError, match="free some space"):
            await store(database, batch(rows, key="a"))
        assert await count_of(database) == 0
        async with database.write() as session:
            await session.execute(text("PRAGMA max_page_count = 1000000"))
        (answer,) = await store(database, batch(rows, key="a"))
        assert (answer.stored, answer.repeated) == (2000, False)

    with_store(database_url, scenario)
