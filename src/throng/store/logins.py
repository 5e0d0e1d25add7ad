"""Log-ins of browsers, and the end of everything that speaks for a user."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from throng.store import users
from throng.store.tables import ApiToken, Login, RefreshToken, User

MOST_PER_USER = 50
"""A user's oldest log-ins end beyond this."""


async def find(session: AsyncSession, login_id: str) -> tuple[Login, User] | None:
    """Return a log-in and whose it is."""
    query = select(Login, User).join(User, User.id == Login.user_id).where(Login.id == login_id)
    row = (await session.execute(query)).one_or_none()
    return None if row is None else (row[0], row[1])


async def of_user(session: AsyncSession, user_id: int) -> Sequence[Login]:
    """Return the log-ins of a user, the newest first."""
    query = select(Login).where(Login.user_id == user_id).order_by(Login.created_at.desc(), Login.id)
    return (await session.scalars(query)).all()


async def add(session: AsyncSession, login: Login) -> None:
    """Keep a new log-in, and end those that are over or too many."""
    await session.execute(delete(Login).where(Login.user_id == login.user_id, Login.expires_at <= login.created_at))
    others = [row.id for row in await of_user(session, login.user_id)][MOST_PER_USER - 1 :]
    await session.execute(delete(Login).where(Login.id.in_(others)))
    session.add(login)


async def seen(session: AsyncSession, login_id: str, *, at: datetime) -> None:
    """Say that a log-in was used."""
    await session.execute(update(Login).where(Login.id == login_id).values(last_seen_at=at))


async def end(session: AsyncSession, user_id: int, login_ids: Sequence[str]) -> int:
    """End log-ins of a user and return how many there were."""
    ended = await session.scalars(
        delete(Login).where(Login.user_id == user_id, Login.id.in_(login_ids)).returning(Login.id)
    )
    return len(ended.all())


async def end_everything(session: AsyncSession, user_id: int, *, at: datetime, api_tokens: bool = True) -> None:
    """End all log-ins, access tokens and refresh tokens of a user.

    Args:
        session: writes.
        user_id: whose.
        at: when; access tokens from before it are no longer valid.
        api_tokens: whether personal API tokens end as well.
    """
    await users.note(session, user_id, signed_out_at=at)  # first, so that whoever lets them in just now has finished
    await session.execute(delete(Login).where(Login.user_id == user_id))
    await session.execute(delete(RefreshToken).where(RefreshToken.user_id == user_id))
    if api_tokens:
        await session.execute(
            update(ApiToken).where(ApiToken.user_id == user_id, ApiToken.revoked_at.is_(None)).values(revoked_at=at)
        )


async def purge(session: AsyncSession, *, now: datetime, idle: timedelta) -> None:
    """Remove log-ins and refresh tokens that are over."""
    await session.execute(delete(Login).where((Login.expires_at <= now) | (Login.last_seen_at <= now - idle)))
    await session.execute(delete(RefreshToken).where(RefreshToken.expires_at <= now))
