"""Routes of personal API tokens: what programs send in `Authorization: Bearer`."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncSession

from throng.server.api.auth_schemas import PersonRole
from throng.server.api.paging import Cursor, Page, page
from throng.server.api.users_schemas import SiteIds
from throng.server.api.wire import Id, IdField, Name, Time, Wire, example
from throng.server.audit_trail import noted
from throng.server.auth.access import Person, Viewer
from throng.server.auth.identify import API_TOKEN_PREFIX
from throng.server.auth.people import managed, may_give
from throng.server.auth.principal import Principal
from throng.server.context import Ctx
from throng.server.problems import Problem
from throng.store import tokens, users
from throng.store.errors import NotFoundError
from throng.store.secret_box import hashed, new_secret
from throng.store.tables import ApiToken, Role

routes = APIRouter(prefix="/api/v1", tags=["tokens"])

SHOWN_LETTERS = 10

_EXAMPLE = {
    "id": 5, "name": "Wallboard", "prefix": "thr_q4W8aB", "role": "viewer", "site_ids": [1],
    "created_at": "2026-06-01T12:00:00Z", "expires_at": "2027-06-01T12:00:00Z", "last_used_at": None,
}  # fmt: skip


class TokenNew(Wire):
    """A token to be made; it never may do more than its owner may at the time."""

    model_config = example(name="Wallboard", role="viewer", site_ids=[1], expires_at="2027-06-01T12:00:00Z")

    name: Annotated[Name, Field(max_length=100)]
    role: PersonRole = "viewer"
    site_ids: SiteIds | None = Field(None, description="only these of the owner's sites; null for all of them")
    expires_at: Time | None = Field(None, description="null for never")


class TokenRename(Wire):
    """A new name of a token."""

    model_config = example(name="Wallboard, hall 3")

    name: Annotated[Name, Field(max_length=100)]


class TokenShown(Wire):
    """A token, without its value."""

    model_config = example(**_EXAMPLE)

    id: int
    name: str
    prefix: str = Field(description="how its value begins")
    role: str
    site_ids: list[int] | None
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None = Field(description="to the minute")


class TokenMade(TokenShown):
    """A token that was just made."""

    model_config = example(**_EXAMPLE, value="thr_q4W8aB…")

    value: str = Field(description="shown only now")


@routes.get("/tokens", operation_id="list_tokens")
async def list_tokens(
    context: Ctx,
    viewer: Viewer,
    cursor: Cursor,
    user_id: Annotated[IdField | None, Query(description="whose; one's own by default, others' for admins")] = None,
) -> Page[TokenShown]:
    """List API tokens, the newest first."""
    async with context.database.read() as session:
        owner = viewer.id if user_id is None else await _owner(session, viewer, user_id)
        rows, position = await tokens.find(session, user_id=owner, after=cursor.after, limit=cursor.limit)
    return page(rows, position, _shown)


@routes.post("/tokens", operation_id="create_token", status_code=201)
async def create_token(body: TokenNew, context: Ctx, request: Request, person: Person) -> TokenMade:
    """Make an API token. Its value is shown once."""
    now = context.clock.now()
    if body.expires_at is not None and body.expires_at <= now:
        raise Problem(422, f"expires_at is {body.expires_at.isoformat()}, which is over", kind="invalid-request")
    may_give(person, role=Role(body.role), all_sites=False, site_ids=body.site_ids or person.site_ids)
    value = new_secret(API_TOKEN_PREFIX)
    async with context.database.write() as session:
        if body.site_ids is not None:
            await users.require_sites(session, body.site_ids)
        await users.held(session, person.id)
        row = ApiToken(
            user_id=person.id, name=body.name, prefix=value[:SHOWN_LETTERS], token_hash=hashed(value), role=body.role,
            site_ids=None if body.site_ids is None else sorted(set(body.site_ids)), created_at=now,
            expires_at=body.expires_at,
        )  # fmt: skip
        await tokens.add(session, row)
        await noted(
            session, request, person, "token.create", "token", row.id, name=row.name, role=row.role,
            site_ids=row.site_ids, expires_at=None if row.expires_at is None else row.expires_at.isoformat(),
        )  # fmt: skip
    return TokenMade(**_shown(row).model_dump(), value=value)


@routes.get("/tokens/{token_id}", operation_id="get_token")
async def get_token(token_id: Id, context: Ctx, viewer: Viewer) -> TokenShown:
    """Show one of one's own API tokens, without its value."""
    async with context.database.read() as session:
        return _shown(await _mine(session, viewer, token_id))


@routes.patch("/tokens/{token_id}", operation_id="rename_token")
async def rename_token(token_id: Id, body: TokenRename, context: Ctx, request: Request, person: Person) -> TokenShown:
    """Give an API token another name."""
    async with context.database.write() as session:
        row = await _mine(session, person, token_id)
        row.name = body.name
        await noted(session, request, person, "token.update", "token", token_id, name=body.name)
    context.auth.known.forget()
    return _shown(row)


@routes.delete("/tokens/{token_id}", operation_id="revoke_token", status_code=204)
async def revoke_token(token_id: Id, context: Ctx, request: Request, viewer: Viewer) -> None:
    """Revoke an API token, at once: one's own, or as an administrator that of a user."""
    async with context.database.write() as session:
        row = await _mine(session, viewer, token_id)
        row.revoked_at = context.clock.now()
        await noted(session, request, viewer, "token.revoke", "token", token_id, name=row.name)
    context.auth.known.forget()


async def _mine(session: AsyncSession, principal: Principal, token_id: int) -> ApiToken:
    """Return a token of one's own, or as an administrator that of a user whom one may change."""
    row = await tokens.get(session, token_id)
    if row.user_id != principal.id:
        try:
            await _owner(session, principal, row.user_id)
        except NotFoundError as error:
            raise NotFoundError(f"there is no token {token_id}") from error
    return row


async def _owner(session: AsyncSession, principal: Principal, user_id: int) -> int:
    if user_id != principal.id:
        if principal.role is not Role.ADMIN:
            raise NotFoundError(f"there is no user {user_id}")
        await managed(session, principal, user_id)
    return user_id


def _shown(row: ApiToken) -> TokenShown:
    names = ("id", "name", "prefix", "role", "site_ids", "created_at", "expires_at", "last_used_at")
    return TokenShown(**{name: getattr(row, name) for name in names})
