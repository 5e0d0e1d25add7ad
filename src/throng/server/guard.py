"""Who may speak to the server: known host names and the page's own origin; and the headers of every answer."""

import ipaddress
import socket
from collections.abc import Iterable
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from throng.server.auth.address import is_secure

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

SECURITY_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}

STRICT_TRANSPORT = "max-age=31536000"
"""A browser that was here by HTTPS comes by HTTPS only, for a year."""


def own_names() -> frozenset[str]:
    """Return the names under which this machine is known without asking the network."""
    name = socket.gethostname().lower()
    return frozenset({"localhost", name, f"{name}.local"})


def host_allowed(host: str, names: Iterable[str]) -> bool:
    """Decide whether a `Host` header names this server.

    A web site that points its own name at this machine (DNS rebinding) still sends its own name. Numeric addresses
    cannot be rebound, so they are always allowed.
    """
    name = _host_name(host)
    return bool(name) and (_is_address(name) or name in {n.lower() for n in names})


def origin_allowed(origin: str | None, host: str) -> bool:
    """Decide whether the page that opens a WebSocket came from this server; programs send no origin."""
    if origin is None:
        return True
    try:
        return urlsplit(origin).netloc.lower() == host.lower()
    except ValueError:
        return False


def _host_name(host: str) -> str:
    try:
        return (urlsplit(f"//{host}").hostname or "").lower()
    except ValueError:
        return ""


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


class Guard:
    """ASGI middleware: refuses foreign host names and origins, and adds the security headers to every answer.

    Args:
        app: the application behind it.
        allowed_hosts: names beyond this machine's own, for example that of a reverse proxy.
        trusted_proxies: addresses that are believed when they say that the caller came by HTTPS.
    """

    def __init__(self, app: ASGIApp, *, allowed_hosts: Iterable[str] = (), trusted_proxies: Iterable[str] = ()) -> None:
        self._app = app
        self._trusted_proxies = tuple(trusted_proxies)
        self._names = own_names() | {name.lower() for name in allowed_hosts}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it."""
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        known = host_allowed(host, self._names)
        if scope["type"] == "websocket":
            if known and origin_allowed(headers.get("origin"), host):
                await self._app(scope, receive, send)
            else:
                await send({"type": "websocket.close", "code": 1008, "reason": "foreign host or origin"})
            return
        app = self._app if known else _foreign_host(host)
        secure = is_secure(HTTPConnection(scope), self._trusted_proxies)
        await app(scope, receive, _with_security_headers(send, secure=secure))


def _foreign_host(host: str) -> ASGIApp:
    return PlainTextResponse(
        f"This server does not answer to the name {_host_name(host) or '(none)'!r}. "
        "Use its numeric address, or start it with this name in its allowed hosts.\n",
        status_code=421,
    )


def _with_security_headers(send: Send, *, secure: bool) -> Send:
    async def send_closed(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in SECURITY_HEADERS.items():
                headers[name] = value
            if secure:
                headers["Strict-Transport-Security"] = STRICT_TRANSPORT
            headers.setdefault("Cache-Control", "no-store")
        await send(message)

    return send_closed
