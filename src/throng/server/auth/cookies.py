"""The cookie of a browser's log-in."""

from collections.abc import Sequence
from datetime import timedelta

from starlette.requests import HTTPConnection
from starlette.responses import Response

from throng.server.auth.address import is_secure

NAME = "throng-login"
SECURE_NAME = "__Host-throng-login"
"""A browser takes a cookie of such a name only over HTTPS, from the host itself and for all paths."""


def login_cookie(connection: HTTPConnection, trusted_proxies: Sequence[str]) -> str | None:
    """Return the value of the cookie that a browser sent."""
    return connection.cookies.get(_name(secure=is_secure(connection, trusted_proxies)))


def set_login_cookie(
    response: Response, connection: HTTPConnection, value: str, *, trusted_proxies: Sequence[str], life: timedelta
) -> None:
    """Let the browser keep a log-in."""
    secure = is_secure(connection, trusted_proxies)
    response.set_cookie(
        _name(secure=secure), value, max_age=int(life.total_seconds()), path="/", secure=secure, httponly=True,
        samesite="strict",
    )  # fmt: skip


def clear_login_cookie(response: Response, connection: HTTPConnection, trusted_proxies: Sequence[str]) -> None:
    """Let the browser forget its log-in."""
    secure = is_secure(connection, trusted_proxies)
    response.delete_cookie(_name(secure=secure), path="/", secure=secure, httponly=True, samesite="strict")


def _name(*, secure: bool) -> str:
    return SECURE_NAME if secure else NAME
