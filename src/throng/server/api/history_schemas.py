"""What the routes of the history answer with."""

from datetime import datetime

from pydantic import Field

from throng.server.api.wire import Wire, example


class ValueSpread(Wire):
    """One number over one bucket; null where nothing is known."""

    mean: float | None = Field(description="over the readings in which it is known")
    min: float | None
    max: float | None
    n: int = Field(description="readings in which it is known")


class HistoryPoint(Wire):
    """One bucket, or one raw reading. What nobody measured is null, never 0."""

    at: datetime = Field(description="begin of the bucket; of a raw reading its end")
    until: datetime = Field(description="end of the bucket")
    camera_id: int | None = Field(
        description="whose numbers these are: of the camera that knew the zone longest in it; 0 for a person"
    )
    readings: int = Field(description="how many came; 0 in a gap")
    share_unknown: float = Field(description="share of the bucket, up to now, of which nothing is known; 1 in a gap")
    degraded_s: float | None = Field(description="seconds known, but with less trust")
    above_caution_s: float | None = Field(description="seconds in which the upper bound of the density was above it")
    above_warning_s: float | None
    above_critical_s: float | None
    above_80_s: float | None = Field(description="seconds in which the upper bound of the count was ≥ 80 % of capacity")
    above_100_s: float | None
    count_high_max: float | None = Field(description="largest upper bound of the count")
    density_mean_high_max: float | None = Field(description="largest upper bound of the density, people/m²")
    risk_level_max: str | None = Field(description="gravest level while the zone was known")
    values: dict[str, ValueSpread] = Field(description="by the fields that were asked for")


POINT = {
    "at": "2026-06-01T12:00:00Z", "until": "2026-06-01T14:00:00Z", "camera_id": 2, "readings": 7190,
    "share_unknown": 0.01, "degraded_s": 0.0, "above_caution_s": 320.0, "above_warning_s": 12.0,
    "above_critical_s": 0.0, "above_80_s": 95.0, "above_100_s": 0.0, "count_high_max": 381.0,
    "density_mean_high_max": 2.1, "risk_level_max": "warning",
    "values": {"count": {"mean": 141.2, "min": 12.0, "max": 344.0, "n": 7128}},
}  # fmt: skip


class ZoneHistory(Wire):
    """The history of one zone."""

    model_config = example(zone_id=1, time_zone="Europe/Berlin", bucket="7200", points=[POINT])

    zone_id: int
    time_zone: str = Field(description="of the site; days and weeks begin at its midnight")
    bucket: str = Field(description="raw, day, week, or the seconds of a bucket", examples=["7200"])
    points: list[HistoryPoint] = Field(description="without holes, in order of time")


class LinePoint(Wire):
    """Crossings in one bucket; null where nothing is known."""

    at: datetime
    until: datetime
    camera_id: int | None
    readings: int
    share_unknown: float | None = Field(description="share of the readings that know nothing; 1 in a gap")
    in_count: int | None
    out_count: int | None


class LineHistory(Wire):
    """The history of one line."""

    model_config = example(
        line_id=1, time_zone="Europe/Berlin", bucket="3600",
        points=[
            {"at": "2026-06-01T12:00:00Z", "until": "2026-06-01T13:00:00Z", "camera_id": 2, "readings": 3600,
             "share_unknown": 0.0, "in_count": 812, "out_count": 377},
        ],
    )  # fmt: skip

    line_id: int
    time_zone: str
    bucket: str = Field(description="day, week, or the seconds of a bucket")
    points: list[LinePoint]


class ShownEvent(Wire):
    """A behaviour event."""

    model_config = example(
        id=3, zone_id=1, camera_id=2, kind="surge", started_at="2026-06-01T12:00:00Z", ended_at="2026-06-01T12:00:20Z",
        score=0.8, evidence=["64 % moved together within 3 s"], x_m=4.0, y_m=2.5, simulated=False,
    )  # fmt: skip

    id: int
    zone_id: int
    camera_id: int
    kind: str
    started_at: datetime
    ended_at: datetime = Field(description="time of the last reading that had it")
    score: float = Field(description="the largest, 0 to 1")
    evidence: list[str]
    x_m: float | None
    y_m: float | None
    simulated: bool


class DensitySnapshot(Wire):
    """People per cell of the ground."""

    model_config = example(
        zone_id=1, camera_id=2, at="2026-06-01T12:00:00Z", x0_m=0.0, y0_m=0.0, cell_m=1.0, rows=1, columns=3,
        people=[0.5, 1.2, None],
    )  # fmt: skip

    zone_id: int
    camera_id: int
    at: datetime
    x0_m: float = Field(description="site metres of the corner where the first cell begins")
    y0_m: float
    cell_m: float = Field(description="edge of a cell")
    rows: int
    columns: int
    people: list[float | None] = Field(description="row by row, the row at `y0_m` first; null where nobody can see")
