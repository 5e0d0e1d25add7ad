"""Routes that count the people of one picture: one that is sent, or what a camera sees now."""

import base64
from typing import TYPE_CHECKING, Annotated, Any

import anyio.to_thread
from fastapi import APIRouter, File, Form, UploadFile
from pydantic import ConfigDict, Field
from starlette.requests import Request

from throng.camera.calibration_file import parse_calibration
from throng.core.points import Image
from throng.core.site import Camera
from throng.server.api.pictures import newest_plain
from throng.server.api.wire import Id, Wire
from throng.server.audit_trail import noted
from throng.server.auth.access import Operator
from throng.server.context import Context, Ctx
from throng.server.problems import Problem
from throng.server.uploaded_picture import LARGEST_PICTURE_BYTES, checked_picture, decode_base64
from throng.store.tables import Camera as CameraRow

if TYPE_CHECKING:
    from throng.server.detection import Detection

routes = APIRouter(prefix="/api/v1", tags=["detection"])

MODEL = r"^[a-z0-9][a-z0-9.+_-]{0,80}$"
"""Names only: a path would let somebody open files of the server."""

Model = Annotated[str | None, Field(pattern=MODEL, description="as for `throng run --model`; null for the default")]


class DetectionRequest(Wire):
    """A picture in JSON."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"image": "data:image/jpeg;base64,/9j/4AAQ…"}]})

    image: str = Field(max_length=LARGEST_PICTURE_BYTES * 4 // 3 + 100, description="base64, with or without `data:`")
    model: Model = None
    with_picture: bool = Field(False, description="also give the picture with the density map laid over")


class DetectionAnswer(Wire):
    """The people of one picture."""

    count: float | None = Field(description="people in the picture; null when nothing can be said")
    count_low: float | None = Field(description="lower end of the 90 % interval")
    count_high: float | None
    density_mean_per_m2: float | None = Field(description="people/m² of the ground it shows; null without calibration")
    warnings: tuple[str, ...] = Field(description="why the count is less trustworthy than usual")
    models: tuple[str, ...]
    width: int
    height: int
    points: tuple[tuple[float, float, float], ...] = Field(description="x, y in pixels and score of each head found")
    picture: str | None = Field(description="JPEG as base64 with the density map, when it was wanted")


@routes.post("/detect", operation_id="detect_people", max_body_size=LARGEST_PICTURE_BYTES * 3 // 2)
async def detect_people(wish: DetectionRequest, context: Ctx, _principal: Operator) -> DetectionAnswer:
    """Count the people of a picture sent as base64. It is not stored."""
    image = await anyio.to_thread.run_sync(lambda: checked_picture(decode_base64(wish.image)))
    return await _answer(context, image, _stranger(), model=wish.model, with_picture=wish.with_picture)


@routes.post("/detect/file", operation_id="detect_people_in_file", max_body_size=LARGEST_PICTURE_BYTES * 3 // 2)
async def detect_people_in_file(
    context: Ctx,
    _principal: Operator,
    image: Annotated[UploadFile, File(description="JPEG, PNG, WebP, BMP or TIFF")],
    model: Annotated[str | None, Form(pattern=MODEL)] = None,
    with_picture: Annotated[bool, Form()] = False,
) -> DetectionAnswer:
    """Count the people of an uploaded picture. It is not stored."""
    content = await image.read(LARGEST_PICTURE_BYTES + 1)
    decoded = await anyio.to_thread.run_sync(lambda: checked_picture(content))
    return await _answer(context, decoded, _stranger(), model=model, with_picture=with_picture)


@routes.post("/cameras/{camera_id}/detect", operation_id="detect_people_on_camera")
async def detect_people_on_camera(
    camera_id: Id, request: Request, context: Ctx, principal: Operator, *, with_picture: bool = False
) -> DetectionAnswer:
    """Count the people that a camera of this server sees now, with its calibration."""
    row, image = await newest_plain(context, principal, camera_id)
    camera = calibrated_camera(row)
    answer = await _answer(context, image, camera, model=camera.model, with_picture=with_picture)
    if with_picture:
        async with context.database.write() as session:
            await noted(session, request, principal, "video.view", "camera", camera_id, row.site_id, how="detection")
    return answer


def calibrated_camera(row: CameraRow) -> Camera:
    """Return a camera of the database as the pipeline knows it."""
    calibration = None if row.calibration is None else parse_calibration(row.calibration, f"camera {row.key}")
    return Camera(row.key, row.source or "", calibration=calibration, model=row.mode.get("model"), name=row.name)


def _stranger() -> Camera:
    return Camera("picture", "")


async def _answer(
    context: Context, image: Image, camera: Camera, *, model: str | None, with_picture: bool
) -> DetectionAnswer:
    if image.size == 0:
        raise Problem(422, "the picture is empty")
    from throng.server.detection import detect  # noqa: PLC0415  see there

    at = context.clock.now()
    found = await anyio.to_thread.run_sync(
        lambda: detect(image, camera=camera, model=model, at=at, with_picture=with_picture)
    )
    return _shown(found)


def _shown(found: "Detection") -> DetectionAnswer:
    reading: dict[str, Any] = dict(found.reading)
    names = ("count", "count_low", "count_high", "density_mean_per_m2", "models")
    return DetectionAnswer(
        **{name: reading[name] for name in names},
        warnings=tuple(reading["reasons"]),
        width=found.size[0],
        height=found.size[1],
        points=tuple(found.points),
        picture=None if found.picture is None else base64.b64encode(found.picture).decode(),
    )
