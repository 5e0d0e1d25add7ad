"""Which buckets a history has, and from which table each piece of a bucket is read. No database is asked here."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from throng.store.batches import MINUTE_US
from throng.store.columns import from_us, to_us

HOUR_US = 60 * MINUTE_US
SECOND_US = 1_000_000

BucketName = Literal["raw", "minute", "hour", "day", "week", "auto"]
Table = Literal["readings", "readings_minute", "readings_hour"]

STEPS_S = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200)
"""Lengths of buckets that `auto` chooses from; then days and weeks."""

FIXED = {"minute": 60, "hour": 3600}
DAYS = {"day": 1, "week": 7}


@dataclass(frozen=True, slots=True)
class Buckets:
    """Pieces of time that follow each other.

    Attributes:
        name: `day`, `week`, or how many seconds each has.
        edges_us: their begins, and the end of the last.
    """

    name: str
    edges_us: tuple[int, ...]

    @property
    def count(self) -> int:
        """How many."""
        return len(self.edges_us) - 1


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of a bucket and the table that it is read from."""

    table: Table
    bucket: int
    begin_us: int
    end_us: int


def choose_bucket(span_us: int, points: int, *, finest_s: int = 1) -> str:
    """Return the shortest bucket that covers a span with at most `points` of them.

    Args:
        span_us: length of the history.
        points: how many are wanted.
        finest_s: shorter buckets have no data any more.

    Returns:
        Seconds as a text, `day` or `week`.
    """
    for step_s in STEPS_S:
        if step_s >= finest_s and span_us <= points * step_s * SECOND_US:
            return str(step_s)
    return "day" if span_us <= points * 24 * HOUR_US else "week"


def buckets(name: str, from_at_us: int, to_at_us: int, zone: ZoneInfo) -> Buckets:
    """Return the buckets that cover a span; the first and the last may reach beyond it.

    Args:
        name: seconds as a text, `minute`, `hour`, `day` or `week`.
        from_at_us: begin of the span.
        to_at_us: end of the span, later than its begin.
        zone: where days and weeks (from Monday) begin at midnight; they have 23 or 25 hours when its clocks change.
    """
    if name in DAYS:
        return Buckets(name, tuple(_days(from_at_us, to_at_us, zone, DAYS[name])))
    step_s = FIXED.get(name) or int(name)
    step_us = step_s * SECOND_US
    first = from_at_us // step_us
    last = -(-to_at_us // step_us)
    return Buckets(str(step_s), tuple(n * step_us for n in range(first, last + 1)))


def bucket_count(name: str, span_us: int) -> int:
    """Return about how many buckets a span has, to refuse too many before making them."""
    step_s = DAYS[name] * 86_400 if name in DAYS else FIXED.get(name) or int(name)
    return span_us // (step_s * SECOND_US) + 1


def _days(from_at_us: int, to_at_us: int, zone: ZoneInfo, step: int) -> Iterator[int]:
    day = from_us(from_at_us).astimezone(zone).date()
    if step == DAYS["week"]:
        day -= timedelta(days=day.weekday())
    while True:
        edge_us = to_us(datetime.combine(day, time(), zone)) // MINUTE_US * MINUTE_US
        yield edge_us
        if edge_us >= to_at_us:
            return
        day += timedelta(days=step)


def spans(of: Buckets, stale_us: Iterable[int]) -> list[Span]:
    """Return from where each piece of each bucket is read: as coarse as possible, and raw where roll-ups are not yet.

    Args:
        of: buckets whose edges are full minutes, or shorter ones: these are read raw.
        stale_us: begins of the minutes that are not rolled up.
    """
    pairs = list(zip(of.edges_us, of.edges_us[1:], strict=False))
    if any(edge % MINUTE_US for edge in of.edges_us):
        return [Span("readings", n, begin, end) for n, (begin, end) in enumerate(pairs)]
    stale = _Stale(sorted(set(stale_us)))
    found: list[Span] = []
    for n, (begin, end) in enumerate(pairs):
        hours_begin, hours_end = -(-begin // HOUR_US) * HOUR_US, end // HOUR_US * HOUR_US
        if hours_begin >= hours_end:
            found += _minutes(n, begin, end, stale)
            continue
        found += _minutes(n, begin, hours_begin, stale)
        found += _hours(n, hours_begin, hours_end, stale)
        found += _minutes(n, hours_end, end, stale)
    return found


class _Stale:
    """Sorted minutes that are not rolled up, read from the front as buckets go on."""

    def __init__(self, minutes: Sequence[int]) -> None:
        self._minutes = minutes
        self._at = 0

    def within(self, begin: int, end: int) -> list[int]:
        while self._at < len(self._minutes) and self._minutes[self._at] < begin:
            self._at += 1
        last = self._at
        while last < len(self._minutes) and self._minutes[last] < end:
            last += 1
        return list(self._minutes[self._at : last])


def _hours(n: int, begin: int, end: int, stale: _Stale) -> list[Span]:
    inside = stale.within(begin, end)
    found, clean_from = [], begin
    for hour in sorted({minute // HOUR_US * HOUR_US for minute in inside}):
        found += [Span("readings_hour", n, clean_from, hour)] if clean_from < hour else []
        found += _split(n, hour, hour + HOUR_US, [m for m in inside if hour <= m < hour + HOUR_US])
        clean_from = hour + HOUR_US
    return found + ([Span("readings_hour", n, clean_from, end)] if clean_from < end else [])


def _minutes(n: int, begin: int, end: int, stale: _Stale) -> list[Span]:
    return _split(n, begin, end, stale.within(begin, end))


def _split(n: int, begin: int, end: int, stale: Sequence[int]) -> list[Span]:
    """Read stale minutes raw and the others from their roll-ups."""
    found: list[Span] = []
    for minute in stale:
        if begin < minute:
            found.append(Span("readings_minute", n, begin, minute))
        raw = found[-1] if found else None
        if raw is not None and raw.table == "readings" and raw.end_us == minute:
            found[-1] = Span("readings", n, raw.begin_us, minute + MINUTE_US)
        else:
            found.append(Span("readings", n, minute, minute + MINUTE_US))
        begin = minute + MINUTE_US
    return found + ([Span("readings_minute", n, begin, end)] if begin < end else [])
