"""A backup holds everything, moves between databases, and a damaged one changes nothing."""

import asyncio
import json
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from postgres import PostgresCluster
from sqlalchemy import func, insert, select

from throng.store import migrate
from throng.store.backup import restore_backup, write_backup
from throng.store.database import Database
from throng.store.errors import StoreError
from throng.store.secret_box import open_secret_box
from throng.store.tables import Base, Camera, Site, Zone, density_snapshots, readings

AT = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
ROWS = 2500


async def filled(url: str, folder: Path) -> Database:
    database = Database(url)
    await migrate.upgrade(database)
    box = open_secret_box(folder)
    async with database.write() as session:
        site = Site(key="harbour", name="Hafen “Süd” 🚢")
        session.add(site)
        await session.flush()
        session.add(Zone(site_id=site.id, key="gate", name="Gate", polygon=[[0, 0], [1, 0], [1, 1.5]], capacity=None))
        session.add(Camera(site_id=site.id, key="n", name="N", credentials=box.seal("hunter2"), mode={"rate_hz": 2.0}))
        rows = [
            {"zone_id": 1, "camera_id": 1, "at_us": i * 10**6, "period_s": 1.0, "validity": i % 3, "simulated": False,
             "count": None if i % 7 == 0 else i / 3}
            for i in range(ROWS)
        ]  # fmt: skip
        await session.execute(insert(readings), rows)
        await session.execute(
            insert(density_snapshots),
            [{"zone_id": 1, "camera_id": 1, "at_us": 1, "x0_m": 0, "y0_m": 0, "cell_m": 1, "rows": 1, "columns": 1,
              "people": bytes(range(256))}],
        )  # fmt: skip
    return database


async def content(database: Database) -> dict[str, list[Any]]:
    found = {}
    async with database.read() as session:
        for table in Base.metadata.sorted_tables:
            key = list(table.primary_key.columns)
            found[table.name] = [tuple(row) for row in await session.execute(select(table).order_by(*key))]
    return found


def test_a_backup_restores_every_row_on_the_other_database_too(tmp_path: Path, postgres: PostgresCluster) -> None:
    urls = {"sqlite": f"sqlite:///{tmp_path / 'a.db'}", "postgresql": postgres.create("backup_a")}
    targets = {"sqlite": postgres.create("backup_b"), "postgresql": f"sqlite:///{tmp_path / 'b.db'}"}

    async def scenario(kind: str) -> None:
        source_folder, target_folder = tmp_path / f"{kind}-from", tmp_path / f"{kind}-to"
        database = await filled(urls[kind], source_folder)
        file = tmp_path / f"{kind}.zip"
        manifest = await write_backup(database, file, at=AT, folder=source_folder)
        assert {part.name: part.rows for part in manifest.tables}["tables/readings.jsonl"] == ROWS
        restored = Database(targets[kind])
        await restore_backup(restored, file, folder=target_folder)
        assert await content(restored) == await content(database)
        async with restored.write() as session:
            camera = await session.get_one(Camera, 1)
            assert camera.credentials is not None
            assert open_secret_box(target_folder).open(camera.credentials) == "hunter2"
            session.add(Site(key="next", name="Next"))
            await session.flush()
            assert await session.scalar(select(func.max(Site.id))) == 2, "numbering goes on"
        assert (target_folder / "secret.key").stat().st_mode & 0o077 == 0
        with pytest.raises(StoreError, match="not empty"):
            await restore_backup(restored, file, folder=target_folder)
        await database.close()
        await restored.close()

    for kind in urls:
        asyncio.run(scenario(kind))


def test_a_damaged_backup_is_refused_and_leaves_the_database_empty(tmp_path: Path) -> None:
    async def scenario() -> None:
        database = await filled(f"sqlite:///{tmp_path / 'a.db'}", tmp_path)
        file, bad = tmp_path / "good.zip", tmp_path / "bad.zip"
        await write_backup(database, file, at=AT)
        with zipfile.ZipFile(file) as good, zipfile.ZipFile(bad, "w") as out:
            for name in good.namelist():
                data = good.read(name)
                out.writestr(name, data.replace(b"harbour", b"HARBOUR") if name == "tables/sites.jsonl" else data)
        target = Database(f"sqlite:///{tmp_path / 'b.db'}")
        with pytest.raises(StoreError, match=r"tables/sites\.jsonl is not what was written"):
            await restore_backup(target, bad, folder=tmp_path / "to")
        assert await migrate.revision(target) is None
        (tmp_path / "text.zip").write_text("no zip")
        with pytest.raises(StoreError, match="not a backup"):
            await restore_backup(target, tmp_path / "text.zip", folder=tmp_path / "to")
        with pytest.raises(StoreError, match="exists already"):
            await write_backup(database, file, at=AT)
        await database.close()
        await target.close()

    asyncio.run(scenario())


def test_files_never_leave_the_data_folder(tmp_path: Path) -> None:
    async def scenario() -> None:
        database = await filled(f"sqlite:///{tmp_path / 'a.db'}", tmp_path / "from")
        file, bad = tmp_path / "good.zip", tmp_path / "bad.zip"
        await write_backup(database, file, at=AT, folder=tmp_path / "from")
        with zipfile.ZipFile(file) as good, zipfile.ZipFile(bad, "w") as out:
            manifest = json.loads(good.read("manifest.json"))
            manifest["files"][0]["name"] = "files/../../evil"
            for name in good.namelist():
                if name != "manifest.json":
                    out.writestr("files/../../evil" if name == "files/secret.key" else name, good.read(name))
            out.writestr("manifest.json", json.dumps(manifest))
        target = Database(f"sqlite:///{tmp_path / 'b.db'}")
        with pytest.raises(StoreError, match="outside the data folder"):
            await restore_backup(target, bad, folder=tmp_path / "deep" / "to")
        assert not (tmp_path / "evil").exists()
        assert not (tmp_path / "deep" / "evil").exists()
        await database.close()
        await target.close()

    asyncio.run(scenario())
