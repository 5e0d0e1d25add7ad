"""Settings: typed, with defaults, for administrators of everything only."""

from collections.abc import Callable
from typing import Any

from central import CentralServer
from sqlalchemy import update

from throng.server.options import Options, load_options
from throng.store.tables import ApiToken, Setting


def test_settings_have_defaults_and_are_kept(run_server: Callable[..., None]) -> None:
    async def scenario(server: CentralServer) -> None:
        async with server.client() as client:
            first = await client.get("/api/v1/settings")
            assert first.json() == Options().model_dump(mode="json")
            assert first.json()["privacy"] == {"record_video": False, "keep_clips": False, "blur_pictures": False}
            tag = first.headers["etag"]
            change = {"retention": {"readings_days": 7}, "require_totp": ["admin"]}
            kept = await client.put("/api/v1/settings", json=change, headers={"If-Match": tag})
            assert (kept.status_code, kept.json()["retention"]["readings_days"]) == (200, 7)
            assert kept.json()["retention"]["minutes_days"] == first.json()["retention"]["minutes_days"]
            assert (await client.put("/api/v1/settings", json=change, headers={"If-Match": tag})).status_code == 412
            log = (await client.get("/api/v1/audit", params={"action": "settings"})).json()["items"]
            assert log[0]["detail"]["require_totp"] == [[], ["admin"]]
            assert (await client.put("/api/v1/settings", json={})).json() == first.json()
            wrong: list[dict[str, Any]] = [
                {"retention": {"readings_days": 0}}, {"retention": {"forever": 1}}, {"colour": "red"},
                {"thresholds_per_m2": [3, 2, 1]}, {"require_totp": ["everybody"]},
            ]  # fmt: skip
            for body in wrong:
                assert (await client.put("/api/v1/settings", json=body)).status_code == 422, body
        async with server.context.database.read() as session:
            assert await load_options(session) == Options()

    run_server(scenario)


def test_settings_are_for_administrators_of_all_sites(run_server: Callable[..., None]) -> None:
    async def scenario(server: CentralServer) -> None:
        for who in ("viewer", "operator", "edge"):
            async with server.client(who) as client:
                assert (await client.get("/api/v1/settings")).status_code == 403
                assert (await client.put("/api/v1/settings", json={})).status_code == 403
        async with server.context.database.write() as session:
            await session.execute(update(ApiToken).values(site_ids=[server.site_id]))
        async with server.client() as client:
            assert (await client.get("/api/v1/settings")).status_code == 403
            assert (await client.put("/api/v1/settings", json={})).status_code == 403
            assert (await client.post("/api/v1/sites", json={"key": "x", "name": "X"})).status_code == 403
            assert (await client.delete(f"/api/v1/sites/{server.site_id}")).status_code == 403
            assert (await client.get(f"/api/v1/zones/{server.zone_id}")).status_code == 200

    run_server(scenario)


def test_setting_of_another_version_is_named(run_server: Callable[..., None]) -> None:
    async def scenario(server: CentralServer) -> None:
        async with server.context.database.write() as session:
            session.add(Setting(key="retention", value={"for_ever": True}))
        async with server.client() as client:
            answer = await client.get("/api/v1/settings")
        assert (answer.status_code, "retention" in answer.json()["detail"]) == (503, True)

    run_server(scenario)
