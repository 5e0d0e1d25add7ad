"""How long the history of one zone over 30 days takes: 2.6 million raw readings, asked for as at most 500 points."""

import asyncio
from datetime import UTC, datetime, timedelta

from benchmarks.outcome import Measure, finish
from benchmarks.server.load import (
    API_TOKEN,
    Connection,
    Filled,
    databases,
    fill,
    headers,
    machine_load,
    now_s,
    percentile_ms,
    server,
)
from sqlalchemy import text

from throng.store import partitions
from throng.store.batches import MINUTE_US
from throng.store.columns import to_us
from throng.store.database import Database
from throng.store.rollups import roll_up

DAYS = 30
REQUESTS = 100
SECOND_US = 1_000_000
DAY_S = 86_400

NUMBERS = {
    "SQLite": "WITH RECURSIVE s(n) AS (SELECT :first UNION ALL SELECT n + 1 FROM s WHERE n < :last)",
    "PostgreSQL": "WITH s(n) AS (SELECT generate_series(CAST(:first AS bigint), CAST(:last AS bigint)))",
}
RAW = """
INSERT INTO readings (zone_id, camera_id, at_us, period_s, validity, simulated, count, count_low, count_high,
    density_mean_per_m2, density_mean_high_per_m2, density_peak_per_m2, speed_mean_mps, occupancy, risk_score)
{numbers}
SELECT {zone}, {camera}, n * 1000000, 1.0, CASE WHEN c IS NULL THEN 0 ELSE 2 END, false, c, c * 0.9, c * 1.1,
    c / 200.0, c / 180.0, c / 100.0, 1.2, c / 400.0, 10.0
FROM (SELECT n, CASE WHEN n % 977 < 60 THEN NULL ELSE 100.0 + n % 300 END AS c FROM s) AS counted
"""
STALE = (
    "INSERT INTO stale_minutes (zone_id, camera_id, minute_us) {numbers} SELECT {zone}, {camera}, n * 60000000 FROM s"
)
LATEST = "INSERT INTO latest_zones VALUES ({zone}, {camera}, 0, 0, '{{}}')"


async def make_past(url: str, name: str, filled: Filled, now: datetime) -> float:
    """Write 30 days of raw readings and roll them up; return the minutes that were rolled up per second."""
    database = Database(url)
    place = {"zone": filled.zone_ids[0], "camera": filled.camera_id, "numbers": NUMBERS[name]}
    end_s = to_us(now) // SECOND_US
    if not database.is_sqlite:
        today = partitions.day_of(to_us(now))
        async with database.write() as session:
            await partitions.make(session, range(today - DAYS, today + 1))
    for day in range(DAYS):
        first = end_s - (DAYS - day) * DAY_S + 1
        async with database.write() as session:
            await session.execute(text(RAW.format(**place)), {"first": first, "last": first + DAY_S - 1})
    async with database.write() as session:
        minutes = {"first": (end_s - DAYS * DAY_S) // 60, "last": (end_s - 1) // 60}
        await session.execute(text(STALE.format(**place)), minutes)
        await session.execute(text(LATEST.format(**place)))
    rate = await _roll_up(database, to_us(now) - 3 * MINUTE_US)
    await database.close()
    return rate


async def _roll_up(database: Database, until_us: int) -> float:
    began_s, rolled, done = now_s(), 0, 1
    while done:
        async with database.write() as session:
            done = await roll_up(session, until_us)
        rolled += done
    return rolled / (now_s() - began_s)


async def ask(port: int, path: str) -> tuple[list[float], int]:
    """Return the seconds of each request, and how many bytes an answer has."""
    connection = await Connection.open(port)
    waited, size = [], 0
    for _ in range(REQUESTS):
        began_s = now_s()
        status, body = await connection.request("GET", path, headers=headers(API_TOKEN))
        waited.append(now_s() - began_s)
        assert status == 200, body
        size = len(body)
    connection.close()
    return waited, size


def measure(name: str, url: str) -> list[Measure]:
    """Measure one database."""
    filled = asyncio.run(fill(url, zones=1))
    now = datetime.now(UTC)
    rate = asyncio.run(make_past(url, name, filled, now))
    since = {days: (now - timedelta(days=days)).isoformat().replace("+00:00", "Z") for days in (1, DAYS)}
    path = f"/api/v1/zones/{filled.zone_ids[0]}/history?points=500"
    with server(url) as (port, _):
        month, size = asyncio.run(ask(port, f"{path}&from={since[DAYS]}"))
        day, _ = asyncio.run(ask(port, f"{path}&from={since[1]}"))
        days, _ = asyncio.run(ask(port, f"{path}&from={since[DAYS]}&bucket=day"))
    return [
        Measure(f"{name}: {DAYS} days as at most 500 points, p95", percentile_ms(month, 95), "ms", at_most=60),
        Measure(f"{name}: the same, median", percentile_ms(month, 50), "ms"),
        Measure(f"{name}: its size", size / 1000, "kB"),
        Measure(f"{name}: one day as at most 500 points, p95", percentile_ms(day, 95), "ms", at_most=60),
        Measure(f"{name}: {DAYS} days by day, p95", percentile_ms(days, 95), "ms", at_most=60),
        Measure(f"{name}: minutes of 60 readings rolled up per second", rate, "1/s"),
    ]


def main() -> None:
    """Measure both databases."""
    load_before = machine_load()
    with databases() as urls:
        measures = [one for name, url in urls.items() for one in measure(name, url)]
    measures.append(Measure("processes that wanted a core before", load_before))
    finish("History of one zone with 2.6 million raw readings, over HTTP", "server_history", measures)


if __name__ == "__main__":
    main()
