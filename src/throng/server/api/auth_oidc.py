"""Routes of the log-in by an OpenID Connect provider."""

import hmac
from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.requests import HTTPConnection
from starlette.responses import RedirectResponse, Response

from throng.server.audit_trail import noted
from throng.server.auth.address import client_address, is_secure
from throng.server.auth.cookies import set_login_cookie
from throng.server.auth.log_in import acting, open_login
from throng.server.auth.oidc import WAY_THERE, Journey, OidcProvider, Somebody, begin_journey, opened_journey
from throng.server.auth.single_sign_on import user_of
from throng.server.context import Context, Ctx
from throng.server.problems import Problem
from throng.store import users
from throng.store.errors import NotFoundError

routes = APIRouter()

CALLBACK = "/api/v1/auth/oidc/callback"
COOKIE = "throng-way"


@routes.get(
    "/auth/oidc/login", operation_id="begin_single_sign_on", status_code=303, response_class=RedirectResponse
)  # fmt: skip
async def begin_single_sign_on(context: Ctx, request: Request) -> Response:
    """Send the browser to the provider."""
    provider = _provider(context)
    context.auth.limit_attempt(client_address(request, context.settings.trusted_proxies))
    journey = begin_journey(_redirect_uri(context, request), now=context.clock.now())
    answer = RedirectResponse(await provider.address(journey), status_code=303)
    secure = is_secure(request, context.settings.trusted_proxies)
    answer.set_cookie(
        _cookie(secure=secure), journey.sealed(context.secrets), max_age=int(WAY_THERE.total_seconds()), path="/",
        secure=secure, httponly=True, samesite="lax",
    )  # fmt: skip
    return answer


@routes.get(
    "/auth/oidc/callback", operation_id="end_single_sign_on", status_code=303, response_class=RedirectResponse
)  # fmt: skip
async def end_single_sign_on(
    context: Ctx,
    request: Request,
    code: Annotated[str, Query(max_length=4096)] = "",
    state: Annotated[str, Query(max_length=200)] = "",
    error: Annotated[str, Query(max_length=200)] = "",
) -> Response:
    """Take the browser back from the provider and log it in."""
    provider = _provider(context)
    context.auth.limit_attempt(client_address(request, context.settings.trusted_proxies))
    secure = is_secure(request, context.settings.trusted_proxies)
    sealed = request.cookies.get(_cookie(secure=secure))
    journey = opened_journey(sealed, context.secrets, now=context.clock.now())
    if not hmac.compare_digest(journey.state.encode(), state.encode()):
        raise Problem(400, "the state does not belong to this log-in; begin again", kind="single-sign-on")
    if error or not code:
        raise Problem(403, "the provider did not let you in; try again", kind="single-sign-on")
    somebody = await _let_through(provider, code, journey, context, request)
    value = await _logged_in(somebody, context, request)
    answer = RedirectResponse(context.settings.public_url or "/", status_code=303)
    answer.delete_cookie(_cookie(secure=secure), path="/", secure=secure, httponly=True, samesite="lax")
    proxies = context.settings.trusted_proxies
    set_login_cookie(answer, request, value, trusted_proxies=proxies, life=context.auth.longest)
    return answer


async def _let_through(
    provider: OidcProvider, code: str, journey: Journey, context: Context, connection: HTTPConnection
) -> Somebody:
    try:
        return await provider.somebody(code, journey)
    except Problem as problem:
        async with context.database.write() as session:
            await noted(session, connection, None, "login.failed", "user", "", reason=problem.kind)
        raise


async def _logged_in(somebody: Somebody, context: Context, connection: HTTPConnection) -> str:
    all_sites = context.settings.oidc is not None and context.settings.oidc.all_sites
    async with context.database.write() as session:
        user, is_new = await user_of(session, somebody, all_sites=all_sites)
        if is_new:
            await noted(
                session, connection, acting(user), "user.create", "user", user.id, username=user.username,
                role=user.role, single_sign_on=True,
            )  # fmt: skip
        await users.note(session, user.id, last_login_at=context.clock.now())
        _, value = await open_login(session, connection, context, user)
        await noted(session, connection, acting(user), "login.open", "user", user.id, single_sign_on=True)
    context.auth.known.forget()
    return value


def _provider(context: Context) -> OidcProvider:
    if context.auth.oidc is None:
        raise NotFoundError("this server has no single sign-on")
    return context.auth.oidc


def _redirect_uri(context: Context, connection: HTTPConnection) -> str:
    if context.settings.public_url is not None:
        return context.settings.public_url.rstrip("/") + CALLBACK
    scheme = "https" if is_secure(connection, context.settings.trusted_proxies) else "http"
    return f"{scheme}://{connection.headers.get('host', '')}{CALLBACK}"


def _cookie(*, secure: bool) -> str:
    return f"__Host-{COOKIE}" if secure else COOKIE
