"""Routes of playbooks: what to do in a zone from a level on."""

from typing import Annotated, Self

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field, model_validator
from sqlalchemy.ext.asyncio import AsyncSession

from throng.server.api.etags import ChangeTags, ReadTags
from throng.server.api.objects import Call, create, remove, replace, show
from throng.server.api.paging import Cursor, Page, page
from throng.server.api.wire import SHOWN, Id, IdField, Key, Name, Short, Shown, Text, Wire, example
from throng.server.auth.access import Admin, Viewer
from throng.server.context import Ctx
from throng.server.errors import ServerError
from throng.store import site_objects
from throng.store.tables import AlertLevel, Playbook, Zone

routes = APIRouter(prefix="/api/v1", tags=["playbooks"])

EXAMPLE = {
    "name": "Gate too full", "level": "warning", "zone_id": None,
    "steps": [{"id": "hold", "text": "Stop admission at the gate", "suggested_by": "Green Guide"}],
}  # fmt: skip


class PlaybookStep(Wire):
    """One thing to do."""

    id: Key
    text: Annotated[Text, Field(min_length=1, max_length=1000)]
    suggested_by: Short = Field("", description="where the advice comes from")


class PlaybookChange(Wire):
    """A playbook as somebody wants it."""

    model_config = example(**EXAMPLE)

    name: Name
    level: AlertLevel = Field(description="the level of an alert from which it is shown")
    zone_id: IdField | None = Field(None, description="null for all zones of the site")
    steps: Annotated[tuple[PlaybookStep, ...], Field(max_length=100)]

    @model_validator(mode="after")
    def _ids_differ(self) -> Self:
        ids = [step.id for step in self.steps]
        if len(set(ids)) != len(ids):
            raise ValueError("the ids of the steps must differ: what is done is noted by them")
        return self


class PlaybookNew(PlaybookChange):
    """A playbook to add to a site."""

    model_config = example(site_id=1, **EXAMPLE)

    site_id: IdField


class PlaybookShown(Shown):
    """A playbook."""

    model_config = example(**SHOWN, **EXAMPLE, site_id=1)

    site_id: int
    zone_id: int | None
    level: str
    name: str
    steps: list[PlaybookStep]


@routes.get("/playbooks", operation_id="list_playbooks")
async def list_playbooks(
    context: Ctx,
    viewer: Viewer,
    cursor: Cursor,
    site_id: Annotated[IdField | None, Query(description="only of this site")] = None,
    zone_id: Annotated[IdField | None, Query(description="only of this zone")] = None,
    level: AlertLevel | None = None,
    search: Annotated[Short | None, Query(description="part of the name")] = None,
) -> Page[PlaybookShown]:
    """List playbooks."""
    async with context.database.read() as session:
        rows, position = await site_objects.find(
            session, Playbook, site_ids=viewer.site_ids, site_id=site_id, search=search,
            equal={"zone_id": zone_id, "level": level}, after=cursor.after, limit=cursor.limit,
        )  # fmt: skip
    return page(rows, position, PlaybookShown.model_validate)


@routes.post("/playbooks", operation_id="create_playbook", status_code=201)
async def create_playbook(body: PlaybookNew, context: Ctx, request: Request, admin: Admin) -> PlaybookShown:
    """Add a playbook to a site."""
    row = Playbook(**body.model_dump(mode="json"))
    return PlaybookShown.model_validate(await create(Call(context, request, admin), row, check=_check_zone))


@routes.get("/playbooks/{playbook_id}", operation_id="get_playbook", response_model=PlaybookShown)
async def get_playbook(
    playbook_id: Id, context: Ctx, request: Request, viewer: Viewer, tags: ReadTags
) -> PlaybookShown | Response:
    """Show a playbook."""
    row = await show(Call(context, request, viewer), Playbook, playbook_id)
    return tags.answer(row.version, PlaybookShown.model_validate(row))


@routes.put("/playbooks/{playbook_id}", operation_id="replace_playbook")
async def replace_playbook(
    playbook_id: Id, body: PlaybookChange, context: Ctx, request: Request, admin: Admin, tags: ChangeTags
) -> PlaybookShown:
    """Change a playbook."""
    columns = body.model_dump(mode="json")
    row = await replace(Call(context, request, admin), Playbook, playbook_id, columns, tags=tags, check=_check_zone)
    return PlaybookShown.model_validate(row)


@routes.delete("/playbooks/{playbook_id}", operation_id="delete_playbook", status_code=204)
async def delete_playbook(playbook_id: Id, context: Ctx, request: Request, admin: Admin, tags: ChangeTags) -> None:
    """Remove a playbook. What was ticked off in alerts stays."""
    await remove(Call(context, request, admin), Playbook, playbook_id, tags=tags)


async def _check_zone(session: AsyncSession, row: Playbook) -> None:
    if row.zone_id is None:
        return
    zone = await session.get(Zone, row.zone_id)
    if zone is None or zone.site_id != row.site_id:
        raise ServerError(f"site {row.site_id} has no zone {row.zone_id}; leave zone_id away for all its zones")
