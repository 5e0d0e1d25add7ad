"""The central server as an edge box sees it: what it asks of the server, and what goes wrong in words."""

import gzip
import ipaddress
import json
import logging
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx

from throng.edge.errors import EdgeError

log = logging.getLogger(__name__)

TIMEOUT = httpx.Timeout(10.0, connect=5.0)
LONGEST_PAUSE_S = 300.0
"""No server may tell us to wait longer than this."""

LATER = frozenset({401, 403, 408, 425, 429})
"""Refusals that say nothing against what was sent: it may be taken another time, perhaps with a new token."""


class UnreachableError(EdgeError):
    """The server did not take something now; the same may work later.

    Attributes:
        pause_s: how long it asked us to wait; None when it did not say.
        status: what it answered; None when there was no answer.
    """

    def __init__(self, sentence: str, *, pause_s: float | None = None, status: int | None = None) -> None:
        super().__init__(sentence)
        self.pause_s = pause_s
        self.status = status


class RefusedError(EdgeError):
    """The server will never take this; the message is the server's own sentence."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a batch.

    Attributes:
        stored, duplicates: rows that were new, and rows that the server had already.
        rejected: why rows were not stored, one sentence each.
    """

    stored: int
    duplicates: int
    rejected: tuple[str, ...]


class ServerLink:
    """Speaks to one server with the token of this box; may be used from several threads.

    Args:
        url: address of the server, `https://…`.
        token: of this box; never logged.
        near: whether the server is on this machine; None to see it by the address.
        transport: for tests.
    """

    def __init__(
        self, url: str, token: str, *, near: bool | None = None, transport: httpx.BaseTransport | None = None
    ) -> None:
        self.url = checked_url(url)
        self._near = is_this_machine(self.url) if near is None else near
        # A proxy of the environment knows no way to this machine; redirects could carry the token elsewhere.
        self._client = httpx.Client(
            base_url=self.url, headers={"Authorization": f"Bearer {token}"}, timeout=TIMEOUT, transport=transport,
            trust_env=not self._near, follow_redirects=False,
        )  # fmt: skip

    def configuration(self, have: str | None) -> tuple[str, dict[str, Any]] | None:
        """Return the tag and the content of what this box is to run; None while it is what it was at `have`.

        Raises:
            UnreachableError, RefusedError: see there.
        """
        answer = self._ask("GET", "/api/v1/edge/configuration", headers={"If-None-Match": have} if have else {})
        if answer.status_code == httpx.codes.NOT_MODIFIED:
            return None
        return answer.headers.get("etag", ""), _object(answer)

    def heartbeat(self, body: dict[str, Any]) -> None:
        """Say that this box is there, and how its cameras are.

        Raises:
            UnreachableError, RefusedError: see there.
        """
        self._ask("POST", "/api/v1/edge/heartbeat", content=_json(body), headers=JSON)

    def ingest(self, body: bytes, key: str) -> Taken:
        """Send a batch; the same body with the same key is stored once, however often it is sent.

        Raises:
            UnreachableError, RefusedError: see there.
        """
        headers = {**JSON, "Idempotency-Key": key}
        if not self._near:
            body, headers["Content-Encoding"] = gzip.compress(body, compresslevel=1), "gzip"
        content = _object(self._ask("POST", "/api/v1/ingest", content=body, headers=headers))
        try:
            rejected = tuple(str(row["what"]) for row in content["rejected"])
            return Taken(int(content["stored"]), int(content["duplicates"]), rejected)
        except (KeyError, TypeError, ValueError) as error:
            raise UnreachableError(f"{self.url} does not answer as a Throng server does") from error

    def close(self) -> None:
        """Hang up."""
        self._client.close()

    def _ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        return _answer(self._client, method, path, **more)


JSON = {"Content-Type": "application/json"}


def enrol(url: str, code: str, *, software: str, transport: httpx.BaseTransport | None = None) -> str:
    """Exchange a one-time code for the token of this box.

    Raises:
        UnreachableError, RefusedError: see there; a code that is unknown, used or too old is refused.
    """
    address = checked_url(url)
    near = is_this_machine(address)
    with httpx.Client(base_url=address, timeout=TIMEOUT, transport=transport, trust_env=not near) as client:
        body = _json({"code": code, "software": software})
        token = _object(_answer(client, "POST", "/api/v1/edges/enrol", content=body, headers=JSON)).get("token")
    if not isinstance(token, str) or not token:
        raise UnreachableError(f"{address} does not answer as a Throng server does")
    return token


def checked_url(url: str) -> str:
    """Return the address of a server without a slash at its end.

    Raises:
        EdgeError: it is no address of a server.
    """
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise EdgeError(f"this is no address of a server: {error}; give one such as https://throng.local") from error
    if parts.scheme not in {"http", "https"} or not host or parts.username or parts.query or parts.fragment:
        raise EdgeError(f"expected the address of a server such as https://throng.local, got {parts.scheme}://{host}")
    return url.rstrip("/")


def is_this_machine(url: str) -> bool:
    """Whether the address is that of the machine itself."""
    host = urlsplit(url).hostname or ""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _answer(client: httpx.Client, method: str, path: str, **more: Any) -> httpx.Response:
    try:
        answer = client.request(method, path, **more)
    except (httpx.TransportError, httpx.DecodingError) as error:
        reason = str(error) or type(error).__name__
        raise UnreachableError(f"{client.base_url} cannot be reached: {reason}") from error
    if answer.is_success or answer.status_code == httpx.codes.NOT_MODIFIED:
        return answer
    raise _refusal(client, answer)


def _refusal(client: httpx.Client, answer: httpx.Response) -> EdgeError:
    status = answer.status_code
    sentence = f"{client.base_url} answered {status}: {_sentence(answer)}"
    if answer.is_client_error and status not in LATER:
        return RefusedError(sentence)
    if answer.is_redirect:
        sentence += "; give the address it leads to"
    return UnreachableError(sentence, pause_s=_pause_s(answer), status=status)


def _sentence(answer: httpx.Response) -> str:
    """The server's own words, cut short; a proxy in between may speak HTML."""
    try:
        content = answer.json()
    except ValueError:
        content = None
    detail = content.get("detail") if isinstance(content, dict) else None
    return str(detail or answer.reason_phrase)[:500]


def _pause_s(answer: httpx.Response) -> float | None:
    try:
        seconds = float(answer.headers.get("retry-after", ""))
    except ValueError:
        return None
    return min(seconds, LONGEST_PAUSE_S) if seconds >= 0 else None


def _object(answer: httpx.Response) -> dict[str, Any]:
    try:
        content = answer.json()
    except ValueError:
        content = None
    if not isinstance(content, dict):
        raise UnreachableError(f"{answer.url.host} does not answer as a Throng server does")
    return content


def _json(body: dict[str, Any]) -> bytes:
    return json.dumps(body, ensure_ascii=True, allow_nan=False).encode()
