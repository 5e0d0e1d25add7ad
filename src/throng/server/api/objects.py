"""What happens with everything that belongs to a site: it is checked, changed, noted, and told to who keeps copies."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import HTTPConnection

from throng.server.api.etags import Tags
from throng.server.audit_trail import noted
from throng.server.auth.principal import Principal
from throng.server.context import Context
from throng.store import site_objects
from throng.store.site_objects import Owned, noun

HIDDEN = "(hidden)"
SECRET = frozenset({"credentials"})


@dataclass(frozen=True, slots=True)
class Call:
    """One request of somebody."""

    context: Context
    connection: HTTPConnection
    principal: Principal

    async def note(
        self, session: AsyncSession, action: str, row: Any, *, detail: Mapping[str, Any] | None = None
    ) -> None:
        """Write into the audit log what is done to a row that belongs to a site."""
        kind = noun(type(row))
        await noted(
            session, self.connection, self.principal, f"{kind}.{action}", kind, row.id, row.site_id, **(detail or {})
        )


async def show(call: Call, table: type[Owned], object_id: int) -> Owned:
    """Return an object that the caller may see.

    Raises:
        NotFoundError: there is none for them.
    """
    async with call.context.database.read() as session:
        return await site_objects.get(session, table, object_id, site_ids=call.principal.site_ids)


Check = Callable[[AsyncSession, Owned], Any]


async def create(call: Call, row: Owned, *, check: Check[Owned] | None = None) -> Owned:
    """Add an object to a site of the caller.

    Args:
        call: who.
        row: what.
        check: an async function that raises when the row refers to what is not there.
    """
    call.principal.require_site(row.site_id, f"site {row.site_id}")
    async with call.context.database.write() as session:
        if check is not None:
            await check(session, row)
        await site_objects.add(session, row)
        detail = {name: getattr(row, name) for name in ("key", "name") if hasattr(row, name)}
        await call.note(session, "create", row, detail=detail)
    site_changed(call.context, row.site_id)
    return row


async def replace(
    call: Call,
    table: type[Owned],
    object_id: int,
    values: Mapping[str, Any],
    *,
    tags: Tags,
    check: Check[Owned] | None = None,
) -> Owned:
    """Change an object of a site of the caller; `tags` honours If-Match. Further arguments as of `create`."""
    async with call.context.database.write() as session:
        row = await site_objects.get(session, table, object_id, site_ids=call.principal.site_ids)
        tags.require(row.version)
        changed = await site_objects.change(session, row, values)
        if check is not None:
            await check(session, row)
        if changed:
            await call.note(session, "update", row, detail=without_secrets(changed))
    site_changed(call.context, row.site_id)
    tags.show(row.version)
    return row


async def remove(
    call: Call, table: type[Owned], object_id: int, *, tags: Tags, before: Check[Owned] | None = None
) -> None:
    """Remove an object of a site of the caller; `before` mends what refers to it."""
    async with call.context.database.write() as session:
        row = await site_objects.get(session, table, object_id, site_ids=call.principal.site_ids)
        tags.require(row.version)
        if before is not None:
            await before(session, row)
        await call.note(session, "delete", row, detail={"name": getattr(row, "name", "")})
        await session.delete(row)
        await session.flush()
    site_changed(call.context, row.site_id)


def without_secrets(changed: Mapping[str, Any]) -> dict[str, Any]:
    """Return what has changed, fit for the audit log."""
    return {name: HIDDEN if name in SECRET else value for name, value in changed.items()}


def site_changed(context: Context, site_id: int) -> None:
    """Tell everybody who keeps a copy of a site's configuration that it has changed; call it after the commit."""
    context.ingest.directories.forget(site_id)
