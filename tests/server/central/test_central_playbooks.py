"""Playbooks."""

from collections.abc import Callable
from typing import Any

from central import CentralServer

STEPS = [{"id": "hold", "text": "Stop admission", "suggested_by": "Green Guide"}, {"id": "call", "text": "Call"}]
NEW: dict[str, Any] = {"name": "Too full", "level": "warning", "steps": STEPS}


def test_playbook_is_added_shown_changed_and_removed(run_server: Callable[..., None]) -> None:
    async def scenario(server: CentralServer) -> None:
        here = {"site_id": server.site_id}
        async with server.client() as client:
            added = await client.post("/api/v1/playbooks", json=NEW | here | {"zone_id": server.zone_id})
            assert added.status_code == 201, added.text
            address = f"/api/v1/playbooks/{added.json()['id']}"
            shown = await client.get(address)
            assert [step["id"] for step in shown.json()["steps"]] == ["hold", "call"]
            tag = shown.headers["etag"]
            assert (await client.get(address, headers={"If-None-Match": tag})).status_code == 304
            changed = await client.put(address, json=NEW | {"level": "critical"}, headers={"If-Match": tag})
            assert (changed.json()["level"], changed.json()["zone_id"]) == ("critical", None)
            assert (await client.put(address, json=NEW, headers={"If-Match": tag})).status_code == 412
            wrong: list[dict[str, Any]] = [
                {"level": "worst"}, {"steps": [STEPS[0], STEPS[0]]}, {"steps": [{"id": "a", "text": ""}]},
                {"zone_id": server.other_zone_id}, {"name": ""}, {"steps": [STEPS[0]] * 101},
            ]  # fmt: skip
            for fields in wrong:
                assert (await client.post("/api/v1/playbooks", json=NEW | here | fields)).status_code == 422, fields
            for query, count in (({"level": "critical"}, 1), ({"level": "info"}, 0), ({"search": "FULL"}, 1)):
                listed = (await client.get("/api/v1/playbooks", params=query)).json()["items"]
                assert len(listed) == count, query
            elsewhere = await client.post("/api/v1/playbooks", json=NEW | {"site_id": server.other_site_id})
        async with server.client("viewer-here") as client:
            assert (await client.get(address)).status_code == 200
            assert (await client.get(f"/api/v1/playbooks/{elsewhere.json()['id']}")).status_code == 404
            assert (await client.delete(address)).status_code == 403
        async with server.client() as client:
            assert (await client.delete(address)).status_code == 204
            assert (await client.get(address)).status_code == 404

    run_server(scenario)
