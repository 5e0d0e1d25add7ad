"""Counts by people: kept, shown, taken back, and readings of their zone meanwhile."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from central import START, CentralServer
from sqlalchemy import select

from throng.server.live.items import Kind
from throng.server.upkeep import Upkeep
from throng.store.tables import AuditEntry, latest_zones, readings, readings_minute
from throng.store.tables.readings import BY_A_PERSON


def test_a_count_by_a_person_is_a_reading_until_it_is_taken_back(run_server: Callable[..., None]) -> None:
    async def scenario(server: CentralServer) -> None:
        url = f"/api/v1/zones/{server.zone_id}/manual-counts"
        earlier = (START - timedelta(minutes=10)).isoformat()
        async with server.client("operator") as client:
            first = await client.post(url, json={"count": 100, "at": earlier, "note": "from the balcony"})
            second = await client.post(url, json={"count": 80})
            assert (await client.post(url, json={"count": 80})).status_code == 409
            assert first.status_code == second.status_code == 201
            assert second.json()["at"] == "2026-06-01T12:00:00Z"
            assert second.json()["counted_by"] == "operator (test)"
            listed = (await client.get(url, params={"limit": 1})).json()
            assert [item["count"] for item in listed["items"]] == [80]
            rest = (await client.get(url, params={"cursor": listed["next_cursor"]})).json()
            assert [item["note"] for item in rest["items"]] == ["from the balcony"]
            history = await client.get(
                f"/api/v1/zones/{server.zone_id}/history", params={"bucket": "hour", "camera_id": BY_A_PERSON}
            )
            assert history.json()["points"][-1]["values"]["count"] == {"mean": 90, "min": 80, "max": 100, "n": 2}
            assert shown(server)["reading"]["count"] == 80
            assert (await client.delete(f"{url}/{second.json()['id']}")).status_code == 204
            assert shown(server)["reading"]["count"] == 100
            await Upkeep(server.context.database, server.clock).run_once()
            assert (await client.delete(f"{url}/{first.json()['id']}")).status_code == 204
            assert (await client.delete(f"{url}/{first.json()['id']}")).status_code == 404
        assert server.context.hub.get(Kind.ZONE, (server.zone_id, BY_A_PERSON)) is None
        await Upkeep(server.context.database, server.clock).run_once()
        async with server.context.database.read() as session:
            for table in (readings, readings_minute, latest_zones):
                assert (await session.execute(select(table))).first() is None, table
            actions = (await session.scalars(select(AuditEntry.action).order_by(AuditEntry.id))).all()
        assert [a for a in actions if a.startswith("manual")] == ["manual_count.create"] * 2 + [
            "manual_count.delete"
        ] * 2

    run_server(scenario)


def shown(server: CentralServer) -> dict[str, Any]:
    item = server.context.hub.get(Kind.ZONE, (server.zone_id, BY_A_PERSON))
    assert item is not None
    assert item.body is not None
    body: dict[str, Any] = json.loads(item.body)
    return body


def test_what_may_not_be_counted_and_by_whom(run_server: Callable[..., None]) -> None:
    async def scenario(server: CentralServer) -> None:
        url = f"/api/v1/zones/{server.zone_id}/manual-counts"
        later = (START + timedelta(minutes=6)).isoformat()
        async with server.client("operator") as client:
            wrong: list[dict[str, Any]] = [
                {"count": -1}, {"count": 1.5}, {"count": 2**31}, {}, {"count": 1, "at": later},
                {"count": 1, "at": "2020-01-01T00:00:00Z"}, {"count": 1, "note": "\x00"}, {"count": 1, "by": "me"},
            ]  # fmt: skip
            for body in wrong:
                assert (await client.post(url, json=body)).status_code == 422, body
            assert (await client.post("/api/v1/zones/999/manual-counts", json={"count": 1})).status_code == 404
        async with server.client("viewer-here") as client:
            assert (await client.get(url)).json() == {"items": [], "next_cursor": None}
            assert (await client.post(url, json={"count": 1})).status_code == 403
            assert (await client.get(f"/api/v1/zones/{server.other_zone_id}/manual-counts")).status_code == 404

    run_server(scenario)
