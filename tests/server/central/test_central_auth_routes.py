"""Each route of auth, users and tokens with each role and with none."""

from collections.abc import Callable
from typing import Any

import pytest
from central import CentralServer
from people import CHEAP

from throng.server.auth import passwords

PUBLIC = {
    "get_setup", "set_up", "log_in", "create_access_token", "refresh_access_token", "revoke_refresh_token",
    "begin_single_sign_on", "end_single_sign_on",
}  # fmt: skip
ADMINS = {
    "list_users", "create_user", "get_user", "update_user", "delete_user", "reset_password", "reset_second_factor",
    "end_sessions",
}  # fmt: skip
VIEWERS = {"get_me", "list_tokens", "get_token", "revoke_token"}
PEOPLE = {
    "log_out", "update_me", "change_password", "list_my_logins", "end_my_other_logins", "end_my_login", "create_token",
    "rename_token", "enrol_second_factor", "confirm_second_factor", "replace_recovery_codes", "disable_second_factor",
}  # fmt: skip
"""Not for API tokens."""


@pytest.fixture(autouse=True)
def cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "HASHER", CHEAP)


def operations(openapi: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (method, path, operation)
        for path, methods in openapi["paths"].items()
        for method, operation in methods.items()
        if set(operation["tags"]) & {"auth", "users", "tokens"}
    ]


def test_every_route_says_who_may_and_lets_in_nobody_else(run_server: Callable[..., None]) -> None:
    async def scenario(server: CentralServer) -> None:
        found = operations(server.app.openapi())
        assert {o["operationId"] for _, _, o in found} == PUBLIC | ADMINS | VIEWERS | PEOPLE
        for who in (None, "edge", "viewer", "operator", "admin"):
            async with server.client(who) as client:
                for method, path, operation in found:
                    name = operation["operationId"]
                    url = path.replace("{user_id}", "999").replace("{token_id}", "999").replace("{login_id}", "0" * 16)
                    answer = await client.request(method, url)
                    assert answer.status_code < 500, (who, name)
                    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
                    assert answer.headers["cache-control"] in {"no-store", "no-cache"}, name
                    if name in PUBLIC:
                        assert answer.status_code not in {401, 403}, (who, name)
                    elif who is None:
                        assert answer.status_code == 401, name
                    elif who == "edge" or name in PEOPLE or (name in ADMINS and who != "admin"):
                        assert answer.status_code == 403, (who, name)
                    else:
                        assert answer.status_code in {200, 404, 422}, (who, name)

    run_server(scenario)


def test_every_route_is_documented(run_server: Callable[..., None]) -> None:
    async def scenario(server: CentralServer) -> None:
        openapi = server.app.openapi()
        for _, path, operation in operations(openapi):
            assert operation["description"], path
        for name in ("LoginRequest", "Me", "Tokens", "UserShown", "TokenMade", "SetupRequest"):
            assert openapi["components"]["schemas"][name]["examples"], name

    run_server(scenario)
