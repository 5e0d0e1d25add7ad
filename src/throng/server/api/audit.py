"""Routes of the audit log: who did what, when, from where."""

import csv
import io
import json
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import StreamingResponse
from pydantic import Field

from throng.server.api.paging import LARGEST_PAGE, Cursor, Page, page
from throng.server.api.wire import IdField, Short, Time, Wire, example
from throng.server.audit_trail import noted
from throng.server.auth.access import Admin
from throng.server.context import Context, Ctx
from throng.store import audit
from throng.store.audit import AuditFilter
from throng.store.tables import AuditEntry

routes = APIRouter(prefix="/api/v1", tags=["audit"])

MEDIA_TYPES = {"csv": "text/csv; charset=utf-8", "jsonl": "application/jsonl"}
FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""Beginnings of cells that spreadsheets run as formulas."""


class EntryShown(Wire):
    """One entry of the audit log."""

    model_config = example(
        id=812, at="2026-06-01T12:00:00Z", actor_kind="user", actor_id=1, actor="mara", action="zone.update",
        object_kind="zone", object_id="4", site_id=1, address="10.0.0.20", detail={"capacity": [400, 350]},
    )  # fmt: skip

    id: int
    at: datetime
    actor_kind: str = Field(description="user, token, edge, system or nobody")
    actor_id: int | None
    actor: str = Field(description="name as it was then")
    action: str
    object_kind: str
    object_id: str
    site_id: int | None
    address: str
    detail: dict[str, Any]


def _filter(
    admin: Admin,
    actor: Annotated[Short | None, Query(description="only by this name")] = None,
    actor_kind: Literal["user", "token", "edge", "system", "nobody"] | None = None,
    action: Annotated[Short | None, Query(description="`zone.update`, or `zone` for all of its actions")] = None,
    object_kind: Annotated[Short | None, Query(description="only about such objects")] = None,
    object_id: Annotated[Short | None, Query(description="only about this one")] = None,
    site_id: Annotated[IdField | None, Query(description="only of this site")] = None,
    since: Annotated[Time | None, Query(description="at this time or later")] = None,
    until: Annotated[Time | None, Query(description="before this time")] = None,
) -> AuditFilter:
    return AuditFilter(actor, actor_kind, action, object_kind, object_id, site_id, admin.site_ids, since, until)


Wanted = Annotated[AuditFilter, Depends(_filter)]


@routes.get("/audit", operation_id="list_audit_entries")
async def list_audit_entries(context: Ctx, admin: Admin, cursor: Cursor, wanted: Wanted) -> Page[EntryShown]:  # noqa: ARG001
    """List entries, the newest first. Who may see some sites only sees what belongs to them."""
    async with context.database.read() as session:
        rows, position = await audit.find(session, wanted, after=cursor.after, limit=cursor.limit)
    return page(rows, position, _shown)


@routes.get(
    "/audit/export",
    operation_id="export_audit",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/csv": {}, "application/jsonl": {}}, "description": "The oldest entry first."}},
)
async def export_audit(
    context: Ctx,
    request: Request,
    admin: Admin,
    wanted: Wanted,
    as_format: Annotated[Literal["csv", "jsonl"], Query(alias="format")] = "csv",
) -> StreamingResponse:
    """Export entries as CSV or as one JSON object per line. The export itself is noted."""
    async with context.database.write() as session:
        await noted(session, request, admin, "audit.export", "audit", as_format)
    write = _csv_rows if as_format == "csv" else _json_lines
    name = f'attachment; filename="throng-audit.{as_format}"'
    return StreamingResponse(
        _export(context, wanted, write), media_type=MEDIA_TYPES[as_format], headers={"Content-Disposition": name}
    )


async def _export(context: Context, wanted: AuditFilter, write: Any) -> AsyncIterator[str]:
    """Read page by page, so that a slow reader holds neither a transaction nor the whole log in memory."""
    position: int | None = None
    first = True
    while first or position is not None:
        async with context.database.read() as session:
            rows, position = await audit.find(
                session, wanted, after=position, limit=LARGEST_PAGE, newest_first=False
            )  # fmt: skip
        yield write([_shown(row) for row in rows], head=first)
        first = False


def _csv_rows(entries: list[EntryShown], *, head: bool) -> str:
    text = io.StringIO()
    rows = csv.writer(text)
    if head:
        rows.writerow(EntryShown.model_fields)
    for entry in entries:
        values = entry.model_dump(mode="json") | {"detail": json.dumps(entry.detail, ensure_ascii=False)}
        rows.writerow([_harmless(value) for value in values.values()])
    return text.getvalue()


def _json_lines(entries: list[EntryShown], *, head: bool) -> str:  # noqa: ARG001
    return "".join(entry.model_dump_json() + "\n" for entry in entries)


def _harmless(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value


def _shown(row: AuditEntry) -> EntryShown:
    return EntryShown.model_validate(row, from_attributes=True)
