"""Finds out who sent a request: by API token or edge token in `Authorization: Bearer`."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import HTTPConnection

from throng.server.auth.principal import RANK, Principal
from throng.server.context import Context
from throng.store.secret_box import hashed
from throng.store.tables import ApiToken, Edge, Role, User, user_sites

API_TOKEN_PREFIX = "thr_"  # noqa: S105
EDGE_TOKEN_PREFIX = "edge_"  # noqa: S105


async def identify(connection: HTTPConnection, context: Context) -> Principal | None:
    """Return who sent a request; None for nobody known."""
    scheme, _, token = connection.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        return None
    async with context.database.read() as session:
        if token.startswith(EDGE_TOKEN_PREFIX):
            return await _edge(session, token)
        return await _api_token(session, token, context)


async def _edge(session: AsyncSession, token: str) -> Principal | None:
    edge = await session.scalar(select(Edge).where(Edge.token_hash == hashed(token)))
    return None if edge is None else Principal("edge", edge.id, edge.key, Role.EDGE, frozenset({edge.site_id}))


async def _api_token(session: AsyncSession, token: str, context: Context) -> Principal | None:
    found = (
        await session.execute(
            select(ApiToken, User).join(User, User.id == ApiToken.user_id).where(ApiToken.token_hash == hashed(token))
        )
    ).one_or_none()
    if found is None:
        return None
    row, user = found
    now = context.clock.now()
    if not user.is_active or row.revoked_at is not None or (row.expires_at is not None and row.expires_at <= now):
        return None
    role = min(Role(row.role), Role(user.role), key=RANK.__getitem__)
    sites = (
        None
        if user.all_sites
        else frozenset(
            (await session.scalars(select(user_sites.c.site_id).where(user_sites.c.user_id == user.id))).all()
        )
    )
    if row.site_ids is not None:
        sites = frozenset(row.site_ids) if sites is None else sites & frozenset(row.site_ids)
    return Principal("token", user.id, f"{user.username} ({row.name})", role, sites)
