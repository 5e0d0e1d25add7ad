"""Settings and users as CrowdSafe keeps them: thin mappings on ours."""

from typing import Annotated, Any

from fastapi import Path, Request
from pydantic import BaseModel, Field, ValidationError

from throng.server.api.settings import replace_settings
from throng.server.api.users import create_user, delete_user, update_user
from throng.server.api.users_schemas import UserChange as OurChange
from throng.server.api.users_schemas import UserNew as OurNew
from throng.server.api.wire import Id
from throng.server.auth.access import Admin
from throng.server.auth.people import managed
from throng.server.auth.principal import Principal
from throng.server.compat.crowdsafe_auth import user_body
from throng.server.compat.crowdsafe_people_schemas import UserBody, UserChange, UserNew
from throng.server.compat.crowdsafe_schemas import Message
from throng.server.compat.router import SlashRouter
from throng.server.compat.rows import PAGE, any_version
from throng.server.context import Context, Ctx
from throng.server.options import Options, load_options
from throng.server.problems import Problem
from throng.store import users
from throng.store.errors import NotFoundError

routes = SlashRouter(stem="crowdsafe", tags=["compat: crowdsafe"])

Key = Annotated[str, Path(max_length=64, description="name of a setting")]


class SettingValue(BaseModel):
    """The new value of a setting."""

    value: Any


class Setting(SettingValue):
    """One setting."""

    key: Annotated[str, Field(max_length=64)]


@routes.get("/api/settings")
async def list_settings(context: Ctx, admin: Admin) -> list[Setting]:
    """List all settings; those that nobody has set have their defaults."""
    return [Setting(key=key, value=value) for key, value in (await _options(context, admin)).items()]


@routes.post("/api/settings", status_code=201)
async def create_setting(body: Setting, context: Ctx, request: Request, admin: Admin) -> Setting:
    """Set a setting."""
    return await _set(context, request, admin, body.key, body.value)


@routes.get("/api/settings/{key}")
async def get_setting(key: Key, context: Ctx, admin: Admin) -> Setting:
    """Show a setting."""
    return Setting(key=key, value=_known(await _options(context, admin), key))


@routes.put("/api/settings/{key}")
async def replace_setting(key: Key, body: SettingValue, context: Ctx, request: Request, admin: Admin) -> Setting:
    """Set a setting."""
    return await _set(context, request, admin, key, body.value)


@routes.delete("/api/settings/{key}")
async def delete_setting(key: Key, context: Ctx, request: Request, admin: Admin) -> Setting:
    """Give a setting its default again."""
    defaults = Options().model_dump(mode="json")
    return await _set(context, request, admin, key, _known(defaults, key))


@routes.get("/api/users")
async def list_users(context: Ctx, admin: Admin) -> list[UserBody]:
    """List users."""
    found: list[UserBody] = []
    after: int | None = None
    async with context.database.read() as session:
        while True:
            rows, after = await users.find(session, site_ids=admin.site_ids, after=after, limit=PAGE)
            found += [user_body(row) for row in rows]
            if after is None:
                return found


@routes.post("/api/users", status_code=201)
async def add_user(body: UserNew, context: Ctx, request: Request, admin: Admin) -> UserBody:
    """Add a user, with the administrator's sites unless others are named."""
    theirs = sorted(admin.site_ids or ()) if body.site_ids is None else body.site_ids
    new = OurNew(
        username=body.username, name=body.full_name, email=body.email, role=body.role, password=body.password,
        all_sites=body.site_ids is None and admin.site_ids is None, site_ids=theirs,
    )  # fmt: skip
    added = await create_user(new, context, request, admin)
    return await _user(context, admin, added.id)


@routes.get("/api/users/{user_id}")
async def get_user(user_id: Id, context: Ctx, admin: Admin) -> UserBody:
    """Show a user."""
    return await _user(context, admin, user_id)


@routes.put("/api/users/{user_id}")
async def change_user(user_id: Id, body: UserChange, context: Ctx, request: Request, admin: Admin) -> UserBody:
    """Change a user; what is left out stays."""
    fields = {"name": body.full_name, "email": body.email, "role": body.role, "is_active": body.is_active}
    change = OurChange.model_validate(fields)
    await update_user(user_id, change, context, request, admin, any_version())
    return await _user(context, admin, user_id)


@routes.delete("/api/users/{user_id}")
async def remove_user(user_id: Id, context: Ctx, request: Request, admin: Admin) -> Message:
    """Remove a user and all their tokens."""
    await delete_user(user_id, context, request, admin, any_version())
    return Message(message="the user was removed")


async def _user(context: Context, admin: Principal, user_id: int) -> UserBody:
    async with context.database.read() as session:
        return user_body(await managed(session, admin, user_id))


async def _options(context: Context, admin: Principal) -> dict[str, Any]:
    admin.require_all_sites()
    async with context.database.read() as session:
        return (await load_options(session)).model_dump(mode="json")


async def _set(context: Context, request: Request, admin: Principal, key: str, value: Any) -> Setting:
    now = await _options(context, admin)
    _known(now, key)
    try:
        wanted = Options.model_validate(now | {key: value})
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()[:5])
        raise Problem(422, wrong) from error
    kept = await replace_settings(wanted, context, request, admin, any_version())
    return Setting(key=key, value=kept.model_dump(mode="json")[key])


def _known(options: dict[str, Any], key: str) -> Any:
    if key not in options:
        raise NotFoundError(f"there is no setting {key!r}; there are {', '.join(options)}")
    return options[key]
