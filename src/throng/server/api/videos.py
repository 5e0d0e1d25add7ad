"""Routes of videos: somebody sends a recording, it is measured in the background, the readings are fetched."""

import re
from collections.abc import Iterator
from typing import Annotated, Any, Literal

import anyio.to_thread
from fastapi import APIRouter, Query, Request
from fastapi.responses import StreamingResponse

from throng.server.api.bodies import LIMITED_BY_ITSELF
from throng.server.api.detect import MODEL
from throng.server.api.paging import Cursor, Page, page
from throng.server.api.videos_schemas import VideoShown
from throng.server.api.wire import LARGEST_ID, Id, IdField
from throng.server.audit_trail import noted
from throng.server.auth.access import Operator
from throng.server.auth.principal import Principal
from throng.server.context import Context, Ctx
from throng.server.problems import Problem
from throng.server.videos import results
from throng.server.videos.form import VIDEO, Received
from throng.server.videos.job import JobState, VideoJob
from throng.server.videos.library import READINGS, SITE
from throng.server.videos.receiving import receive
from throng.server.videos.site_yaml import write_site
from throng.store import site_objects, videos
from throng.store.errors import NotFoundError
from throng.store.tables import Camera

routes = APIRouter(prefix="/api/v1", tags=["videos"])

MOST_WAITING = 20
FORM = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["video"],
                    "properties": {
                        "video": {"type": "string", "format": "binary", "description": "mp4, avi, mov, mkv, webm, ts"},
                        "camera_id": {"type": "integer", "description": "whose calibration and zones are used"},
                        "model": {"type": "string", "description": "as for `throng run --model`"},
                    },
                }
            }
        },
    }
}


@routes.post(
    "/videos", operation_id="upload_video", status_code=202, openapi_extra=FORM, max_body_size=LIMITED_BY_ITSELF
)
async def upload_video(request: Request, context: Ctx, operator: Operator) -> VideoShown:
    """Send a recording to be measured. It is written to the disk as it comes; one is measured at a time."""
    return _shown(await take_video(request, context, operator))


async def take_video(
    request: Request, context: Context, operator: Principal, *, part: str = VIDEO, camera_id: int | None = None
) -> VideoJob:
    """Take in a recording and let it wait to be measured.

    Args:
        request: its body is a multipart form.
        context: of the server.
        operator: who sends it.
        part: name of the part with the video.
        camera_id: whose calibration and zones are used; None for the one that the form names, if any.

    Raises:
        Problem: it is too large, no video, or too many wait.
        NotFoundError: there is no such camera for them.
    """
    library = context.videos.library
    if library.waiting() >= MOST_WAITING:
        raise Problem(503, f"{MOST_WAITING} videos wait already; send it when some are done", kind="busy")
    number = library.reserve(context.clock.now())
    try:
        limit_bytes = context.settings.upload_limit_mb * 1_000_000
        received = await receive(request, library.folder(number), limit_bytes=limit_bytes, part=part)
        if camera_id is not None:
            received.fields["camera_id"] = str(camera_id)
        job = await _job(context, operator, number, received)
        async with context.database.write() as session:
            await noted(
                session, request, operator, "video.upload", "video", number, job.site_id, name=job.name,
                camera_id=job.camera_id, size_bytes=job.size_bytes,
            )  # fmt: skip
        context.videos.add(job)
    except BaseException:
        await _discarded(context, number)
        raise
    return job


@routes.get("/videos", operation_id="list_videos")
async def list_videos(
    context: Ctx,
    operator: Operator,
    cursor: Cursor,
    state: Annotated[JobState | None, Query(description="only these")] = None,
    site_id: Annotated[IdField | None, Query(description="only of cameras of this site")] = None,
) -> Page[VideoShown]:
    """List uploaded videos, the newest first."""

    def wanted(job: VideoJob) -> bool:
        return _may_see(operator, job) and state in {None, job.state} and site_id in {None, job.site_id}

    jobs, position = context.videos.library.find(wanted, before=cursor.after, limit=cursor.limit)
    return page(jobs, position, _shown)


@routes.get("/videos/{video_id}", operation_id="get_video")
async def get_video(video_id: Id, context: Ctx, operator: Operator) -> VideoShown:
    """Say how far a video is. It changes all the time while it is measured, so there is no ETag."""
    return _shown(_visible(context, operator, video_id))


@routes.get("/videos/{video_id}/readings", operation_id="get_video_readings", response_class=StreamingResponse)
async def get_video_readings(
    video_id: Id,
    context: Ctx,
    operator: Operator,
    format: Annotated[Literal["jsonl", "csv"], Query(description="JSON lines or a table")] = "jsonl",  # noqa: A002
) -> StreamingResponse:
    """Give the readings of a video, also while it is still measured: those that are there."""
    job = _visible(context, operator, video_id)
    path = context.videos.library.folder(job.id) / READINGS
    size = await anyio.to_thread.run_sync(results.whole_bytes, path)
    parts: Iterator[bytes] = results.csv_lines(path, size) if format == "csv" else results.json_lines(path, size)
    media_type = "text/csv" if format == "csv" else "application/x-ndjson"
    name = f'attachment; filename="video-{job.id}.{format}"'
    return StreamingResponse(parts, media_type=media_type, headers={"Content-Disposition": name})


@routes.post("/videos/{video_id}/cancel", operation_id="cancel_video")
async def cancel_video(video_id: Id, request: Request, context: Ctx, operator: Operator) -> VideoShown:
    """Stop measuring a video; the readings so far stay."""
    job = _visible(context, operator, video_id)
    await _note(context, request, operator, job, "video.cancel")
    return _shown(await context.videos.cancel(job.id))


@routes.delete("/videos/{video_id}", operation_id="delete_video", status_code=204)
async def delete_video(video_id: Id, request: Request, context: Ctx, operator: Operator) -> None:
    """Stop measuring a video, and remove it with its readings."""
    job = _visible(context, operator, video_id)
    await _note(context, request, operator, job, "video.delete")
    await context.videos.remove(job.id)


async def _job(context: Context, operator: Principal, number: int, received: Received) -> VideoJob:
    model, camera_id = received.fields.get("model") or None, received.fields.get("camera_id") or None
    if model is not None and not re.fullmatch(MODEL, model):
        raise Problem(422, "model: expected the name of a model, as `throng models list` shows them")
    camera = None if camera_id is None else await _prepared(context, operator, number, camera_id, received.file)
    of_camera: dict[str, Any] = (
        {} if camera is None else {"site_id": camera.site_id, "camera_id": camera.id, "camera_key": camera.key}
    )
    return VideoJob(
        id=number, name=received.name, file=received.file, size_bytes=received.size_bytes, model=model,
        uploaded_by=operator.name, uploaded_by_id=operator.id, created_at=context.clock.now(), **of_camera,
    )  # fmt: skip


async def _prepared(context: Context, operator: Principal, number: int, camera_id: str, file: str) -> Camera:
    """Write the site file with the camera's calibration and zones as they are now."""
    if not camera_id.isdecimal() or not 0 < int(camera_id) <= LARGEST_ID:
        raise Problem(422, "camera_id: expected the number of a camera")
    async with context.database.read() as session:
        camera = await site_objects.get(session, Camera, int(camera_id), site_ids=operator.site_ids)
        site, zones, lines = await videos.surroundings(session, camera)
    write_site(
        context.videos.library.folder(number) / SITE, site=site, camera=camera, zones=zones, lines=lines, video=file
    )
    return camera


async def _discarded(context: Context, number: int) -> None:
    with anyio.CancelScope(shield=True):
        await anyio.to_thread.run_sync(context.videos.library.remove, number)


async def _note(context: Context, request: Request, operator: Principal, job: VideoJob, action: str) -> None:
    async with context.database.write() as session:
        await noted(session, request, operator, action, "video", job.id, job.site_id, name=job.name)


def _visible(context: Context, operator: Principal, number: int) -> VideoJob:
    job = context.videos.library.get(number)
    if not _may_see(operator, job):
        raise NotFoundError(f"there is no video {number}")
    return job


def _may_see(operator: Principal, job: VideoJob) -> bool:
    """Videos without a camera belong to no site: whoever sees all sites, and who sent them, may see them."""
    if job.site_id is not None:
        return operator.sees(job.site_id)
    return operator.site_ids is None or operator.id == job.uploaded_by_id


def _shown(job: VideoJob) -> VideoShown:
    return VideoShown.model_validate({name: getattr(job, name) for name in VideoShown.model_fields})
