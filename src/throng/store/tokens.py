"""Tokens of programs: personal API tokens, refresh tokens, and those of edge boxes."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from throng.store.errors import ConflictError, NotFoundError
from throng.store.paging import keyset
from throng.store.tables import ApiToken, Edge, RefreshToken, User

MOST_PER_USER = 200


async def edge_of(session: AsyncSession, token_hash: str) -> Edge | None:
    """Return the edge box of a token."""
    found: Edge | None = await session.scalar(select(Edge).where(Edge.token_hash == token_hash))
    return found


async def api_token_of(session: AsyncSession, token_hash: str) -> tuple[ApiToken, User] | None:
    """Return an API token and its owner, whether or not it is still valid."""
    query = select(ApiToken, User).join(User, User.id == ApiToken.user_id).where(ApiToken.token_hash == token_hash)
    row = (await session.execute(query)).one_or_none()
    return None if row is None else (row[0], row[1])


async def get(session: AsyncSession, token_id: int) -> ApiToken:
    """Return an API token that was not revoked.

    Raises:
        NotFoundError: there is none of this id.
    """
    token = await session.get(ApiToken, token_id)
    if token is None or token.revoked_at is not None:
        raise NotFoundError(f"there is no token {token_id}")
    return token


async def find(
    session: AsyncSession, *, user_id: int, after: int | None, limit: int
) -> tuple[Sequence[ApiToken], int | None]:
    """Return a page of a user's API tokens that were not revoked, the newest first."""
    query = select(ApiToken).where(ApiToken.user_id == user_id, ApiToken.revoked_at.is_(None))
    return await keyset(session, query, ApiToken.id, after=after, limit=limit, newest_first=True)


async def add(session: AsyncSession, token: ApiToken) -> None:
    """Keep a new API token.

    Raises:
        ConflictError: its owner has too many.
    """
    query = select(func.count()).where(ApiToken.user_id == token.user_id, ApiToken.revoked_at.is_(None))
    if (await session.scalar(query) or 0) >= MOST_PER_USER:
        raise ConflictError(f"there are {MOST_PER_USER} tokens already; revoke those that are not used")
    session.add(token)
    await session.flush()


async def used(session: AsyncSession, token_id: int, *, at: datetime) -> None:
    """Say that an API token was used."""
    await session.execute(update(ApiToken).where(ApiToken.id == token_id).values(last_used_at=at))


async def refresh_token(session: AsyncSession, token_hash: str) -> RefreshToken | None:
    """Return a refresh token, whether or not it was used."""
    return await session.get(RefreshToken, token_hash)


async def use_refresh_token(session: AsyncSession, token: RefreshToken, *, at: datetime) -> bool:
    """Use a refresh token; False when it was used before, or is gone. Of uses at the same time one is first."""
    first = await session.scalar(
        update(RefreshToken)
        .where(RefreshToken.id == token.id, RefreshToken.used_at.is_(None))
        .values(used_at=at)
        .returning(RefreshToken.id)
        .execution_options(synchronize_session=False)
    )
    return first is not None


async def end_family(session: AsyncSession, family: str) -> None:
    """End all refresh tokens that stem from one log-in."""
    await session.execute(delete(RefreshToken).where(RefreshToken.family == family))
