"""The way in and out as CrowdSafe has it: tokens in the answer, and a browser's log-in in an HttpOnly cookie."""

from typing import Annotated

from fastapi import Depends, Request, Response

from throng.server.api.auth_programs import refresh_access_token
from throng.server.api.auth_schemas import RefreshRequest
from throng.server.audit_trail import noted
from throng.server.auth.access import needs
from throng.server.auth.access_tokens import LIFE
from throng.server.auth.cookies import clear_login_cookie, login_cookie, set_login_cookie
from throng.server.auth.identify import refuse_foreign_page
from throng.server.auth.log_in import Given, acting, check_log_in, let_in, open_login, open_tokens
from throng.server.auth.principal import Principal
from throng.server.compat.crowdsafe_people_schemas import (
    LoginAnswer,
    LoginBody,
    LogoutBody,
    RefreshBody,
    TokenAnswer,
    UserBody,
)
from throng.server.compat.crowdsafe_schemas import Message
from throng.server.compat.router import SlashRouter
from throng.server.context import Ctx
from throng.store import logins, tokens, users
from throng.store.secret_box import hashed
from throng.store.tables import Role, User

routes = SlashRouter(stem="crowdsafe", tags=["compat: crowdsafe"])

Anybody = Annotated[Principal, Depends(needs(Role.VIEWER, even_if_due=True))]


def user_body(user: User, role: str | None = None) -> UserBody:
    """Return a user as CrowdSafe shows one; `role` is what the caller may do, where that is less."""
    return UserBody(
        id=str(user.id), username=user.username, email=user.email, full_name=user.name, role=role or user.role,
        is_active=user.is_active, created_at=user.created_at, last_login=user.last_login_at,
    )  # fmt: skip


@routes.post("/api/auth/login")
async def log_in(body: LoginBody, context: Ctx, request: Request, response: Response) -> LoginAnswer:
    """Log in: the answer has tokens for programs and sets the cookie of browsers."""
    refuse_foreign_page(request, context)
    given = Given(body.username, body.password.get_secret_value(), body.totp)
    verified = await check_log_in(request, context, given)
    async with context.database.write() as session:
        user = await let_in(session, context, verified)
        access, refresh = await open_tokens(session, context, user)
        login, value = await open_login(session, request, context, user)
        await noted(session, request, acting(user), "login.open", "user", user.id)
    proxies = context.settings.trusted_proxies
    set_login_cookie(response, request, value, trusted_proxies=proxies, life=context.auth.longest)
    return LoginAnswer(
        access_token=access, refresh_token=refresh, expires_in=int(LIFE.total_seconds()), user=user_body(user),
        csrf_token=login.csrf_token,
    )  # fmt: skip


@routes.post("/api/auth/refresh")
async def refresh(body: RefreshBody, context: Ctx, request: Request) -> TokenAnswer:
    """Give the next tokens; the refresh token is used up."""
    fresh = await refresh_access_token(RefreshRequest(refresh_token=body.refresh_token), context, request)
    return TokenAnswer(
        access_token=fresh.access_token, refresh_token=fresh.refresh_token, expires_in=fresh.expires_in
    )  # fmt: skip


@routes.post("/api/auth/logout")
async def log_out(
    context: Ctx, request: Request, response: Response, somebody: Anybody, body: LogoutBody | None = None
) -> Message:
    """End the browser's log-in, and the refresh token that is sent along; an access token is over in ten minutes."""
    proxies = context.settings.trusted_proxies
    value = login_cookie(request, proxies)
    async with context.database.write() as session:
        if value:
            await logins.end(session, somebody.id, [hashed(value)])
        sent = None if body is None or body.refresh_token is None else hashed(body.refresh_token)
        token = None if sent is None else await tokens.refresh_token(session, sent)
        if token is not None and token.user_id == somebody.id:
            await tokens.end_family(session, token.family)
        await noted(session, request, somebody, "login.close", "user", somebody.id)
    context.auth.known.forget()
    clear_login_cookie(response, request, proxies)
    return Message(message="logged out")


@routes.get("/api/auth/me")
async def me(context: Ctx, somebody: Anybody) -> UserBody:
    """Show who the caller is."""
    async with context.database.read() as session:
        return user_body(await users.get(session, somebody.id), somebody.role.value)
