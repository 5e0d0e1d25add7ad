"""Routes of settings: what administrators change while the server runs."""

import hashlib

from fastapi import APIRouter, Request, Response

from throng.server.api import configuration
from throng.server.api.etags import ChangeTags, ReadTags
from throng.server.audit_trail import noted
from throng.server.auth.access import Admin
from throng.server.context import Ctx
from throng.server.options import Options, load_options, save_options

routes = APIRouter(prefix="/api/v1", tags=["settings"])
routes.include_router(configuration.routes)


@routes.get("/settings", operation_id="get_settings", response_model=Options)
async def get_settings(context: Ctx, admin: Admin, tags: ReadTags) -> Options | Response:
    """Show all settings, those that nobody has set with their defaults."""
    admin.require_all_sites()
    async with context.database.read() as session:
        options = await load_options(session)
    return tags.answer(_version(options), options)


@routes.put("/settings", operation_id="replace_settings")
async def replace_settings(body: Options, context: Ctx, request: Request, admin: Admin, tags: ChangeTags) -> Options:
    """Set everything; what is left out gets its default."""
    admin.require_all_sites()
    async with context.database.write() as session:
        before = await load_options(session)
        tags.require(_version(before))
        await save_options(session, body)
        old, new = before.model_dump(mode="json"), body.model_dump(mode="json")
        changed = {name: [old[name], new[name]] for name in new if old[name] != new[name]}
        if changed:
            await noted(session, request, admin, "settings.update", "settings", "all", None, **changed)
    context.auth.known.forget()
    tags.show(_version(body))
    return body


def _version(options: Options) -> str:
    return hashlib.sha256(options.model_dump_json().encode()).hexdigest()[:16]
