"""The user of somebody whom a provider has let in: found by their subject, never by their name, or made."""

import re

from sqlalchemy.ext.asyncio import AsyncSession

from throng.server.auth.oidc import Somebody
from throng.server.auth.people import keep_an_administrator
from throng.server.problems import Problem
from throng.store import users
from throng.store.tables import User

LONGEST_NAME = 80


async def user_of(session: AsyncSession, somebody: Somebody, *, all_sites: bool) -> tuple[User, bool]:
    """Return the user of somebody, with the role that the provider gives them now, and whether they are new.

    Args:
        session: writes.
        somebody: as the provider says.
        all_sites: whether a new user may see all sites.

    Raises:
        Problem: 403, they are disabled here; 409, there is no administrator yet, or this would take away the last one.
    """
    await users.lock_people(session)
    if not await users.any_user(session):
        raise Problem(409, "this server has not been set up; create the first administrator with the set-up code")
    user = await users.by_subject(session, somebody.subject)
    if user is None:
        user = User(
            username=await _free_name(session, somebody.username), name=somebody.name, email=somebody.email,
            role=somebody.role.value, all_sites=all_sites, oidc_subject=somebody.subject,
        )  # fmt: skip
        session.add(user)
        await session.flush()
        return user, True
    if not user.is_active:
        raise Problem(403, "your account is disabled here; ask an administrator")
    was_administrator = users.is_administrator(user)
    user.role = somebody.role.value
    user.name, user.email = somebody.name or user.name, somebody.email or user.email
    await session.flush()
    if was_administrator and not users.is_administrator(user):
        await keep_an_administrator(session)
    return user, False


async def _free_name(session: AsyncSession, wanted: str) -> str:
    plain = re.sub(r"[^a-z0-9._@-]", "-", wanted.lower()).strip("-._@")[:LONGEST_NAME] or "user"
    name, number = plain, 1
    while await users.by_username(session, name) is not None:
        number += 1
        name = f"{plain}-{number}"
    return name
