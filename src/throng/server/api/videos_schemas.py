"""Bodies of the routes of videos."""

from datetime import datetime

from pydantic import Field

from throng.server.api.wire import Wire, example
from throng.server.videos.job import JobState

EXAMPLE = {
    "id": 1780315200000000, "name": "gate-saturday.mp4", "state": "running", "site_id": 1, "camera_id": 7,
    "uploaded_by": "operator", "size_bytes": 48200113, "model": None, "duration_s": 312.0, "progress": 0.42,
    "people": 86.5, "reason": "", "created_at": "2026-06-01T12:00:00Z", "started_at": "2026-06-01T12:00:04Z",
    "ended_at": None,
}  # fmt: skip


class VideoShown(Wire):
    """An uploaded video and how far measuring it is."""

    model_config = example(**EXAMPLE)

    id: int
    name: str = Field(description="of the file that was sent")
    state: JobState
    site_id: int | None = Field(description="site of the camera whose calibration and zones are used; null without one")
    camera_id: int | None
    uploaded_by: str
    size_bytes: int
    model: str | None = Field(description="null for the default")
    duration_s: float | None = Field(description="length of the video; null before it was opened, or where it is open")
    progress: float | None = Field(description="0 to 1; null while nothing is known")
    people: float | None = Field(description="people in all zones in the newest reading; null while nothing is known")
    reason: str = Field(description="why it failed")
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
