"""The second factor: enrolled, asked for, used once, lost, required."""

from collections.abc import Callable

import pyotp
import pytest
from central import CentralServer
from people import CHEAP, PASSWORD, Browser, add_person, browser

from throng.server.auth import passwords, totp
from throng.store.tables import Role, Setting, User


@pytest.fixture(autouse=True)
def cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "HASHER", CHEAP)


def code(server: CentralServer, secret: str, *, ahead_s: float = 0.0) -> str:
    return pyotp.TOTP(secret).at(server.clock.now().timestamp() + ahead_s)


async def enrolled(server: CentralServer, page: Browser) -> tuple[str, list[str]]:
    begun = (await page.send("POST", "/auth/totp", {"password": PASSWORD})).json()
    secret: str = begun["secret"]
    confirmed = await page.send("POST", "/auth/totp/confirm", {"code": code(server, secret)})
    assert confirmed.status_code == 200, confirmed.text
    return secret, confirmed.json()["recovery_codes"]


def test_second_factor_is_enrolled_and_asked_for(run_server: Callable[..., None]) -> None:
    async def scenario(server: CentralServer) -> None:
        user_id = await add_person(server, "ada")
        async with browser(server) as page, browser(server, peer="10.2.2.2") as other:
            await page.log_in("ada")
            assert (await page.send("POST", "/auth/totp/confirm", {"code": "123456"})).status_code == 409
            assert (await page.send("POST", "/auth/totp", {"password": "wrong wrong"})).status_code == 403
            begun = (await page.send("POST", "/auth/totp", {"password": PASSWORD})).json()
            assert begun["qr_svg"].startswith("<svg")
            assert begun["uri"].startswith("otpauth://totp/Throng:ada?secret=" + begun["secret"])
            assert (await other.log_in("ada")).status_code == 200, "it does not count before it is confirmed"
            assert (await page.send("POST", "/auth/totp/confirm", {"code": "000000"})).status_code == 403
            secret, codes = await enrolled(server, page)
            assert len(set(codes)) == 10
            async with server.context.database.read() as session:
                user = await session.get_one(User, user_id)
                assert secret not in str(user.totp_secret)
                assert not set(codes) & set(user.recovery_hashes)
            wanted = await other.log_in("ada")
            assert (wanted.status_code, wanted.json()["type"]) == (401, "/problems/second-factor")
            replayed = await other.log_in("ada", totp=code(server, secret))
            assert replayed.status_code == 401, "the step of the confirmation is used"
            wrong_password = await other.log_in("ada", "wrong wrong", totp=code(server, secret, ahead_s=30))
            assert wrong_password.json()["type"] == "/problems/wrong-credentials"
            assert (await other.log_in("ada", totp=code(server, secret, ahead_s=30))).status_code == 200
            assert (await other.log_in("ada", totp=code(server, secret, ahead_s=30))).status_code == 401
            assert (await other.log_in("ada", totp=code(server, secret, ahead_s=90))).status_code == 401
            server.clock.advance(60)
            token = {"username": "ada", "password": PASSWORD}
            assert (await other.send("POST", "/auth/token", token)).status_code == 401
            good = await other.send("POST", "/auth/token", token | {"totp": code(server, secret)})
            assert good.status_code == 200

    run_server(scenario)


def test_recovery_codes_are_good_once(run_server: Callable[..., None]) -> None:
    async def scenario(server: CentralServer) -> None:
        await add_person(server, "ada")
        async with browser(server) as page, browser(server, peer="10.2.2.2") as other:
            await page.log_in("ada")
            _, codes = await enrolled(server, page)
            assert (await other.log_in("ada", totp=codes[0].upper().replace("-", " "))).status_code == 200
            assert (await other.log_in("ada", totp=codes[0])).status_code == 401
            server.clock.advance(60)
            fresh = await page.send("POST", "/auth/totp/recovery-codes", {"password": PASSWORD})
            assert (await other.log_in("ada", totp=codes[1])).status_code == 401
            assert (await other.log_in("ada", totp=fresh.json()["recovery_codes"][9])).status_code == 200
            assert (await page.send("POST", "/auth/totp", {"password": PASSWORD})).status_code == 409
            assert (await page.send("POST", "/auth/totp/disable", {"password": "wrong wrong"})).status_code == 403
            assert (await page.send("POST", "/auth/totp/disable", {"password": PASSWORD})).status_code == 204
            assert (await other.log_in("ada")).status_code == 200

    run_server(scenario)


def test_wrong_codes_lock_like_wrong_passwords(run_server: Callable[..., None]) -> None:
    async def scenario(server: CentralServer) -> None:
        await add_person(server, "ada")
        async with browser(server) as page:
            await page.log_in("ada")
            await enrolled(server, page)
            answers = []
            for _ in range(12):
                server.clock.advance(30)
                answers.append((await page.log_in("ada", totp="000000")).status_code)
            assert answers == [401] * 10 + [429] * 2

    run_server(scenario)


def test_role_may_need_a_second_factor_and_an_administrator_helps_who_lost_it(
    run_server: Callable[..., None],
) -> None:
    async def scenario(server: CentralServer) -> None:
        user_id = await add_person(server, "ada", Role.OPERATOR)
        await add_person(server, "eve", Role.VIEWER)
        async with server.context.database.write() as session:
            session.add(Setting(key="require_totp", value=["operator", "admin"]))
        async with browser(server) as page, browser(server) as eve, server.client("admin") as admin:
            await eve.log_in("eve")
            assert eve.me["due"] is None
            await page.log_in("ada")
            assert page.me["due"] == "second-factor"
            refused = await page.send("GET", "/zones")
            assert (refused.status_code, refused.json()["type"]) == (403, "/problems/second-factor-due")
            await enrolled(server, page)
            assert (await page.send("GET", "/zones")).status_code == 200
            assert (await admin.post(f"/api/v1/users/{user_id}/reset-totp")).status_code == 204
            assert (await page.send("GET", "/zones")).status_code == 401
            assert (await page.log_in("ada")).status_code == 200
            assert page.me["due"] == "second-factor"

    run_server(scenario)


def test_qr_code_holds_what_it_should() -> None:
    assert totp.qr_svg("otpauth://totp/x").count("<path") >= 1
