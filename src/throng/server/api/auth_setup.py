"""Routes of the first start: whoever started the server creates the first administrator."""

from fastapi import APIRouter, Request, Response

from throng.server.api.auth_schemas import Me, SetupRequest, SetupState
from throng.server.api.me import me
from throng.server.audit_trail import noted
from throng.server.auth.address import client_address
from throng.server.auth.cookies import set_login_cookie
from throng.server.auth.identify import refuse_foreign_page
from throng.server.auth.log_in import acting, open_login
from throng.server.auth.passwords import check_password
from throng.server.context import Context, Ctx
from throng.server.problems import Problem
from throng.store import users
from throng.store.errors import ConflictError
from throng.store.tables import Role, User

routes = APIRouter()


@routes.get("/setup", operation_id="get_setup")
async def get_setup(context: Ctx) -> SetupState:
    """Say whether the first administrator must be created, and how people may log in."""
    async with context.database.read() as session:
        needed = not await users.any_user(session)
    oidc = context.settings.oidc
    return SetupState(needed=needed, single_sign_on=None if oidc is None else oidc.label)


@routes.post("/setup", operation_id="set_up", status_code=201)
async def set_up(body: SetupRequest, context: Ctx, request: Request, response: Response) -> Me:
    """Create the first administrator with the code that the server shows when it starts, and log them in."""
    refuse_foreign_page(request, context)
    context.auth.limit_attempt(client_address(request, context.settings.trusted_proxies))
    await _refuse_second(context)
    if not context.auth.setup_code.fits(body.code.get_secret_value()):
        raise Problem(
            403, f"this is not the set-up code; the server shows it when it starts and keeps it in the file "
            f"{context.auth.setup_code.path.name} of its data folder", kind="wrong-code",
        )  # fmt: skip
    password = body.password.get_secret_value()
    check_password(password, username=body.username)
    password_hash = await context.auth.passwords.hash(password)
    async with context.database.write() as session:
        await users.lock_people(session)
        if await users.any_user(session):
            raise _done()
        user = User(username=body.username, role=Role.ADMIN.value, all_sites=True, password_hash=password_hash)
        session.add(user)
        await session.flush()
        login, value = await open_login(session, request, context, user)
        await noted(session, request, acting(user), "user.setup", "user", user.id, username=user.username)
    context.auth.setup_code.remove()
    proxies = context.settings.trusted_proxies
    set_login_cookie(response, request, value, trusted_proxies=proxies, life=context.auth.longest)
    return await me(context, user.id, csrf_token=login.csrf_token)


async def _refuse_second(context: Context) -> None:
    async with context.database.read() as session:
        if await users.any_user(session):
            raise _done()


def _done() -> ConflictError:
    return ConflictError("this server has been set up; log in, or let an administrator add you")
