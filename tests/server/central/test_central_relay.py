"""The live state after a restart and beside other server processes: the same database, the same truth."""

import asyncio
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

from central import CentralServer, central_server

from throng.server.central import create_server
from throng.server.context import Context
from throng.server.live.items import Kind
from throng.server.live.relay import Relay
from throng.server.settings import load_settings


async def send(server: CentralServer, count: float) -> None:
    row = {
        "kind": "zone", "zone_id": "gate", "camera_id": "north", "at": server.clock.now().isoformat(), "count": count,
        "count_low": count - 1, "count_high": count + 1, "validity": "live", "reasons": [],
    }  # fmt: skip
    async with server.client("edge") as client:
        answer = await client.post("/api/v1/ingest", json={"readings": [row], "events": []})
    assert answer.json()["stored"] == 1, answer.text


def count(context: Context, server: CentralServer) -> Any:
    item = context.hub.get(Kind.ZONE, (server.zone_id, server.camera_id))
    return None if item is None or item.body is None else json.loads(item.body)["reading"]["count"]


def test_a_second_server_begins_with_what_is_stored_and_follows(migrated_url: str, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with central_server(migrated_url, tmp_path / "a") as first:
            await send(first, 5.0)
            async with first.client("operator") as client:
                body = {"site_id": first.site_id, "zone_id": first.zone_id, "level": "warning", "title": "Gate is full"}
                alert = (await client.post("/api/v1/alerts", json=body)).json()
            first.clock.advance(10)
            settings = load_settings(data_dir=tmp_path / "b", database_url=migrated_url)
            app = create_server(settings, clock=first.clock)
            async with app.router.lifespan_context(app):
                second: Context = app.state.context
                assert count(second, first) == 5.0
                second.hub.mark_overdue()
                old = second.hub.get(Kind.ZONE, (first.zone_id, first.camera_id))
                assert old is not None
                assert old.overdue_since is not None, "what was stored ten seconds ago is not what is true now"
                assert second.hub.get(Kind.ALERT, (alert["id"], first.zone_id)) is not None
                await follows(first, second, alert["id"])

    asyncio.run(scenario())


async def follows(first: CentralServer, second: Context, alert_id: int) -> None:
    relay = Relay(second.database, second.hub, second.ingest, second.clock)
    await relay.follow_once()
    before = second.hub.sequence
    await relay.follow_once()
    assert second.hub.sequence == before, "nothing new is told twice"
    await send(first, 6.0)
    async with first.client("operator") as client:
        await client.post(f"/api/v1/alerts/{alert_id}/acknowledge", json={"note": "on my way"})
    await relay.follow_once()
    assert count(second, first) == 6.0
    item = second.hub.get(Kind.ALERT, (alert_id, first.zone_id))
    assert item is not None
    assert json.loads(item.body or b"")["state"] == "acknowledged"


def test_a_snoozed_alert_wakes_and_everybody_is_told(migrated_url: str, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with central_server(migrated_url, tmp_path / "data") as server:
            context = server.context
            async with server.client("operator") as client:
                body = {"site_id": server.site_id, "level": "warning", "title": "Gate is full"}
                alert = (await client.post("/api/v1/alerts", json=body)).json()
                until = (server.clock.now() + timedelta(minutes=5)).isoformat()
                await client.post(f"/api/v1/alerts/{alert['id']}/snooze", json={"until": until, "reason": "drill"})
            relay = Relay(context.database, context.hub, context.ingest, context.clock)
            await relay.wake_once()
            assert state(context, alert["id"]) == "snoozed"
            server.clock.advance(301)
            await relay.wake_once()
            assert state(context, alert["id"]) == "active"

    asyncio.run(scenario())


def state(context: Context, alert_id: int) -> str:
    item = context.hub.get(Kind.ALERT, (alert_id, 0))
    assert item is not None
    return str(json.loads(item.body or b"")["state"])
