"""The door of Smart Crowd Density Monitor: every row of its table of routes, its rules, and who may what."""

import asyncio
import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from central import START, CentralServer
from doors import SECRET, Ask, asked, asked_both, door

from throng.camera.still import encode_picture
from throng.server.compat.monitor_rules import MonitorRule, density_level, judge
from throng.server.live.items import Kind
from throng.server.settings import load_settings

LOCATION = frozenset(
    {"id", "name", "description", "latitude", "longitude", "capacity_limit", "current_count", "density_level",
     "occupancy_percentage", "is_active", "camera_url", "last_updated"}
)  # fmt: skip
LOG = frozenset(
    {"id", "location", "location_name", "people_count", "density_level", "occupancy_percentage", "source", "timestamp"}
)  # fmt: skip
ALERT = frozenset(
    {"id", "location", "location_name", "alert_type", "message", "triggered_at", "resolved_at", "status",
     "people_count_at_trigger", "occupancy_at_trigger"}
)  # fmt: skip
PROBLEM = frozenset({"type", "title", "status", "detail"})
PLAZA = {
    "name": "Plaza", "latitude": "52.520000", "longitude": "13.404954", "capacity_limit": 100,
    "camera_url": f"rtsp://root:{SECRET}@10.0.0.9/1", "current_count": 5, "site_id": 1,
}  # fmt: skip
PICTURE = base64.b64encode(encode_picture(np.full((120, 160, 3), 128, np.uint8), ".png")).decode()


def test_every_route_of_the_table(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with door(tmp_path, "crowd_monitor") as server, server.client() as client:
            plaza = await asked_both(client, Ask("POST", "/api/locations", LOCATION, PLAZA, 201))
            assert {**plaza, "id": 0} == {
                "id": 0, "name": "Plaza", "description": "", "latitude": "52.520000", "longitude": "13.404954",
                "capacity_limit": 100, "current_count": None, "density_level": None, "occupancy_percentage": None,
                "is_active": True, "camera_url": "rtsp://10.0.0.9/1", "last_updated": None,
            }  # fmt: skip
            at = f"/api/locations/{plaza['id']}"
            listed = await asked_both(client, Ask("GET", "/api/locations", LOCATION))
            assert [one["name"] for one in listed] == ["Gate", "East stand", "Plaza", "Plaza"]
            await asked_both(client, Ask("GET", at, LOCATION))
            changed = {"name": "Plaza 2", "capacity_limit": 200, "camera_url": plaza["camera_url"]}
            put = await asked_both(client, Ask("PUT", at, LOCATION, changed))
            assert (put["name"], put["latitude"], put["camera_url"]) == ("Plaza 2", None, "rtsp://10.0.0.9/1")
            part = await asked_both(client, Ask("PATCH", at, LOCATION, {"is_active": False, "name": None}))
            assert (part["is_active"], part["name"], part["capacity_limit"]) == (False, "Plaza 2", 200)
            counted = await asked_both(client, Ask("POST", f"{at}/update-count", LOCATION, {"count": 101}))
            assert (counted["current_count"], counted["density_level"]) == (101, "MEDIUM")
            assert (counted["occupancy_percentage"], counted["last_updated"][:19]) == (50.5, "2026-06-01T12:00:00")
            logs = await asked_both(client, Ask("GET", f"{at}/logs", LOG, params={"limit": 1}))
            assert [(one["people_count"], one["source"]) for one in logs] == [(101, "MANUAL")]
            stats = await asked_both(client, Ask("GET", f"{at}/stats", frozenset({"location", "last_24h"})))
            day = {"avg_count": 101.0, "max_count": 101.0, "min_count": 101.0, "total_readings": 2}
            assert stats == {"location": "Plaza 2", "last_24h": day}
            await alerts_of(client, plaza["id"])
            await counting_in_pictures(server, client, plaza["id"])
            await asked(client, Ask("DELETE", at, None, status=204))
            await asked(client, Ask("GET", at, PROBLEM, status=404))
            kept = (await client.get("/api/v1/cameras", params={"search": "plaza"})).json()["items"]
            assert [one["has_credentials"] for one in kept] == [True, True], "the same address keeps its password"

    asyncio.run(scenario())


async def alerts_of(client: Any, location: int) -> None:
    """The alert rules, step by step: 80 % of 200, resolved below it; more than 30 % above the count before."""
    at = f"/api/locations/{location}"

    async def active() -> list[str]:
        ask = Ask("GET", "/api/alerts", None, params={"status": "ACTIVE", "location": location})
        await asked_both(client, ask)
        return sorted(one["alert_type"] for one in (await client.get("/api/alerts", params=ask.params)).json())

    for count, expected in ((131, []), (159, []), (160, ["OVERCROWD"]), (190, ["OVERCROWD"]), (159, []),
                            (100, []), (130, []), (170, ["OVERCROWD", "SPIKE"]), (240, ["OVERCROWD", "SPIKE"]),
                            (120, ["SPIKE"])):  # fmt: skip
        await asked(client, Ask("POST", f"{at}/update-count", LOCATION, {"count": count, "source": "AI"}))
        assert await active() == expected, count
    found = await asked_both(client, Ask("GET", "/api/alerts", ALERT, params={"location": location}))
    spike = next(one for one in found if one["alert_type"] == "SPIKE")
    assert (spike["people_count_at_trigger"], spike["occupancy_at_trigger"], spike["status"]) == (170, 85.0, "ACTIVE")
    over = [one for one in found if one["alert_type"] == "OVERCROWD"]
    assert [one["status"] for one in over] == ["RESOLVED", "RESOLVED"]
    assert len(found) == 3
    for _ in range(2):
        done = await asked_both(client, Ask("POST", f"/api/alerts/{spike['id']}/resolve", ALERT))
        assert (done["status"], done["resolved_at"] is not None) == ("RESOLVED", True)
    assert await active() == []
    newest = await asked(client, Ask("GET", f"{at}/logs", LOG))
    assert [one["source"] for one in newest[:1]] + [one["source"] for one in newest[-1:]] == ["AI", "MANUAL"]
    own = {"site_id": 1, "zone_id": location, "level": "warning", "title": "Fence is down"}
    assert (await client.post("/api/v1/alerts", json=own)).status_code == 201
    assert await active() == ["manual"], "alerts of other rules come under their own name"


async def counting_in_pictures(server: CentralServer, client: Any, location: int) -> None:
    """A picture that is sent, and a location whose camera reports, has no picture, or does not exist."""
    body = {"image": PICTURE, "mode": "haar"}
    said = await asked_both(client, Ask("POST", "/api/detection/detect", frozenset({"count", "mode"}), body))
    assert said == {"count": 0, "mode": "haar"}
    await asked(
        client, Ask("POST", "/api/detection/detect", PROBLEM | {"errors"}, {"image": PICTURE, "mode": "ssd"}, 422)
    )
    keys = frozenset({"location_id", "location_name", "count", "mode"})
    at = f"/api/detection/detect/{location}"
    await asked(client, Ask("POST", at, PROBLEM, status=404))
    cameras = (await client.get("/api/v1/cameras", params={"search": "plaza"})).json()["items"]
    zones = {one["id"]: one["key"] for one in (await client.get("/api/v1/zones")).json()["items"]}
    camera = next(one["id"] for one in cameras if one["zone_keys"] == [zones[location]])
    reading = {"reading": {"count": 12.4, "validity": "live", "at": START.isoformat()}}
    server.context.hub.put(Kind.ZONE, server.site_id, (location, camera), json.dumps(reading).encode())
    seen = await asked_both(client, Ask("POST", at, keys))
    assert seen == {"location_id": location, "location_name": "Plaza 2", "count": 12, "mode": "yolo"}
    await asked(client, Ask("POST", f"/api/detection/detect/{server.zone_id}", PROBLEM, status=422))


def test_rules_hold_at_their_edges() -> None:
    none: frozenset[MonitorRule] = frozenset()
    over, spike = frozenset({MonitorRule.OVERCROWD}), frozenset({MonitorRule.SPIKE})
    for capacity in range(1, 400):
        for count in range(2 * capacity):
            crowded = judge(count, before=None, capacity=capacity, active=none).raises == over
            assert crowded == (100 * count >= 80 * capacity), (count, capacity)
    assert judge(79, before=79, capacity=100, active=over).resolves == over
    assert judge(90, before=90, capacity=100, active=over).raises == none
    assert judge(13, before=10, capacity=None, active=none).raises == none
    assert judge(14, before=10, capacity=None, active=none).raises == spike
    assert judge(14, before=10, capacity=None, active=spike).raises == none
    assert judge(14, before=0, capacity=None, active=none).raises == none
    assert judge(0, before=10, capacity=None, active=spike).resolves == none
    assert [density_level(x) for x in (None, 0.0, 0.49, 0.5, 0.79, 0.8, 2.0)] == [
        None, "LOW", "LOW", "MEDIUM", "MEDIUM", "HIGH", "HIGH",
    ]  # fmt: skip


def test_counts_and_alerts_on_both_databases(run_server: Callable[..., None]) -> None:
    async def scenario(server: CentralServer) -> None:
        at = f"/api/locations/{server.zone_id}"
        async with server.client("operator") as client:
            posts = [client.post(f"{at}/update-count/", json={"count": 350}) for _ in range(4)]
            assert {answer.status_code for answer in await asyncio.gather(*posts)} == {200}
            found = (await client.get("/api/alerts/")).json()
            assert [one["alert_type"] for one in found] == ["OVERCROWD"], "one active alert, however many counts come"
            assert len((await client.get(f"{at}/logs/")).json()) == 4
            assert (await client.get(f"{at}/stats/")).json()["last_24h"]["total_readings"] == 4
        async with server.client("admin") as client:
            actions = [e["action"] for e in (await client.get("/api/v1/audit")).json()["items"]]
        assert actions.count("manual_count.create") == 4

    run_server(scenario, compat=("crowd_monitor",))


def test_who_may_what_and_what_is_refused(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with door(tmp_path, "crowd_monitor") as server:
            here, there = f"/api/locations/{server.zone_id}", f"/api/locations/{server.other_zone_id}"
            async with server.client(None) as client:
                assert (await client.get(f"{here}/")).status_code == 401
            async with server.client("viewer-here") as client:
                assert [one["id"] for one in (await client.get("/api/locations/")).json()] == [server.zone_id]
                for path in (f"{there}/", f"{there}/logs/", f"{there}/stats/"):
                    assert (await client.get(path)).status_code == 404, path
                assert (await client.get("/api/alerts/", params={"location": server.other_zone_id})).status_code == 404
                assert (await client.post(f"{here}/update-count/", json={"count": 1})).status_code == 403
            async with server.client("operator") as client:
                assert (await client.post("/api/locations/", json=PLAZA)).status_code == 403
                for body in ({"count": -1}, {"count": 1, "source": "GUESS"}, {"count": 2**31}, {}):
                    assert (await client.post(f"{here}/update-count/", json=body)).status_code == 422, body
            async with server.client() as client:
                wrong: dict[str, Any] = {
                    "several sites": {"site_id": None}, "degrees": {"latitude": "north"}, "90": {"latitude": 91},
                    "greater than 0": {"capacity_limit": 0}, "never there": {"camera_url": "rtsp://127.0.0.1/1"},
                }  # fmt: skip
                for said, change in wrong.items():
                    answer = await client.post("/api/locations/", json=PLAZA | change)
                    assert (answer.status_code, said in answer.text) == (422, True), answer.text
                assert len((await client.get("/api/locations/")).json()) == 2, "nothing of them was kept"

    asyncio.run(scenario())


def test_doors_are_closed_unless_they_are_opened(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with door(tmp_path / "a") as server, server.client() as client:
            assert (await client.get("/api/locations/")).status_code == 404
            assert (await client.get("/api/cameras/")).status_code == 404
            paths = (await client.get("/api/v1/openapi.json")).json()["paths"]
            assert all(path.startswith(("/api/v1/", "/healthz", "/metrics")) for path in paths)
        async with door(tmp_path / "b", "crowd_monitor", "crowdsafe") as server, server.client() as client:
            assert (await client.get("/api/alerts/")).status_code == 404
            assert (await client.get("/compat/crowd-monitor/api/alerts/")).json() == []
            assert (await client.get("/compat/crowdsafe/api/alerts")).json() == []
            schema = (await client.get("/api/v1/openapi.json")).json()
            doors = [path for path in schema["paths"] if path.startswith("/compat/")]
            assert "/compat/crowd-monitor/api/locations/{location_id}" in doors
            assert not any(path.endswith("/") for path in doors), "each route is documented once"
            ids = [one["operationId"] for path in schema["paths"].values() for one in path.values()]
            assert len(ids) == len(set(ids))

    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    asyncio.run(scenario())
    assert load_settings(compat="crowd_monitor, crowdsafe").compat == ("crowd_monitor", "crowdsafe")
