"""Routes of users: administrators say who may do what where."""

from fastapi import APIRouter, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from throng.server.api.etags import ChangeTags, ReadTags
from throng.server.api.paging import Cursor, Page
from throng.server.api.paging import page as page_of
from throng.server.api.users_schemas import OneTimePassword, UserAdded, UserChange, UserNew, UserShown
from throng.server.api.wire import Id
from throng.server.audit_trail import noted
from throng.server.auth import totp
from throng.server.auth.access import Admin
from throng.server.auth.passwords import check_password, one_time_password
from throng.server.auth.people import keep_an_administrator, managed, may_give
from throng.server.auth.principal import Principal
from throng.server.context import Context, Ctx
from throng.store import logins, users
from throng.store.errors import ConflictError
from throng.store.tables import Role, User
from throng.store.tables.base import now as present

routes = APIRouter(prefix="/api/v1", tags=["users"])


@routes.get("/users", operation_id="list_users")
async def list_users(context: Ctx, admin: Admin, cursor: Cursor) -> Page[UserShown]:
    """List users; an administrator of some sites sees those who have no other ones."""
    async with context.database.read() as session:
        rows, position = await users.find(session, site_ids=admin.site_ids, after=cursor.after, limit=cursor.limit)
        sites = await users.sites_of_many(session, [row.id for row in rows])
    return page_of(rows, position, lambda row: shown(row, sites[row.id]))


@routes.post("/users", operation_id="create_user", status_code=201)
async def create_user(body: UserNew, context: Ctx, request: Request, admin: Admin) -> UserAdded:
    """Add a user, who must set a password of their own at the first log-in."""
    may_give(admin, role=Role(body.role), all_sites=body.all_sites, site_ids=body.site_ids)
    made_up = None if body.password is not None else one_time_password()
    password = made_up or (body.password.get_secret_value() if body.password else "")
    check_password(password, username=body.username)
    password_hash = await context.auth.passwords.hash(password)
    async with context.database.write() as session:
        if await users.by_username(session, body.username) is not None:
            raise ConflictError(f"there is a user {body.username} already")
        user = User(
            username=body.username, name=body.name, email=body.email, role=body.role, all_sites=body.all_sites,
            password_hash=password_hash, must_change_password=True,
        )  # fmt: skip
        session.add(user)
        await session.flush()
        await users.give_sites(session, user.id, body.site_ids)
        await noted(
            session, request, admin, "user.create", "user", user.id, username=user.username, role=user.role,
            all_sites=user.all_sites, site_ids=sorted(set(body.site_ids)),
        )  # fmt: skip
    fields = shown(user, sorted(set(body.site_ids))).model_dump()
    return UserAdded(**fields, one_time_password=made_up)


@routes.get("/users/{user_id}", operation_id="get_user", response_model=UserShown)
async def get_user(user_id: Id, context: Ctx, admin: Admin, tags: ReadTags) -> UserShown | Response:
    """Show a user."""
    async with context.database.read() as session:
        user = await managed(session, admin, user_id)
        sites = await users.sites_of(session, user_id)
    return tags.answer(user.version, shown(user, sorted(sites)))


@routes.patch("/users/{user_id}", operation_id="update_user")
async def update_user(
    user_id: Id, body: UserChange, context: Ctx, request: Request, admin: Admin, tags: ChangeTags
) -> UserShown:
    """Change a user. A new role or site counts at once; whoever is disabled is logged out everywhere."""
    changes = body.model_dump(exclude_none=True)
    async with context.database.write() as session:
        await users.lock_people(session)
        user = await managed(session, admin, user_id)
        tags.require(user.version)
        was_administrator = users.is_administrator(user)
        if {"role", "all_sites", "site_ids"} & set(changes):
            await _give(session, user, body, admin)
        for column in ("name", "email", "is_active"):
            setattr(user, column, changes.get(column, getattr(user, column)))
        if was_administrator and not users.is_administrator(user):
            await keep_an_administrator(session)
        if body.is_active is False:
            await logins.end_everything(session, user_id, at=context.clock.now())
        user.updated_at = present()
        await session.flush()
        sites = await users.sites_of(session, user_id)
        await noted(session, request, admin, "user.update", "user", user_id, changed=changes)
    context.auth.known.forget()
    tags.show(user.version)
    return shown(user, sorted(sites))


@routes.delete("/users/{user_id}", operation_id="delete_user", status_code=204)
async def delete_user(user_id: Id, context: Ctx, request: Request, admin: Admin, tags: ChangeTags) -> None:
    """Remove a user and all their tokens. What they did stays in the audit log."""
    async with context.database.write() as session:
        await users.lock_people(session)
        user = await managed(session, admin, user_id)
        tags.require(user.version)
        await noted(session, request, admin, "user.delete", "user", user_id, username=user.username)
        was_administrator = users.is_administrator(user)
        await session.delete(user)
        if was_administrator:
            await keep_an_administrator(session)
    context.auth.known.forget()


@routes.post("/users/{user_id}/reset-password", operation_id="reset_password")
async def reset_password(user_id: Id, context: Ctx, request: Request, admin: Admin) -> OneTimePassword:
    """Make up a password for a user; everything they have opened ends, and they must change it at the next log-in."""
    await _managed(context, admin, user_id)
    password = one_time_password()
    password_hash = await context.auth.passwords.hash(password)
    async with context.database.write() as session:
        user = await managed(session, admin, user_id)
        if user.password_hash is None and user.oidc_subject is not None:
            raise ConflictError("this user logs in by single sign-on; change the password there")
        user.password_hash, user.must_change_password = password_hash, True
        user.failed_logins, user.locked_until = 0, None
        await session.flush()
        await logins.end_everything(session, user_id, at=context.clock.now())
        await noted(session, request, admin, "password.reset", "user", user_id)
    context.auth.known.forget()
    return OneTimePassword(one_time_password=password)


@routes.post("/users/{user_id}/reset-totp", operation_id="reset_second_factor", status_code=204)
async def reset_second_factor(user_id: Id, context: Ctx, request: Request, admin: Admin) -> None:
    """Take the second factor of somebody away who has lost it; everything they have opened ends."""
    async with context.database.write() as session:
        user = await managed(session, admin, user_id)
        totp.forget(user)
        await session.flush()
        await logins.end_everything(session, user_id, at=context.clock.now(), api_tokens=False)
        await noted(session, request, admin, "second-factor.reset", "user", user_id)
    context.auth.known.forget()


@routes.post("/users/{user_id}/end-sessions", operation_id="end_sessions", status_code=204)
async def end_sessions(user_id: Id, context: Ctx, request: Request, admin: Admin) -> None:
    """Log a user out everywhere, and revoke all their tokens."""
    async with context.database.write() as session:
        await managed(session, admin, user_id)
        await logins.end_everything(session, user_id, at=context.clock.now())
        await noted(session, request, admin, "login.end-all", "user", user_id)
    context.auth.known.forget()


def shown(user: User, site_ids: list[int]) -> UserShown:
    """Return a user as administrators see them."""
    names = ("id", "created_at", "updated_at", "version", "username", "name", "email", "role", "all_sites", "is_active",
             "must_change_password", "locked_until", "last_login_at")  # fmt: skip
    return UserShown(
        **{name: getattr(user, name) for name in names}, site_ids=[] if user.all_sites else site_ids,
        second_factor=user.totp_since is not None, single_sign_on=user.oidc_subject is not None,
    )  # fmt: skip


async def _managed(context: Context, admin: Principal, user_id: int) -> None:
    async with context.database.read() as session:
        await managed(session, admin, user_id)


async def _give(session: AsyncSession, user: User, body: UserChange, admin: Principal) -> None:
    """Set role and sites of a user as far as the administrator may."""
    role = Role(body.role or user.role)
    site_ids = set(await users.sites_of(session, user.id) if body.site_ids is None else body.site_ids)
    all_sites = (user.all_sites and body.site_ids is None) if body.all_sites is None else body.all_sites
    site_ids = set() if all_sites else site_ids
    may_give(admin, role=role, all_sites=all_sites, site_ids=site_ids)
    user.role, user.all_sites = role.value, all_sites
    await users.give_sites(session, user.id, site_ids)
