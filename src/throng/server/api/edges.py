"""Routes of edges: for administrators who set them up, and for the boxes themselves."""

import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from throng.server.api.camera_sources import opened_source
from throng.server.api.edges_schemas import (
    EdgeCamera,
    EdgeChange,
    EdgeConfiguration,
    EdgeCreated,
    EdgeNew,
    EdgeShown,
    Enrol,
    Enrolled,
    EnrolmentCode,
    Heartbeat,
    HeartbeatAnswer,
)
from throng.server.api.etags import ChangeTags, ReadTags
from throng.server.api.lines import LineShown
from throng.server.api.objects import Call, create, remove, replace, show
from throng.server.api.paging import Cursor, Page, page
from throng.server.api.sites_schemas import SiteShown
from throng.server.api.wire import Id, IdField, Key, Short
from throng.server.api.zones import ZoneShown
from throng.server.audit_trail import noted
from throng.server.auth.access import Admin, EdgeBox, Viewer
from throng.server.auth.address import client_address
from throng.server.auth.identify import EDGE_TOKEN_PREFIX
from throng.server.context import Context, Ctx
from throng.server.errors import ServerError
from throng.server.live.items import Kind
from throng.server.problems import Problem
from throng.store import edges, site_objects
from throng.store.secret_box import hashed, new_secret
from throng.store.tables import Camera, Edge, Site

routes = APIRouter(prefix="/api/v1", tags=["edges"])

CODE_PREFIX = "enrol_"
CODE_VALID = timedelta(hours=24)
CAMERA_SILENT_S = 30.0
"""A box that is silent for so long says nothing of its cameras any more."""


def edge_shown(row: Edge, context: Context) -> EdgeShown:
    """Return an edge without the hashes of its secrets."""
    now = context.clock.now()
    own = {"is_enrolled", "age_s", "enrolment_until"}
    fields = {name: getattr(row, name) for name in EdgeShown.model_fields if name not in own}
    open_until = row.enrolment_until if row.enrolment_until is not None and row.enrolment_until > now else None
    age_s = None if row.last_seen_at is None else max(0.0, (now - row.last_seen_at).total_seconds())
    return EdgeShown(**fields, is_enrolled=row.token_hash is not None, enrolment_until=open_until, age_s=age_s)


@routes.get("/edges", operation_id="list_edges")
async def list_edges(
    context: Ctx,
    viewer: Viewer,
    cursor: Cursor,
    site_id: Annotated[IdField | None, Query(description="only of this site")] = None,
    key: Annotated[Key | None, Query(description="only with this key")] = None,
    search: Annotated[Short | None, Query(description="part of the key or the name")] = None,
) -> Page[EdgeShown]:
    """List edges with what they said of themselves last."""
    async with context.database.read() as session:
        rows, position = await site_objects.find(
            session, Edge, site_ids=viewer.site_ids, site_id=site_id, search=search, equal={"key": key},
            after=cursor.after, limit=cursor.limit,
        )  # fmt: skip
    return page(rows, position, lambda row: edge_shown(row, context))


@routes.post("/edges", operation_id="create_edge", status_code=201)
async def create_edge(body: EdgeNew, context: Ctx, request: Request, admin: Admin) -> EdgeCreated:
    """Add an edge to a site. The one-time code with which it enrols is shown now, and good for 24 hours."""
    _require_box(body.key)
    code, until = new_secret(CODE_PREFIX), context.clock.now() + CODE_VALID
    row = Edge(**body.model_dump(), enrolment_hash=hashed(code), enrolment_until=until, status={})
    await create(Call(context, request, admin), row)
    return EdgeCreated(
        edge=edge_shown(row, context), enrolment=EnrolmentCode(edge_id=row.id, code=code, valid_until=until)
    )


@routes.get("/edges/{edge_id}", operation_id="get_edge")
async def get_edge(edge_id: Id, context: Ctx, request: Request, viewer: Viewer, tags: ChangeTags) -> EdgeShown:
    """Show an edge. It reports every few seconds, so there is no 304; its `ETag` is for changing it."""
    row = await show(Call(context, request, viewer), Edge, edge_id)
    tags.show(row.version)
    return edge_shown(row, context)


@routes.put("/edges/{edge_id}", operation_id="replace_edge")
async def replace_edge(
    edge_id: Id, body: EdgeChange, context: Ctx, request: Request, admin: Admin, tags: ChangeTags
) -> EdgeShown:
    """Change an edge."""
    call = Call(context, request, admin)
    if body.key != (await show(call, Edge, edge_id)).key:
        _require_box(body.key)
    row = await replace(call, Edge, edge_id, body.model_dump(), tags=tags)
    context.auth.known.forget()
    return edge_shown(row, context)


@routes.delete("/edges/{edge_id}", operation_id="delete_edge", status_code=204)
async def delete_edge(edge_id: Id, context: Ctx, request: Request, admin: Admin, tags: ChangeTags) -> None:
    """Remove an edge. Its cameras stay, run by nobody but this server."""
    call = Call(context, request, admin)
    row = await show(call, Edge, edge_id)
    await remove(call, Edge, edge_id, tags=tags)
    context.auth.known.forget()
    context.hub.put(Kind.EDGE, row.site_id, (edge_id,), None)


@routes.post("/edges/{edge_id}/enrolment", operation_id="create_enrolment", status_code=201)
async def create_enrolment(edge_id: Id, context: Ctx, request: Request, admin: Admin) -> EnrolmentCode:
    """Give an edge a new one-time code, in place of an open one. Its token stays until the code is used."""
    code, until = new_secret(CODE_PREFIX), context.clock.now() + CODE_VALID
    async with context.database.write() as session:
        row = await site_objects.get(session, Edge, edge_id, site_ids=admin.site_ids)
        row.enrolment_hash, row.enrolment_until = hashed(code), until
        await Call(context, request, admin).note(session, "enrolment", row)
    return EnrolmentCode(edge_id=edge_id, code=code, valid_until=until)


@routes.post("/edges/{edge_id}/revoke", operation_id="revoke_edge")
async def revoke_edge(edge_id: Id, context: Ctx, request: Request, admin: Admin) -> EdgeShown:
    """End the token and the open code of an edge at once."""
    async with context.database.write() as session:
        row = await site_objects.get(session, Edge, edge_id, site_ids=admin.site_ids)
        row.token_hash = row.enrolment_hash = row.enrolment_until = None
        await Call(context, request, admin).note(session, "revoke", row)
    context.auth.known.forget()
    return edge_shown(row, context)


@routes.post("/edges/enrol", operation_id="enrol_edge")
async def enrol_edge(body: Enrol, context: Ctx, request: Request) -> Enrolled:
    """For an edge box: exchange its one-time code for a token. Public, a few tries a minute."""
    context.auth.limit_attempt(client_address(request, context.settings.trusted_proxies))
    token = new_secret(EDGE_TOKEN_PREFIX)
    async with context.database.write() as session:
        now = context.clock.now()
        row = await edges.enrol(session, body.code, token=token, software=body.software, at=now)
        if row is not None:
            site = await session.get_one(Site, row.site_id)
            await noted(session, request, None, "edge.enrol", "edge", row.id, row.site_id, software=body.software)
    if row is None:
        raise Problem(401, "this code is unknown, used, or older than 24 hours; ask an administrator for a new one")
    context.auth.known.forget()
    return Enrolled(edge_id=row.id, key=row.key, site_id=site.id, site_key=site.key, token=token)


@routes.get("/edge/configuration", operation_id="get_edge_configuration", response_model=EdgeConfiguration)
async def get_edge_configuration(context: Ctx, box: EdgeBox, tags: ReadTags) -> EdgeConfiguration | Response:
    """For an edge box: what it is to run, with the passwords of its cameras. Ask with If-None-Match."""
    async with context.database.read() as session:
        edge = await site_objects.get(session, Edge, box.id, site_ids=box.site_ids)
        work = await edges.work(session, edge)
    unchanged = tags.answer(edges.work_version(work), None)
    if unchanged is not None:
        return unchanged
    return EdgeConfiguration(
        edge_id=edge.id,
        key=edge.key,
        site=SiteShown.model_validate(work.site),
        zones=[ZoneShown.model_validate(row) for row in work.zones],
        lines=[LineShown.model_validate(row) for row in work.lines],
        cameras=[_edge_camera(row, context) for row in work.cameras],
    )


@routes.post("/edge/heartbeat", operation_id="send_heartbeat")
async def send_heartbeat(body: Heartbeat, context: Ctx, box: EdgeBox) -> HeartbeatAnswer:
    """For an edge box: say every ten seconds that it is there, and how its cameras are."""
    now = context.clock.now()
    offset_s = (body.sent_at - now).total_seconds()
    async with context.database.write() as session:
        await edges.seen(
            session, box.id, at=now, software=body.software, clock_offset_s=offset_s, status=body.status
        )  # fmt: skip
    async with context.database.read() as session:
        row = await site_objects.get(session, Edge, box.id, site_ids=box.site_ids)
        work = await edges.work(session, row)
    _tell_cameras(context, row, work.cameras, body.status)
    context.hub.put(Kind.EDGE, row.site_id, (row.id,), edge_shown(row, context).model_dump_json().encode())
    return HeartbeatAnswer(server_time=now, clock_offset_s=offset_s, configuration_version=edges.work_version(work))


def _tell_cameras(context: Context, edge: Edge, cameras: Sequence[Camera], status: dict[str, Any]) -> None:
    """Tell who watches how the streams of a box are; a camera that it does not mention is not told of."""
    told = status.get("cameras")
    if not isinstance(told, dict):
        return
    for camera in cameras:
        if camera.key in told:
            body = {"camera_id": camera.id, "edge_id": edge.id, "key": camera.key, "stream": told[camera.key]}
            context.hub.put(
                Kind.CAMERA, edge.site_id, (camera.id,), json.dumps(body).encode(), overdue_after_s=CAMERA_SILENT_S
            )


def _require_box(key: str) -> None:
    if key == edges.THIS_SERVER:
        raise ServerError(f"{key!r} is the key of the server itself, for cameras that no box runs; choose another one")


def _edge_camera(row: Camera, context: Context) -> EdgeCamera:
    source = None if row.source is None else opened_source(row.source, row.credentials, context.secrets).full()
    shown = {name: getattr(row, name) for name in EdgeCamera.model_fields if name != "source"}
    return EdgeCamera(**shown, source=source)
