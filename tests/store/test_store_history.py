"""Histories: the same numbers whether rolled up or not, days of the site's own clock, gaps that show."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from measured import NOON, NOON_US, SECOND_US, add_zone, batch, line_row, store, with_store, zone_row
from sqlalchemy import delete

from throng.store.batches import MINUTE_US
from throng.store.columns import from_us, to_us
from throng.store.database import Database
from throng.store.history import Summary, line_history, raw_history, zone_history
from throng.store.history_plan import HOUR_US, Buckets, buckets, choose_bucket, spans
from throng.store.rollups import roll_up
from throng.store.tables import latest_lines, latest_zones, readings

UTC_ZONE = ZoneInfo("UTC")
FIELDS = ("count",)


@given(
    begin=st.integers(0, 40), length=st.integers(1, 400), step=st.sampled_from([1, 7, 60, 90, 1440]),
    stale=st.lists(st.integers(-5, 500), max_size=30),
)  # fmt: skip
def test_spans_tile_each_bucket_and_read_no_roll_up_of_a_stale_minute(
    begin: int, length: int, step: int, stale: list[int]
) -> None:
    edges = tuple(NOON_US + (begin + n * step) * MINUTE_US for n in range(length // step + 2))
    of = Buckets("x", edges)
    stale_us = {NOON_US + minute * MINUTE_US for minute in stale}
    found = sorted(spans(of, stale_us), key=lambda span: span.begin_us)
    at = edges[0]
    for span in found:
        assert span.begin_us == at
        assert span.end_us > span.begin_us
        assert edges[span.bucket] <= span.begin_us
        assert span.end_us <= edges[span.bucket + 1]
        minutes = set(range(span.begin_us, span.end_us, MINUTE_US))
        assert minutes <= stale_us if span.table == "readings" else not minutes & stale_us
        if span.table == "readings_hour":
            assert span.begin_us % HOUR_US == span.end_us % HOUR_US == 0
        at = span.end_us
    assert at == edges[-1]


def test_buckets_shorter_than_a_minute_are_read_raw() -> None:
    assert {s.table for s in spans(buckets("5", NOON_US, NOON_US + MINUTE_US, UTC_ZONE), [])} == {"readings"}


@pytest.mark.parametrize(
    ("span", "points", "finest_s", "chosen"),
    [
        (timedelta(minutes=5), 500, 1, "1"),
        (timedelta(minutes=5), 500, 60, "60"),
        (timedelta(hours=24), 500, 1, "300"),
        (timedelta(days=30), 500, 1, "7200"),
        (timedelta(days=400), 500, 1, "day"),
        (timedelta(days=4000), 500, 1, "week"),
    ],
)
def test_auto_takes_the_shortest_bucket_that_fits(span: timedelta, points: int, finest_s: int, chosen: str) -> None:
    assert choose_bucket(round(span.total_seconds() * 1e6), points, finest_s=finest_s) == chosen


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("Europe/Berlin", datetime(2026, 3, 29, tzinfo=UTC), 23),
        ("Europe/Berlin", datetime(2026, 10, 25, tzinfo=UTC), 25),
        ("Europe/Berlin", datetime(2026, 6, 1, tzinfo=UTC), 24),
        ("Asia/Kolkata", datetime(2026, 6, 1, tzinfo=UTC), 24),
        ("Australia/Lord_Howe", datetime(2026, 4, 5, tzinfo=UTC), 24.5),
    ],
)
def test_days_begin_at_the_midnight_of_the_site(zone: str, day: datetime, hours: float) -> None:
    clock = ZoneInfo(zone)
    noon = to_us(day.replace(hour=12, tzinfo=clock))
    of = buckets("day", noon, noon + MINUTE_US, clock)
    assert of.count == 1
    assert from_us(of.edges_us[0]).astimezone(clock) == day.replace(tzinfo=clock)
    assert of.edges_us[1] - of.edges_us[0] == hours * HOUR_US


def test_weeks_begin_on_monday() -> None:
    of = buckets("week", to_us(datetime(2026, 6, 4, tzinfo=UTC)), to_us(datetime(2026, 6, 9, tzinfo=UTC)), UTC_ZONE)
    assert [from_us(edge).day for edge in of.edges_us] == [1, 8, 15]


def test_a_day_of_23_hours_holds_what_happened_in_it(database_url: str) -> None:
    clock = ZoneInfo("Europe/Berlin")

    async def scenario(database: Database) -> None:
        zone, camera = await add_zone(database)
        days = [datetime(2026, 3, day, tzinfo=clock) for day in (28, 29, 30, 31)]
        edges = [to_us(day) for day in days]
        # One reading in the last second of each day and one in the first of the next.
        rows = [zone_row(zone, camera, edge + shift, count=1.0) for edge in edges for shift in (0, SECOND_US)]
        await store(database, batch(rows))
        for stale in (True, False):
            async with database.write() as session:
                of = buckets("day", edges[0], edges[-1], clock)
                found = await zone_history(session, zone, of, fields=FIELDS)
                assert [one.readings if one else None for one in found] == [2, 2, 2]
                if stale:
                    await roll_up(session, edges[-1] + 48 * HOUR_US)

    with_store(database_url, scenario)


@pytest.mark.parametrize("bucket", ["30", "60", "300", "3600", "day"])
def test_rolled_and_raw_say_the_same(database_url: str, bucket: str) -> None:
    clock = ZoneInfo("Asia/Kolkata")

    async def scenario(database: Database) -> None:
        zone, camera = await add_zone(database, thresholds_per_m2=[1.0, 2.0, 3.0], capacity=50)
        rows = [
            zone_row(
                zone, camera, NOON_US + i * 7 * SECOND_US, count=float(i % 90), density_mean_per_m2=i % 40 / 10,
                validity=1 if i % 9 == 0 else 2,
            )
            for i in range(1, 1500)
        ]  # fmt: skip
        rows += [zone_row(zone, camera, NOON_US + 4 * HOUR_US + i * SECOND_US, validity=0) for i in range(1, 100)]
        await store(database, batch(rows))
        of = buckets(bucket, NOON_US, NOON_US + 6 * HOUR_US, clock)
        before = await read(database, zone, of)
        async with database.write() as session:  # some minutes only: the rest stays raw
            assert await roll_up(session, NOON_US + 9 * HOUR_US, at_most=80) == 80
        assert await read(database, zone, of) == before
        async with database.write() as session:
            await roll_up(session, NOON_US + 9 * HOUR_US, at_most=1000)
            await session.execute(delete(latest_zones))
            if bucket != "30":
                await session.execute(delete(readings))
        assert await read(database, zone, of) == before
        if bucket == "3600":
            assert before[5] is None
            unknown = before[4]
            assert unknown is not None
            assert unknown.seconds["unknown_s"] == pytest.approx(99)
            assert unknown.values["count"].mean is None

    with_store(database_url, scenario)


async def read(database: Database, zone: int, of: Buckets) -> list[Summary | None]:
    async with database.read() as session:
        return await zone_history(session, zone, of, fields=FIELDS)


def test_of_several_cameras_the_one_counts_that_knew_the_zone_longest(database_url: str) -> None:
    async def scenario(database: Database) -> None:
        zone, camera = await add_zone(database)
        rows = [zone_row(zone, camera, NOON_US + i * SECOND_US, count=10.0) for i in range(1, 20)]
        rows += [zone_row(zone, camera + 1, NOON_US + i * SECOND_US, count=99.0) for i in range(1, 5)]
        rows += [zone_row(zone, camera + 1, NOON_US + MINUTE_US + SECOND_US, count=99.0)]
        await store(database, batch(rows))
        of = buckets("minute", NOON_US, NOON_US + 3 * MINUTE_US, UTC_ZONE)
        async with database.read() as session:
            best = await zone_history(session, zone, of, fields=FIELDS)
            other = await zone_history(session, zone, of, fields=FIELDS, camera_id=camera + 1)
            raw = await raw_history(
                session, zone, NOON_US, NOON_US + 2 * SECOND_US, fields=FIELDS, camera_id=None, limit=9
            )
        assert [(one.camera_id, one.values["count"].mean) if one else None for one in best] == [
            (camera, 10.0), (camera + 1, 99.0), None,
        ]  # fmt: skip
        assert [one.readings if one else 0 for one in other] == [4, 1, 0]
        assert [(row["camera_id"], row["count"]) for row in raw] == [(camera, 10.0), (camera + 1, 99.0)] * 2

    with_store(database_url, scenario)


def test_crossings_of_a_line_are_summed(database_url: str) -> None:
    async def scenario(database: Database) -> None:
        lines = [line_row(7, 2, NOON_US + i * SECOND_US, in_count=1, out_count=2) for i in range(1, 61)]
        lines += [line_row(7, 2, NOON_US + (60 + i) * SECOND_US, validity=0) for i in range(1, 61)]
        await store(database, batch([], lines=lines))
        async with database.write() as session:
            await session.execute(delete(latest_lines))
        async with database.read() as session:
            of = buckets("minute", NOON_US, NOON_US + 3 * MINUTE_US, UTC_ZONE)
            one, unknown, gap = await line_history(session, 7, of)
        assert one is not None
        assert (one.known, one.in_count, one.out_count) == (60, 60, 120)
        assert unknown is not None
        assert (unknown.readings, unknown.known, unknown.in_count) == (60, 0, None)
        assert gap is None

    with_store(database_url, scenario)


def test_the_first_moment_of_all_has_a_history() -> None:
    assert buckets("day", 0, 1, UTC_ZONE).edges_us == (0, 24 * HOUR_US)
    assert from_us(NOON_US) == NOON
