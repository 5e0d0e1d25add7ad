"""What both doors need of rows: all of them at once, keys for new ones, and no entity tags."""

import re

from fastapi import Response
from sqlalchemy.ext.asyncio import AsyncSession

from throng.server.api.etags import Tags
from throng.server.api.objects import Call
from throng.server.problems import Problem
from throng.store import site_objects, sites
from throng.store.site_objects import Keyed, Owned, SiteIds

PAGE = 500


async def every(
    session: AsyncSession, table: type[Owned], *, site_ids: SiteIds, site_id: int | None = None
) -> list[Owned]:
    """Return all objects of a kind that may be seen; the clients of the doors know no pages."""
    found: list[Owned] = []
    after: int | None = None
    while True:
        rows, after = await site_objects.find(
            session, table, site_ids=site_ids, site_id=site_id, after=after, limit=PAGE
        )
        found += rows
        if after is None:
            return found


def any_version() -> Tags:
    """Return the conditions of somebody who knows no entity tags: none."""
    return Tags(Response(), if_match=None, if_none_match=None)


async def site_for_new(call: Call, wanted: int | None) -> int:
    """Return the site of a new object: the one that is named, or the only one that the caller sees.

    Raises:
        NotFoundError: the named one is not theirs.
        Problem: 422, none is named and they see none or several.
    """
    if wanted is not None:
        call.principal.require_site(wanted, f"site {wanted}")
        return wanted
    async with call.context.database.read() as session:
        rows, _ = await sites.find(session, site_ids=call.principal.site_ids, limit=2)
    if len(rows) != 1:
        raise Problem(422, f"site_id: you see {'several sites' if rows else 'no site'}; name one of yours")
    return rows[0].id


async def free_key(call: Call, table: type[Keyed], site_id: int, name: str) -> str:
    """Return a key, made of a name, that no object of a site has yet."""
    stem = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:50] or table.__name__.lower()
    async with call.context.database.read() as session:
        taken = await site_objects.of_site(session, table, site_id)
    keys = (stem if n == 1 else f"{stem}-{n}" for n in range(1, len(taken) + 2))
    return next(key for key in keys if key not in taken)
