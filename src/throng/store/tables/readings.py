"""What was measured: raw readings, their roll-ups, the newest of each, density pictures, happenings, manual counts.

Readings carry no foreign keys: they arrive by the thousand, and what they belong to is checked once per batch.
Times are microseconds since 1970 (`at_us`), so that SQLite and PostgreSQL store, sort and partition them alike.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from throng.store.tables.base import Base, BigId, now

BY_A_PERSON = 0
"""The `camera_id` of readings that somebody counted by hand."""

NUMBERS = (
    "count", "count_low", "count_high",
    "density_mean_per_m2", "density_mean_low_per_m2", "density_mean_high_per_m2", "density_peak_per_m2",
    "occupancy", "occupancy_low", "occupancy_high",
    "speed_mean_mps", "speed_std_mps",
    "inflow_per_min", "outflow_per_min", "net_per_min",
    "pressure_per_s2", "counter_flow", "polarisation", "congestion_level_per_m", "slope_per_m2_per_min",
    "risk_score",
)  # fmt: skip
"""Columns of `readings` that are named and mean the same as in a row of readings (`docs/readings.md`)."""

AVERAGED = (
    "count", "density_mean_per_m2", "density_peak_per_m2", "occupancy", "speed_mean_mps",
    "inflow_per_min", "outflow_per_min", "pressure_per_s2", "risk_score",
)  # fmt: skip
"""Of these a roll-up keeps `_sum`, `_n`, `_min` and `_max`; the mean is sum / n."""


def _numbers(names: Iterable[str]) -> list[Column[Any]]:
    return [Column(name, Double) for name in names]


readings = Table(
    "readings",
    Base.metadata,
    Column("zone_id", BigInteger, primary_key=True, autoincrement=False),
    Column("camera_id", BigInteger, primary_key=True, autoincrement=False),
    Column("at_us", BigInteger, primary_key=True, autoincrement=False),
    Column("period_s", Double, nullable=False),
    Column("validity", SmallInteger, nullable=False),
    Column("risk_level", SmallInteger),
    Column("level_of_service", String(1)),
    Column("simulated", Boolean, nullable=False),
    *_numbers(NUMBERS),
    Column("detail", Text),
    sqlite_with_rowid=False,
    postgresql_partition_by="RANGE (at_us)",
)
"""Raw readings. `validity`: 0 unknown, 1 degraded, 2 live. `risk_level`: 0 safe to 3 critical. `detail`: JSON of what
has no column (reasons, events, outlook, …), without nulls."""


def _rollup(name: str) -> Table:
    of_values = [
        Column(f"{value}_{part}", Double if part != "n" else Integer)
        for value in AVERAGED
        for part in ("n", "sum", "min", "max")
    ]
    return Table(
        name,
        Base.metadata,
        Column("zone_id", BigInteger, primary_key=True, autoincrement=False),
        Column("camera_id", BigInteger, primary_key=True, autoincrement=False),
        Column("at_us", BigInteger, primary_key=True, autoincrement=False),
        Column("readings", Integer, nullable=False),
        Column("known_s", Double, nullable=False),
        Column("unknown_s", Double, nullable=False),
        Column("degraded_s", Double, nullable=False),
        *[Column(f"above_{level}_s", Double, nullable=False) for level in ("caution", "warning", "critical")],
        Column("above_80_s", Double, nullable=False),
        Column("above_100_s", Double, nullable=False),
        Column("count_high_max", Double),
        Column("density_mean_high_max", Double),
        Column("risk_level_max", SmallInteger),
        *of_values,
        sqlite_with_rowid=False,
    )


readings_minute = _rollup("readings_minute")
"""One row per zone, camera and minute that begins at `at_us`. Seconds above the zone's density thresholds and above
80 % and 100 % of its capacity are those of the upper bound of the interval; unknown seconds are never above."""

readings_hour = _rollup("readings_hour")
"""The same per hour, made of minutes."""

stale_minutes = Table(
    "stale_minutes",
    Base.metadata,
    Column("zone_id", BigInteger, primary_key=True, autoincrement=False),
    Column("camera_id", BigInteger, primary_key=True, autoincrement=False),
    Column("minute_us", BigInteger, primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)
"""Minutes whose raw readings have changed since they were rolled up; written in the transaction of the readings."""

line_readings = Table(
    "line_readings",
    Base.metadata,
    Column("line_id", BigInteger, primary_key=True, autoincrement=False),
    Column("camera_id", BigInteger, primary_key=True, autoincrement=False),
    Column("at_us", BigInteger, primary_key=True, autoincrement=False),
    Column("validity", SmallInteger, nullable=False),
    Column("in_count", Integer),
    Column("out_count", Integer),
    Column("simulated", Boolean, nullable=False),
    Column("detail", Text),
    sqlite_with_rowid=False,
)
"""Crossings per period."""

latest_zones = Table(
    "latest_zones",
    Base.metadata,
    Column("zone_id", BigInteger, primary_key=True, autoincrement=False),
    Column("camera_id", BigInteger, primary_key=True, autoincrement=False),
    Column("at_us", BigInteger, nullable=False),
    Column("received_us", BigInteger, nullable=False, index=True),
    Column("row", Text, nullable=False),
)
"""The newest reading of each zone by each camera as the JSON row that came in; the live state after a restart."""

latest_lines = Table(
    "latest_lines",
    Base.metadata,
    Column("line_id", BigInteger, primary_key=True, autoincrement=False),
    Column("camera_id", BigInteger, primary_key=True, autoincrement=False),
    Column("at_us", BigInteger, nullable=False),
    Column("received_us", BigInteger, nullable=False, index=True),
    Column("row", Text, nullable=False),
)
"""The same for lines."""

ingested_batches = Table(
    "ingested_batches",
    Base.metadata,
    Column("sender", String(80), primary_key=True),
    Column("idempotency_key", String(80), primary_key=True),
    Column("at_us", BigInteger, nullable=False, index=True),
    Column("answer", JSON, nullable=False),
)
"""Batches that were acknowledged, with the answer that was given; kept for some days."""

density_snapshots = Table(
    "density_snapshots",
    Base.metadata,
    Column("zone_id", BigInteger, primary_key=True, autoincrement=False),
    Column("camera_id", BigInteger, primary_key=True, autoincrement=False),
    Column("at_us", BigInteger, primary_key=True, autoincrement=False),
    Column("x0_m", Double, nullable=False),
    Column("y0_m", Double, nullable=False),
    Column("cell_m", Double, nullable=False),
    Column("rows", Integer, nullable=False),
    Column("columns", Integer, nullable=False),
    Column("people", LargeBinary, nullable=False),
)
"""People per cell of a metric grid: zlib of float16, row by row from (x0, y0)."""


class Happening(Base):
    """A behaviour event (surge, rush, fall, …) from its first to its last reading.

    `kind` and `evidence` are those of `throng.core.crowd_state.CrowdEvent`; `score` is the largest one.
    """

    __tablename__ = "events"
    __table_args__ = (
        UniqueConstraint("zone_id", "camera_id", "kind", "started_at"),
        Index("ix_events_zone_started", "zone_id", "started_at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    zone_id: Mapped[int] = mapped_column(BigInteger)
    camera_id: Mapped[int] = mapped_column(BigInteger)
    kind: Mapped[str] = mapped_column(String(32))
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime]
    score: Mapped[float]
    evidence: Mapped[list[Any]] = mapped_column(default=list)
    x_m: Mapped[float | None]
    y_m: Mapped[float | None]
    simulated: Mapped[bool] = mapped_column(default=False)


class ManualCount(Base):
    """How many people somebody, or a script, counted in a zone."""

    __tablename__ = "manual_counts"
    __table_args__ = (Index("ix_manual_counts_zone_at", "zone_id", "at"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    zone_id: Mapped[int] = mapped_column(ForeignKey("zones.id", ondelete="CASCADE"))
    at: Mapped[datetime]
    count: Mapped[int]
    counted_by: Mapped[str] = mapped_column(String(200))
    note: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime] = mapped_column(default=now)
