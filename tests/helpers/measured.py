"""An empty store with real migrations, and rows to put into it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

from throng.store import migrate
from throng.store.batches import LINE_COLUMNS, READING_COLUMNS, Answer, Batch, Newest, Row
from throng.store.columns import to_us
from throng.store.database import Database
from throng.store.ingesting import store_batches
from throng.store.tables import Camera, Site, Zone

NOON = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
NOON_US = to_us(NOON)
SECOND_US = 1_000_000


@asynccontextmanager
async def open_store(url: str) -> AsyncIterator[Database]:
    """Open a database with all tables."""
    database = Database(url)
    await migrate.upgrade(database)
    try:
        yield database
    finally:
        await database.close()


def with_store(url: str, scenario: Callable[[Database], Awaitable[None]]) -> None:
    """Run a scenario on a database with all tables."""

    async def whole() -> None:
        async with open_store(url) as database:
            await scenario(database)

    asyncio.run(whole())


def zone_row(zone_id: int, camera_id: int, at_us: int, **values: Any) -> Row:
    """Return a row of `readings`: live, one second long, without numbers unless given."""
    row = {"zone_id": zone_id, "camera_id": camera_id, "at_us": at_us, "period_s": 1.0, "validity": 2}
    row |= {"simulated": False} | values
    assert not set(row) - set(READING_COLUMNS)
    return tuple(row.get(name) for name in READING_COLUMNS)


def line_row(line_id: int, camera_id: int, at_us: int, **values: Any) -> Row:
    """Return a row of `line_readings`."""
    row = {"line_id": line_id, "camera_id": camera_id, "at_us": at_us, "validity": 2, "simulated": False} | values
    return tuple(row.get(name) for name in LINE_COLUMNS)


def batch(rows: list[Row], *, key: str | None = None, lines: list[Row] | None = None, **more: Any) -> Batch:
    """Return a batch with the newest of each pair."""
    made = Batch("test", key, NOON_US, readings=rows, line_readings=lines or [], **more)
    for row in sorted(rows, key=lambda r: r[2]):
        made.newest_zones[row[0], row[1]] = Newest(row[2], NOON_US, f'{{"at_us":{row[2]}}}', 1.0)
    for row in sorted(lines or [], key=lambda r: r[2]):
        made.newest_lines[row[0], row[1]] = Newest(row[2], NOON_US, f'{{"at_us":{row[2]}}}', 1.0)
    return made


async def store(database: Database, *batches: Batch) -> list[Answer]:
    """Store batches in one transaction."""
    async with database.write() as session:
        return await store_batches(session, batches)


async def add_zone(database: Database, *, time_zone: str = "UTC", **columns: Any) -> tuple[int, int]:
    """Add a site with one zone and one camera, and return the ids of the zone and the camera."""
    async with database.write() as session:
        site = Site(key=f"site-{id(columns)}", name="Site", time_zone=time_zone)
        session.add(site)
        await session.flush()
        zone = Zone(site_id=site.id, key="gate", name="Gate", **columns)
        camera = Camera(site_id=site.id, key="north", name="North")
        session.add_all([zone, camera])
        await session.flush()
        return zone.id, camera.id
