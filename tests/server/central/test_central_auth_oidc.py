"""Single sign-on against a real provider: HTTP, PKCE, signatures; and everything that must not get in."""

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from central import START, CentralServer
from joserfc.jwk import RSAKey
from oidc_provider import CLIENT_ID, CLIENT_SECRET, OidcServer, oidc_server
from people import CHEAP, add_person, audit_entries, browser

from throng.core.clock import ManualClock
from throng.server.auth import passwords
from throng.store import users
from throng.store.tables import Role, User

pytestmark = pytest.mark.integration


@pytest.fixture(autouse=True)
def cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "HASHER", CHEAP)


@pytest.fixture(scope="module")
def running() -> Iterator[OidcServer]:
    clock = ManualClock(START)
    with oidc_server(clock.now) as provider:
        yield provider


@pytest.fixture
def provider(running: OidcServer) -> OidcServer:
    running.claims = {"sub": "s-1", "preferred_username": "Ada", "name": "Ada L.", "groups": ["wardens", "other"]}
    running.override = {}
    running.userinfo = None
    running.signing_key = None
    running.has_keys = True
    running.token_requests.clear()
    return running


def settings(provider: OidcServer, **more: Any) -> dict[str, Any]:
    return {
        "issuer": provider.issuer, "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "label": "City",
        "roles": {"wardens": "operator", "chiefs": "admin"}, **more,
    }  # fmt: skip


async def sign_on(client: httpx.AsyncClient, *, alter: Callable[[str], str] = str) -> httpx.Response:
    """Go to the provider and back, as a browser does."""
    begun = await client.get("/api/v1/auth/oidc/login")
    assert begun.status_code == 303, begun.text
    async with httpx.AsyncClient() as outside:
        sent_back = await outside.get(begun.headers["location"])
    return await client.get(alter(sent_back.headers["location"]), headers={"Sec-Fetch-Site": "cross-site"})


def test_somebody_new_comes_in_and_comes_back(run_server: Callable[..., None], provider: OidcServer) -> None:
    async def scenario(server: CentralServer) -> None:
        await add_person(server, "ada")
        async with browser(server) as page, browser(server) as again:
            assert (await page.send("GET", "/setup")).json()["single_sign_on"] == "City"
            back = await sign_on(page.client)
            assert (back.status_code, back.headers["location"]) == (303, "/")
            me = (await page.send("GET", "/auth/me")).json()
            assert (me["username"], me["role"], me["site_ids"], me["password"]) == ("ada-2", "operator", [], False)
            assert me["csrf_token"]
            assert "client_secret" not in provider.token_requests[0]
            provider.claims |= {"groups": "chiefs", "preferred_username": "renamed"}
            await sign_on(again.client)
            now = (await again.send("GET", "/auth/me")).json()
            assert (now["id"], now["username"], now["role"]) == (me["id"], "ada-2", "admin")
            assert (await page.send("GET", "/auth/me")).json()["role"] == "admin"
            assert (await again.log_in("ada-2", "")).status_code == 422
            assert (await again.log_in("ada-2", "x")).status_code == 401
            async with server.client("admin") as admin:
                url = f"/api/v1/users/{me['id']}"
                assert (await admin.post(f"{url}/reset-password")).status_code == 409
                assert (await admin.patch(url, json={"is_active": False})).status_code == 200
            assert (await again.send("GET", "/auth/me")).status_code == 401
            assert (await sign_on(again.client)).status_code == 403

    run_server(scenario, oidc=settings(provider))


def test_nobody_without_a_known_role_gets_in(run_server: Callable[..., None], provider: OidcServer) -> None:
    async def scenario(server: CentralServer) -> None:
        async with browser(server) as page:
            for groups in (["strangers"], [], None, {"wardens": 1}, [["wardens"]], 7):
                provider.claims |= {"groups": groups}
                refused = await sign_on(page.client)
                assert (refused.status_code, refused.json()["type"]) == (403, "/problems/no-role"), groups
            assert (await page.send("GET", "/auth/me")).status_code == 401
        async with server.context.database.read() as session:
            assert await users.by_username(session, "ada") is None
        assert {e.action for e in await audit_entries(server)} == {"login.failed"}

    run_server(scenario, oidc=settings(provider))


@pytest.mark.parametrize(
    "override",
    [
        {"nonce": "other"}, {"nonce": None}, {"aud": "other"}, {"iss": "http://evil.example"}, {"exp": 1},
        {"exp": None}, {"sub": None}, {"sub": 7}, {"azp": "other"}, {"iat": None}, {"sub": "x" * 400},
    ],
)  # fmt: skip
def test_id_token_that_is_not_for_this_log_in_is_refused(
    tmp_path: Any, provider: OidcServer, override: dict[str, Any]
) -> None:
    async def scenario(server: CentralServer) -> None:
        provider.override = override
        async with browser(server) as page:
            refused = await sign_on(page.client)
            assert (refused.status_code, refused.json()["type"]) == (502, "/problems/single-sign-on")
            assert (await page.send("GET", "/auth/me")).status_code == 401

    on_sqlite(tmp_path, scenario, settings(provider))


def test_forged_signature_state_and_browser_are_refused(tmp_path: Any, provider: OidcServer) -> None:
    async def scenario(server: CentralServer) -> None:
        async with browser(server) as page, browser(server) as victim:
            provider.has_keys = False
            assert (await sign_on(page.client)).status_code == 502
            provider.has_keys = True
            provider.signing_key = RSAKey.generate_key(2048)
            assert (await sign_on(page.client)).status_code == 502
            provider.signing_key = None
            assert (await sign_on(page.client, alter=lambda url: url + "x")).status_code == 400
            assert (await sign_on(page.client, alter=lambda url: url.replace("code=", "code=x"))).status_code == 502
            begun = await page.client.get("/api/v1/auth/oidc/login")
            async with httpx.AsyncClient() as outside:
                sent_back = (await outside.get(begun.headers["location"])).headers["location"]
            assert (await victim.client.get(sent_back)).status_code == 400
            victim.client.cookies["throng-way"] = "gAAAAA"
            assert (await victim.client.get(sent_back)).status_code == 400
            server.clock.advance(601)
            assert (await page.client.get(sent_back)).status_code == 400
            assert (await page.client.get("/api/v1/auth/oidc/callback?error=access_denied")).status_code == 400

    on_sqlite(tmp_path, scenario, settings(provider))


def test_rotated_key_and_userinfo_are_fetched(tmp_path: Any, provider: OidcServer) -> None:
    async def scenario(server: CentralServer) -> None:
        async with browser(server) as page:
            assert (await sign_on(page.client)).status_code == 303
            provider.new_key()
            assert (await sign_on(page.client)).status_code == 502, "keys are fetched once a minute at most"
            server.clock.advance(61)
            assert (await sign_on(page.client)).status_code == 303
            del provider.claims["groups"]
            provider.userinfo = {"sub": "s-1", "groups": ["chiefs"]}
            server.clock.advance(3601)
            provider.override = {
                "iat": int(server.clock.now().timestamp()),
                "exp": int(server.clock.now().timestamp()) + 9,
            }
            assert (await sign_on(page.client)).status_code == 303
            assert (await page.send("GET", "/auth/me")).json()["role"] == "admin"
            provider.userinfo = {"sub": "s-2", "groups": ["chiefs"]}
            assert (await sign_on(page.client)).status_code == 502

    on_sqlite(tmp_path, scenario, settings(provider, all_sites=True))


def test_provider_does_not_take_away_the_last_administrator(tmp_path: Any, provider: OidcServer) -> None:
    async def scenario(server: CentralServer) -> None:
        async with browser(server) as page:
            provider.claims |= {"groups": ["chiefs"]}
            assert (await sign_on(page.client)).status_code == 303
            async with server.context.database.write() as session:
                first = await users.by_username(session, "admin")
                assert first is not None
                first.is_active = False
            provider.claims |= {"groups": ["wardens"]}
            refused = await sign_on(page.client)
            assert refused.json()["type"] == "/problems/last-administrator"
        async with server.context.database.read() as session:
            user = await users.by_username(session, "ada")
            assert user is not None
            assert user.role == Role.ADMIN.value

    on_sqlite(tmp_path, scenario, settings(provider, all_sites=True))


def test_provider_that_is_not_what_the_settings_say_is_refused(tmp_path: Any, provider: OidcServer) -> None:
    async def wrong_issuer(server: CentralServer) -> None:
        async with browser(server) as page:
            assert (await page.send("GET", "/auth/oidc/login")).status_code == 502

    on_sqlite(tmp_path / "a", wrong_issuer, settings(provider) | {"issuer": provider.issuer + "/"})
    on_sqlite(tmp_path / "b", wrong_issuer, settings(provider) | {"issuer": "http://127.0.0.1:9/realm"})
    on_sqlite(tmp_path / "c", wrong_issuer, settings(provider) | {"issuer": "http://provider.example/realm"})

    async def none(server: CentralServer) -> None:
        async with browser(server) as page:
            assert (await page.send("GET", "/auth/oidc/login")).status_code == 404
            assert (await page.send("GET", "/auth/oidc/callback")).status_code == 404

    on_sqlite(tmp_path / "d", none, None)


def test_names_of_the_provider_become_plain() -> None:
    import asyncio

    from throng.server.auth.single_sign_on import _free_name

    class Taken:
        async def scalar(self, _query: object) -> User | None:
            return None

    assert asyncio.run(_free_name(Taken(), "Ä da@City.example")) == "da@city.example"  # type: ignore[arg-type]
    assert asyncio.run(_free_name(Taken(), "漢字")) == "user"  # type: ignore[arg-type]


def on_sqlite(folder: Any, scenario: Callable[[CentralServer], Any], oidc: dict[str, Any] | None) -> None:
    """Run a scenario that does not depend on the database."""
    import asyncio

    from central import central_server

    async def whole() -> None:
        folder.mkdir(parents=True, exist_ok=True)
        async with central_server(f"sqlite:///{folder / 'throng.db'}", folder / "data", oidc=oidc) as server:
            await scenario(server)

    asyncio.run(whole())
