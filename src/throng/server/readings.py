"""The schema of a reading on the wire: the same flat row that files of readings hold, with types for the API."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from throng.camera.outputs import to_row
from throng.core.crowd_state import EventKind, RiskLevel
from throng.core.reading import LineReading, Reading, Validity


class Wire(BaseModel):
    """Base of everything that leaves the server."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class EventMessage(Wire):
    """Something that happens in a zone now."""

    kind: EventKind
    score: float = Field(description="how sure, 0 to 1")
    evidence: tuple[str, ...]
    x_m: float | None = Field(description="where, site metres")
    y_m: float | None


class ThresholdMessage(Wire):
    """When a zone passes one density."""

    threshold_per_m2: float
    probability_by_s: dict[str, float] = Field(description="probability of being beyond it so many seconds ahead")
    time_to_s: float | None = Field(description="seconds until then, null where the slope is noise or leads away")
    time_to_low_s: float | None
    time_to_high_s: float | None


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
    speed_estimator: str | None = Field(description="tracks, optical_flow or fused")
    occupancy: float | None = Field(description="count / capacity")
    occupancy_low: float | None
    occupancy_high: float | None
    last_good_at: datetime | None = Field(description="time of the newest reading that was not unknown")
    age_s: float | None = Field(description="seconds from `last_good_at` to `at`")
    risk_level: RiskLevel | None = Field(description="held from before while the zone is unknown")
    risk_score: float | None = Field(description="0 to 100; 25, 50 and 75 are where the levels begin")
    risk_reasons: tuple[str, ...] | None
    risk_profile: str | None
    events: tuple[EventMessage, ...] | None = Field(description="null when the zone is unknown")
    velocity_x_mps: float | None = Field(description="mean velocity of the people")
    velocity_y_mps: float | None
    movement_estimator: str | None
    moving_share: float | None = Field(description="share of the people faster than 0.1 m/s")
    polarisation: float | None = Field(description="0 all ways, 1 one way")
    direction_entropy: float | None
    counter_flow: float | None = Field(description="0 one stream, 1 two opposed streams")
    divergence_per_s: float | None = Field(description="negative where people converge")
    congestion_level_per_m: float | None
    crowd_danger_per_m3: float | None
    pressure_per_s2: float | None = Field(description="crowd pressure after Helbing")
    pressure_gated: bool | None = Field(description="too thin a crowd, or two streams: pressure says nothing")
    wave_period_s: float | None = Field(description="of stop-and-go waves")
    groups: int | None = Field(description="groups of at least three people; null where too few were found one by one")
    largest_group: int | None = Field(description="people in the largest group, 0 where there is none")
    largest_group_m2: float | None = Field(description="ground within its convex hull")
    largest_group_x_m: float | None = Field(description="mean place of its people, site metres")
    largest_group_y_m: float | None
    close_pairs: int | None = Field(description="pairs of people within 1 m of each other")
    close_persons: int | None = Field(description="people who have somebody within 1 m")
    speed_outliers: int | None = Field(description="people far faster or slower than the others who move")
    coherence: float | None = Field(description="neighbours walk 0 all ways, 1 one way")
    slowness: float | None = Field(description="0 as fast as free people at that density, 1 standing")
    stagnation: float | None = Field(description="how much a dense crowd stands that should walk, 0 to 1")
    inflow_per_min: float | None = Field(description="people through the edges of the zone")
    inflow_low_per_min: float | None
    inflow_high_per_min: float | None
    outflow_per_min: float | None
    outflow_low_per_min: float | None
    outflow_high_per_min: float | None
    net_per_min: float | None
    balance_window_s: float | None
    slope_per_m2_per_min: float | None
    slope_low_per_m2_per_min: float | None
    slope_high_per_m2_per_min: float | None
    slope_significant: bool | None
    outlook: tuple[ThresholdMessage, ...] | None


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
