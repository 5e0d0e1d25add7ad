"""People for tests of the central server: with passwords, in browsers."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
from central import CentralServer
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from throng.store import users
from throng.store.tables import AuditEntry, Role, User

CHEAP = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=64, parallelism=1),))
"""A hasher that takes no time; only for tests."""

PASSWORD = "seven quiet lamps"


async def add_person(
    server: CentralServer, name: str, role: Role = Role.VIEWER, *, sites: list[int] | None = None, **columns: Any
) -> int:
    """Add a user with the password `PASSWORD`; `sites` None for all of them."""
    async with server.context.database.write() as session:
        user = User(
            username=name, role=role.value, all_sites=sites is None, password_hash=CHEAP.hash(PASSWORD), **columns
        )
        session.add(user)
        await session.flush()
        await users.give_sites(session, user.id, sites or [])
        return user.id


class Browser:
    """A browser with a page of the server open: keeps cookies, says where it comes from, sends the CSRF token.

    Attributes:
        me: what the server said last about who is logged in.
    """

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client
        self.me: dict[str, Any] = {}
        client.headers.update({"Origin": str(client.base_url).rstrip("/"), "Sec-Fetch-Site": "same-origin"})

    async def log_in(self, name: str, password: str = PASSWORD, **more: Any) -> httpx.Response:
        """Log in."""
        answer = await self.send("POST", "/auth/login", {"username": name, "password": password, **more})
        return self.remember(answer)

    def remember(self, answer: httpx.Response) -> httpx.Response:
        """Keep the CSRF token of an answer that says who is logged in."""
        if answer.is_success and "csrf_token" in answer.text:
            self.me = answer.json()
            self.client.headers["X-CSRF-Token"] = self.me["csrf_token"] or ""
        return answer

    async def send(self, method: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
        """Send a request of the page."""
        return await self.client.request(method, f"/api/v1{path}", json=body, headers=headers)


@asynccontextmanager
async def browser(
    server: CentralServer, *, url: str = "http://localhost", peer: str = "10.9.8.7"
) -> AsyncIterator[Browser]:
    """Open a browser at an address of its own."""
    transport = httpx.ASGITransport(app=server.app, raise_app_exceptions=False, client=(peer, 50_000))
    async with httpx.AsyncClient(transport=transport, base_url=url) as client:
        yield Browser(client)


async def audit_actions(server: CentralServer) -> list[str]:
    """Return what was done, in order."""
    return [entry.action for entry in await audit_entries(server)]


async def audit_entries(server: CentralServer) -> list[AuditEntry]:
    """Return the audit log."""
    from sqlalchemy import select

    async with server.context.database.read() as session:
        return list(await session.scalars(select(AuditEntry).order_by(AuditEntry.id)))
