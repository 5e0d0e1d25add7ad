"""Bringing sites to a wanted state, on both databases."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest

from throng.store import migrate
from throng.store.audit import SYSTEM, AuditFilter, find
from throng.store.configuration import Author, Change, SiteWanted, apply
from throng.store.database import Database
from throng.store.errors import ConflictError
from throng.store.site_objects import of_site
from throng.store.sites import by_key
from throng.store.tables import Camera, Edge, Zone

AUTHOR = Author(SYSTEM, datetime(2026, 6, 1, tzinfo=UTC))
SITE = {"name": "Harbour", "time_zone": "UTC"}


def objects(*entries: Mapping[str, Any]) -> dict[str, Callable[[Any], Mapping[str, Any]]]:
    return {entry.get("key", entry["name"]): partial(_same, entry) for entry in entries}


def _same(entry: Mapping[str, Any], _row: Any) -> Mapping[str, Any]:
    return entry


ZONE = {"key": "gate", "name": "Gate", "capacity": 400, "exits": []}
EDGE = {"key": "box", "name": "Box"}
CAMERA = {"key": "north", "name": "North", "source": "sim://plaza", "zone_keys": ["gate"], "edge_id": "box", "mode": {}}
PLAYBOOK = {"name": "Full", "level": "warning", "steps": [], "zone_id": "gate"}


def wanted(**kinds: Any) -> SiteWanted:
    usual: dict[str, Any] = {
        "edges": objects(EDGE), "zones": objects(ZONE), "cameras": objects(CAMERA), "playbooks": objects(PLAYBOOK),
    }  # fmt: skip
    return SiteWanted("harbour", SITE, **{**usual, **kinds})


def brief(changes: Sequence[Change]) -> list[tuple[str, str, str]]:
    return [(change.action, change.kind, change.key) for change in changes]


@pytest.fixture
def run(database_url: str) -> Callable[[Callable[[Database], Any]], None]:
    def whole(story: Callable[[Database], Any]) -> None:
        async def told() -> None:
            database = Database(database_url)
            try:
                await migrate.upgrade(database)
                await story(database)
            finally:
                await database.close()

        asyncio.run(told())

    return whole


async def bring(database: Database, *sites: SiteWanted, **how: bool) -> list[Change]:
    async with database.write() as session:
        return await apply(session, sites, author=AUTHOR, **how)


def test_applying_again_changes_nothing_and_pruning_only_what_is_spoken_of(
    run: Callable[[Callable[[Database], Any]], None],
) -> None:
    async def story(database: Database) -> None:
        made = await bring(database, wanted())
        assert brief(made) == [
            ("create", "site", "harbour"), ("create", "edge", "box"), ("create", "zone", "gate"),
            ("create", "camera", "north"), ("create", "playbook", "Full"),
        ]  # fmt: skip
        assert await bring(database, wanted(), prune=True, whole=True) == []
        changed = await bring(database, wanted(zones=objects(ZONE | {"capacity": 300})))
        assert changed == [Change("change", "zone", "harbour", "gate", {"capacity": [400, 300]})]
        assert await bring(database, SiteWanted("harbour", SITE), prune=True) == []
        assert await bring(database, wanted(zones={}, cameras=None, playbooks=None)) == []
        pruned = await bring(database, wanted(zones={}, cameras=None, playbooks=None), prune=True)
        assert brief(pruned) == [("remove", "zone", "gate")]
        async with database.read() as session:
            site = await by_key(session, "harbour")
            assert site is not None
            assert (await of_site(session, Camera, site.id))["north"].zone_keys == []
            log, _ = await find(session, AuditFilter(), limit=50, newest_first=False)
        assert [e.action for e in log][-3:] == ["playbook.create", "zone.update", "zone.delete"]

    run(story)


def test_what_refers_to_nothing_is_refused_and_nothing_is_kept(
    run: Callable[[Callable[[Database], Any]], None],
) -> None:
    async def story(database: Database) -> None:
        for kinds, words in (
            ({"cameras": objects(CAMERA | {"zone_keys": ["nowhere"]})}, "zone 'nowhere'"),
            ({"cameras": objects(CAMERA | {"edge_id": "nowhere"})}, "edge 'nowhere'"),
            ({"playbooks": objects(PLAYBOOK | {"zone_id": "nowhere"})}, "zone 'nowhere'"),
        ):
            with pytest.raises(ConflictError, match=words):
                await bring(database, wanted(**kinds))
            async with database.read() as session:
                assert await by_key(session, "harbour") is None
        await bring(database, wanted())
        with pytest.raises(ConflictError, match="zone 'gate'"):
            await bring(database, wanted(zones={}), prune=True)

    run(story)


def test_sites_are_removed_only_by_a_file_about_all_of_them(run: Callable[[Callable[[Database], Any]], None]) -> None:
    async def story(database: Database) -> None:
        await bring(database, wanted(), SiteWanted("old", {"name": "Old"}))
        assert await bring(database, wanted(), prune=True) == []
        assert brief(await bring(database, wanted(), prune=True, whole=True)) == [("remove", "site", "old")]
        assert brief(await bring(database, wanted(edges={}, cameras={}), prune=True)) == [
            ("remove", "camera", "north"), ("remove", "edge", "box"),
        ]  # fmt: skip
        async with database.read() as session:
            site = await by_key(session, "harbour")
            assert site is not None
            assert list(await of_site(session, Edge, site.id)) == []
            assert list(await of_site(session, Zone, site.id)) == ["gate"]

    run(story)


def test_secrets_are_hidden_in_what_is_said_to_change(run: Callable[[Callable[[Database], Any]], None]) -> None:
    async def story(database: Database) -> None:
        await bring(database, wanted())
        changes = await bring(database, wanted(cameras=objects(CAMERA | {"credentials": "sealed-hunter2"})))
        assert changes[0].fields == {"credentials": ["(hidden)", "(hidden)"]}
        async with database.read() as session:
            log, _ = await find(session, AuditFilter(), limit=50)
        assert "hunter2" not in str([entry.detail for entry in log])

    run(story)
