"""Administrators and the users they manage."""

import asyncio
from collections.abc import Callable

import pytest
from central import CentralServer
from people import CHEAP, PASSWORD, add_person, audit_entries, browser

from throng.server.auth import passwords
from throng.store.tables import Role, User


@pytest.fixture(autouse=True)
def cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "HASHER", CHEAP)


def test_user_is_added_changed_reset_and_removed(run_server: Callable[..., None]) -> None:
    async def scenario(server: CentralServer) -> None:
        async with server.client("admin") as admin, browser(server) as page:
            body = {"username": "Ada", "role": "operator", "site_ids": [server.site_id]}
            made = await admin.post("/api/v1/users", json=body)
            assert made.status_code == 201, made.text
            user, url = made.json(), f"/api/v1/users/{made.json()['id']}"
            assert (user["username"], user["must_change_password"]) == ("ada", True)
            assert (await admin.post("/api/v1/users", json=body)).status_code == 409
            for wrong, status in (
                ({"username": "a b"}, 422), ({"username": "x\x00"}, 422), ({"role": "edge"}, 422),
                ({"role": "root"}, 422),
                ({"site_ids": [99]}, 404), ({"all_sites": True}, 422), ({"password": "password123"}, 422),
                ({"is_active": True}, 422),
            ):  # fmt: skip
                answer = await admin.post("/api/v1/users", json=body | {"username": "new"} | wrong)
                assert answer.status_code == status, wrong
            await page.log_in("ada", user["one_time_password"])
            assert (page.me["due"], page.me["site_ids"]) == ("password", [server.site_id])
            shown = await admin.get(url)
            tag = shown.headers["etag"]
            assert (await admin.get(url, headers={"If-None-Match": tag})).status_code == 304
            changed = await admin.patch(url, json={"site_ids": [server.other_site_id]}, headers={"If-Match": tag})
            assert changed.json()["site_ids"] == [server.other_site_id]
            assert (await admin.patch(url, json={"name": "A"}, headers={"If-Match": tag})).status_code == 412
            assert (await admin.patch(url, json={"all_sites": True})).json()["site_ids"] == []
            assert (await page.send("GET", "/auth/me")).json()["site_ids"] is None
            reset = (await admin.post(f"{url}/reset-password")).json()["one_time_password"]
            assert (await page.send("GET", "/auth/me")).status_code == 401
            assert (await page.log_in("ada", user["one_time_password"])).status_code == 401
            assert (await page.log_in("ada", reset)).status_code == 200
            assert (await admin.post(f"{url}/end-sessions")).status_code == 204
            assert (await page.send("GET", "/auth/me")).status_code == 401
            await page.log_in("ada", reset)
            assert (await admin.patch(url, json={"is_active": False})).json()["is_active"] is False
            assert (await page.send("GET", "/auth/me")).status_code == 401
            assert (await page.log_in("ada", reset)).status_code == 401
            assert (await admin.delete(url)).status_code == 204
            assert (await admin.get(url)).status_code == 404
        done = [e.action for e in await audit_entries(server) if e.actor_kind == "token"]
        assert done == [
            "user.create", "user.update", "user.update", "password.reset", "login.end-all", "user.update",
            "user.delete",
        ]  # fmt: skip

    run_server(scenario)


def test_last_administrator_stays(run_server: Callable[..., None]) -> None:
    async def scenario(server: CentralServer) -> None:
        async with server.client("admin") as admin:
            one = next(u for u in (await admin.get("/api/v1/users")).json()["items"] if u["role"] == "admin")
            url = f"/api/v1/users/{one['id']}"
            for change in (
                {"role": "viewer"},
                {"is_active": False},
                {"site_ids": [server.site_id]},
                {"all_sites": False},
            ):
                answer = await admin.patch(url, json=change)
                assert (answer.status_code, answer.json()["type"]) == (409, "/problems/last-administrator"), change
            assert (await admin.delete(url)).status_code == 409
            assert (await admin.get(url)).json()["role"] == "admin"
            second = await add_person(server, "second", Role.ADMIN)
            answers = await asyncio.gather(
                admin.patch(url, json={"role": "viewer"}), admin.delete(f"/api/v1/users/{second}")
            )
            assert sorted(a.status_code for a in answers) in ([200, 409], [204, 409], [200, 403])
        async with server.context.database.read() as session:
            from throng.store import users

            assert await users.administrators(session) >= 1

    run_server(scenario)


def test_administrator_of_some_sites_manages_only_their_people(run_server: Callable[..., None]) -> None:
    async def scenario(server: CentralServer) -> None:
        here, there = server.site_id, server.other_site_id
        await add_person(server, "boss", Role.ADMIN, sites=[here])
        ada = await add_person(server, "ada", Role.OPERATOR, sites=[here])
        both = await add_person(server, "both", Role.VIEWER, sites=[here, there])
        far = await add_person(server, "far", Role.VIEWER, sites=[there])
        none = await add_person(server, "none", Role.VIEWER, sites=[])
        async with browser(server) as page:
            await page.log_in("boss")
            listed = (await page.send("GET", "/users")).json()["items"]
            assert [u["username"] for u in listed] == ["boss", "ada"]
            for hidden in (both, far, none, 1):
                for method, path, body in (
                    ("GET", "", None), ("PATCH", "", {"role": "viewer"}), ("DELETE", "", None),
                    ("POST", "/reset-password", None), ("POST", "/reset-totp", None), ("POST", "/end-sessions", None),
                ):  # fmt: skip
                    answer = await page.send(method, f"/users/{hidden}{path}", body)
                    assert answer.status_code == 404, (hidden, method, path)
            for change, status in (
                ({"all_sites": True}, 403), ({"site_ids": [there]}, 404), ({"site_ids": []}, 403),
                ({"site_ids": [here, there]}, 404), ({"role": "admin"}, 200),
            ):  # fmt: skip
                assert (await page.send("PATCH", f"/users/{ada}", change)).status_code == status, change
            wrong: tuple[tuple[dict[str, object], int], ...] = (
                ({"all_sites": True}, 403), ({"site_ids": [there]}, 404), ({}, 403),
            )  # fmt: skip
            for given, expected in wrong:
                new: dict[str, object] = {"username": "new", "role": "viewer"}
                assert (await page.send("POST", "/users", new | given)).status_code == expected, given
            made = await page.send("POST", "/users", {"username": "new", "role": "viewer", "site_ids": [here]})
            assert made.status_code == 201

    run_server(scenario)


def test_people_change_their_own_names_and_nothing_else(run_server: Callable[..., None]) -> None:
    async def scenario(server: CentralServer) -> None:
        user_id = await add_person(server, "ada")
        async with browser(server) as page:
            await page.log_in("ada")
            changed = await page.send("PATCH", "/auth/me", {"name": "Ada L.", "email": "ada@city.example"})
            assert (changed.json()["name"], changed.json()["email"]) == ("Ada L.", "ada@city.example")
            for wrong in ({"role": "admin"}, {"all_sites": True}, {"email": "nobody"}, {"name": "a\x00b"}):
                assert (await page.send("PATCH", "/auth/me", wrong)).status_code == 422, wrong
            for method, path in (("GET", "/users"), ("GET", f"/users/{user_id}"), ("DELETE", f"/users/{user_id}")):
                assert (await page.send(method, path)).status_code == 403
        async with server.context.database.read() as session:
            assert (await session.get_one(User, user_id)).role == "viewer"

    run_server(scenario)


def test_failed_logins_do_not_disturb_whoever_edits_the_user(run_server: Callable[..., None]) -> None:
    async def scenario(server: CentralServer) -> None:
        user_id = await add_person(server, "ada")
        async with server.client("admin") as admin, browser(server) as page:
            tag = (await admin.get(f"/api/v1/users/{user_id}")).headers["etag"]
            await page.log_in("ada", "wrong wrong")
            await page.log_in("ada", PASSWORD)
            answer = await admin.patch(f"/api/v1/users/{user_id}", json={"name": "A"}, headers={"If-Match": tag})
            assert answer.status_code == 200

    run_server(scenario)
