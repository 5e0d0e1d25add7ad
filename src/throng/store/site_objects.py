"""What belongs to a site: zones, lines, cameras, edges and playbooks are found, added and removed in one way."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from throng.store.errors import ConflictError, NotFoundError
from throng.store.paging import keyset
from throng.store.tables import Alert, Camera, Edge, Line, Playbook, Site, Zone

Owned = TypeVar("Owned", Zone, Line, Camera, Edge, Playbook, Alert)
Keyed = TypeVar("Keyed", Zone, Line, Camera, Edge)

SiteIds = frozenset[int] | None
"""The sites that somebody may see; None for all."""


async def get(session: AsyncSession, table: type[Owned], object_id: int, *, site_ids: SiteIds) -> Owned:
    """Return one object.

    Raises:
        NotFoundError: there is none, or it is not of a site that may be seen.
    """
    row = await session.get(table, object_id)
    if row is None or (site_ids is not None and row.site_id not in site_ids):
        raise NotFoundError(f"there is no {noun(table)} {object_id}")
    return row


async def get_with_site(
    session: AsyncSession, table: type[Owned], object_id: int, *, site_ids: SiteIds
) -> tuple[Owned, Site]:
    """Return one object and the site that it belongs to.

    Raises:
        NotFoundError: there is none, or it is not of a site that may be seen.
    """
    row = await get(session, table, object_id, site_ids=site_ids)
    return row, await session.get_one(Site, row.site_id)


async def every(session: AsyncSession, table: type[Keyed], *, site_ids: SiteIds) -> Sequence[Keyed]:
    """Return all objects of the sites that may be seen, in order of their ids."""
    query = select(table).order_by(table.id)
    return (await session.scalars(query if site_ids is None else query.where(table.site_id.in_(site_ids)))).all()


async def find(
    session: AsyncSession,
    table: type[Owned],
    *conditions: ColumnElement[bool],
    site_ids: SiteIds,
    site_id: int | None = None,
    equal: Mapping[str, Any] | None = None,
    search: str | None = None,
    after: int | None = None,
    limit: int = 100,
    newest_first: bool = False,
) -> tuple[Sequence[Owned], int | None]:
    """Return objects and the position to go on from, None at the end.

    Args:
        session: reads.
        table: which objects.
        *conditions: further ones.
        site_ids: sites that may be seen.
        site_id: only of this one.
        equal: columns and their values; values of None do not matter.
        search: a part of the key or the name, in any case.
        after: position that the call before returned.
        limit: at most so many.
        newest_first: from the highest id down.
    """
    query: Select[Owned] = select(table).where(*conditions)
    if site_ids is not None:
        query = query.where(table.site_id.in_(site_ids))
    if site_id is not None:
        query = query.where(table.site_id == site_id)
    for column, value in (equal or {}).items():
        if value is not None:
            query = query.where(getattr(table, column) == value)
    if search:
        query = query.where(matches(table, search))
    return await keyset(session, query, table.id, after=after, limit=limit, newest_first=newest_first)


async def add(session: AsyncSession, row: Owned) -> Owned:
    """Add an object and give it its id.

    Raises:
        NotFoundError: there is no such site.
        ConflictError: the site has another one with this key.
    """
    if await session.get(Site, row.site_id) is None:
        raise NotFoundError(f"there is no site {row.site_id}")
    await require_free_key(session, row)
    session.add(row)
    await session.flush()
    return row


async def change(session: AsyncSession, row: Owned, values: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Set columns and return what has changed: {column: [old, new]}.

    Raises:
        ConflictError: the site has another one with the new key, or somebody else has changed this one meanwhile.
    """
    changed = {name: [getattr(row, name), value] for name, value in values.items() if getattr(row, name) != value}
    for name, (_, value) in changed.items():
        setattr(row, name, value)
    if "key" in changed:
        with session.no_autoflush:
            await require_free_key(session, row)
    await session.flush()
    return changed


async def require_free_key(session: AsyncSession, row: Owned) -> None:
    """Refuse a key that another object of the site has; the unique constraint says it in the database's words.

    Raises:
        ConflictError: it is taken.
    """
    if isinstance(row, Playbook | Alert):
        return
    table = type(row)
    taken = select(table.id).where(table.site_id == row.site_id, table.key == row.key)
    if row.id is not None:
        taken = taken.where(table.id != row.id)
    if await session.scalar(taken) is not None:
        raise ConflictError(f"site {row.site_id} already has a {noun(table)} with the key {row.key!r}; keys are unique")


async def of_site(session: AsyncSession, table: type[Keyed], site_id: int) -> dict[str, Keyed]:
    """Return all objects of a site by key."""
    rows = await session.scalars(select(table).where(table.site_id == site_id).order_by(table.id))
    return {row.key: row for row in rows}


async def playbooks_of(session: AsyncSession, site_id: int) -> Sequence[Playbook]:
    """Return all playbooks of a site."""
    query = select(Playbook).where(Playbook.site_id == site_id).order_by(Playbook.id)
    return (await session.scalars(query)).all()


def matches(table: Any, search: str) -> ColumnElement[bool]:
    """Return the condition that the key or the name contains a text, in any case."""
    columns = [getattr(table, name) for name in ("key", "name") if hasattr(table, name)]
    found: ColumnElement[bool] = columns[0].icontains(search, autoescape=True)
    for column in columns[1:]:
        found = found | column.icontains(search, autoescape=True)
    return found


def noun(table: type[Any]) -> str:
    """Return what an object of a table is called."""
    return table.__name__.lower()
