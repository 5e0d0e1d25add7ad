"""Routes of cameras: their address, calibration and mode. Their passwords come in and never out."""

from typing import Annotated, Any

import anyio
from fastapi import APIRouter, Query, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from throng.camera.calibration_file import parse_calibration
from throng.camera.calibration_forms import CalibrationForm
from throng.server.api.camera_sources import KeptSource, opened_source, require_allowed, split_source
from throng.server.api.cameras_schemas import CameraChange, CameraNew, CameraShown
from throng.server.api.etags import ChangeTags, ReadTags
from throng.server.api.objects import Call, create, remove, replace, show
from throng.server.api.paging import Cursor, Page, page
from throng.server.api.wire import Id, IdField, Key, Short
from throng.server.auth.access import Admin, Viewer
from throng.server.context import Context, Ctx
from throng.server.errors import ServerError
from throng.store import site_objects, zones
from throng.store.edges import THIS_SERVER
from throng.store.tables import Camera, Edge

routes = APIRouter(prefix="/api/v1", tags=["cameras"])


def camera_shown(row: Camera) -> CameraShown:
    """Return a camera without its secrets."""
    fields = {name: getattr(row, name) for name in CameraShown.model_fields if name != "has_credentials"}
    return CameraShown(**fields, has_credentials=row.credentials is not None)


@routes.get("/cameras", operation_id="list_cameras")
async def list_cameras(
    context: Ctx,
    viewer: Viewer,
    cursor: Cursor,
    site_id: Annotated[IdField | None, Query(description="only of this site")] = None,
    edge_id: Annotated[IdField | None, Query(description="only of this edge")] = None,
    key: Annotated[Key | None, Query(description="only with this key")] = None,
    is_active: bool | None = None,
    search: Annotated[Short | None, Query(description="part of the key or the name")] = None,
) -> Page[CameraShown]:
    """List cameras."""
    async with context.database.read() as session:
        rows, position = await site_objects.find(
            session, Camera, site_ids=viewer.site_ids, site_id=site_id, search=search,
            equal={"key": key, "is_active": is_active, "edge_id": edge_id}, after=cursor.after, limit=cursor.limit,
        )  # fmt: skip
    return page(rows, position, camera_shown)


@routes.post("/cameras", operation_id="create_camera", status_code=201)
async def create_camera(body: CameraNew, context: Ctx, request: Request, admin: Admin) -> CameraShown:
    """Add a camera to a site."""
    columns = await camera_columns(body, context, now=None)
    row = Camera(site_id=body.site_id, **columns)
    return camera_shown(await create(Call(context, request, admin), row, check=check_references))


@routes.get("/cameras/{camera_id}", operation_id="get_camera", response_model=CameraShown)
async def get_camera(
    camera_id: Id, context: Ctx, request: Request, viewer: Viewer, tags: ReadTags
) -> CameraShown | Response:
    """Show a camera."""
    row = await show(Call(context, request, viewer), Camera, camera_id)
    return tags.answer(row.version, camera_shown(row))


@routes.put("/cameras/{camera_id}", operation_id="replace_camera")
async def replace_camera(
    camera_id: Id, body: CameraChange, context: Ctx, request: Request, admin: Admin, tags: ChangeTags
) -> CameraShown:
    """Change a camera. Its name and password stay where the source is the same and no credentials are given."""
    call = Call(context, request, admin)
    now = await show(call, Camera, camera_id)
    tags.require(now.version)
    columns = await camera_columns(body, context, now=now)
    return camera_shown(await replace(call, Camera, camera_id, columns, tags=tags, check=check_references))


@routes.delete("/cameras/{camera_id}", operation_id="delete_camera", status_code=204)
async def delete_camera(camera_id: Id, context: Ctx, request: Request, admin: Admin, tags: ChangeTags) -> None:
    """Remove a camera; its readings stay until they are erased."""
    await remove(Call(context, request, admin), Camera, camera_id, tags=tags)


async def camera_columns(body: CameraChange, context: Context, *, now: Camera | None) -> dict[str, Any]:
    """Return the columns of a camera; its secrets sealed, its source and calibration checked.

    Args:
        body: what is wanted.
        context: of the server.
        now: the camera as it is; None for a new one.

    Raises:
        ThrongError: a source that is not allowed, or a calibration that no camera can have.
    """
    columns = body.model_dump(mode="json", exclude={"site_id", "credentials", "source"})
    columns["calibration"] = await anyio.to_thread.run_sync(checked_calibration, body.calibration, body.key)
    kept = _kept_source(body, context, now)
    if kept is not None and (now is None or (now.source, now.edge_id) != (kept.address, body.edge_id)):
        await require_allowed(kept.address, context.settings, on_edge=body.edge_id is not None)
    columns["mode"] = body.mode.model_dump(exclude_none=True)
    columns["source"] = None if kept is None else kept.address
    columns["credentials"] = _sealed(kept, context, now)
    return columns


def checked_calibration(calibration: dict[str, Any] | None, key: str) -> dict[str, Any] | None:
    """Return a calibration as it is kept; it is refused with the sentence of a site file.

    Raises:
        ThrongError: an unknown key, or numbers that no camera can have.
    """
    if calibration is None:
        return None
    parse_calibration(calibration, f"camera {key}")
    return kept_calibration(CalibrationForm.model_validate(calibration))


def kept_calibration(form: CalibrationForm) -> dict[str, Any]:
    """Return the keys and values of a calibration file as the database keeps them."""
    return form.model_dump(mode="json", exclude_unset=True)


def _kept_source(body: CameraChange, context: Context, now: Camera | None) -> KeptSource | None:
    if body.kind == "sensor":
        if body.source is not None:
            raise ServerError(f"camera {body.key}: a sensor has no source; leave it away, or make it a video camera")
        return None
    if body.source is None:
        raise ServerError(f"camera {body.key}: source is missing; expected for example rtsp://10.0.0.5/stream")
    if now is not None and now.source == body.source:
        kept = opened_source(now.source, now.credentials, context.secrets)
        if "credentials" not in body.model_fields_set:
            return kept
        return KeptSource(kept.address, *_given(body), kept.whole)
    kept = split_source(body.source)
    if body.credentials is None:
        return kept
    if kept.username is not None:
        raise ServerError(f"camera {body.key}: give its name and password in credentials or in source, not in both")
    return KeptSource(kept.address, *_given(body), kept.whole)


def _given(body: CameraChange) -> tuple[str | None, str | None]:
    return (None, None) if body.credentials is None else (body.credentials.username, body.credentials.password)


def _sealed(kept: KeptSource | None, context: Context, now: Camera | None) -> str | None:
    """Seal the secrets again only when they are others: each sealing gives another text."""
    if kept is None:
        return None
    if (
        now is not None
        and now.source is not None
        and opened_source(now.source, now.credentials, context.secrets) == kept
    ):
        return now.credentials
    return kept.sealed(context.secrets)


async def check_references(session: AsyncSession, row: Camera) -> None:
    """Refuse a camera that names zones or an edge that its site does not have.

    Raises:
        ServerError: it does.
    """
    if row.zone_keys is not None:
        known = await zones.keys(session, row.site_id)
        for key in row.zone_keys:
            if key not in known:
                raise ServerError(
                    f"camera {row.key}: zone {key!r} is not a zone of its site; known zones: "
                    f"{', '.join(sorted(known)[:50]) or 'none'}"
                )
    if row.edge_id is not None:
        edge = await session.get(Edge, row.edge_id)
        if edge is None or edge.site_id != row.site_id or edge.key == THIS_SERVER:
            raise ServerError(f"camera {row.key}: its site has no edge {row.edge_id}; leave edge_id away, or add it")
