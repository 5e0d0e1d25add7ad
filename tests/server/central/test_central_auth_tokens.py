"""Programs: access and refresh tokens, personal API tokens, and how soon a change of rights counts."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from central import START, CentralServer
from joserfc import jwt
from joserfc.jwk import OctKey
from people import CHEAP, PASSWORD, add_person, audit_actions, browser
from sqlalchemy import event

from throng.server.auth import passwords
from throng.server.auth.access_tokens import AccessTokens
from throng.server.auth.identify import identify, still_allowed
from throng.server.auth.principal import Principal
from throng.store.secret_box import hashed
from throng.store.tables import ApiToken, Edge, Role, User


@pytest.fixture(autouse=True)
def cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "HASHER", CHEAP)


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def test_program_gets_renews_and_loses_tokens(run_server: Callable[..., None]) -> None:
    async def scenario(server: CentralServer) -> None:
        await add_person(server, "ada", Role.OPERATOR)
        async with browser(server) as page:
            body = {"username": "ada", "password": PASSWORD}
            first = (await page.send("POST", "/auth/token", body)).json()
            assert (first["token_type"], first["expires_in"]) == ("Bearer", 600)
            me = (await page.send("GET", "/auth/me", **bearer(first["access_token"]))).json()
            assert (me["username"], me["role"], me["csrf_token"]) == ("ada", "operator", None)
            server.clock.advance(601)
            assert (await page.send("GET", "/auth/me", **bearer(first["access_token"]))).status_code == 401
            second = (await page.send("POST", "/auth/refresh", {"refresh_token": first["refresh_token"]})).json()
            assert (await page.send("GET", "/auth/me", **bearer(second["access_token"]))).status_code == 200
            stolen = await page.send("POST", "/auth/refresh", {"refresh_token": first["refresh_token"]})
            assert stolen.status_code == 401
            ended = await page.send("POST", "/auth/refresh", {"refresh_token": second["refresh_token"]})
            assert (ended.status_code, ended.text) == (401, stolen.text)
            third = (await page.send("POST", "/auth/token", body)).json()
            revoked = await page.send("POST", "/auth/revoke", {"refresh_token": third["refresh_token"]})
            assert revoked.status_code == 204
            answer = await page.send("POST", "/auth/refresh", {"refresh_token": third["refresh_token"]})
            assert answer.status_code == 401
        actions = await audit_actions(server)
        assert actions == ["login.token", "login.token-reused", "login.token", "login.token-revoked"]

    run_server(scenario)


def test_of_two_refreshes_at_once_one_wins(run_server: Callable[..., None]) -> None:
    async def scenario(server: CentralServer) -> None:
        await add_person(server, "ada")
        async with browser(server) as page:
            tokens = (await page.send("POST", "/auth/token", {"username": "ada", "password": PASSWORD})).json()
            body = {"refresh_token": tokens["refresh_token"]}
            answers = await asyncio.gather(*(page.send("POST", "/auth/refresh", body) for _ in range(4)))
            assert sorted(a.status_code for a in answers) == [200, 401, 401, 401]

    run_server(scenario)


def test_refresh_token_is_over_after_two_weeks(run_server: Callable[..., None]) -> None:
    async def scenario(server: CentralServer) -> None:
        await add_person(server, "ada")
        async with browser(server) as page:
            tokens = (await page.send("POST", "/auth/token", {"username": "ada", "password": PASSWORD})).json()
            server.clock.advance(14 * 86_400)
            body = {"refresh_token": tokens["refresh_token"]}
            assert (await page.send("POST", "/auth/refresh", body)).status_code == 401

    run_server(scenario)


def test_changed_role_counts_for_tokens_that_are_out(run_server: Callable[..., None]) -> None:
    async def scenario(server: CentralServer) -> None:
        user_id = await add_person(server, "ada", Role.ADMIN)
        async with browser(server) as page, server.client("admin") as admin:
            token = (await page.send("POST", "/auth/token", {"username": "ada", "password": PASSWORD})).json()
            headers = bearer(token["access_token"])
            assert (await page.send("GET", "/users", **headers)).status_code == 200
            assert (await admin.patch(f"/api/v1/users/{user_id}", json={"role": "viewer"})).status_code == 200
            assert (await page.send("GET", "/users", **headers)).status_code == 403
            async with server.context.database.write() as session:  # as another process of the server does
                user = await session.get_one(User, user_id)
                user.is_active = False
            server.clock.advance(5)
            assert (await page.send("GET", "/zones", **headers)).status_code == 401

    run_server(scenario)


@pytest.mark.parametrize(
    ("header", "key"), [({"alg": "HS256"}, b"x" * 32), ({"alg": "HS512"}, None), ({"alg": "none"}, b"")]
)
def test_access_token_of_another_key_or_algorithm_is_refused(header: dict[str, str], key: bytes | None) -> None:
    ours = b"k" * 32
    tokens = AccessTokens(ours)
    claims = {"iss": "throng", "sub": "1", "exp": int(START.timestamp()) + 60, "gen": 0}
    if header["alg"] == "none":
        forged = (
            "eyJhbGciOiJub25lIn0." + jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(ours)).split(".")[1] + "."
        )
    else:
        forged = jwt.encode(header, claims, OctKey.import_key(key or ours), algorithms=[header["alg"]])
    assert tokens.read(forged, now=START) is None
    assert tokens.read(tokens.make(1, signed_out_at=None, now=START), now=START) is not None


@pytest.mark.parametrize("wrong", ["", "a", "a.b.c", "é.é.é", "\x00", "." * 3000])
def test_what_is_no_access_token_is_refused(wrong: str) -> None:
    assert AccessTokens(b"k" * 32).read(wrong, now=START) is None


def test_api_token_is_made_used_and_revoked(run_server: Callable[..., None]) -> None:
    async def scenario(server: CentralServer) -> None:
        await add_person(server, "ada", Role.OPERATOR, sites=[server.site_id])
        async with browser(server) as page, browser(server) as program:
            await page.log_in("ada")
            body = {"name": "Wall", "role": "viewer", "expires_at": (START + timedelta(hours=1)).isoformat()}
            for wrong, status in (
                ({"role": "admin"}, 403), ({"site_ids": [server.other_site_id]}, 404),
                ({"expires_at": START.isoformat()}, 422), ({"role": "edge"}, 422), ({"name": ""}, 422),
            ):  # fmt: skip
                assert (await page.send("POST", "/tokens", body | wrong)).status_code == status, wrong
            made = (await page.send("POST", "/tokens", body)).json()
            assert made["value"].startswith(made["prefix"])
            headers = bearer(made["value"])
            me = (await program.send("GET", "/auth/me", **headers)).json()
            assert (me["role"], me["site_ids"]) == ("viewer", [server.site_id])
            assert (await program.send("POST", "/tokens", body, **headers)).status_code == 403
            assert (await program.send("POST", "/auth/logout", **headers)).status_code == 403
            listed = (await page.send("GET", "/tokens")).json()["items"]
            assert [t["id"] for t in listed] == [made["id"]]
            assert listed[0]["last_used_at"] is not None
            assert made["value"] not in str(listed)
            renamed = await page.send("PATCH", f"/tokens/{made['id']}", {"name": "Wall 2"})
            assert renamed.json()["name"] == "Wall 2"
            async with server.client("viewer") as other, server.client("admin") as admin:
                assert (await other.delete(f"/api/v1/tokens/{made['id']}")).status_code == 404
                assert (await other.get(f"/api/v1/tokens/{made['id']}")).status_code == 404
                theirs = (await admin.get(f"/api/v1/tokens?user_id={me['id']}")).json()["items"]
                assert len(theirs) == 1
                assert (await other.get(f"/api/v1/tokens?user_id={me['id']}")).status_code == 404
                assert (await admin.delete(f"/api/v1/tokens/{made['id']}")).status_code == 204
            assert (await program.send("GET", "/auth/me", **headers)).status_code == 401
            assert (await page.send("GET", "/tokens")).json()["items"] == []
            made = (await page.send("POST", "/tokens", body)).json()
            server.clock.advance(3601)
            assert (await program.send("GET", "/auth/me", **bearer(made["value"]))).status_code == 401

    run_server(scenario)


def test_known_callers_are_not_looked_up_again_and_use_is_written_once_a_minute(
    run_server: Callable[..., None],
) -> None:
    async def scenario(server: CentralServer) -> None:
        statements: list[str] = []
        for engine in {server.context.database.reader, server.context.database.writer}:
            event.listen(engine.sync_engine, "before_cursor_execute", lambda *a: statements.append(str(a[2])))

        def about(word: str) -> int:
            return sum(word in s for s in statements if "BEGIN" not in s)

        async with server.client("viewer") as client:
            for _ in range(5):
                assert (await client.get("/api/v1/zones")).status_code == 200
            assert (about("FROM api_tokens"), about("UPDATE api_tokens")) == (1, 1)
            for _ in range(5):
                server.clock.advance(6)
                await client.get("/api/v1/zones")
            assert (about("FROM api_tokens"), about("UPDATE api_tokens")) == (6, 1)
            server.clock.advance(31)
            await client.get("/api/v1/zones")
            assert about("UPDATE api_tokens") == 2

    run_server(scenario)


def test_open_connection_is_checked_by_what_is_true_now(run_server: Callable[..., None]) -> None:
    async def scenario(server: CentralServer) -> None:
        socket = _socket(server, "token=edge_edge")
        assert isinstance(await identify(socket, server.context), Principal)
        async with server.context.database.write() as session:
            edge = await session.get_one(Edge, server.edge_id)
            edge.token_hash = hashed("edge_other")
        assert await identify(socket, server.context) is not None
        assert await still_allowed(socket, server.context) is None
        server.clock.advance(5)
        assert await identify(socket, server.context) is None
        async with server.context.database.write() as session:
            session.add(
                ApiToken(
                    user_id=3, name="x", prefix="thr_", role="viewer", token_hash=hashed("thr_x"), revoked_at=START
                )
            )
        assert await still_allowed(_socket(server, "token=thr_x"), server.context) is None
        renewed = await still_allowed(socket, server.context, token="thr_viewer")
        assert renewed is not None
        assert renewed.name == "viewer (test)"
        assert await still_allowed(_socket(server, "token=thr_viewer"), server.context, token="thr_nobody") is None
        async with browser(server) as page:
            assert (await page.send("GET", "/zones?token=thr_viewer")).status_code == 401
        assert await identify(_socket(server, "token=thr_viewer"), server.context) is not None
        assert await identify(_socket(server, "token="), server.context) is None

    run_server(scenario)


def _socket(server: CentralServer, query: str) -> Any:
    from starlette.requests import HTTPConnection

    return HTTPConnection(
        {
            "type": "websocket",
            "headers": [],
            "query_string": query.encode(),
            "app": server.app,
            "client": ("10.1.1.1", 1),
        }
    )
