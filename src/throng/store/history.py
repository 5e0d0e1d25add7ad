"""The history of a zone or line: a point per bucket from the coarsest tables that hold it, and what is not known."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from throng.store.driver import is_sqlite
from throng.store.history_plan import Buckets, Span, Table, spans
from throng.store.rollup_sql import HIGHEST, PARTS, SECONDS, Piece, line_summary, pieces_json, summary
from throng.store.tables import readings, stale_minutes
from throng.store.zone_limits import ZoneLimits, zone_limits

CAMERAS = """
WITH RECURSIVE c(id) AS (
    SELECT MIN(camera_id) FROM {table} WHERE {owner} = :id
    UNION ALL
    SELECT (SELECT MIN(camera_id) FROM {table} WHERE {owner} = :id AND camera_id > c.id) FROM c WHERE c.id IS NOT NULL
)
SELECT id FROM c WHERE id IS NOT NULL"""
ZONE_CAMERAS = f"""{CAMERAS.format(table="readings_hour", owner="zone_id")}
UNION SELECT camera_id FROM stale_minutes WHERE zone_id = :id
UNION SELECT camera_id FROM latest_zones WHERE zone_id = :id
ORDER BY 1"""  # noqa: S608
LINE_CAMERAS = CAMERAS.format(table="line_readings", owner="line_id")

SOURCES: tuple[Table, ...] = ("readings", "readings_minute", "readings_hour")


@dataclass(slots=True)
class Spread:
    """Of one number over a bucket; `low` and `high` are the smallest and the largest reading."""

    n: int = 0
    total: float = 0.0
    low: float | None = None
    high: float | None = None

    @property
    def mean(self) -> float | None:
        """None when nothing is known."""
        return self.total / self.n if self.n else None

    def add(self, n: int, total: float, low: float, high: float) -> None:
        """Add the same number of another piece in which it was known `n` > 0 times."""
        self.n += n
        self.total += total
        self.low = low if self.low is None else min(self.low, low)
        self.high = high if self.high is None else max(self.high, high)


@dataclass(slots=True)
class Summary:
    """What one camera said of a zone over one bucket.

    Attributes:
        seconds: by the names of `rollup_sql.SECONDS`.
        highest: by the names of `rollup_sql.HIGHEST`; None where nothing is known.
        values: by the names that were asked for.
    """

    camera_id: int
    readings: int = 0
    seconds: dict[str, float] = field(default_factory=lambda: dict.fromkeys(SECONDS, 0.0))
    highest: dict[str, float | None] = field(default_factory=lambda: dict.fromkeys(HIGHEST))
    values: dict[str, Spread] = field(default_factory=dict)

    def add(self, row: Sequence[Any], names: Sequence[str]) -> None:
        """Add a row of `rollup_sql.columns(names)`."""
        self.readings += row[0]
        for name, value in zip(SECONDS, row[1:], strict=False):
            self.seconds[name] += value
        at = 1 + len(SECONDS)
        for name, value in zip(HIGHEST, row[at:], strict=False):
            if value is not None:
                self.highest[name] = max(value, self.highest[name] or value)
        at += len(HIGHEST)
        for name in names:
            spread = self.values.setdefault(name, Spread())
            if row[at]:
                spread.add(*row[at : at + len(PARTS)])
            at += len(PARTS)


async def zone_history(
    session: AsyncSession, zone_id: int, of: Buckets, *, fields: Sequence[str], camera_id: int | None = None
) -> list[Summary | None]:
    """Return a summary per bucket, None where no reading lies in it.

    Where several cameras see the zone, each bucket is of the one that knew it longest: their numbers are of the same
    people, so that neither their sum nor their mean says anything.

    Args:
        session: reads.
        zone_id: which zone.
        of: the buckets.
        fields: which of `AVERAGED`.
        camera_id: only of this one.
    """
    cameras = [camera_id] if camera_id is not None else await _cameras(session, zone_id)
    stale = await _stale(session, zone_id, of)
    planned = [(camera, span) for camera in cameras for span in spans(of, stale.get(camera, ()))]
    limits = await zone_limits(session, [zone_id])
    if not is_sqlite(session):
        await session.execute(text("SET LOCAL jit = off"))
    found: dict[tuple[int, int], Summary] = {}
    for table in SOURCES:
        of_table = [(camera, span) for camera, span in planned if span.table == table]
        await _add(session, zone_id, table, of_table, fields=fields, limits=limits, to=found)
    return _longest_known(found, of.count)


async def _add(
    session: AsyncSession,
    zone_id: int,
    table: Table,
    planned: Sequence[tuple[int, Span]],
    *,
    fields: Sequence[str],
    limits: dict[int, ZoneLimits],
    to: dict[tuple[int, int], Summary],
) -> None:
    if not planned:
        return
    pieces = [Piece(zone_id, camera, span.begin_us, span.end_us) for camera, span in planned]
    query = text(summary(table, fields, sqlite=is_sqlite(session)))
    for n, _, camera, _, *row in await session.execute(query, {"pieces": pieces_json(pieces, limits)}):
        at = planned[n][1].bucket, camera
        if at not in to:
            to[at] = Summary(camera)
        to[at].add(row, fields)


def _longest_known(found: Mapping[tuple[int, int], Summary], count: int) -> list[Summary | None]:
    points: list[Summary | None] = [None] * count
    for (bucket, _), one in sorted(found.items()):
        other = points[bucket]
        if other is None or one.seconds["known_s"] > other.seconds["known_s"]:
            points[bucket] = one
    return points


async def _cameras(session: AsyncSession, zone_id: int) -> list[int]:
    """The cameras with readings of the zone, however old: one step of an index for each."""
    return list(await session.scalars(text(ZONE_CAMERAS), {"id": zone_id}))


async def _stale(session: AsyncSession, zone_id: int, of: Buckets) -> dict[int, list[int]]:
    t = stale_minutes.c
    rows = await session.execute(
        select(t.camera_id, t.minute_us).where(
            t.zone_id == zone_id, t.minute_us >= of.edges_us[0], t.minute_us < of.edges_us[-1]
        )
    )
    found: dict[int, list[int]] = {}
    for camera, minute in rows:
        found.setdefault(camera, []).append(minute)
    return found


async def raw_history(
    session: AsyncSession,
    zone_id: int,
    since_us: int,
    until_us: int,
    *,
    fields: Iterable[str],
    camera_id: int | None = None,
    limit: int,
) -> list[dict[str, Any]]:
    """Return raw readings in order of time: `at_us`, `camera_id`, `period_s`, `validity` and the fields.

    Args:
        session: reads.
        zone_id: which zone.
        since_us: readings that end after it.
        until_us: and until it.
        fields: columns of `readings`.
        camera_id: only of this one.
        limit: at most so many.
    """
    t = readings.c
    cameras = [camera_id] if camera_id is not None else await _cameras(session, zone_id)
    columns = [t[name] for name in ("at_us", "camera_id", "period_s", "validity", *fields)]
    rows = await session.execute(
        select(*columns)
        .where(t.zone_id == zone_id, t.camera_id.in_(cameras), t.at_us > since_us, t.at_us <= until_us)
        .order_by(t.at_us, t.camera_id)
        .limit(limit)
    )
    return [dict(row) for row in rows.mappings()]


@dataclass(frozen=True, slots=True)
class Crossings:
    """What one camera counted at a line over one bucket; None where it knew nothing."""

    camera_id: int
    readings: int
    known: int
    in_count: int | None
    out_count: int | None


async def line_history(
    session: AsyncSession, line_id: int, of: Buckets, *, camera_id: int | None = None
) -> list[Crossings | None]:
    """Return the crossings per bucket, None where no reading lies in it.

    Where several cameras see the line, each bucket is of the one that knew it longest.
    """
    cameras = [camera_id] if camera_id is not None else await _line_cameras(session, line_id)
    if not is_sqlite(session):
        await session.execute(text("SET LOCAL jit = off"))
    pairs = enumerate(zip(of.edges_us, of.edges_us[1:], strict=False))
    pieces = {(n, camera): Piece(line_id, camera, begin, end) for n, (begin, end) in pairs for camera in cameras}
    names = list(pieces)
    found: list[Crossings | None] = [None] * of.count
    query = text(line_summary(sqlite=is_sqlite(session)))
    for at, _, camera, _, *row in await session.execute(query, {"pieces": pieces_json(pieces.values(), {})}):
        n = names[at][0]
        one, other = Crossings(camera, *row), found[n]
        if other is None or one.known > other.known:
            found[n] = one
    return found


async def _line_cameras(session: AsyncSession, line_id: int) -> list[int]:
    return list(await session.scalars(text(LINE_CAMERAS), {"id": line_id}))
