"""Erasing takes exactly what was chosen: by kind, place and time at once."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import func, insert, select

from throng.store import migrate
from throng.store.columns import to_us
from throng.store.database import Database
from throng.store.erasure import Erasable, Selection, erase
from throng.store.tables import Camera, Clip, ManualCount, Site, Zone, readings, readings_minute

START = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


async def fill(database: Database, folder: Path) -> None:
    async with database.write() as session:
        for number in (1, 2):
            site = Site(key=f"s{number}", name="S")
            session.add(site)
            await session.flush()
            session.add(Zone(site_id=site.id, key="z", name="Z"))
            session.add_all([Camera(site_id=site.id, key=f"c{i}", name="C") for i in (1, 2)])
        await session.flush()
        rows = [
            {"zone_id": zone, "camera_id": camera, "at_us": to_us(START + i * HOUR), "period_s": 1.0, "validity": 2,
             "simulated": False}
            for zone, cameras in ((1, (1, 2)), (2, (3, 4))) for camera in cameras for i in range(4)
        ]  # fmt: skip
        await session.execute(insert(readings), rows)
        zeros = dict.fromkeys(("known_s", "unknown_s", "degraded_s", "above_caution_s", "above_warning_s"), 0.0)
        zeros |= dict.fromkeys(("above_critical_s", "above_80_s", "above_100_s"), 0.0)
        minutes = [{k: row[k] for k in ("zone_id", "camera_id", "at_us")} | {"readings": 1} | zeros for row in rows]
        await session.execute(insert(readings_minute), minutes)
        session.add(ManualCount(zone_id=1, at=START, count=3, counted_by="me"))
        for camera in (1, 3):
            path = f"clips/{camera}.mp4"
            (folder / "clips").mkdir(exist_ok=True)
            (folder / path).write_bytes(b"film")
            session.add(Clip(camera_id=camera, started_at=START, ended_at=START + HOUR, path=path, sha256="0" * 64))


async def left(database: Database) -> list[tuple[int, int, int]]:
    async with database.read() as session:
        raw = (await session.execute(select(readings.c.zone_id, readings.c.camera_id, readings.c.at_us))).all()
        minutes = await session.scalar(select(func.count()).select_from(readings_minute))
    assert minutes == len(raw), "roll-ups go with the readings"
    return [(zone, camera, (at_us - to_us(START)) // 3_600_000_000) for zone, camera, at_us in raw]


def test_kind_camera_and_time_at_once(database_url: str, tmp_path: Path) -> None:
    async def scenario() -> None:
        database = Database(database_url)
        await migrate.upgrade(database)
        await fill(database, tmp_path)
        both = frozenset({Erasable.READINGS, Erasable.CLIPS})
        chosen = Selection(both, START + HOUR, START + 3 * HOUR, None, frozenset({2}))
        assert await erase(database, chosen, folder=tmp_path) == {Erasable.READINGS: 2, Erasable.CLIPS: 0}
        assert len(await left(database)) == 14
        assert not {(1, 2, 1), (1, 2, 2)} & set(await left(database))
        of_site = Selection(frozenset(Erasable), None, None, frozenset({2}), None)
        counts = await erase(database, of_site, folder=tmp_path)
        assert counts[Erasable.READINGS] == 8
        assert counts[Erasable.CLIPS] == 1
        assert counts[Erasable.MANUAL_COUNTS] == 0
        assert {zone for zone, _, _ in await left(database)} == {1}
        assert sorted(path.name for path in (tmp_path / "clips").iterdir()) == ["1.mp4"]
        foreign = Selection(frozenset({Erasable.READINGS}), None, None, frozenset({2}), frozenset({1}))
        await erase(database, foreign, folder=tmp_path)
        assert len(await left(database)) == 6, "a camera of another site is not touched"
        everything = Selection(frozenset(Erasable), None, None, None, None)
        assert (await erase(database, everything, folder=tmp_path))[Erasable.MANUAL_COUNTS] == 1
        assert await left(database) == []
        await database.close()

    asyncio.run(scenario())
