"""Roll-ups equal what numpy says of the raw rows, also when rows come late, and the unknown is never above anything."""

from collections import defaultdict
from typing import Any

import numpy as np
import pytest
from measured import NOON_US, SECOND_US, add_zone, batch, store, with_store, zone_row
from sqlalchemy import delete, select

from throng.store.batches import MINUTE_US, READING_COLUMNS, Row, minute_of
from throng.store.database import Database
from throng.store.rollups import HOUR_US, roll_up
from throng.store.tables import readings, readings_hour, readings_minute, stale_minutes
from throng.store.tables.readings import AVERAGED
from throng.store.zone_limits import ZoneLimits

LATER_US = NOON_US + 30 * HOUR_US
THRESHOLDS = (1.0, 2.0, 3.0)
LIMITS = ZoneLimits(*THRESHOLDS, capacity=50)


def random_rows(rng: np.random.Generator, zone: int, camera: int, n: int) -> list[Row]:
    """Rows over three hours with every kind of hole in them."""
    rows = []
    for at_us in rng.choice(3 * 3600, n, replace=False) * SECOND_US + NOON_US + 1:
        validity = int(rng.integers(0, 3))
        values: dict[str, Any] = {}
        for name in (*AVERAGED, "count_high", "density_mean_high_per_m2"):
            if validity > 0 and rng.random() < 0.8:
                values[name] = float(rng.uniform(0, 60 if name.startswith("count") else 4))
        if validity > 0 and rng.random() < 0.5:
            values["risk_level"] = int(rng.integers(0, 4))
        period_s = float(rng.choice([0.5, 1.0, 2.0, 300.0]))
        rows.append(zone_row(zone, camera, int(at_us), validity=validity, period_s=period_s, **values))
    return rows


def truth(rows: list[Row], *, scaled: bool) -> dict[str, Any]:
    """What a minute of these rows must say."""
    table = {name: np.array([r[i] for r in rows], dtype=object) for i, name in enumerate(READING_COLUMNS)}
    known = table["validity"].astype(int) > 0
    period = np.minimum(table["period_s"].astype(float), 60.0)

    def numbers(name: str) -> np.ndarray:
        values: np.ndarray = table[name].astype(float)
        values[~known] = np.nan
        return values

    def upper(name: str, high: str) -> np.ndarray:
        values: np.ndarray = np.where(np.isnan(numbers(high)), numbers(name), numbers(high))
        return values

    density, count = upper("density_mean_per_m2", "density_mean_high_per_m2"), upper("count", "count_high")
    seconds = {"known_s": known, "unknown_s": ~known, "degraded_s": table["validity"].astype(int) == 1}
    for level, limit in zip(("caution", "warning", "critical"), THRESHOLDS, strict=True):
        seconds[f"above_{level}_s"] = density >= limit
    seconds |= {"above_80_s": count >= 40, "above_100_s": count >= 50}
    factor = min(1.0, 60 / period.sum()) if scaled else 1.0
    found: dict[str, Any] = {name: period[inside].sum() * factor for name, inside in seconds.items()}
    for name, values in (("count_high_max", count), ("density_mean_high_max", density)):
        found[name] = None if np.isnan(values).all() else np.nanmax(values)
    for name in AVERAGED:
        values = numbers(name)[~np.isnan(numbers(name))]
        found[f"{name}_n"] = len(values)
        found[f"{name}_sum"] = values.sum() if len(values) else None
        found[f"{name}_min"] = values.min() if len(values) else None
        found[f"{name}_max"] = values.max() if len(values) else None
    return found | {"readings": len(rows)}


async def rolled(database: Database, now_us: int = LATER_US) -> int:
    total = 0
    while True:
        async with database.write() as session:
            done = await roll_up(session, now_us, at_most=37)
        total += done
        if not done:
            return total


async def minutes(database: Database, table: Any = readings_minute) -> dict[tuple[int, int, int], dict[str, Any]]:
    async with database.read() as session:
        rows = [dict(row) for row in (await session.execute(select(table))).mappings()]
    return {(row["zone_id"], row["camera_id"], row["at_us"]): row for row in rows}


def require_equal(row: dict[str, Any], expected: dict[str, Any]) -> None:
    for name, value in expected.items():
        assert row[name] == (None if value is None else pytest.approx(value, rel=1e-9, abs=1e-9)), name


def test_minutes_are_what_numpy_says_also_after_late_rows(database_url: str) -> None:
    async def scenario(database: Database) -> None:
        rng = np.random.default_rng(5)
        zone, camera = await add_zone(database, thresholds_per_m2=[*THRESHOLDS], capacity=50)
        rows = random_rows(rng, zone, camera, 1500) + random_rows(rng, zone, camera + 1, 300)
        order = rng.permutation(len(rows))
        halves = [[rows[i] for i in order[:900]], [rows[i] for i in order[900:]]]
        so_far: list[Row] = []
        for half in halves:
            await store(database, batch(half))
            so_far += half
            assert await rolled(database) > 0
            assert await rolled(database) == 0
            by_minute: dict[tuple[int, int, int], list[Row]] = defaultdict(list)
            for row in so_far:
                by_minute[row[0], row[1], minute_of(row[2])].append(row)
            found = await minutes(database)
            assert found.keys() == by_minute.keys()
            for key, inside in by_minute.items():
                require_equal(found[key], truth(inside, scaled=True))
        await require_hours(database)

    with_store(database_url, scenario)


async def require_hours(database: Database) -> None:
    """Hours are the sums and extremes of their minutes."""
    by_hour: dict[tuple[int, int, int], list[dict[str, Any]]] = defaultdict(list)
    for (zone, camera, at_us), row in (await minutes(database)).items():
        by_hour[zone, camera, at_us // HOUR_US * HOUR_US].append(row)
    hours = await minutes(database, readings_hour)
    assert hours.keys() == by_hour.keys()
    for key, inside in by_hour.items():
        for name in hours[key].keys() - {"zone_id", "camera_id", "at_us"}:
            values = [row[name] for row in inside if row[name] is not None]
            how: Any = max if name.endswith("_max") else min if name.endswith("_min") else sum
            expected = pytest.approx(how(values), rel=1e-9) if values else None
            assert hours[key][name] == expected, name


def test_the_unknown_is_never_above_a_threshold(database_url: str) -> None:
    async def scenario(database: Database) -> None:
        zone, camera = await add_zone(database, thresholds_per_m2=[*THRESHOLDS], capacity=50)
        rows = [zone_row(zone, camera, NOON_US + i * SECOND_US, validity=0) for i in range(1, 31)]
        rows += [zone_row(zone, camera, NOON_US + i * SECOND_US, density_mean_per_m2=2.0) for i in range(31, 41)]
        await store(database, batch(rows))
        await rolled(database)
        (row,) = (await minutes(database)).values()
        assert (row["known_s"], row["unknown_s"]) == (10.0, 30.0)
        assert (row["above_caution_s"], row["above_warning_s"], row["above_critical_s"]) == (10.0, 10.0, 0.0)
        assert (row["count_n"], row["count_sum"], row["count_min"]) == (0, None, None)

    with_store(database_url, scenario)


def test_the_profile_of_a_zone_gives_its_thresholds(database_url: str) -> None:
    async def scenario(database: Database) -> None:
        moving, camera = await add_zone(database)
        stairs, _ = await add_zone(database, use="stairs")
        gone = 10_000
        zones = (moving, stairs, gone)
        await store(database, batch([zone_row(z, camera, NOON_US + 1, density_mean_high_per_m2=1.75) for z in zones]))
        await rolled(database)
        found = await minutes(database)
        above = {zone: row["above_caution_s"] for (zone, _, _), row in found.items()}
        assert above == {moving: 0.0, stairs: 1.0, gone: 0.0}

    with_store(database_url, scenario)


def test_a_minute_waits_until_it_is_over_and_goes_when_its_rows_go(database_url: str) -> None:
    async def scenario(database: Database) -> None:
        await store(database, batch([zone_row(1, 2, NOON_US + SECOND_US)]))
        assert await rolled(database, NOON_US + MINUTE_US + 4 * SECOND_US) == 0
        assert await rolled(database, NOON_US + MINUTE_US + 5 * SECOND_US) == 1
        async with database.write() as session:
            await session.execute(delete(readings))
            await session.execute(stale_minutes.insert().values(zone_id=1, camera_id=2, minute_us=NOON_US))
        assert await rolled(database) == 1
        assert await minutes(database) == {}
        assert await minutes(database, readings_hour) == {}

    with_store(database_url, scenario)
