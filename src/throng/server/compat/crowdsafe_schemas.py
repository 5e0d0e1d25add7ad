"""Bodies of CrowdSafe. Fields keep its names; what nobody knows is null, where it had 0."""

from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from throng.server.api.cameras_schemas import SourceText
from throng.server.api.wire import EARLIEST, LATEST, IdField, Latitude, Longitude, Name, Text


def _with_offset(at: datetime) -> datetime:
    aware = at if at.tzinfo is not None else at.replace(tzinfo=UTC)
    if not EARLIEST <= aware <= LATEST:
        raise ValueError("expected a time between 1970 and 9000")
    return aware


AnyTime = Annotated[datetime, AfterValidator(_with_offset)]
"""A time; without an offset it is UTC."""

Area = Annotated[float, Field(gt=0, le=10_000_000, allow_inf_nan=False)]
SourceType = Literal["rtsp", "http", "file", "usb"]


class Body(BaseModel):
    """Base of what comes in: its clients send more than is needed, which is ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Message(BaseModel):
    """What was done."""

    message: str


class CameraChange(Body):
    """What to change of a camera; what is left out stays."""

    name: Name | None = None
    location: Text | None = None
    source_type: SourceType | None = None
    source_url: SourceText | None = None
    area_sqm: Area | None = None
    expected_capacity: int | None = Field(None, gt=0, le=10_000_000)
    is_active: bool | None = None
    latitude: Latitude | None = None
    longitude: Longitude | None = None
    fps_target: float | None = Field(None, gt=0, le=60)


class CameraNew(CameraChange):
    """A camera, for which a zone is made."""

    name: Name
    source_type: SourceType = "rtsp"
    site_id: IdField | None = Field(None, description="ours: its site; needed when you see several")


class CameraBody(BaseModel):
    """A camera."""

    id: str
    name: str
    location: str
    source_type: SourceType
    source_url: str | None = Field(description="without name, password and keys")
    area_sqm: float | None
    expected_capacity: int | None
    calibration_method: str | None = Field(description="`calibrated`; null without a calibration")
    is_active: bool
    status: Literal["online", "offline", "error", "processing"]
    latitude: float | None
    longitude: float | None
    fps_target: float | None
    resolution: str | None
    created_at: datetime


class MetricsBody(BaseModel):
    """One reading. Everything measured is null when nobody knows it."""

    id: str | None
    camera_id: str
    timestamp: datetime | None
    count: float | None
    density: float | None = Field(description="people/m²")
    avg_velocity: float | None = Field(description="m/s")
    max_velocity: float | None = Field(description="always null: Throng keeps no single fastest person")
    surge_rate: float | None = Field(description="spread of the speeds over their mean")
    flow_in: float | None = Field(description="people per minute")
    flow_out: float | None = Field(description="people per minute")
    risk_score: float | None = Field(description="0 to 1")
    risk_level: str | None
    capacity_utilization: float | None = Field(description="%")
    frame_number: int | None = Field(description="always null")


class CameraWhole(CameraBody):
    """A camera with what is true now."""

    metrics: MetricsBody


class TestAnswer(BaseModel):
    """Whether a camera works."""

    __test__ = False  # the name is CrowdSafe's; it is no test of pytest's

    success: bool
    status: str
    message: str


class UploadAnswer(BaseModel):
    """A video that waits to be measured; it is found at /api/v1/videos/{video_id}."""

    message: str
    video_id: str
    filename: str
    camera_id: str


class SummaryBody(BaseModel):
    """The last hours of a camera."""

    camera_id: str
    start: datetime
    end: datetime
    total_readings: int
    avg_count: float | None
    max_count: float | None
    min_count: float | None
    avg_density: float | None
    max_density: float | None
    avg_velocity: float | None
    share_unknown: float = Field(description="ours: share of the time of which nothing is known")


class AggregateBody(BaseModel):
    """One piece of a history."""

    timestamp: datetime
    readings: int
    avg_count: float | None
    max_count: float | None
    min_count: float | None
    avg_density: float | None
    max_density: float | None
    avg_velocity: float | None
    avg_risk_score: float | None
    max_risk_score: float | None


class AlertBody(BaseModel):
    """An alert."""

    id: str
    alert_id: str
    camera_id: str | None
    timestamp: datetime
    risk_level: str
    trigger_condition: str
    message: str
    metrics_snapshot: str = Field(description="JSON text")
    acknowledged: bool
    acknowledged_by: str | None
    acknowledged_at: datetime | None
    resolved: bool
    resolved_at: datetime | None


class CountBody(BaseModel):
    """How many."""

    count: int


class AlertStatistics(BaseModel):
    """How many alerts of which kind there were."""

    total: int
    resolved: int
    unresolved: int
    acknowledged: int
    by_risk_level: dict[str, int]
    by_trigger: dict[str, int]


class RecordingBody(BaseModel):
    """A recording."""

    id: str
    camera_id: str
    kind: str
    start_time: datetime
    end_time: datetime | None
    duration: float | None = Field(description="seconds; null while it runs")
    file_size: int
    created_at: datetime
