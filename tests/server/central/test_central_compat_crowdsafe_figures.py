"""The door of CrowdSafe: metrics and alerts, and what they say when nobody knows anything."""

import asyncio
import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import httpx
from central import START, CentralServer
from crowdsafe_fields import ALERT, METRICS, WHOLE
from doors import Ask, asked, asked_both, door

from throng.server.compat.crowdsafe_alerts import trigger_of
from throng.server.live.items import Kind
from throng.store.tables import Zone

ROW = {
    "kind": "zone", "zone_id": "gate", "camera_id": "north", "validity": "live", "count": 120.0,
    "density_mean_per_m2": 0.6, "speed_mean_mps": 0.8, "speed_std_mps": 0.2, "inflow_per_min": 30.0,
    "outflow_per_min": 12.0, "occupancy": 0.3, "risk_score": 41.0, "risk_level": "caution",
}  # fmt: skip


async def measure(server: CentralServer, *, seconds: int = 3) -> None:
    """Let the camera `north` report the zone `gate`, which it covers."""
    rows = [ROW | {"at": (START - timedelta(seconds=s)).isoformat(), "count": 120.0 - s} for s in range(seconds)]
    async with server.client("edge") as client:
        answer = await client.post("/api/v1/ingest", content=json.dumps({"readings": rows[::-1]}))
        assert (answer.status_code, answer.json()["stored"]) == (200, seconds), answer.text


def test_metrics(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with door(tmp_path, "crowdsafe") as server:
            await measure(server)
            at = f"/api/metrics/{server.camera_id}"
            async with server.client("viewer-here") as client:
                rows = await asked_both(client, Ask("GET", at, METRICS, params={"limit": 2}))
                assert [one["count"] for one in rows] == [120.0, 119.0]
                newest = await asked_both(client, Ask("GET", f"{at}/current", METRICS))
                assert newest == rows[0]
                assert newest | {"id": None, "timestamp": None} == {
                    "id": None, "camera_id": str(server.camera_id), "timestamp": None, "count": 120.0, "density": 0.6,
                    "avg_velocity": 0.8, "max_velocity": None, "surge_rate": 0.25, "flow_in": 30.0, "flow_out": 12.0,
                    "risk_score": 0.41, "risk_level": "CAUTION", "capacity_utilization": 30.0, "frame_number": None,
                }  # fmt: skip
                since = {"start": (START - timedelta(seconds=1)).replace(tzinfo=None).isoformat()}
                assert len((await client.get(at, params=since)).json()) == 2, "a time without an offset is UTC"
                keys = frozenset(
                    {"camera_id", "start", "end", "total_readings", "avg_count", "max_count", "min_count",
                     "avg_density", "max_density", "avg_velocity", "share_unknown"}
                )  # fmt: skip
                summary = await asked_both(client, Ask("GET", f"{at}/summary", keys))
                assert (summary["total_readings"], summary["avg_count"]) == (3, 119.0)
                await aggregated(client, at)
                for how, start in (("csv", b"\xef\xbb\xbfat,"), ("docx", b"PK"), ("pdf", b"%PDF"), ("md", b"# Harb")):
                    for slash in ("", "/"):
                        answer = await client.get(f"{at}/export{slash}", params={"format": how})
                        assert (answer.status_code, answer.content[: len(start)]) == (200, start), answer.text[:200]
                assert (await client.get(f"{at}/export", params={"format": "exe"})).status_code == 422
                assert (await client.get(f"{at}/summary", params={"start": START.isoformat(), "end": "2026-01-01"})
                        ).status_code == 422  # fmt: skip
                whole = await asked(client, Ask("GET", f"/api/cameras/{server.camera_id}", WHOLE))
                assert (whole["status"], whole["metrics"]) == ("online", newest)
                server.context.hub.put(Kind.ZONE, server.site_id, (server.zone_id, server.camera_id), UNKNOWN)
                blind = (await client.get(f"{at}/current")).json()
                assert (blind["count"], blind["risk_score"], blind["risk_level"]) == (None, None, None)
                assert (await client.get(f"/api/cameras/{server.camera_id}")).json()["status"] == "error"

    asyncio.run(scenario())


UNKNOWN = b'{"reading":{"validity":"unknown","count":null,"at":"2026-06-01T12:00:01+00:00"}}'


async def aggregated(client: httpx.AsyncClient, at: str) -> None:
    keys = frozenset(
        {"timestamp", "readings", "avg_count", "max_count", "min_count", "avg_density", "max_density", "avg_velocity",
         "avg_risk_score", "max_risk_score"}
    )  # fmt: skip
    for interval in ("hourly", "daily", "weekly"):
        rows = await asked_both(client, Ask("GET", f"{at}/aggregate", keys, params={"interval": interval}))
        assert sum(one["readings"] for one in rows) == 3, interval
        assert max(one["max_count"] for one in rows) == 120.0
        assert {one["max_risk_score"] for one in rows} == {0.41}


def test_the_own_score_of_crowdsafe_under_its_profile(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with door(tmp_path, "crowdsafe") as server:
            async with server.context.database.write() as session:
                zone = await session.get_one(Zone, server.zone_id)
                zone.risk_profile = "crowdsafe"
            await measure(server)
            async with server.client() as client:
                said = (await client.get(f"/api/metrics/{server.camera_id}/current")).json()
        assert said["risk_score"] == 0.41, "the reading holds the score of its zone's profile"

    asyncio.run(scenario())


def test_alerts_on_both_databases(run_server: Callable[..., None]) -> None:
    async def scenario(server: CentralServer) -> None:
        await measure(server, seconds=1)
        async with server.client("operator") as client:
            new = {"site_id": server.site_id, "zone_id": server.zone_id, "level": "critical", "title": "Crush"}
            for level in ("warning", "critical"):
                assert (await client.post("/api/v1/alerts", json=new | {"level": level})).status_code == 201
            listed = await asked_both(client, Ask("GET", "/api/alerts", ALERT))
            assert [one["risk_level"] for one in listed] == ["CRITICAL", "WARNING"]
            assert (listed[0]["camera_id"], listed[0]["message"]) == (str(server.camera_id), "Crush")
            assert (listed[0]["trigger_condition"], json.loads(listed[0]["metrics_snapshot"])) == ("manual", {})
            at = f"/api/alerts/{listed[0]['id']}"
            await asked_both(client, Ask("GET", at, ALERT))
            number = Ask("GET", "/api/alerts/unacknowledged/count", frozenset({"count"}))
            assert await asked_both(client, number) == {"count": 2}
            taken = await asked(client, Ask("POST", f"{at}/acknowledge", ALERT))
            assert (taken["acknowledged"], taken["acknowledged_by"]) == (True, "operator (test)")
            assert await asked(client, number) == {"count": 1}
            done = await asked(client, Ask("POST", f"{at}/resolve", ALERT))
            assert (done["resolved"], done["resolved_at"] is not None) == (True, True)
            keys = frozenset({"total", "resolved", "unresolved", "acknowledged", "by_risk_level", "by_trigger"})
            figures = await asked_both(client, Ask("GET", "/api/alerts/statistics", keys))
            assert figures == {
                "total": 2, "resolved": 1, "unresolved": 1, "acknowledged": 1,
                "by_risk_level": {"CRITICAL": 1, "WARNING": 1}, "by_trigger": {"manual": 2},
            }  # fmt: skip
            for params, levels in (
                ({"resolved": True}, ["CRITICAL"]), ({"resolved": False}, ["WARNING"]),
                ({"risk_level": "WARNING"}, ["WARNING"]), ({"limit": 1}, ["CRITICAL"]),
                ({"camera_id": server.camera_id}, ["CRITICAL", "WARNING"]), ({"risk_level": "CAUTION"}, []),
            ):  # fmt: skip
                found = (await client.get("/api/alerts", params=params)).json()
                assert [one["risk_level"] for one in found] == levels, params

    run_server(scenario, compat=("crowdsafe",))


def test_reasons_have_its_names() -> None:
    named = {"density": "extreme_density", "surge": "sudden_surge", "risk": "risk_threshold", "fall": "fall",
             "stagnation": "stagnation_with_density", "sudden_surge": "sudden_surge", "manual": "manual"}  # fmt: skip
    assert {rule: trigger_of(rule) for rule in named} == named
