"""Recordings as CrowdSafe lists them. Throng films by its privacy settings, never on request."""

from typing import Annotated

import anyio.to_thread
from fastapi import Query, Request

from throng.server.api.wire import Id, IdField
from throng.server.audit_trail import noted
from throng.server.auth.access import Admin, Operator
from throng.server.compat.crowdsafe_schemas import Message, RecordingBody
from throng.server.compat.router import SlashRouter
from throng.server.context import Ctx
from throng.server.problems import Problem
from throng.store import recordings
from throng.store.tables import Recording

routes = SlashRouter(stem="crowdsafe", tags=["compat: crowdsafe"])

REFUSED = (
    "Throng records video by its settings (privacy.record_video, retention.recordings_days), and nobody rewrites what "
    "was recorded; send a film of your own to /api/cameras/{id}/upload"
)


@routes.get("/api/recordings")
async def list_recordings(
    context: Ctx,
    operator: Operator,
    camera_id: Annotated[IdField | None, Query(description="only of this camera")] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> list[RecordingBody]:
    """List recordings, newest first."""
    async with context.database.read() as session:
        rows = await recordings.find(session, site_ids=operator.site_ids, camera_id=camera_id, limit=limit)
    return [_shown(row) for row in rows]


@routes.post("/api/recordings")
async def create_recording(_operator: Operator) -> RecordingBody:
    """Refuse: recordings are not made on request."""
    raise Problem(409, REFUSED, kind="recorded-by-settings")


@routes.get("/api/recordings/{recording_id}")
async def get_recording(recording_id: Id, context: Ctx, operator: Operator) -> RecordingBody:
    """Show a recording."""
    async with context.database.read() as session:
        row, _ = await recordings.get(session, recording_id, site_ids=operator.site_ids)
    return _shown(row)


@routes.put("/api/recordings/{recording_id}")
async def replace_recording(recording_id: Id, context: Ctx, operator: Operator) -> RecordingBody:
    """Refuse: what was recorded is not changed."""
    async with context.database.read() as session:
        await recordings.get(session, recording_id, site_ids=operator.site_ids)
    raise Problem(409, REFUSED, kind="recorded-by-settings")


@routes.delete("/api/recordings/{recording_id}")
async def delete_recording(recording_id: Id, context: Ctx, request: Request, admin: Admin) -> Message:
    """Remove a recording, first its file, then its row."""
    async with context.database.read() as session:
        row, _ = await recordings.get(session, recording_id, site_ids=admin.site_ids)
    path = context.settings.data_dir / row.path
    await anyio.to_thread.run_sync(lambda: path.unlink(missing_ok=True))
    async with context.database.write() as session:
        row, site_id = await recordings.get(session, recording_id, site_ids=admin.site_ids)
        await session.delete(row)
        await noted(
            session, request, admin, "recording.delete", "recording", recording_id, site_id, camera_id=row.camera_id
        )
    return Message(message="the recording was removed")


def _shown(row: Recording) -> RecordingBody:
    length = None if row.ended_at is None else (row.ended_at - row.started_at).total_seconds()
    return RecordingBody(
        id=str(row.id), camera_id=str(row.camera_id), kind=row.kind, start_time=row.started_at, end_time=row.ended_at,
        duration=length, file_size=row.bytes, created_at=row.created_at,
    )  # fmt: skip
