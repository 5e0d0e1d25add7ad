"""One uploaded video and what became of it, as `job.json` in its folder has it."""

from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field


class JobState(StrEnum):
    """How far a video is."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


OVER = frozenset({JobState.DONE, JobState.FAILED, JobState.CANCELLED})


class VideoJob(BaseModel):
    """A video that is or was measured.

    Attributes:
        id: microseconds of its upload; also the name of its folder.
        name: what the file was called by whoever sent it, for screens only.
        file: its name in the folder, one of ours.
        site_id, camera_id, camera_key: whose calibration and zones are used; None for none.
        uploaded_by, uploaded_by_id: who sent it.
        size_bytes: of the video.
        model: name of the model, None for the default.
        progress: 0 to 1, None before the first reading or where its length is not known.
        people: sum over its zones in the newest reading, None while nothing is known.
        reason: why it failed, in words.
        attempts: how often measuring was begun; a server that stops begins again when it comes back.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: int
    name: str
    file: str
    state: JobState = JobState.WAITING
    site_id: int | None = None
    camera_id: int | None = None
    camera_key: str | None = None
    uploaded_by: str
    uploaded_by_id: int
    size_bytes: int
    model: str | None = None
    duration_s: float | None = None
    progress: float | None = Field(None, ge=0, le=1)
    people: float | None = None
    reason: str = ""
    attempts: int = 0
    created_at: datetime
    started_at: datetime | None = None
    ended_at: datetime | None = None
