"""Writes what somebody did into the audit log, with the time of the server and the address of the caller."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import HTTPConnection

from throng.server.auth.address import client_address
from throng.server.auth.principal import Principal
from throng.server.context import context_of
from throng.store.audit import record


async def noted(
    session: AsyncSession,
    connection: HTTPConnection,
    principal: Principal | None,
    action: str,
    kind: str,
    object_id: int | str,
    site_id: int | None = None,
    **detail: Any,
) -> None:
    """Add an entry in the transaction of the change itself.

    Args:
        session: the one that writes the change.
        connection: the request or WebSocket.
        principal: who; None for somebody who is not known.
        action: noun and verb, for example `zone.update`.
        kind: what it was done to.
        object_id: which one.
        site_id: whose it is.
        **detail: what changed, as JSON; never a secret.
    """
    context = context_of(connection)
    address = client_address(connection, context.settings.trusted_proxies)
    at = context.clock.now()
    await record(session, principal, action, kind, object_id, at=at, site_id=site_id, address=address, detail=detail)
