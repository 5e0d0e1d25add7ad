"""Users: who they are, which sites are theirs, and what the server remembers of their log-ins."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, exists, func, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from throng.store.errors import NotFoundError
from throng.store.paging import keyset
from throng.store.tables import Role, Setting, Site, User, user_sites

PEOPLE_LOCK = 0x7468726F6E67
"""Number of PostgreSQL's advisory lock for changes of who administers."""

REQUIRE_TOTP = "require_totp"
"""Key of the setting that lists the roles that need a second factor."""


async def lock_people(session: AsyncSession) -> None:
    """Wait until no other transaction changes who administers; on SQLite writers take turns anyway."""
    if session.get_bind().dialect.name == "postgresql":
        await session.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": PEOPLE_LOCK})


async def any_user(session: AsyncSession) -> bool:
    """Whether there is a user at all."""
    return await session.scalar(select(User.id).limit(1)) is not None


async def get(session: AsyncSession, user_id: int) -> User:
    """Return a user.

    Raises:
        NotFoundError: there is none of this id.
    """
    user = await session.get(User, user_id)
    if user is None:
        raise NotFoundError(f"there is no user {user_id}")
    return user


async def by_username(session: AsyncSession, username: str) -> User | None:
    """Return the user of a name, which is in lower case."""
    found: User | None = await session.scalar(select(User).where(User.username == username))
    return found


async def by_subject(session: AsyncSession, subject: str) -> User | None:
    """Return the user of a provider's subject."""
    found: User | None = await session.scalar(select(User).where(User.oidc_subject == subject))
    return found


async def find(
    session: AsyncSession, *, site_ids: frozenset[int] | None, after: int | None, limit: int
) -> tuple[Sequence[User], int | None]:
    """Return a page of users, and the position to go on from.

    Args:
        session: reads.
        site_ids: only users who have some of these sites and no other; None for everybody.
        after: position that the page before returned.
        limit: rows per page.
    """
    query = select(User)
    if site_ids is not None:
        theirs = select(user_sites.c.user_id).where(user_sites.c.user_id == User.id)
        within = theirs.where(user_sites.c.site_id.in_(site_ids))
        beyond = theirs.where(user_sites.c.site_id.not_in(site_ids))
        query = query.where(User.all_sites.is_(False), exists(within), ~exists(beyond))
    return await keyset(session, query, User.id, after=after, limit=limit)


async def sites_of(session: AsyncSession, user_id: int) -> frozenset[int]:
    """Return the sites that were given to a user one by one."""
    found = await session.scalars(select(user_sites.c.site_id).where(user_sites.c.user_id == user_id))
    return frozenset(found.all())


async def sites_of_many(session: AsyncSession, user_ids: Iterable[int]) -> dict[int, list[int]]:
    """Return the sites of several users by the user's id, sorted."""
    sites: dict[int, list[int]] = {user_id: [] for user_id in user_ids}
    rows = await session.execute(
        select(user_sites.c.user_id, user_sites.c.site_id)
        .where(user_sites.c.user_id.in_(sites))
        .order_by(user_sites.c.site_id)
    )
    for user_id, site_id in rows:
        sites[user_id].append(site_id)
    return sites


async def give_sites(session: AsyncSession, user_id: int, site_ids: Collection[int]) -> None:
    """Let a user see exactly these sites.

    Raises:
        NotFoundError: one of them does not exist.
    """
    await require_sites(session, site_ids)
    await session.execute(delete(user_sites).where(user_sites.c.user_id == user_id))
    if site_ids:
        await session.execute(insert(user_sites), [{"user_id": user_id, "site_id": s} for s in sorted(set(site_ids))])


async def require_sites(session: AsyncSession, site_ids: Collection[int]) -> None:
    """Refuse sites that do not exist.

    Raises:
        NotFoundError: it names the first of them.
    """
    known = set((await session.scalars(select(Site.id).where(Site.id.in_(site_ids)))).all())
    if missing := set(site_ids) - known:
        raise NotFoundError(f"there is no site {min(missing)}")


async def administrators(session: AsyncSession) -> int:
    """Return how many active users administer all sites."""
    query = select(func.count()).where(User.role == Role.ADMIN.value, User.all_sites, User.is_active)
    return await session.scalar(query) or 0


def is_administrator(user: User) -> bool:
    """Whether a user administers all sites at present."""
    return user.is_active and user.all_sites and user.role == Role.ADMIN.value


async def roles_with_second_factor(session: AsyncSession) -> frozenset[str]:
    """Return the roles that must have a second factor."""
    value = await session.scalar(select(Setting.value).where(Setting.key == REQUIRE_TOTP))
    return frozenset(str(role) for role in value) if isinstance(value, list) else frozenset()


async def note_failure(session: AsyncSession, username: str) -> int | None:
    """Count a failed log-in and return how many there were since the last good one; None for an unknown name.

    The row's version stays: whoever edits the user meanwhile is not disturbed.
    """
    return await session.scalar(
        update(User)
        .where(User.username == username)
        .values(failed_logins=User.failed_logins + 1, updated_at=User.updated_at)
        .returning(User.failed_logins)
    )


async def note(session: AsyncSession, user_id: int, **columns: Any) -> None:
    """Set columns that the server keeps for itself, without a new version of the row."""
    await session.execute(
        update(User)
        .where(User.id == user_id)
        .values(updated_at=User.updated_at, **columns)
        .execution_options(synchronize_session=False)
    )


async def let_in(session: AsyncSession, user: User, *, at: datetime) -> bool:
    """Forget the failures before a good log-in; False when the user was signed out or disabled since they were read.

    The user cannot be signed out before the transaction ends.
    """
    await session.scalar(select(User.id).where(User.id == user.id).with_for_update())
    same = User.signed_out_at.is_(None) if user.signed_out_at is None else User.signed_out_at == user.signed_out_at
    found = await session.scalar(
        update(User)
        .where(User.id == user.id, User.is_active, same)
        .values(failed_logins=0, locked_until=None, last_login_at=at, updated_at=User.updated_at)
        .returning(User.id)
        .execution_options(synchronize_session=False)
    )
    return found is not None


async def held(session: AsyncSession, user_id: int) -> User | None:
    """Return a user who cannot be changed by others before the transaction ends."""
    return await session.get(User, user_id, with_for_update=True, populate_existing=True)


async def use_step(session: AsyncSession, user_id: int, step: int) -> bool:
    """Use the code of one time step; False when it, or a later one, was used before."""
    result = await session.execute(
        update(User)
        .where(User.id == user_id, (User.totp_last_step.is_(None)) | (User.totp_last_step < step))
        .values(totp_last_step=step, updated_at=User.updated_at)
        .returning(User.id)
        .execution_options(synchronize_session=False)
    )
    return result.scalar_one_or_none() is not None


async def use_recovery_code(session: AsyncSession, user_id: int, code_hash: str) -> bool:
    """Use a recovery code; False when it is none of the user's, or used."""
    hashes = await session.scalar(select(User.recovery_hashes).where(User.id == user_id).with_for_update())
    if not hashes or code_hash not in hashes:
        return False
    await note(session, user_id, recovery_hashes=[h for h in hashes if h != code_hash])
    return True
