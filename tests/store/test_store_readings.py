"""Batches are stored once, in any order, and answered the same way when they are repeated."""

from datetime import timedelta
from typing import Any

from measured import NOON, NOON_US, SECOND_US, batch, line_row, store, with_store, zone_row
from sqlalchemy import func, select

from throng.store.batches import minute_of
from throng.store.database import Database
from throng.store.ingesting import store_batches
from throng.store.tables import (
    Happening,
    ingested_batches,
    latest_lines,
    latest_zones,
    line_readings,
    readings,
    stale_minutes,
)


async def rows_of(database: Database, *columns: Any) -> list[tuple[Any, ...]]:
    async with database.read() as session:
        return [tuple(row) for row in await session.execute(select(*columns).order_by(*columns))]


async def count_of(database: Database, table: Any) -> int:
    async with database.read() as session:
        return int(await session.scalar(select(func.count()).select_from(table)) or 0)


def test_every_column_comes_back_as_it_was_stored(database_url: str) -> None:
    async def scenario(database: Database) -> None:
        row = zone_row(
            1, 2, NOON_US, count=1.5, count_high=3.25, density_mean_per_m2=0.125, risk_level=3, level_of_service="F",
            simulated=True, validity=1, period_s=2.5, detail='{"reasons":["dark"]}',
        )  # fmt: skip
        await store(database, batch([row], lines=[line_row(4, 2, NOON_US, in_count=3, out_count=0)]))
        async with database.read() as session:
            assert tuple((await session.execute(select(readings))).one()) == row
            assert (await session.execute(select(line_readings))).one()[:6] == (4, 2, NOON_US, 2, 3, 0)

    with_store(database_url, scenario)


def test_a_reading_is_stored_once_whatever_the_order(database_url: str) -> None:
    async def scenario(database: Database) -> None:
        rows = [zone_row(1, 2, NOON_US + i * SECOND_US, count=float(i)) for i in (5, 1, 3)]
        late = [zone_row(1, 2, NOON_US + i * SECOND_US, count=99.0) for i in (3, 2)]
        first, second = await store(database, batch(rows), batch(late))
        assert (first.stored, first.duplicates) == (3, 0)
        assert (second.stored, second.duplicates) == (1, 1)
        stored = await rows_of(database, readings.c.at_us, readings.c.count)
        assert stored == [(NOON_US + i * SECOND_US, c) for i, c in ((1, 1.0), (2, 99.0), (3, 3.0), (5, 5.0))]
        # The newest stays the newest although something older came later.
        assert await rows_of(database, latest_zones.c.at_us) == [(NOON_US + 5 * SECOND_US,)]
        await store(database, batch([zone_row(1, 2, NOON_US + 9 * SECOND_US)]), batch(rows))
        assert await rows_of(database, latest_zones.c.at_us) == [(NOON_US + 9 * SECOND_US,)]

    with_store(database_url, scenario)


def test_lines_have_their_own_newest(database_url: str) -> None:
    async def scenario(database: Database) -> None:
        lines = [line_row(7, 2, NOON_US + i * SECOND_US, in_count=i) for i in range(3)]
        (answer,) = await store(database, batch([], lines=[*lines, lines[0]]))
        assert (answer.stored, answer.duplicates) == (3, 1)
        assert await rows_of(database, latest_lines.c.line_id, latest_lines.c.at_us) == [(7, NOON_US + 2 * SECOND_US)]
        assert await count_of(database, latest_zones) == 0

    with_store(database_url, scenario)


def test_a_repeated_batch_gets_the_answer_of_the_first(database_url: str) -> None:
    async def scenario(database: Database) -> None:
        wrong = [{"list": "readings", "index": 1, "what": "count: wrong"}]
        first = batch([zone_row(1, 2, NOON_US)], key="a", rejected=wrong)
        again = batch([zone_row(1, 2, NOON_US), zone_row(1, 2, NOON_US + SECOND_US)], key="a")
        answers = await store(database, first, again)
        later = await store(database, again)
        for answer in (answers[1], later[0]):
            assert answer.repeated
            assert (answer.stored, answer.duplicates, answer.rejected) == (1, 0, wrong)
        assert not answers[0].repeated
        assert await count_of(database, readings) == 1
        assert await count_of(database, ingested_batches) == 1
        other = batch([zone_row(1, 2, NOON_US + SECOND_US)], key="a")
        other.sender = "somebody else"
        assert not (await store(database, other))[0].repeated

    with_store(database_url, scenario)


def test_minutes_are_marked_stale(database_url: str) -> None:
    async def scenario(database: Database) -> None:
        # A reading tells of the time before `at`: that of 12:00:00 belongs to 11:59.
        await store(database, batch([zone_row(1, 2, NOON_US + i * SECOND_US) for i in (0, 1, 60, 61)]))
        minutes = await rows_of(database, stale_minutes.c.minute_us)
        assert minutes == [(NOON_US - 60 * SECOND_US,), (NOON_US,), (NOON_US + 60 * SECOND_US,)]
        assert minute_of(NOON_US) == NOON_US - 60 * SECOND_US

    with_store(database_url, scenario)


def test_an_event_that_goes_on_grows(database_url: str) -> None:
    def event(ended_s: int, score: float) -> dict[str, Any]:
        return {
            "zone_id": 1, "camera_id": 2, "kind": "surge", "started_at": NOON, "simulated": False, "x_m": None,
            "ended_at": NOON + timedelta(seconds=ended_s), "score": score, "evidence": [str(score)], "y_m": None,
        }  # fmt: skip

    async def scenario(database: Database) -> None:
        await store(database, batch([], events=[event(5, 0.5), event(9, 0.9)]), batch([], events=[event(12, 0.4)]))
        async with database.read() as session:
            row = (await session.scalars(select(Happening))).one()
        assert (row.ended_at, row.score) == (NOON + timedelta(seconds=12), 0.9)

    with_store(database_url, scenario)


def test_nothing_of_a_failed_transaction_is_kept(database_url: str) -> None:
    async def scenario(database: Database) -> None:
        try:
            async with database.write() as session:
                await store_batches(session, [batch([zone_row(1, 2, NOON_US)], key="a")])
                raise LookupError
        except LookupError:
            pass
        for table in (readings, stale_minutes, latest_zones, ingested_batches):
            assert await count_of(database, table) == 0

    with_store(database_url, scenario)
