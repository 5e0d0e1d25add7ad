"""Sites and their plans."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from throng.store.errors import ConflictError, NotFoundError
from throng.store.paging import keyset
from throng.store.site_objects import SiteIds, matches
from throng.store.tables import Site, SitePlan


async def get(session: AsyncSession, site_id: int, *, site_ids: SiteIds) -> Site:
    """Return a site.

    Raises:
        NotFoundError: there is none, or it may not be seen.
    """
    site = None if site_ids is not None and site_id not in site_ids else await session.get(Site, site_id)
    if site is None:
        raise NotFoundError(f"there is no site {site_id}")
    return site


async def by_key(session: AsyncSession, key: str) -> Site | None:
    """Return the site with a key."""
    return await session.scalar(select(Site).where(Site.key == key))


async def every(session: AsyncSession) -> Sequence[Site]:
    """Return all sites in the order of their keys."""
    return (await session.scalars(select(Site).order_by(Site.key))).all()


async def find(
    session: AsyncSession,
    *,
    site_ids: SiteIds,
    key: str | None = None,
    search: str | None = None,
    after: int | None = None,
    limit: int = 100,
) -> tuple[Sequence[Site], int | None]:
    """Return sites and the position to go on from, None at the end; the arguments are those of `site_objects.find`."""
    query: Select[Site] = select(Site)
    if site_ids is not None:
        query = query.where(Site.id.in_(site_ids))
    if key is not None:
        query = query.where(Site.key == key)
    if search:
        query = query.where(matches(Site, search))
    return await keyset(session, query, Site.id, after=after, limit=limit)


async def add(session: AsyncSession, site: Site) -> Site:
    """Add a site and give it its id.

    Raises:
        ConflictError: another site has this key.
    """
    await _require_free_key(session, site.key, but=None)
    session.add(site)
    await session.flush()
    return site


async def change(session: AsyncSession, site: Site, values: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Set columns and return what has changed: {column: [old, new]}.

    Raises:
        ConflictError: another site has the new key, or somebody else has changed this one meanwhile.
    """
    changed = {name: [getattr(site, name), value] for name, value in values.items() if getattr(site, name) != value}
    if "key" in changed:
        await _require_free_key(session, values["key"], but=site.id)
    for name, (_, value) in changed.items():
        setattr(site, name, value)
    await session.flush()
    return changed


async def plan(session: AsyncSession, site_id: int) -> SitePlan:
    """Return the plan of a site.

    Raises:
        NotFoundError: it has none.
    """
    found = await session.get(SitePlan, site_id)
    if found is None:
        raise NotFoundError(f"site {site_id} has no plan")
    return found


async def set_plan(session: AsyncSession, plan: SitePlan) -> None:
    """Keep the plan of a site in place of the one before."""
    await session.merge(plan)
    await session.flush()


async def _require_free_key(session: AsyncSession, key: str, *, but: int | None) -> None:
    other = await session.scalar(select(Site.id).where(Site.key == key))
    if other is not None and other != but:
        raise ConflictError(f"there is another site with the key {key!r}; keys are unique")
