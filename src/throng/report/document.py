"""What a report consists of, before anybody decides how it is written."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from throng.report.errors import ReportError

Cell = str | int | float | bool | datetime | None
"""None stands for what is not known; it is written as an empty cell or a dash, never as 0."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table.

    Attributes:
        name: for programs: CSV headers and JSON keys.
        title: for people.
        unit: written behind the title; empty for none.
        digits: decimal places that people see.
    """

    name: str
    title: str
    unit: str = ""
    digits: int = 2

    @property
    def heading(self) -> str:
        """Title and unit."""
        return f"{self.title} ({self.unit})" if self.unit else self.title


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of cells, one per column; datetimes are aware and already in the time zone to be shown."""

    title: str
    columns: tuple[Column, ...]
    rows: Sequence[Sequence[Cell]]

    def __post_init__(self) -> None:
        for row in self.rows:
            if len(row) != len(self.columns):
                raise ReportError(f"table {self.title}: a row has {len(row)} cells for {len(self.columns)} columns")


@dataclass(frozen=True, slots=True)
class Series:
    """One line of a chart; where a value is None the line is broken.

    Attributes:
        name: for the key.
        at: times, rising.
        values: the line.
        low, high: a band around it, both or neither.
    """

    name: str
    at: Sequence[datetime]
    values: Sequence[float | None]
    low: Sequence[float | None] | None = None
    high: Sequence[float | None] | None = None

    def __post_init__(self) -> None:
        lengths = {len(part) for part in (self.at, self.values, self.low, self.high) if part is not None}
        if len(lengths) != 1 or (self.low is None) != (self.high is None):
            raise ReportError(f"series {self.name}: times, values and band must be equally long; got {sorted(lengths)}")


@dataclass(frozen=True, slots=True)
class Threshold:
    """A level drawn across a chart."""

    name: str
    value: float


@dataclass(frozen=True, slots=True)
class Chart:
    """Values over time, from `start` to `end`."""

    title: str
    y_title: str
    start: datetime
    end: datetime
    series: tuple[Series, ...]
    thresholds: tuple[Threshold, ...] = ()


@dataclass(frozen=True, slots=True)
class Document:
    """A whole report.

    Attributes:
        title, subtitle: what it is about, and which time.
        facts: single figures as (label, text).
        charts, tables: in this order.
        notes: how the numbers came about and what they do not say.
        made_at: when it was made.
    """

    title: str
    subtitle: str
    made_at: datetime
    facts: tuple[tuple[str, str], ...] = ()
    charts: tuple[Chart, ...] = ()
    tables: tuple[Table, ...] = ()
    notes: tuple[str, ...] = field(default=())


def written(cell: Cell, column: Column, *, unknown: str = "–") -> str:
    """Return a cell as people read it."""
    if cell is None:
        return unknown
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, datetime):
        return cell.strftime("%Y-%m-%d %H:%M:%S" if cell.second else "%Y-%m-%d %H:%M")
    if isinstance(cell, float):
        return f"{cell:.{column.digits}f}"
    return str(cell)
