"""The door of CrowdSafe: the system, settings, users and recordings."""

import asyncio
import logging
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from central import START, CentralServer
from crowdsafe_fields import DONE, PROBLEM, RECORDING, USER
from doors import Ask, asked, asked_both, door
from people import CHEAP, PASSWORD

from throng.server.auth import passwords
from throng.store.tables import Recording


@pytest.fixture(autouse=True)
def _cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "HASHER", CHEAP)


def test_system_settings_users_and_recordings(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with door(tmp_path, "crowdsafe") as server, server.client() as client:
            health = Ask("GET", "/api/system/health", frozenset({"status", "timestamp", "components"}))
            assert (await asked_both(client, health))["components"]["database"] == "ok"
            keys = frozenset(
                {"total_cameras", "active_cameras", "online_cameras", "active_alerts", "cpu_percent", "memory_percent",
                 "disk_percent", "timestamp"}
            )  # fmt: skip
            stats = await asked_both(client, Ask("GET", "/api/system/stats", keys))
            assert (stats["total_cameras"], stats["online_cameras"], stats["active_alerts"]) == (1, 0, 0)
            logging.getLogger("throng").warning("a line for the log")
            line = frozenset({"number", "at", "level", "logger", "text"})
            await asked_both(client, Ask("GET", "/api/system/logs", line))
            await settings_of(client)
            await users_of(client)
            await recordings_of(server, client)

    asyncio.run(scenario())


async def settings_of(client: httpx.AsyncClient) -> None:
    keys = frozenset({"key", "value"})
    assert "retention" in {one["key"] for one in await asked_both(client, Ask("GET", "/api/settings", keys))}
    body = {"key": "require_totp", "value": []}
    await asked_both(client, Ask("POST", "/api/settings", keys, body, 201))
    at = "/api/settings/privacy"
    put = await asked_both(client, Ask("PUT", at, keys, {"value": {"keep_clips": True}}))
    assert put["value"]["keep_clips"] is True
    assert await asked_both(client, Ask("GET", at, keys)) == put
    assert (await asked_both(client, Ask("DELETE", at, keys)))["value"]["keep_clips"] is False
    await asked(client, Ask("PUT", at, PROBLEM, {"value": 5}, 422))
    await asked(client, Ask("GET", "/api/settings/colour", PROBLEM, status=404))


async def users_of(client: httpx.AsyncClient) -> None:
    body = {
        "username": "Bo",
        "password": PASSWORD,
        "role": "operator",
        "full_name": "Bo B.",
        "email": "bo@city.example",
    }
    added = await asked(client, Ask("POST", "/api/users", USER, body, 201))
    assert (added["username"], added["role"], PASSWORD in str(added)) == ("bo", "operator", False)
    await asked(client, Ask("POST", "/api/users", PROBLEM, body, 409))
    at = f"/api/users/{added['id']}"
    assert added["username"] in {one["username"] for one in await asked_both(client, Ask("GET", "/api/users", USER))}
    changed = await asked_both(client, Ask("PUT", at, USER, {"role": "viewer", "is_active": False}))
    assert (changed["role"], changed["is_active"], changed["email"]) == ("viewer", False, "bo@city.example")
    assert await asked_both(client, Ask("GET", at, USER)) == changed
    await asked(client, Ask("DELETE", at, DONE))
    await asked(client, Ask("GET", at, PROBLEM, status=404))


async def recordings_of(server: CentralServer, client: httpx.AsyncClient) -> None:
    file = server.context.settings.data_dir / "recordings" / "a.mp4"
    file.parent.mkdir()
    file.write_bytes(b"film")
    async with server.context.database.write() as session:
        row = Recording(
            camera_id=server.camera_id, kind="continuous", started_at=START, ended_at=START + timedelta(seconds=60),
            path="recordings/a.mp4", bytes=4,
        )  # fmt: skip
        session.add(row)
        await session.flush()
        at = f"/api/recordings/{row.id}"
    shown = await asked_both(client, Ask("GET", at, RECORDING))
    assert (shown["duration"], shown["file_size"], shown["camera_id"]) == (60.0, 4, str(server.camera_id))
    listed = await asked_both(client, Ask("GET", "/api/recordings", RECORDING, params={"camera_id": server.camera_id}))
    assert listed == [shown]
    for ask in (Ask("POST", "/api/recordings", PROBLEM, {}, 409), Ask("PUT", at, PROBLEM, {}, 409)):
        assert (await asked_both(client, ask))["type"] == "/problems/recorded-by-settings"
    await asked(client, Ask("DELETE", at, DONE))
    await asked(client, Ask("GET", at, PROBLEM, status=404))
    assert not file.exists()
