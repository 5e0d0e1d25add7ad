"""Zones and lines: kept as they are sent, refused with the sentences of a site file, hidden from other sites."""

import asyncio
from collections.abc import Callable
from typing import Any

import httpx
from central import SQUARE, CentralServer
from hypothesis import given
from hypothesis import strategies as st

from throng.server.api.paging import decoded, encoded
from throng.store import site_objects
from throng.store.tables import Camera, Zone

NEW = {"key": "quay", "name": "Quay", "polygon": SQUARE, "capacity": 300, "thresholds_per_m2": [1.0, 2.0, 3.0]}
INJECTION = "'; DROP TABLE zones; --"


async def add(client: httpx.AsyncClient, site_id: int, **fields: Any) -> httpx.Response:
    return await client.post("/api/v1/zones", json={"site_id": site_id, **NEW, **fields})


def test_zone_is_added_shown_changed_and_removed(run_server: Callable[..., None]) -> None:
    async def scenario(server: CentralServer) -> None:
        async with server.client() as client:
            added = await add(client, server.site_id)
            assert added.status_code == 201, added.text
            zone = added.json()
            assert (zone["area_m2"], zone["use"], zone["thresholds_per_m2"]) == (200.0, "moving", [1.0, 2.0, 3.0])
            address = f"/api/v1/zones/{zone['id']}"
            shown = await client.get(address)
            assert shown.json() == zone
            tag = shown.headers["etag"]
            assert (await client.get(address, headers={"If-None-Match": f"W/{tag}"})).status_code == 304
            change = NEW | {"capacity": 250, "polygon": [[0, 0], [10, 0], [10, 10], [0, 10]]}
            changed = await client.put(address, json=change, headers={"If-Match": tag})
            assert (changed.json()["capacity"], changed.json()["area_m2"]) == (250, 100.0)
            assert changed.headers["etag"] != tag
            late = await client.put(address, json=NEW, headers={"If-Match": tag})
            assert (late.status_code, late.json()["type"]) == (412, "/problems/precondition-failed")
            assert (await client.get(address, headers={"If-None-Match": tag})).status_code == 200
            assert (await client.delete(address, headers={"If-Match": tag})).status_code == 412
            assert (await client.delete(address)).status_code == 204
            assert (await client.get(address)).status_code == 404
            again = (await add(client, server.site_id)).json()
            assert again["id"] > zone["id"], "a new zone must not inherit the readings of one that was removed"
            log = (await client.get("/api/v1/audit", params={"object_kind": "zone"})).json()["items"]
            assert [entry["action"] for entry in log] == ["zone.create", "zone.delete", "zone.update", "zone.create"]
            assert log[2]["detail"]["capacity"] == [300, 250]

    run_server(scenario)


def test_zones_that_cannot_be_are_refused_in_words(run_server: Callable[..., None]) -> None:
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"polygon": [[0, 0], [10, 10], [10, 0], [0, 10]]}, "sides that do not cross"),
        ({"polygon": [[0, 0], [5, 0], [10, 0]]}, "an area"),
        ({"polygon": [[0, 0], [5, 0]]}, "polygon"),
        ({"polygon": [[0, 0], [5, 1e300], [5, 5]]}, "polygon"),
        ({"thresholds_per_m2": [3.0, 2.0, 1.0]}, "three rising numbers"),
        ({"risk_profile": "crowdsafe"}, "fixed levels"),
        ({"capacity": 0}, "capacity"),
        ({"capacity": 2**40}, "capacity"),
        ({"use": "dancing"}, "use"),
        ({"exits": [[[1, 1], [1, 1]]]}, "an exit goes"),
        ({"one_way_deg": 1000}, "one_way_deg"),
        ({"key": INJECTION}, "key"),
        ({"key": "k" * 65}, "key"),
        ({"name": "n" * 201}, "name"),
        ({"name": "nul\u0000"}, "control characters"),
        ({"colour": "red"}, "colour"),
    ]

    async def scenario(server: CentralServer) -> None:
        async with server.client() as client:
            for fields, words in wrong:
                answer = await add(client, server.site_id, **fields)
                assert answer.status_code == 422, (fields, answer.text)
                assert words in answer.json()["detail"], (fields, answer.text)
            raw = f'{{"site_id": {server.site_id}, "key": "z", "name": "Z", "polygon": [[0, 0], [NaN, 1], [1, 1]]}}'
            nan = await client.post("/api/v1/zones", content=raw, headers={"Content-Type": "application/json"})
            assert (nan.status_code, "finite" in nan.text or "greater" in nan.text) == (422, True), nan.text
            twice = await add(client, server.site_id, key="gate")
            assert (twice.status_code, "gate" in twice.json()["detail"]) == (409, True)
            assert (await add(client, 10**15)).status_code == 404
            named = await add(client, server.site_id, key="odd", name=INJECTION)
            assert named.json()["name"] == INJECTION
            found = await client.get("/api/v1/zones", params={"search": "'; drop table"})
            assert [zone["key"] for zone in found.json()["items"]] == ["odd"]
            assert (await client.get("/api/v1/zones", params={"search": "%"})).json()["items"] == []
            for bad in ("0", "-1", str(2**63), "seven"):
                assert (await client.get(f"/api/v1/zones/{bad}")).status_code == 422, bad

    run_server(scenario)


def test_only_administrators_change_and_nobody_sees_other_sites(run_server: Callable[..., None]) -> None:
    async def scenario(server: CentralServer) -> None:
        mine, other = f"/api/v1/zones/{server.zone_id}", f"/api/v1/zones/{server.other_zone_id}"
        for who, status in ((None, 401), ("viewer", 403), ("operator", 403), ("edge", 403)):
            async with server.client(who) as client:
                assert (await add(client, server.site_id)).status_code == status
                assert (await client.put(mine, json=NEW)).status_code == status
                assert (await client.delete(mine)).status_code == status
        async with server.client("viewer-here") as client:
            assert (await client.get(mine)).status_code == 200
            assert (await client.get(other)).status_code == 404
            assert (await client.get(f"/api/v1/sites/{server.other_site_id}")).status_code == 404
            for noun, keys in (("zones", ["gate"]), ("sites", ["harbour"])):
                listed = (await client.get(f"/api/v1/{noun}")).json()["items"]
                assert [row["key"] for row in listed] == keys
            filtered = await client.get("/api/v1/zones", params={"site_id": server.other_site_id})
            assert filtered.json() == {"items": [], "next_cursor": None}

    run_server(scenario)


def test_cameras_follow_the_key_of_a_zone(run_server: Callable[..., None]) -> None:
    async def scenario(server: CentralServer) -> None:
        async with server.context.database.write() as session:
            camera = await session.get_one(Camera, server.camera_id)
            camera.zone_keys = ["gate"]
        async with server.client() as client:
            address = f"/api/v1/zones/{server.zone_id}"
            assert (await client.put(address, json=NEW | {"key": "portal"})).status_code == 200
            assert (await client.get(f"/api/v1/cameras/{server.camera_id}")).json()["zone_keys"] == ["portal"]
            assert (await client.delete(address)).status_code == 204
            assert (await client.get(f"/api/v1/cameras/{server.camera_id}")).json()["zone_keys"] == []

    run_server(scenario)


def test_new_zones_get_the_thresholds_of_the_settings(run_server: Callable[..., None]) -> None:
    async def scenario(server: CentralServer) -> None:
        async with server.client() as client:
            assert (await client.put("/api/v1/settings", json={"thresholds_per_m2": [1, 2, 4]})).status_code == 200
            usual = (await add(client, server.site_id, thresholds_per_m2=None)).json()
            assert usual["thresholds_per_m2"] == [1, 2, 4]
            safe = await add(client, server.site_id, key="s", thresholds_per_m2=None, risk_profile="crowdsafe")
            assert safe.json()["thresholds_per_m2"] is None

    run_server(scenario)


def test_pages_give_every_zone_once(run_server: Callable[..., None]) -> None:
    async def pages(client: httpx.AsyncClient, limit: int) -> list[str]:
        keys: list[str] = []
        query: dict[str, Any] = {"limit": limit}
        while True:
            answer = (await client.get("/api/v1/zones", params=query)).json()
            assert len(answer["items"]) <= limit
            keys += [zone["key"] for zone in answer["items"]]
            if answer["next_cursor"] is None:
                return keys
            query["cursor"] = answer["next_cursor"]

    async def scenario(server: CentralServer) -> None:
        async with server.context.database.write() as session:
            for n in range(23):
                await site_objects.add(session, Zone(site_id=server.site_id, key=f"z{n}", name=f"Zone {n}", exits=[]))
        expected = ["gate", "east", *(f"z{n}" for n in range(23))]
        async with server.client() as client:
            for limit in (1, 7, 24, 25, 26, 500):
                assert await pages(client, limit) == expected, limit
            first = (await client.get("/api/v1/zones", params={"limit": 2})).json()
            await client.delete(f"/api/v1/zones/{first['items'][-1]['id']}")
            rest = (await client.get("/api/v1/zones", params={"limit": 500, "cursor": first["next_cursor"]})).json()
            assert [zone["key"] for zone in rest["items"]] == expected[2:]
            for wrong in ({"limit": 0}, {"limit": 501}, {"cursor": "nonsense"}, {"cursor": "WyJhIl0"}, {"cursor": "é"}):
                assert (await client.get("/api/v1/zones", params=wrong)).status_code == 422, wrong

    run_server(scenario)


@given(st.lists(st.integers(-(2**63) + 1, 2**63 - 1), min_size=1, max_size=4))
def test_cursor_says_what_was_put_into_it(numbers: list[int]) -> None:
    assert decoded(encoded(tuple(numbers))) == tuple(numbers)


def test_two_changes_at_once_do_not_overwrite_each_other(run_server: Callable[..., None]) -> None:
    async def scenario(server: CentralServer) -> None:
        address = f"/api/v1/zones/{server.zone_id}"
        async with server.client() as client:
            tag = (await client.get(address)).headers["etag"]
            answers = await asyncio.gather(
                *(client.put(address, json=NEW | {"capacity": n}, headers={"If-Match": tag}) for n in (1, 2, 3))
            )
        assert sorted(a.status_code for a in answers)[0] == 200
        assert {a.status_code for a in answers} <= {200, 409, 412}
        assert [a.status_code for a in answers].count(200) == 1

    run_server(scenario)


def test_lines_are_kept_and_checked(run_server: Callable[..., None]) -> None:
    new = {"key": "entrance", "name": "Entrance", "points": [[0, 2], [8, 2]]}

    async def scenario(server: CentralServer) -> None:
        async with server.client() as client:
            added = await client.post("/api/v1/lines", json={"site_id": server.site_id, **new})
            assert added.status_code == 201
            address = f"/api/v1/lines/{added.json()['id']}"
            point = await client.put(address, json=new | {"points": [[1, 1], [1, 1]]})
            assert (point.status_code, "same point" in point.json()["detail"]) == (422, True)
            quiet = await client.put(address, json=new | {"is_active": False})
            assert quiet.json()["is_active"] is False
            assert (await client.get("/api/v1/lines", params={"is_active": True})).json()["items"] == []
            assert (await client.get(address, headers={"If-None-Match": quiet.headers["etag"]})).status_code == 304
            assert (await client.delete(address)).status_code == 204

    run_server(scenario)
