"""Finds out who sent a request: by a browser's cookie, or by a token in `Authorization: Bearer`.

Unknown, wrong, expired and revoked credentials look the same to whoever sends them. Credentials are looked up by their
SHA-256, so the time of the comparison says nothing about the stored one.
"""

import hmac
import logging
from datetime import timedelta
from urllib.parse import urlsplit

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import HTTPConnection

from throng.server.auth.access_tokens import generation
from throng.server.auth.cookies import login_cookie
from throng.server.auth.principal import RANK, Due, Principal
from throng.server.auth.service import Known
from throng.server.context import Context
from throng.server.guard import origin_allowed
from throng.server.problems import Problem
from throng.store import logins, tokens, users
from throng.store.errors import StoreError
from throng.store.secret_box import hashed
from throng.store.tables import Role, User

API_TOKEN_PREFIX = "thr_"  # noqa: S105
EDGE_TOKEN_PREFIX = "edge_"  # noqa: S105

CSRF_HEADER = "X-CSRF-Token"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
USE_NOTED_EVERY = timedelta(minutes=1)

log = logging.getLogger(__name__)


async def identify(connection: HTTPConnection, context: Context) -> Principal | None:
    """Return who sent a request; None for nobody known.

    Raises:
        Problem: 403, a page that is not ours used somebody's cookie to change something.
    """
    known = await known_of(connection, context)
    return None if known is None else known.principal


async def still_allowed(connection: HTTPConnection, context: Context, *, token: str | None = None) -> Principal | None:
    """Return who opened a connection that has been open for long, by what is true now; None when they must go.

    Args:
        connection: as it was opened.
        context: of the server.
        token: what the caller has sent since in place of a token that is over by now.
    """
    if token is not None:
        known = await _look_up(token, context, is_cookie=False)
    else:
        known = await known_of(connection, context, fresh=True)
    return None if known is None else known.principal


async def known_of(connection: HTTPConnection, context: Context, *, fresh: bool = False) -> Known | None:
    """Return who sent a request and how they showed it.

    Args:
        connection: the request or WebSocket.
        context: of the server.
        fresh: ask the database even if it was asked a moment ago.

    Raises:
        Problem: 403, as for `identify`.
    """
    credential, is_cookie = _credential(connection, context)
    if not credential:
        return None
    key = hashed(("cookie " if is_cookie else "bearer ") + credential)
    cache = context.auth.known
    known = None if fresh else cache.get(key, now=context.clock.now())
    if known is None:
        began = cache.generation
        known = await _look_up(credential, context, is_cookie=is_cookie)
        if known is None:
            return None
        cache.put(key, known, now=context.clock.now(), generation=began)
    if is_cookie:
        _refuse_forgery(connection, context, known)
    return known


def refuse_foreign_page(connection: HTTPConnection, context: Context) -> None:
    """Refuse a request that a browser sends for a page of another site.

    Raises:
        Problem: 403.
    """
    headers = connection.headers
    if headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
        raise _forged("it comes from a page of another site")
    ours = {headers.get("host", ""), urlsplit(context.settings.public_url or "").netloc} - {""}
    if not any(origin_allowed(headers.get("origin"), host) for host in ours):
        raise _forged("its Origin is not this server")


def _refuse_forgery(connection: HTTPConnection, context: Context, known: Known) -> None:
    if connection.scope["type"] != "http" or connection.scope["method"] in SAFE_METHODS:
        return
    refuse_foreign_page(connection, context)
    given = connection.headers.get(CSRF_HEADER, "")
    if not hmac.compare_digest(given.encode(), (known.csrf_token or "").encode()):
        raise _forged(f"the header {CSRF_HEADER} must be the csrf_token that GET /api/v1/auth/me says")


def _forged(why: str) -> Problem:
    return Problem(403, f"this change was not made by our page: {why}", kind="csrf")


def _credential(connection: HTTPConnection, context: Context) -> tuple[str, bool]:
    """Return what somebody sent, and whether it is a cookie. A header goes before a cookie, even a wrong one."""
    header = connection.headers.get("authorization")
    if header is not None:
        scheme, _, token = header.partition(" ")
        return (token.strip(), False) if scheme.lower() == "bearer" else ("", False)
    if connection.scope["type"] == "websocket" and (token := connection.query_params.get("token", "")):
        return token, False
    return login_cookie(connection, context.settings.trusted_proxies) or "", True


async def _look_up(credential: str, context: Context, *, is_cookie: bool) -> Known | None:
    async with context.database.read() as session:
        if is_cookie:
            known, stale = await _browser(session, hashed(credential), context)
        elif credential.startswith(EDGE_TOKEN_PREFIX):
            return await _edge(session, hashed(credential))
        elif credential.startswith(API_TOKEN_PREFIX):
            known, stale = await _api_token(session, hashed(credential), context)
        else:
            return await _access_token(session, credential, context)
    if known is not None and stale is not None:
        await _note_use(context, known, stale)
    return known


async def _browser(session: AsyncSession, login_id: str, context: Context) -> tuple[Known | None, str | None]:
    found = await logins.find(session, login_id)
    if found is None:
        return None, None
    login, user = found
    now = context.clock.now()
    over = login.expires_at <= now or login.last_seen_at + context.auth.idle <= now
    if over or not user.is_active:
        return None, None
    until = min(login.expires_at, login.last_seen_at + context.auth.idle)
    known = Known(await person_of(session, user), "cookie", login.id, login.csrf_token, until)
    return known, login.id if login.last_seen_at + USE_NOTED_EVERY <= now else None


async def _access_token(session: AsyncSession, token: str, context: Context) -> Known | None:
    claims = context.auth.access_tokens.read(token, now=context.clock.now())
    user = None if claims is None else await session.get(User, claims.user_id)
    if claims is None or user is None or not user.is_active or generation(user.signed_out_at) != claims.generation:
        return None
    return Known(await person_of(session, user), "access", until=claims.expires_at)


async def _edge(session: AsyncSession, token_hash: str) -> Known | None:
    edge = await tokens.edge_of(session, token_hash)
    if edge is None:
        return None
    return Known(Principal("edge", edge.id, edge.key, Role.EDGE, frozenset({edge.site_id})), "edge")


async def _api_token(session: AsyncSession, token_hash: str, context: Context) -> tuple[Known | None, str | None]:
    found = await tokens.api_token_of(session, token_hash)
    if found is None:
        return None, None
    row, user = found
    now = context.clock.now()
    if not user.is_active or row.revoked_at is not None or (row.expires_at is not None and row.expires_at <= now):
        return None, None
    role = min(Role(row.role), Role(user.role), key=RANK.__getitem__)
    sites = await _sites(session, user)
    if row.site_ids is not None:
        sites = frozenset(row.site_ids) if sites is None else sites & frozenset(row.site_ids)
    principal = Principal("token", user.id, f"{user.username} ({row.name})", role, sites)
    stale = row.last_used_at is None or row.last_used_at + USE_NOTED_EVERY <= now
    return Known(principal, "api", until=row.expires_at), str(row.id) if stale else None


async def person_of(session: AsyncSession, user: User) -> Principal:
    """Return a user as somebody who has logged in."""
    return Principal(
        "user", user.id, user.username, Role(user.role), await _sites(session, user), await _due(session, user)
    )  # fmt: skip


async def _sites(session: AsyncSession, user: User) -> frozenset[int] | None:
    return None if user.all_sites else await users.sites_of(session, user.id)


async def _due(session: AsyncSession, user: User) -> Due | None:
    if user.must_change_password:
        return "password"
    if user.totp_since is None and user.password_hash is not None:
        return "second-factor" if user.role in await users.roles_with_second_factor(session) else None
    return None


async def _note_use(context: Context, known: Known, row_id: str) -> None:
    """Say in the database that a log-in or token is in use; whoever uses it is let in even when that fails."""
    now = context.clock.now()
    try:
        async with context.database.write() as session:
            if known.how == "cookie":
                await logins.seen(session, row_id, at=now)
            else:
                await tokens.used(session, int(row_id), at=now)
    except StoreError as error:
        log.warning("the last use of a %s could not be kept: %s", known.how, error)
