"""Routes for programs that act for a user: an access token for ten minutes and a refresh token for the next one."""

from fastapi import APIRouter, Request
from starlette.requests import HTTPConnection

from throng.server.api.auth_schemas import RefreshRequest, TokenRequest, Tokens
from throng.server.audit_trail import noted
from throng.server.auth.access_tokens import LIFE
from throng.server.auth.address import client_address
from throng.server.auth.identify import refuse_foreign_page
from throng.server.auth.log_in import Given, acting, check_log_in, let_in, open_tokens
from throng.server.context import Context, Ctx
from throng.server.problems import Problem
from throng.store import tokens, users
from throng.store.secret_box import hashed

routes = APIRouter()


@routes.post("/auth/token", operation_id="create_access_token")
async def create_access_token(body: TokenRequest, context: Ctx, request: Request) -> Tokens:
    """Get tokens for a program by user name and password. A personal API token is simpler where one can be kept."""
    refuse_foreign_page(request, context)
    verified = await check_log_in(request, context, Given(body.username, body.password.get_secret_value(), body.totp))
    async with context.database.write() as session:
        user = await let_in(session, context, verified)
        access, refresh = await open_tokens(session, context, user)
        await noted(session, request, acting(user), "login.token", "user", user.id)
    return _shown(access, refresh)


@routes.post("/auth/refresh", operation_id="refresh_access_token")
async def refresh_access_token(body: RefreshRequest, context: Ctx, request: Request) -> Tokens:
    """Get the next tokens. The refresh token is used up; one that comes twice ends all that stem from it."""
    context.auth.limit_attempt(client_address(request, context.settings.trusted_proxies))
    fresh = await _rotated(body.refresh_token, context, request)
    if fresh is None:
        raise Problem(401, "this refresh token is not valid; log in again", kind="wrong-credentials")
    return _shown(*fresh)


@routes.post("/auth/revoke", operation_id="revoke_refresh_token", status_code=204)
async def revoke_refresh_token(body: RefreshRequest, context: Ctx, request: Request) -> None:
    """End a refresh token and all that stem from it, for example when a program is done."""
    context.auth.limit_attempt(client_address(request, context.settings.trusted_proxies))
    async with context.database.write() as session:
        token = await tokens.refresh_token(session, hashed(body.refresh_token))
        if token is not None:
            user = await users.get(session, token.user_id)
            await tokens.end_family(session, token.family)
            await noted(session, request, acting(user), "login.token-revoked", "user", user.id)


async def _rotated(value: str, context: Context, connection: HTTPConnection) -> tuple[str, str] | None:
    now = context.clock.now()
    async with context.database.write() as session:
        token = await tokens.refresh_token(session, hashed(value))
        user = None if token is None else await users.held(session, token.user_id)
        if token is None or user is None or not user.is_active or token.expires_at <= now:
            return None
        if not await tokens.use_refresh_token(session, token, at=now):
            await tokens.end_family(session, token.family)
            await noted(session, connection, None, "login.token-reused", "user", user.id)
            return None
        return await open_tokens(session, context, user, family=token.family)


def _shown(access: str, refresh: str) -> Tokens:
    return Tokens(access_token=access, expires_in=int(LIFE.total_seconds()), refresh_token=refresh)
