"""Every route of auth is driven with known secrets; none is in a log line, another answer, the audit log or a table."""

import json
import logging
from collections.abc import Callable
from typing import Any

import httpx
import pyotp
import pytest
from central import CentralServer
from people import CHEAP, Browser, browser
from sqlalchemy import text

from throng.server.auth import passwords
from throng.store import logins
from throng.store.tables import Base

NAME_TYPED_AS_PASSWORD = "Typed-1nto-wrong-field"
OLD, NEW, WRONG = "0ld-Secret-lamps", "N3w-Secret-rivers", "Wr0ng-Secret-guess"


class Recorder:
    """Sends requests and keeps every answer."""

    def __init__(self) -> None:
        self.answers: list[tuple[str, str]] = []
        self.secrets: dict[str, str] = {}

    async def __call__(self, page: Browser, method: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
        answer = await page.send(method, path, body, **headers)
        cookies = [v for k, v in answer.headers.multi_items() if k == "set-cookie"]
        plain = {k: v for k, v in answer.headers.items() if k != "set-cookie"}
        self.answers.append((path, answer.text + json.dumps(plain)))
        for cookie in cookies:
            self.secret(cookie.partition("=")[2].partition(";")[0], "(cookie)")
        return page.remember(answer)

    def secret(self, value: str, shown_at: str) -> str:
        """Remember a secret and the one route whose answer shows it."""
        if len(value) > 5:
            self.secrets[value] = shown_at
        return value


@pytest.fixture(autouse=True)
def cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "HASHER", CHEAP)


async def drive(server: CentralServer, send: Recorder, page: Browser, admin: httpx.AsyncClient) -> None:
    """Use every route of auth, users and tokens, well and badly."""
    user = (await admin.post("/api/v1/users", json={"username": "ada", "role": "operator", "all_sites": True})).json()
    first = send.secret(user["one_time_password"], "/users")
    url = f"/api/v1/users/{user['id']}"
    for body in (
        {"username": "ada", "password": WRONG}, {"username": NAME_TYPED_AS_PASSWORD, "password": WRONG},
        {"username": "ada", "password": WRONG, "totp": [WRONG]}, {"username": ["x"], "password": WRONG},
        {"password": OLD}, [OLD], OLD, {"username": "ada", "password": {"x": WRONG}},
        {"username": "ada", "password": WRONG * 30}, {"username": "ada", "password": WRONG, "extra": OLD},
    ):  # fmt: skip
        await send(page, "POST", "/auth/login", body)
        await send(page, "POST", "/auth/token", body)
        server.clock.advance(60)
    await send(page, "POST", "/auth/login", {"username": "ada", "password": first})
    change = {"current_password": first, "new_password": OLD}
    await send(page, "POST", "/auth/password", change | {"new_password": "passw0rd123"})
    await send(page, "POST", "/auth/password", {"current_password": WRONG, "new_password": NEW})
    assert (await send(page, "POST", "/auth/password", change)).status_code == 200
    begun = (await send(page, "POST", "/auth/totp", {"password": OLD})).json()
    secret = send.secret(begun["secret"], "/auth/totp")
    await send(page, "POST", "/auth/totp", {"password": WRONG})
    code = pyotp.TOTP(secret).at(server.clock.now().timestamp())
    shown = await send(page, "POST", "/auth/totp/confirm", {"code": code})
    for recovery in shown.json()["recovery_codes"]:
        send.secret(recovery, "/auth/totp/confirm")
    recovery = shown.json()["recovery_codes"][0]
    body = {"username": "ada", "password": OLD}
    await send(page, "POST", "/auth/login", body)
    await send(page, "POST", "/auth/login", body | {"totp": recovery})
    server.clock.advance(60)
    tokens = (await send(page, "POST", "/auth/token", body | {"totp": shown.json()["recovery_codes"][1]})).json()
    send.secret(tokens["access_token"], "/auth/token")
    send.secret(tokens["refresh_token"], "/auth/token")
    server.clock.advance(1)
    fresh = (await send(page, "POST", "/auth/refresh", {"refresh_token": tokens["refresh_token"]})).json()
    send.secret(fresh["access_token"], "/auth/refresh")
    send.secret(fresh["refresh_token"], "/auth/refresh")
    await send(page, "POST", "/auth/refresh", {"refresh_token": tokens["refresh_token"] + "!"})
    await send(page, "POST", "/auth/revoke", {"refresh_token": fresh["refresh_token"]})
    made = (await send(page, "POST", "/tokens", {"name": "wall", "role": "viewer"})).json()
    value = send.secret(made["value"], "/tokens")
    for method, path in (("GET", "/auth/me"), ("GET", f"/tokens/{made['id']}"), ("GET", "/auth/logins")):
        await send(page, method, path)
        await send(page, method, path, Authorization=f"Bearer {value}")
        await send(page, method, path, Authorization=f"Bearer {value}x")
        await send(page, method, path, Authorization=f"Basic {value}")
    await send(page, "GET", f"/auth/me?token={value}")
    await send(page, "POST", "/setup", {"code": WRONG, "username": "x", "password": OLD})
    await send(page, "GET", "/setup")
    await send(page, "PATCH", "/auth/me", {"name": "Ada", "password": OLD})
    again = await send(page, "POST", "/auth/totp/recovery-codes", {"password": OLD})
    for recovery in again.json()["recovery_codes"]:
        send.secret(recovery, "/auth/totp/recovery-codes")
    reset = (await admin.post(f"{url}/reset-password")).json()["one_time_password"]
    send.secret(reset, "(reset)")
    for answer in (
        await admin.get(url), await admin.get("/api/v1/users"), await admin.post(f"{url}/reset-totp"),
        await admin.post(f"{url}/end-sessions"), await admin.get(f"/api/v1/tokens?user_id={user['id']}"),
        await admin.patch(url, json={"is_active": False, "password": NEW}), await admin.get("/api/v1/audit?limit=500"),
    ):  # fmt: skip
        send.answers.append((str(answer.url), answer.text))


async def broken(*_: object, **__: object) -> None:
    raise RuntimeError("broken")


async def tables_of(server: CentralServer) -> list[str]:
    """Return everything that is stored, but for the CSRF tokens, which are no good without their cookie."""
    async with server.context.database.read() as session:
        return [
            f"{table.name}: {(await session.execute(text(f'SELECT * FROM {table.name}'))).all()!r}"
            for table in Base.metadata.sorted_tables
            if table.name != "logins"
        ]


def test_no_secret_in_logs_answers_audit_or_tables(
    run_server: Callable[..., None], caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.INFO)
    caplog.set_level(logging.DEBUG, logger="throng")
    send = Recorder()
    tables: list[str] = []

    async def scenario(server: CentralServer) -> None:
        async with browser(server) as page, server.client("admin") as admin:
            await drive(server, send, page, admin)
            tables.extend(await tables_of(server))
            reset = (await admin.post("/api/v1/users", json={"username": "eve", "role": "viewer"})).json()
            body = {"username": "eve", "password": send.secret(reset["one_time_password"], "/users")}
            monkeypatch.setattr(logins, "add", broken)
            server.clock.advance(3600)
            assert (await send(page, "POST", "/auth/login", body)).status_code == 500
            async with server.context.database.write() as session:
                await session.execute(text("ALTER TABLE audit_log RENAME TO audit_log_away"))
            assert (await send(page, "POST", "/auth/login", body | {"password": WRONG})).status_code == 503

    run_server(scenario)
    for secret in (OLD, NEW, WRONG, NAME_TYPED_AS_PASSWORD, NAME_TYPED_AS_PASSWORD.lower(), "passw0rd123"):
        send.secret(secret, "(typed)")
    written = [r for r in caplog.records if not r.name.startswith("httpx")]  # the test's own client logs what it sends
    logged = "\n".join(logging.Formatter("%(name)s %(message)s").format(r) for r in written)
    assert "RuntimeError: broken" in logged
    assert len(send.secrets) > 30
    for secret, shown_at in send.secrets.items():
        assert secret not in logged, f"in the log: {shown_at}"
        assert not [t for t in tables if secret in t], f"in a table: {shown_at}"
        assert not [path for path, answer in send.answers if secret in answer and path != shown_at], shown_at
