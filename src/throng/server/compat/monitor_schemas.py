"""Bodies of Smart Crowd Density Monitor. Fields keep its names; what nobody knows is null, where it had 0."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from throng.server.api.wire import IdField, Name, Text
from throng.server.uploaded_picture import LARGEST_PICTURE_BYTES

LARGEST_COUNT = 2**31 - 1

Degrees = Annotated[str | float | None, Field(description="decimal text, as `52.520000`")]
CameraUrl = Annotated[str, Field(max_length=2000, pattern=r"^[^\x00-\x1f\x7f]*$")]


class Body(BaseModel):
    """Base of what comes in: its clients send more than they need, which is ignored as it was there."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class LocationChange(Body):
    """A location, all of it (PUT, POST)."""

    name: Name
    description: Text = ""
    latitude: Degrees = None
    longitude: Degrees = None
    capacity_limit: int | None = Field(None, gt=0, le=10_000_000)
    is_active: bool = True
    camera_url: CameraUrl | None = Field(None, description="its camera's address; without one the camera stays")
    site_id: IdField | None = Field(None, description="ours: the site of a new location; needed when you see several")


class LocationPatch(Body):
    """A part of a location (PATCH)."""

    name: Name | None = None
    description: Text | None = None
    latitude: Degrees = None
    longitude: Degrees = None
    capacity_limit: int | None = Field(None, gt=0, le=10_000_000)
    is_active: bool | None = None
    camera_url: CameraUrl | None = Field(None, description="its camera's address; without one the camera stays")


class Location(BaseModel):
    """A location: our zone."""

    id: int
    name: str
    description: str
    latitude: str | None
    longitude: str | None
    capacity_limit: int | None
    current_count: int | None = Field(description="null when nothing is known now")
    density_level: str | None
    occupancy_percentage: float | None
    is_active: bool
    camera_url: str | None = Field(description="without name and password")
    last_updated: datetime | None


class LocationUpdate(BaseModel):
    """What the WebSocket tells when something has come in."""

    location_id: int
    location_name: str
    current_count: int | None
    capacity_limit: int | None
    density_level: str | None
    occupancy_percentage: float | None
    last_updated: datetime | None


class CountUpdate(Body):
    """A count of a location."""

    count: int = Field(ge=0, le=LARGEST_COUNT)
    source: Literal["AI", "MANUAL"] = "MANUAL"


class CountLog(BaseModel):
    """One entry of the log of counts."""

    id: int
    location: int
    location_name: str
    people_count: int | None
    density_level: str | None
    occupancy_percentage: float | None
    source: Literal["AI", "MANUAL"]
    timestamp: datetime


class DayStats(BaseModel):
    """Counts of the last 24 hours."""

    avg_count: float | None
    max_count: float | None
    min_count: float | None
    total_readings: int


class LocationStats(BaseModel):
    """Statistics of a location."""

    location: str
    last_24h: DayStats


class DetectBody(Body):
    """A picture to count."""

    image: str = Field(max_length=LARGEST_PICTURE_BYTES * 4 // 3 + 100, description="base64")
    mode: Literal["yolo", "haar"] = "yolo"


class Detected(BaseModel):
    """People in a picture."""

    count: int
    mode: str


class DetectedAt(Detected):
    """People at a location now."""

    location_id: int
    location_name: str


class MonitorAlert(BaseModel):
    """An alert."""

    id: int
    location: int
    location_name: str
    alert_type: str = Field(description="OVERCROWD or SPIKE; the rule's own name for alerts of our rules")
    message: str
    triggered_at: datetime
    resolved_at: datetime | None
    status: Literal["ACTIVE", "RESOLVED"]
    people_count_at_trigger: int | None
    occupancy_at_trigger: float | None
