"""Routes of auth: the way in and out for browsers, and what people may change of themselves."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request, Response

from throng.server.api import auth_oidc, auth_programs, auth_setup, auth_totp
from throng.server.api.auth_schemas import LoginRequest, LoginShown, Me, PasswordChange, ProfileChange
from throng.server.api.me import login_shown, me
from throng.server.audit_trail import noted
from throng.server.auth.access import Newcomer, needs
from throng.server.auth.cookies import clear_login_cookie, set_login_cookie
from throng.server.auth.identify import known_of, refuse_foreign_page
from throng.server.auth.log_in import Given, acting, check_log_in, check_own_password, let_in, open_login
from throng.server.auth.passwords import check_password, weak
from throng.server.auth.principal import Principal
from throng.server.context import Ctx
from throng.store import logins, users
from throng.store.errors import NotFoundError
from throng.store.tables import Role

routes = APIRouter(prefix="/api/v1", tags=["auth"])
routes.include_router(auth_setup.routes)
routes.include_router(auth_programs.routes)
routes.include_router(auth_totp.routes)
routes.include_router(auth_oidc.routes)

Anybody = Annotated[Principal, Depends(needs(Role.VIEWER, even_if_due=True))]


@routes.post("/auth/login", operation_id="log_in")
async def log_in(body: LoginRequest, context: Ctx, request: Request, response: Response) -> Me:
    """Log in with a browser: the answer sets a cookie, and its `csrf_token` goes with every change."""
    refuse_foreign_page(request, context)
    given = Given(body.username, body.password.get_secret_value(), body.totp)
    verified = await check_log_in(request, context, given)
    async with context.database.write() as session:
        user = await let_in(session, context, verified)
        login, value = await open_login(session, request, context, user)
        await noted(session, request, acting(user), "login.open", "user", user.id)
    proxies = context.settings.trusted_proxies
    set_login_cookie(response, request, value, trusted_proxies=proxies, life=context.auth.longest)
    return await me(context, user.id, csrf_token=login.csrf_token)


@routes.post("/auth/logout", operation_id="log_out", status_code=204)
async def log_out(context: Ctx, request: Request, response: Response, person: Newcomer) -> None:
    """End the browser's log-in. Programs revoke their refresh token instead."""
    known = await known_of(request, context)
    async with context.database.write() as session:
        if known is not None and known.login_id is not None:
            await logins.end(session, person.id, [known.login_id])
        await noted(session, request, person, "login.close", "user", person.id)
    context.auth.known.forget()
    clear_login_cookie(response, request, context.settings.trusted_proxies)


@routes.get("/auth/me", operation_id="get_me")
async def get_me(context: Ctx, request: Request, somebody: Anybody) -> Me:
    """Show who the caller is and what they may do."""
    known = await known_of(request, context)
    return await me(context, somebody.id, principal=somebody, csrf_token=known.csrf_token if known else None)


@routes.patch("/auth/me", operation_id="update_me")
async def update_me(body: ProfileChange, context: Ctx, request: Request, person: Newcomer) -> Me:
    """Change one's own name and e-mail address."""
    changes = body.model_dump(exclude_none=True)
    async with context.database.write() as session:
        user = await users.get(session, person.id)
        for column, value in changes.items():
            setattr(user, column, value)
        await noted(session, request, person, "user.update", "user", user.id, changed=sorted(changes))
    known = await known_of(request, context)
    return await me(context, person.id, principal=person, csrf_token=known.csrf_token if known else None)


@routes.post("/auth/password", operation_id="change_password")
async def change_password(
    body: PasswordChange, context: Ctx, request: Request, response: Response, person: Newcomer
) -> Me:
    """Set a new password. Everything that was logged in ends; the browser that asks is logged in anew."""
    old, new = body.current_password.get_secret_value(), body.new_password.get_secret_value()
    user = await check_own_password(request, context, person.id, old)
    check_password(new, username=user.username)
    if new == old:
        raise weak("it is the present one")
    new_hash = await context.auth.passwords.hash(new)
    known = await known_of(request, context)
    async with context.database.write() as session:
        await logins.end_everything(session, user.id, at=context.clock.now(), api_tokens=not body.keep_api_tokens)
        user = await users.get(session, user.id)
        user.password_hash, user.must_change_password = new_hash, False
        login = None
        if known is not None and known.login_id is not None:
            login, value = await open_login(session, request, context, user)
            proxies = context.settings.trusted_proxies
            set_login_cookie(response, request, value, trusted_proxies=proxies, life=context.auth.longest)
        await noted(
            session, request, person, "password.change", "user", user.id, api_tokens_kept=body.keep_api_tokens
        )  # fmt: skip
    context.auth.known.forget()
    return await me(context, user.id, csrf_token=None if login is None else login.csrf_token)


@routes.get("/auth/logins", operation_id="list_my_logins")
async def list_my_logins(context: Ctx, request: Request, person: Newcomer) -> list[LoginShown]:
    """List the browsers in which one is logged in, the newest first."""
    known = await known_of(request, context)
    current = None if known is None else known.login_id
    now = context.clock.now()
    async with context.database.read() as session:
        rows = await logins.of_user(session, person.id)
    alive = [row for row in rows if row.expires_at > now and row.last_seen_at + context.auth.idle > now]
    return [login_shown(row, current=current) for row in alive]


@routes.delete("/auth/logins", operation_id="end_my_other_logins", status_code=204)
async def end_my_other_logins(context: Ctx, request: Request, person: Newcomer) -> None:
    """Log out everywhere but here."""
    known = await known_of(request, context)
    async with context.database.write() as session:
        rows = await logins.of_user(session, person.id)
        others = [row.id for row in rows if known is None or row.id != known.login_id]
        await logins.end(session, person.id, others)
        await noted(session, request, person, "login.end-others", "user", person.id, ended=len(others))
    context.auth.known.forget()


@routes.delete("/auth/logins/{login_id}", operation_id="end_my_login", status_code=204)
async def end_my_login(
    login_id: Annotated[str, Path(pattern="^[0-9a-f]{16}$")], context: Ctx, request: Request, person: Newcomer
) -> None:
    """Log out of one browser."""
    async with context.database.write() as session:
        rows = await logins.of_user(session, person.id)
        found = [row.id for row in rows if row.id.startswith(login_id)]
        if not found:
            raise NotFoundError(f"there is no log-in {login_id}")
        await logins.end(session, person.id, found)
        await noted(session, request, person, "login.end", "user", person.id, login=login_id)
    context.auth.known.forget()
