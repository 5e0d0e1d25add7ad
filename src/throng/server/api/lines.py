"""Routes of lines: across which people are counted in and out."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from throng.core import site
from throng.server.api.etags import ChangeTags, ReadTags
from throng.server.api.objects import Call, create, remove, replace, show
from throng.server.api.paging import Cursor, Page, page
from throng.server.api.wire import SHOWN, Id, IdField, Key, Name, Point, Short, Shown, Wire, example
from throng.server.auth.access import Admin, Viewer
from throng.server.context import Ctx
from throng.store import site_objects
from throng.store.tables import Line

routes = APIRouter(prefix="/api/v1", tags=["lines"])

EXAMPLE = {"key": "entrance", "name": "Entrance", "points": [[0, 2], [8, 2]], "is_active": True}


class LineChange(Wire):
    """A counting line as somebody wants it."""

    model_config = example(**EXAMPLE)

    key: Key
    name: Name
    points: tuple[Point, Point] = Field(
        description="from the first to the second, site metres: whoever walks from its left to its right goes in"
    )
    is_active: bool = Field(True, description="whether it is measured")


class LineNew(LineChange):
    """A line to add to a site."""

    model_config = example(site_id=1, **EXAMPLE)

    site_id: IdField


class LineShown(Shown):
    """A counting line."""

    model_config = example(**SHOWN, **EXAMPLE, site_id=1)

    site_id: int
    key: str
    name: str
    points: list[tuple[float, float]]
    is_active: bool


def line_columns(line: LineChange) -> dict[str, object]:
    """Return the columns of a line after asking the core whether there can be such a line.

    Raises:
        ThrongError: there cannot.
    """
    site.Line(line.key, *line.points)
    return line.model_dump(mode="json", exclude={"site_id"})


@routes.get("/lines", operation_id="list_lines")
async def list_lines(
    context: Ctx,
    viewer: Viewer,
    cursor: Cursor,
    site_id: Annotated[IdField | None, Query(description="only of this site")] = None,
    key: Annotated[Key | None, Query(description="only with this key")] = None,
    is_active: bool | None = None,
    search: Annotated[Short | None, Query(description="part of the key or the name")] = None,
) -> Page[LineShown]:
    """List counting lines."""
    async with context.database.read() as session:
        rows, position = await site_objects.find(
            session, Line, site_ids=viewer.site_ids, site_id=site_id, search=search,
            equal={"key": key, "is_active": is_active}, after=cursor.after, limit=cursor.limit,
        )  # fmt: skip
    return page(rows, position, LineShown.model_validate)


@routes.post("/lines", operation_id="create_line", status_code=201)
async def create_line(body: LineNew, context: Ctx, request: Request, admin: Admin) -> LineShown:
    """Add a counting line to a site."""
    row = Line(site_id=body.site_id, **line_columns(body))
    return LineShown.model_validate(await create(Call(context, request, admin), row))


@routes.get("/lines/{line_id}", operation_id="get_line", response_model=LineShown)
async def get_line(line_id: Id, context: Ctx, request: Request, viewer: Viewer, tags: ReadTags) -> LineShown | Response:
    """Show a counting line."""
    row = await show(Call(context, request, viewer), Line, line_id)
    return tags.answer(row.version, LineShown.model_validate(row))


@routes.put("/lines/{line_id}", operation_id="replace_line")
async def replace_line(
    line_id: Id, body: LineChange, context: Ctx, request: Request, admin: Admin, tags: ChangeTags
) -> LineShown:
    """Change a counting line."""
    row = await replace(Call(context, request, admin), Line, line_id, line_columns(body), tags=tags)
    return LineShown.model_validate(row)


@routes.delete("/lines/{line_id}", operation_id="delete_line", status_code=204)
async def delete_line(line_id: Id, context: Ctx, request: Request, admin: Admin, tags: ChangeTags) -> None:
    """Remove a counting line; its crossings stay until they are erased."""
    await remove(Call(context, request, admin), Line, line_id, tags=tags)
