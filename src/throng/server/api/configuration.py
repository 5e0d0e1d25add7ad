"""Routes of the whole configuration as one YAML file."""

from typing import Annotated, Any, Literal

import anyio
from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from throng.server.api.bodies import read_limited
from throng.server.api.objects import site_changed
from throng.server.api.wire import Wire, example
from throng.server.audit_trail import noted
from throng.server.auth.access import Admin
from throng.server.auth.address import client_address
from throng.server.configuration.applying import Place, Wish, apply_configuration
from throng.server.configuration.reading import LARGEST_BYTES, is_whole, read_configuration
from throng.server.configuration.writing import write_configuration
from throng.server.context import Context, Ctx
from throng.server.problems import Problem
from throng.store import sites
from throng.store.configuration import Author

routes = APIRouter()

YAML = "application/yaml"
YAML_CONTENT: dict[str, Any] = {YAML: {"schema": {"type": "string"}}}


class ChangeShown(Wire):
    """One thing that was, or would be, created, changed or removed."""

    model_config = example(
        action="change", kind="zone", site="harbour", key="gate", fields={"capacity": [400, 350]}
    )  # fmt: skip

    action: Literal["create", "change", "remove"]
    kind: str
    site: str = Field(description="key of the site; empty for settings")
    key: str
    fields: dict[str, Any] = Field(description="{column: [old, new]} of a change; secrets are hidden")


class Applied(Wire):
    """What a configuration file changed."""

    dry_run: bool = Field(description="true when nothing was changed")
    changes: list[ChangeShown]


@routes.get(
    "/configuration",
    operation_id="get_configuration",
    response_class=Response,
    responses={200: {"content": YAML_CONTENT, "description": "The configuration."}},
)
async def get_configuration(
    context: Ctx,
    request: Request,
    admin: Admin,
    secrets: Annotated[
        Literal["none", "sealed"], Query(description="`sealed`: with passwords, encrypted with this server's key")
    ] = "none",
) -> Response:
    """Export settings and sites as YAML. Users and tokens are never in it."""
    admin.require_all_sites()
    async with context.database.write() as session:
        text = await write_configuration(session, sealed_secrets=secrets == "sealed")
        await noted(session, request, admin, "configuration.export", "configuration", "all", None, secrets=secrets)
    return Response(text, media_type=YAML)


@routes.post(
    "/configuration",
    operation_id="apply_configuration",
    max_body_size=2 * LARGEST_BYTES,
    openapi_extra={"requestBody": {"required": True, "content": YAML_CONTENT}},
)
async def post_configuration(
    context: Ctx,
    request: Request,
    admin: Admin,
    dry_run: Annotated[bool, Query(description="only say what would change")] = False,
    prune: Annotated[bool, Query(description="remove what is not in the file")] = False,
) -> Applied:
    """Bring settings and sites to what a YAML file says: all of it, or nothing. Repeating it changes nothing.

    The file is a whole configuration, or one site file. Kinds about which it says nothing are not touched.
    """
    admin.require_all_sites()
    body = await read_limited(request, limit_bytes=LARGEST_BYTES, what="the configuration")
    wish = await anyio.to_thread.run_sync(_read, body, prune)
    author = Author(admin, context.clock.now(), client_address(request, context.settings.trusted_proxies))
    place = Place(context.database, context.secrets, context.settings)
    before = await _site_ids(context)
    changes = await apply_configuration(place, wish, author=author, dry_run=dry_run)
    if changes and not dry_run:
        context.auth.known.forget()
        for site_id in before | await _site_ids(context):
            site_changed(context, site_id)
    return Applied(
        dry_run=dry_run,
        changes=[
            ChangeShown(action=c.action, kind=c.kind, site=c.site, key=c.key, fields=c.fields) for c in changes
        ],
    )  # fmt: skip


def _read(body: bytes, prune: bool) -> Wish:
    try:
        text = body.decode()
    except UnicodeDecodeError as error:
        raise Problem(422, f"the configuration is no UTF-8 text: {error}") from error
    return Wish(read_configuration(text, "configuration"), prune=prune, whole=is_whole(text))


async def _site_ids(context: Context) -> set[int]:
    async with context.database.read() as session:
        return {site.id for site in await sites.every(session)}
