"""A batch of what was measured, ready to be stored: rows of the tables, and what was wrong with the others."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from throng.core.crowd_state import RiskLevel
from throng.store.tables.readings import NUMBERS

MINUTE_US = 60_000_000

READING_COLUMNS = (
    "zone_id", "camera_id", "at_us", "period_s", "validity", "risk_level", "level_of_service", "simulated",
    *NUMBERS, "detail",
)  # fmt: skip
"""Columns of a row of `Batch.readings`, in order."""

LINE_COLUMNS = ("line_id", "camera_id", "at_us", "validity", "in_count", "out_count", "simulated", "detail")
"""Columns of a row of `Batch.line_readings`, in order."""

VALIDITIES = ("unknown", "degraded", "live")
"""By the number that the tables hold."""

RISK_LEVELS = tuple(RiskLevel)
"""By the number that the tables hold."""

Row = tuple[Any, ...]
Pair = tuple[int, int]
"""(zone or line, camera)."""


@dataclass(frozen=True, slots=True)
class Newest:
    """The newest reading of one pair in a batch.

    Attributes:
        at_us: its time.
        received_us: when it came.
        body: the JSON object that the live state shows.
        period_s: how long it holds.
    """

    at_us: int
    received_us: int
    body: str
    period_s: float


@dataclass(slots=True)
class Batch:
    """What one sender sent at once.

    Attributes:
        sender: who, for example `edge:5`; keys are theirs alone.
        key: tells this batch from others of the sender; None where a repeated batch need not be known as such.
        received_us: when it came.
        readings: rows of `READING_COLUMNS`.
        line_readings: rows of `LINE_COLUMNS`.
        events: mappings of the columns of `events`.
        newest_zones, newest_lines: of each pair.
        rejected: what was wrong with rows that are not here.
    """

    sender: str
    key: str | None
    received_us: int
    readings: list[Row] = field(default_factory=list)
    line_readings: list[Row] = field(default_factory=list)
    events: list[Mapping[str, Any]] = field(default_factory=list)
    newest_zones: dict[Pair, Newest] = field(default_factory=dict)
    newest_lines: dict[Pair, Newest] = field(default_factory=dict)
    rejected: list[dict[str, Any]] = field(default_factory=list)

    @property
    def size(self) -> int:
        """How many rows it holds."""
        return len(self.readings) + len(self.line_readings) + len(self.events)


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a batch.

    Attributes:
        stored, duplicates: rows that were new, and rows that were there before.
        rejected: what was wrong with the others.
        repeated: the batch had been acknowledged before; the rest is the answer of then.
    """

    stored: int
    duplicates: int
    rejected: list[dict[str, Any]]
    repeated: bool = False


def keep_newer(newest: dict[Pair, Newest], pair: Pair, one: Newest) -> None:
    """Keep the newer one of two readings of a pair."""
    other = newest.get(pair)
    if other is None or other.at_us < one.at_us:
        newest[pair] = one


def minute_of(at_us: int) -> int:
    """Return the begin of the minute that a reading belongs to.

    `at_us` is the end of its period: one that ends at a full minute belongs to the minute before.
    """
    return (at_us - 1) // MINUTE_US * MINUTE_US
