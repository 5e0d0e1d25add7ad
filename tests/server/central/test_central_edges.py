"""Edges: they enrol once, get their work, say how they are, and are shut out at once."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
from central import START, CentralServer

from throng.server.live.items import Kind


def speaking(server: CentralServer, token: str) -> httpx.AsyncClient:
    return server.client(None, Authorization=f"Bearer {token}")


async def new_edge(server: CentralServer, key: str = "box-2") -> dict[str, Any]:
    async with server.client() as client:
        answer = await client.post("/api/v1/edges", json={"site_id": server.site_id, "key": key, "name": "Box 2"})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def enrol(server: CentralServer, code: str) -> httpx.Response:
    async with server.client(None) as client:
        return await client.post("/api/v1/edges/enrol", json={"code": code, "software": "throng 0.3"})


def test_edge_enrols_once_and_is_revoked(run_server: Callable[..., None]) -> None:
    async def scenario(server: CentralServer) -> None:
        edge = await new_edge(server)
        code, edge_id = edge["enrolment"]["code"], edge["edge"]["id"]
        assert edge["edge"]["is_enrolled"] is False
        assert (await enrol(server, code + "x")).status_code == 401
        enrolled = await enrol(server, code)
        assert (enrolled.json()["key"], enrolled.json()["site_key"]) == ("box-2", "harbour")
        assert (await enrol(server, code)).status_code == 401, "the code is good for one time"
        token = enrolled.json()["token"]
        async with speaking(server, token) as box, server.client() as client:
            assert (await box.get("/api/v1/edge/configuration")).json()["cameras"] == []
            shown = await client.get(f"/api/v1/edges/{edge_id}")
            assert (shown.json()["is_enrolled"], shown.json()["software"]) == (True, "throng 0.3")
            again = (await client.post(f"/api/v1/edges/{edge_id}/enrolment")).json()["code"]
            assert (await box.get("/api/v1/edge/configuration")).status_code == 200, "until the new code is used"
            other = (await enrol(server, again)).json()["token"]
            assert (await box.get("/api/v1/edge/configuration")).status_code == 401
            assert (await client.post(f"/api/v1/edges/{edge_id}/revoke")).json()["is_enrolled"] is False
            log = (await client.get("/api/v1/audit/export", params={"format": "csv"})).text
        async with speaking(server, other) as box:
            assert (await box.get("/api/v1/edge/configuration")).status_code == 401
        listed = shown.text + log
        assert not any(secret in listed for secret in (code, token, again, other))
        assert "edge.enrol" in log

    run_server(scenario)


def test_old_codes_and_many_tries_are_refused(run_server: Callable[..., None]) -> None:
    async def scenario(server: CentralServer) -> None:
        edge = await new_edge(server)
        server.clock.advance(timedelta(hours=24).total_seconds())
        assert (await enrol(server, edge["enrolment"]["code"])).status_code == 401
        answers = [(await enrol(server, f"enrol_{n}")).status_code for n in range(60)]
        assert answers[0] == 401
        assert answers[-1] == 429

    run_server(scenario)


def test_edge_gets_its_own_work_only_when_it_has_changed(run_server: Callable[..., None]) -> None:
    async def scenario(server: CentralServer) -> None:
        async with server.client("edge") as box, server.client() as client:
            work = await box.get("/api/v1/edge/configuration")
            body = work.json()
            assert [zone["key"] for zone in body["zones"]] == ["gate"]
            assert [(c["key"], c["source"]) for c in body["cameras"]] == [("north", "rtsp://10.0.0.5/1")]
            have = {"If-None-Match": work.headers["etag"]}
            await box.post("/api/v1/edge/heartbeat", json=heartbeat())
            same = await box.get("/api/v1/edge/configuration", headers=have)
            assert (same.status_code, same.content) == (304, b"")
            zone = {"key": "gate", "name": "Gate", "is_active": False}
            await client.put(f"/api/v1/zones/{server.zone_id}", json=zone)
            changed = await box.get("/api/v1/edge/configuration", headers=have)
            assert (changed.status_code, changed.json()["zones"]) == (200, [])
        for who in (None, "admin", "viewer"):
            async with server.client(who) as client:
                assert (await client.get("/api/v1/edge/configuration")).status_code in {401, 403}
                assert (await client.post("/api/v1/edge/heartbeat", json=heartbeat())).status_code in {401, 403}

    run_server(scenario)


def test_heartbeat_is_kept_and_told(run_server: Callable[..., None]) -> None:
    async def scenario(server: CentralServer) -> None:
        async with server.client("edge") as box, server.client() as client:
            before = await client.get(f"/api/v1/edges/{server.edge_id}")
            assert (before.json()["last_seen_at"], before.json()["age_s"]) == (None, None)
            answer = await box.post("/api/v1/edge/heartbeat", json=heartbeat(offset_s=1.5))
            assert answer.json()["clock_offset_s"] == 1.5
            assert (
                answer.json()["configuration_version"] in (await box.get("/api/v1/edge/configuration")).headers["etag"]
            )
            server.clock.advance(20)
            after = await client.get(f"/api/v1/edges/{server.edge_id}")
            assert (after.json()["age_s"], after.json()["clock_offset_s"]) == (20, 1.5)
            assert after.json()["status"] == {"cameras": {"north": "live"}}
            assert after.headers["etag"] == before.headers["etag"], "a report is no change by a person"
            item = server.context.hub.get(Kind.EDGE, (server.edge_id,))
            assert item is not None
            assert item.site_id == server.site_id
            mistakes: list[dict[str, Any]] = [
                {"sent_at": "2026-06-01T12:00:00"}, {"status": {"x": "y" * 70_000}}, {"status": []},
                {"software": "s" * 65}, {"more": 1},
            ]  # fmt: skip
            for wrong in mistakes:
                assert (await box.post("/api/v1/edge/heartbeat", json=heartbeat() | wrong)).status_code == 422, wrong
            nan = '{"software": "s", "sent_at": "2026-06-01T12:00:00Z", "status": {"x": NaN}}'
            sent = await box.post("/api/v1/edge/heartbeat", content=nan, headers={"Content-Type": "application/json"})
            assert sent.status_code == 422
            lone = '{"software": "s", "sent_at": "2026-06-01T12:00:00Z", "status": {"x": "\\ud800"}}'
            sent = await box.post("/api/v1/edge/heartbeat", content=lone, headers={"Content-Type": "application/json"})
            assert sent.status_code == 422
            assert (await client.delete(f"/api/v1/edges/{server.edge_id}")).status_code == 204
            assert server.context.hub.get(Kind.EDGE, (server.edge_id,)) is None
            assert (await client.get(f"/api/v1/cameras/{server.camera_id}")).json()["edge_id"] is None
            assert (await box.post("/api/v1/edge/heartbeat", json=heartbeat())).status_code == 401

    run_server(scenario)


def heartbeat(*, offset_s: float = 0.0) -> dict[str, Any]:
    sent_at = (START + timedelta(seconds=offset_s)).isoformat()
    return {"software": "throng 0.3", "sent_at": sent_at, "status": {"cameras": {"north": "live"}}}
