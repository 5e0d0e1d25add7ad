"""Which administrator may change whom, and that somebody always administers everything."""

from collections.abc import Collection

from sqlalchemy.ext.asyncio import AsyncSession

from throng.server.auth.principal import RANK, Principal
from throng.server.problems import Problem
from throng.store import users
from throng.store.errors import NotFoundError
from throng.store.tables import Role, User


async def managed(session: AsyncSession, admin: Principal, user_id: int) -> User:
    """Return a user whom an administrator may change.

    An administrator of some sites manages those who have some of these sites and no other.

    Raises:
        NotFoundError: there is no such user for them.
    """
    user = await users.get(session, user_id)
    if admin.site_ids is not None:
        sites = await users.sites_of(session, user_id)
        if user.all_sites or not sites or not sites <= admin.site_ids:
            raise NotFoundError(f"there is no user {user_id}")
    return user


def may_give(giver: Principal, *, role: Role, all_sites: bool, site_ids: Collection[int] | None) -> None:
    """Refuse to give more than the giver has.

    Args:
        giver: who.
        role: to be given.
        all_sites: to be given.
        site_ids: to be given, where not all are.

    Raises:
        Problem: 403, it is above their own role or beyond their own sites.
        NotFoundError: a site is not theirs, so for them it does not exist.
    """
    if RANK[role] > RANK[giver.role]:
        raise Problem(403, f"your role is {giver.role}; you cannot give the role {role}")
    if giver.site_ids is None:
        return
    if all_sites:
        raise Problem(403, "your own sites are limited; name some of them in site_ids")
    if not site_ids:
        raise Problem(403, "your own sites are limited; give at least one of them in site_ids")
    for site_id in site_ids:
        giver.require_site(site_id, f"site {site_id}")


async def keep_an_administrator(session: AsyncSession) -> None:
    """Refuse a change after which nobody administers all sites; call it before the transaction ends.

    Raises:
        Problem: 409 of kind `last-administrator`.
    """
    await session.flush()
    if not await users.administrators(session):
        raise Problem(
            409, "this is the last active administrator of all sites; make somebody else one first",
            kind="last-administrator",
        )  # fmt: skip
