"""What is too old goes, bite by bite; what is not stays; PostgreSQL has a partition per day."""

from datetime import timedelta
from typing import Any

import pytest
from measured import NOON, NOON_US, SECOND_US, batch, line_row, store, with_store, zone_row
from sqlalchemy import func, insert, select, text

from throng.store import partitions, retention
from throng.store.database import Database
from throng.store.errors import StoreError
from throng.store.partitions import DAY_US, day_of
from throng.store.retention import Retention, erase_old, load_retention, parse_retention
from throng.store.tables import AuditEntry, Happening, ManualCount, Setting, Site, Zone
from throng.store.tables.readings import ingested_batches, line_readings, readings, readings_hour, readings_minute

EMPTY_ROLL_UP = {
    "readings": 1, "known_s": 1.0, "unknown_s": 0.0, "degraded_s": 0.0, "above_caution_s": 0.0,
    "above_warning_s": 0.0, "above_critical_s": 0.0, "above_80_s": 0.0, "above_100_s": 0.0,
}  # fmt: skip


async def count_of(database: Database, table: Any) -> int:
    async with database.read() as session:
        return int(await session.scalar(select(func.count()).select_from(table)) or 0)


def test_each_kind_goes_after_its_own_time(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "BITE", 7)

    async def scenario(database: Database) -> None:
        ages = (0, 2, 4, 40, 500)
        at = [NOON_US - age * DAY_US for age in ages]
        rows = [zone_row(zone, 2, t + i * SECOND_US) for zone in (1, 5) for t in at for i in range(10)]
        lines = [line_row(7, 2, t) for t in at]
        keyed = [batch([], key=str(age)) for age in ages]
        for one, t in zip(keyed, at, strict=True):
            one.received_us = t
        await store(database, batch(rows, lines=lines), *keyed)
        async with database.write() as session:
            for table in (readings_minute, readings_hour):
                keys = [{"zone_id": 1, "camera_id": 2, "at_us": t // 3_600_000_000 * 3_600_000_000} for t in at]
                await session.execute(insert(table), [key | EMPTY_ROLL_UP for key in keys])
            await add_dated(session, ages)
        erased = await erase_old(database, Retention(), NOON)
        left: dict[Any, int] = {
            readings: 60, readings_minute: 4, readings_hour: 5, line_readings: 4, ingested_batches: 2,
            Happening: 4, AuditEntry: 4, ManualCount: 5,
        }  # fmt: skip
        for table, count in left.items():
            assert await count_of(database, table) == count, table
        assert erased["minutes"] == erased["line_readings"] == erased["events"] == erased["audit_log"] == 1
        assert await erase_old(database, Retention(), NOON) == {}
        await erase_old(database, Retention(readings=None, hours=1, manual_counts=3), NOON)
        assert await count_of(database, readings) == 60
        assert await count_of(database, readings_hour) == 1
        assert await count_of(database, ManualCount) == 2

    with_store(database_url, scenario)


async def add_dated(session: Any, ages: tuple[int, ...]) -> None:
    site = Site(key="site", name="Site")
    session.add(site)
    await session.flush()
    zone = Zone(site_id=site.id, key="gate", name="Gate")
    session.add(zone)
    await session.flush()
    for age in ages:
        at = NOON - timedelta(days=age)
        session.add(AuditEntry(at=at, actor_kind="system", actor="", action="x", object_kind="x", object_id="1"))
        session.add(ManualCount(zone_id=zone.id, at=at, count=1, counted_by="me"))
        event = {"kind": "surge", "started_at": at - timedelta(seconds=9), "ended_at": at, "score": 1.0}
        session.add(Happening(zone_id=1, camera_id=2, **event))


def test_raw_readings_outlive_the_time_in_which_they_are_accepted() -> None:
    keep = Retention()
    since, before = keep.since("readings", NOON), keep.erased_before("readings", NOON)
    assert since is not None
    assert before is not None
    assert before <= since - timedelta(hours=1)
    midnight = NOON.replace(hour=0)
    assert keep.erased_before("readings", midnight) == midnight - timedelta(days=31)


def test_the_setting_is_read_and_checked(database_url: str) -> None:
    async def scenario(database: Database) -> None:
        async with database.write() as session:
            assert await load_retention(session) == Retention()
            session.add(Setting(key="retention", value={"readings": 5, "minutes": None}))
            await session.flush()
            assert await load_retention(session) == Retention(readings=5, minutes=None)

    with_store(database_url, scenario)
    for wrong in ({"reedings": 5}, {"readings": 0}, {"readings": 1.5}, {"readings": True}, [1]):
        with pytest.raises(StoreError, match="retention"):
            parse_retention(wrong)


def test_postgres_has_a_partition_per_day(database_url: str) -> None:
    async def scenario(database: Database) -> None:
        if database.is_sqlite:
            return
        today = day_of(NOON_US)
        # Rows that came before their day had a partition move into it.
        await store(database, batch([zone_row(1, 2, NOON_US), zone_row(1, 2, NOON_US - 40 * DAY_US)]))
        async with database.write() as session:
            await partitions.make_ahead(session, NOON_US)
            await partitions.make(session, [today, today - 40])
            assert sorted(await partitions.existing(session)) == [today - 40, today, today + 1, today + 2]
            lies_in = await session.scalars(text("SELECT CAST(tableoid AS regclass) FROM readings ORDER BY at_us"))
            assert list(lies_in) == ["readings_2026_04_22", "readings_2026_06_01"]
            assert await session.scalar(text("SELECT count(*) FROM ONLY readings_other")) == 0
        assert await erase_old(database, Retention(), NOON) == {"partitions": 1}
        (again,) = await store(database, batch([zone_row(1, 2, NOON_US)]))
        assert again.duplicates == 1
        assert await count_of(database, readings) == 1

    with_store(database_url, scenario)
