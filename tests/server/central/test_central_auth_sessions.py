"""Set-up, log-in by cookie, forged requests, expiry, and what a new password ends."""

import asyncio
import stat
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from central import CentralServer
from people import CHEAP, PASSWORD, add_person, audit_actions, audit_entries, browser

from throng.core.clock import ManualClock
from throng.server.auth import passwords
from throng.server.central import create_server
from throng.server.settings import load_settings
from throng.store.tables import Role

pytestmark = pytest.mark.filterwarnings("error")


@pytest.fixture(autouse=True)
def cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "HASHER", CHEAP)


def test_first_start_makes_one_administrator_and_only_with_the_code(
    database_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "data"

    async def scenario() -> None:
        from central import START

        app = create_server(load_settings(data_dir=folder, database_url=database_url), clock=ManualClock(START))
        async with app.router.lifespan_context(app):
            server = CentralServer(app, ManualClock(START))
            shown = capsys.readouterr().err.partition("Set-up code: ")[2].split()[0]
            file = folder / "setup-code"
            assert file.read_text().strip() == shown
            assert stat.S_IMODE(file.stat().st_mode) == 0o600
            async with browser(server) as page:
                assert (await page.send("GET", "/setup")).json() == {"needed": True, "single_sign_on": None}
                body = {"code": "wrong", "username": "Root", "password": PASSWORD}
                assert (await page.send("POST", "/setup", body)).status_code == 403
                body["code"] = shown
                weak = await page.send("POST", "/setup", body | {"password": "password123"})
                assert (weak.status_code, weak.json()["type"]) == (422, "/problems/weak-password")
                first, second = await asyncio.gather(
                    page.send("POST", "/setup", body), page.send("POST", "/setup", body | {"username": "other"})
                )
                assert sorted([first.status_code, second.status_code]) == [201, 409]
                won = first if first.status_code == 201 else second
                assert (won.json()["role"], won.json()["site_ids"]) == ("admin", None)
                me = await page.send("GET", "/auth/me")
                assert me.json()["csrf_token"] == won.json()["csrf_token"]
                assert not file.exists()
                assert (await page.send("POST", "/setup", body)).status_code == 409
                assert (await page.send("GET", "/setup")).json()["needed"] is False
            assert await audit_actions(server) == ["user.setup"]

    asyncio.run(scenario())


def test_browser_logs_in_and_out(run_server: Callable[..., None]) -> None:
    async def scenario(server: CentralServer) -> None:
        await add_person(server, "ada", Role.ADMIN)
        async with browser(server) as page:
            answer = await page.log_in(" ADA ")
            assert answer.status_code == 200, answer.text
            cookie = answer.headers["set-cookie"].lower()
            assert cookie.startswith("throng-login=")
            assert "httponly" in cookie
            assert "samesite=strict" in cookie
            assert "; secure" not in cookie
            assert answer.headers["cache-control"] == "no-store"
            zone = {"site_id": server.site_id, "key": "k1", "name": "K", "polygon": [[0, 0], [1, 0], [1, 1]]}
            assert (await page.send("POST", "/zones", zone)).status_code == 201
            for wrong in (
                {"X-CSRF-Token": ""}, {"X-CSRF-Token": "x"}, {"Origin": "http://evil.example"}, {"Origin": "null"},
                {"Origin": "http://["},
                {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"},
            ):  # fmt: skip
                refused = await page.send("POST", "/zones", zone | {"key": "k2"}, **wrong)
                assert (refused.status_code, refused.json()["type"]) == (403, "/problems/csrf"), wrong
            stolen = page.client.cookies["throng-login"]
            assert (await page.send("POST", "/auth/logout")).status_code == 204
            assert "throng-login" not in page.client.cookies
            page.client.cookies["throng-login"] = stolen
            assert (await page.send("GET", "/auth/me")).status_code == 401
        actions = await audit_actions(server)
        assert [a for a in actions if a.startswith("login")] == ["login.open", "login.close"]

    run_server(scenario)


def test_login_of_another_page_is_refused(run_server: Callable[..., None]) -> None:
    async def scenario(server: CentralServer) -> None:
        await add_person(server, "ada")
        async with browser(server) as page:
            page.client.headers["Origin"] = "https://evil.example"
            assert (await page.log_in("ada")).status_code == 403

    run_server(scenario)


def test_cookie_is_bound_to_https_behind_a_trusted_proxy(run_server: Callable[..., None]) -> None:
    async def scenario(server: CentralServer) -> None:
        await add_person(server, "ada")
        headers = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.9"}
        async with browser(server, peer="10.0.0.1") as page:
            page.client.headers.update(headers)
            page.client.headers["Origin"] = "https://localhost"
            answer = await page.log_in("ada")
            cookie = answer.headers["set-cookie"]
            assert cookie.startswith("__Host-throng-login=")
            assert "; Secure" in cookie
            assert answer.headers["strict-transport-security"].startswith("max-age=")
            value = cookie.partition("=")[2].partition(";")[0]
            page.client.headers["Cookie"] = f"throng-login={value}"
            assert (await page.send("GET", "/auth/me")).status_code == 401
            page.client.headers["Cookie"] = f"__Host-throng-login={value}"
            assert (await page.send("GET", "/auth/me")).status_code == 200
            rows = (await page.send("GET", "/auth/logins")).json()
            assert [row["address"] for row in rows] == ["203.0.113.9"]
        async with browser(server, peer="10.0.0.2") as page:
            page.client.headers.update(headers)
            answer = await page.log_in("ada")
            assert answer.headers["set-cookie"].startswith("throng-login=")
            assert "strict-transport-security" not in answer.headers

    run_server(scenario, trusted_proxies=("10.0.0.1",))


def test_logins_end_when_idle_and_in_any_case(run_server: Callable[..., None]) -> None:
    async def scenario(server: CentralServer) -> None:
        await add_person(server, "ada")
        async with browser(server) as page, browser(server) as idle:
            await page.log_in("ada")
            await idle.log_in("ada")
            for hour in range(1, 12):
                server.clock.advance(3600)
                expected = 200 if hour < 10 else 401
                assert (await page.send("GET", "/auth/me")).status_code == expected, hour
            assert (await idle.send("GET", "/auth/me")).status_code == 401
            await page.log_in("ada")
            server.clock.advance(2 * 3600 + 1)
            assert (await page.send("GET", "/auth/me")).status_code == 401

    run_server(scenario, login_idle_h=2, login_max_h=10)


def test_own_logins_are_listed_and_ended(run_server: Callable[..., None]) -> None:
    async def scenario(server: CentralServer) -> None:
        await add_person(server, "ada")
        await add_person(server, "eve")
        async with browser(server) as one, browser(server) as two, browser(server) as eve:
            await one.log_in("ada")
            server.clock.advance(1)
            await two.log_in("ada")
            await eve.log_in("eve")
            rows = (await one.send("GET", "/auth/logins")).json()
            assert [row["current"] for row in rows] == [False, True]
            other = rows[0]["id"]
            assert (await eve.send("DELETE", f"/auth/logins/{other}")).status_code == 404
            assert (await one.send("DELETE", f"/auth/logins/{other}")).status_code == 204
            assert (await two.send("GET", "/auth/me")).status_code == 401
            await two.log_in("ada")
            assert (await one.send("DELETE", "/auth/logins")).status_code == 204
            assert (await two.send("GET", "/auth/me")).status_code == 401
            assert (await one.send("GET", "/auth/me")).status_code == 200
            assert (await eve.send("GET", "/auth/me")).status_code == 200

    run_server(scenario)


def test_new_password_ends_everything_else(run_server: Callable[..., None]) -> None:
    async def scenario(server: CentralServer) -> None:
        await add_person(server, "ada", must_change_password=True)
        async with browser(server) as page, browser(server) as other:
            await page.log_in("ada")
            await other.log_in("ada")
            assert page.me["due"] == "password"
            tokens = (await other.send("POST", "/auth/token", {"username": "ada", "password": PASSWORD})).json()
            due = await page.send("GET", "/zones")
            assert (due.status_code, due.json()["type"]) == (403, "/problems/password-due")
            change = {"current_password": "wrong wrong", "new_password": "nine loud rivers"}
            assert (await page.send("POST", "/auth/password", change)).status_code == 403
            change["current_password"] = PASSWORD
            for weak in ("short", "password123", PASSWORD, "ada", "aaaaaaaaaaaa"):
                answer = await page.send("POST", "/auth/password", change | {"new_password": weak})
                assert answer.status_code == 422, weak
            old_cookie = page.client.cookies["throng-login"]
            answer = page.remember(await page.send("POST", "/auth/password", change))
            assert answer.status_code == 200, answer.text
            assert page.me["due"] is None
            assert (await page.send("GET", "/zones")).status_code == 200
            assert page.client.cookies["throng-login"] != old_cookie
            assert (await other.send("GET", "/auth/me")).status_code == 401
            bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
            assert (await other.send("GET", "/auth/me", **bearer)).status_code == 401
            refresh = {"refresh_token": tokens["refresh_token"]}
            assert (await other.send("POST", "/auth/refresh", refresh)).status_code == 401
            assert (await other.log_in("ada")).status_code == 401
            assert (await other.log_in("ada", "nine loud rivers")).status_code == 200

    run_server(scenario)


def test_failures_lock_known_and_unknown_names_alike(run_server: Callable[..., None]) -> None:
    async def tries(server: CentralServer, name: str) -> list[tuple[int, str | None]]:
        seen: list[tuple[int, str | None]] = []
        async with browser(server, peer="192.0.2.1" if name == "ada" else "192.0.2.2") as page:
            for _ in range(11):
                answer = await page.log_in(name, "wrong wrong")
                seen.append((answer.status_code, answer.headers.get("retry-after")))
                server.clock.advance(10)
            seen.append(((await page.log_in(name, PASSWORD)).status_code, None))
        return seen

    async def scenario(server: CentralServer) -> None:
        await add_person(server, "ada")
        ada, nobody = await tries(server, "ada"), await tries(server, "nobody")
        assert ada == nobody
        assert ada == [(401, None)] * 10 + [(429, "890"), (429, None)]
        server.clock.advance(900)
        async with browser(server) as page:
            assert (await page.log_in("ada", "wrong wrong")).status_code == 401
            server.clock.advance(10)
            again = await page.log_in("ada", PASSWORD)
            assert (again.status_code, again.headers["retry-after"]) == (429, "1790")
            server.clock.advance(1800)
            assert (await page.log_in("ada", PASSWORD)).status_code == 200
            assert (await page.log_in("ada", "wrong wrong")).status_code == 401
        failed = [e for e in await audit_entries(server) if e.action == "login.failed"]
        assert {e.detail["username"] for e in failed} == {"ada", None}
        assert failed[9].detail["locked_until"] is not None

    run_server(scenario)


def test_address_that_tries_too_often_must_wait(run_server: Callable[..., None]) -> None:
    async def scenario(server: CentralServer) -> None:
        async with browser(server) as page, browser(server, peer="10.9.8.6") as other:
            codes = [(await page.log_in(f"name-{n}", "wrong wrong")).status_code for n in range(22)]
            assert codes == [401] * 20 + [429] * 2
            refresh = await page.send("POST", "/auth/refresh", {"refresh_token": "ref_x"})
            assert refresh.status_code == 429
            assert int(refresh.headers["retry-after"]) >= 1
            assert (await other.log_in("name", "wrong wrong")).status_code == 401
            server.clock.advance(int(refresh.headers["retry-after"]))
            assert (await page.log_in("name-99", "wrong wrong")).status_code == 401

    run_server(scenario)


def test_requests_of_one_person_are_limited_and_reports_of_edges_are_not(run_server: Callable[..., None]) -> None:
    async def scenario(server: CentralServer) -> None:
        async with server.client("viewer") as viewer, server.client("operator") as operator:
            codes = [(await viewer.get("/api/v1/zones")).status_code for _ in range(6)]
            assert codes == [200] * 5 + [429]
            assert (await operator.get("/api/v1/zones")).status_code == 200
            server.clock.advance(1)
            assert (await viewer.get("/api/v1/zones")).status_code == 200

    run_server(scenario, requests_per_s=1, requests_burst=5)


def test_unknown_name_costs_as_much_as_a_wrong_password(run_server: Callable[..., None]) -> None:
    async def scenario(server: CentralServer) -> None:
        await add_person(server, "ada")
        await add_person(server, "off", is_active=False)
        compared: list[str] = []
        verify = CHEAP.verify_and_update

        class Counting:
            def verify_and_update(self, password: str, stored: str) -> tuple[bool, str | None]:
                compared.append(stored)
                return verify(password, stored)

            def hash(self, password: str) -> str:
                return CHEAP.hash(password)

        passwords.HASHER = Counting()  # type: ignore[assignment]
        answers: list[httpx.Response] = []
        async with browser(server) as page:
            for name in ("ada", "nobody", "off"):
                answers.append(await page.log_in(name, "wrong wrong"))
            answers.append(await page.log_in("off", PASSWORD))
        assert len(compared) == 4
        assert {(a.status_code, a.text) for a in answers} == {(401, answers[0].text)}

    run_server(scenario)
