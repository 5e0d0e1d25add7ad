"""The schema of a reading on the wire: the same flat row that files of readings hold, with types for the API."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from throng.camera.outputs import to_row
from throng.core.reading import LineReading, Reading, Validity


class Wire(BaseModel):
    """Base of everything that leaves the server."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class ReadingMessage(Wire):
    """What is true of one zone over one reading period. Everything measured is null when the zone is unknown."""

    kind: Literal["zone"]
    zone_id: str
    camera_id: str
    at: datetime = Field(description="end of the period, UTC")
    pts_s: float | None = Field(description="stream time of the last frame in the period")
    validity: Validity
    reasons: tuple[str, ...] = Field(description="why the reading is not live")
    models: tuple[str, ...]
    simulated: bool = Field(description="the numbers come from a simulated sensor")
    frames: int = Field(description="frames analysed in the period")
    count: float | None = Field(description="people in the zone")
    count_low: float | None = Field(description="lower end of the 90 % interval")
    count_high: float | None = Field(description="upper end of the 90 % interval")
    density_mean_per_m2: float | None = Field(description="people/m² over the zone")
    density_mean_low_per_m2: float | None
    density_mean_high_per_m2: float | None
    density_mean_estimator: str | None
    density_peak_per_m2: float | None = Field(description="largest local people/m²")
    density_peak_estimator: str | None
    density_peak_x_m: float | None = Field(description="where the peak is, site metres")
    density_peak_y_m: float | None
    level_of_service: str | None = Field(description="Fruin's letter A to F")
    speed_mean_mps: float | None
    speed_std_mps: float | None = Field(description="spread between persons")
    speed_persons: int | None = Field(description="persons whose speed was measured")
    occupancy: float | None = Field(description="count / capacity")
    occupancy_low: float | None
    occupancy_high: float | None
    last_good_at: datetime | None = Field(description="time of the newest reading that was not unknown")
    age_s: float | None = Field(description="seconds from `last_good_at` to `at`")


class LineMessage(Wire):
    """Who crossed one counting line over one reading period, and since the start."""

    kind: Literal["line"]
    line_id: str
    camera_id: str
    at: datetime = Field(description="end of the period, UTC")
    pts_s: float | None
    validity: Validity
    reasons: tuple[str, ...]
    simulated: bool
    in_count: int | None = Field(description="crossings in the period, null when unknown")
    out_count: int | None
    in_total: int = Field(description="crossings since the start of the run")
    out_total: int


def reading_message(reading: Reading) -> ReadingMessage:
    """Flatten one zone reading."""
    return ReadingMessage.model_validate(to_row(reading))


def line_message(reading: LineReading) -> LineMessage:
    """Flatten one line reading."""
    return LineMessage.model_validate(to_row(reading))
