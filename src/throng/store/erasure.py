"""Erasing what was measured or filmed, by kind, place and time at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, Table, and_, delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from throng.store.columns import to_us
from throng.store.database import Database
from throng.store.tables import (
    Alert,
    Camera,
    Clip,
    Happening,
    Line,
    ManualCount,
    Recording,
    Zone,
    density_snapshots,
    latest_lines,
    latest_zones,
    line_readings,
    readings,
    readings_hour,
    readings_minute,
    stale_minutes,
)


class Erasable(StrEnum):
    """What can be erased."""

    READINGS = "readings"
    LINE_READINGS = "line_readings"
    SNAPSHOTS = "density_snapshots"
    EVENTS = "events"
    MANUAL_COUNTS = "manual_counts"
    ALERTS = "alerts"
    RECORDINGS = "recordings"
    CLIPS = "clips"


@dataclass(frozen=True, slots=True)
class Selection:
    """What to erase.

    Attributes:
        kinds: which kinds.
        start, end: from `start` up to, not including, `end`; None for without limit.
        site_ids: of these sites; None for all.
        camera_ids: of these cameras only; None for all. Manual counts belong to no camera, and are then kept.
    """

    kinds: frozenset[Erasable]
    start: datetime | None
    end: datetime | None
    site_ids: frozenset[int] | None
    camera_ids: frozenset[int] | None


READING_TABLES: dict[Erasable, tuple[tuple[Table, str, str], ...]] = {
    Erasable.READINGS: (
        (readings, "zone_id", "at_us"),
        (readings_minute, "zone_id", "at_us"),
        (readings_hour, "zone_id", "at_us"),
        (stale_minutes, "zone_id", "minute_us"),
        (latest_zones, "zone_id", "at_us"),
    ),
    Erasable.LINE_READINGS: ((line_readings, "line_id", "at_us"), (latest_lines, "line_id", "at_us")),
    Erasable.SNAPSHOTS: ((density_snapshots, "zone_id", "at_us"),),
}
MAPPED: dict[Erasable, tuple[type[Any], str]] = {
    Erasable.EVENTS: (Happening, "started_at"),
    Erasable.MANUAL_COUNTS: (ManualCount, "at"),
    Erasable.ALERTS: (Alert, "raised_at"),
    Erasable.RECORDINGS: (Recording, "started_at"),
    Erasable.CLIPS: (Clip, "started_at"),
}


async def count_erasable(session: AsyncSession, selection: Selection) -> dict[Erasable, int]:
    """Return how many rows of each kind would go; roll-ups and newest readings go with the readings, uncounted."""
    places = await _places(session, selection)
    counts = {}
    for kind in sorted(selection.kinds):
        table, where = _conditions(kind, selection, places)[0]
        counts[kind] = await session.scalar(select(func.count()).select_from(table).where(where)) or 0
    return counts


async def erase(database: Database, selection: Selection, *, folder: Path) -> dict[Erasable, int]:
    """Erase, kind by kind, each in a transaction of its own; files of video go before their rows.

    Hours and minutes of roll-ups go when they begin within the time; choose whole hours where that matters.

    Returns:
        How many rows of each kind went.
    """
    async with database.read() as session:
        counts = await count_erasable(session, selection)
        places = await _places(session, selection)
        paths = await _paths(session, selection, places)
    for path in paths:
        (folder / path).unlink(missing_ok=True)
    for kind in sorted(selection.kinds):
        async with database.write() as session:
            for table, where in _conditions(kind, selection, places):
                await session.execute(delete(table).where(where))
    return counts


@dataclass(frozen=True, slots=True)
class _Places:
    """The ids of what lies in the chosen sites; None for no limit."""

    zones: frozenset[int] | None
    lines: frozenset[int] | None
    cameras: frozenset[int] | None


async def _places(session: AsyncSession, selection: Selection) -> _Places:
    if selection.site_ids is None:
        return _Places(None, None, selection.camera_ids)
    found = []
    for table in (Zone, Line, Camera):
        ids = await session.scalars(select(table.id).where(table.site_id.in_(selection.site_ids)))
        found.append(frozenset(ids.all()))
    cameras = None if selection.camera_ids is None else found[2] & selection.camera_ids
    return _Places(found[0], found[1], cameras)


def _conditions(kind: Erasable, selection: Selection, places: _Places) -> list[tuple[Any, ColumnElement[bool]]]:
    if kind in READING_TABLES:
        return [(t, _of_readings(t, place, at, selection, places)) for t, place, at in READING_TABLES[kind]]
    table, at = MAPPED[kind]
    conditions = _between(getattr(table, at), selection.start, selection.end)
    if kind in {Erasable.RECORDINGS, Erasable.CLIPS}:
        conditions += _of_cameras(table, selection, places)
    elif kind is Erasable.ALERTS:
        conditions += [] if selection.site_ids is None else [table.site_id.in_(selection.site_ids)]
        conditions += _among(table.camera_id, places.cameras)
    else:
        conditions += _among(table.zone_id, places.zones)
        if kind is Erasable.MANUAL_COUNTS:
            conditions += [] if selection.camera_ids is None else [table.id < 0]
        else:
            conditions += _among(table.camera_id, places.cameras)
    return [(table, and_(True, *conditions))]


def _of_cameras(table: type[Any], selection: Selection, places: _Places) -> list[ColumnElement[bool]]:
    if selection.site_ids is None:
        return _among(table.camera_id, places.cameras)
    in_sites = table.camera_id.in_(select(Camera.id).where(Camera.site_id.in_(selection.site_ids)))
    return [in_sites, *_among(table.camera_id, places.cameras)]


def _of_readings(table: Table, place: str, at: str, selection: Selection, places: _Places) -> ColumnElement[bool]:
    ids = places.zones if place == "zone_id" else places.lines
    start, end = (None if t is None else to_us(t) for t in (selection.start, selection.end))
    conditions = _between(table.c[at], start, end)
    return and_(True, *conditions, *_among(table.c[place], ids), *_among(table.c.camera_id, places.cameras))


def _between(column: Any, start: Any, end: Any) -> list[ColumnElement[bool]]:
    return [*([] if start is None else [column >= start]), *([] if end is None else [column < end])]


def _among(column: Any, ids: frozenset[int] | None) -> list[ColumnElement[bool]]:
    return [] if ids is None else [column.in_(sorted(ids))]


async def _paths(session: AsyncSession, selection: Selection, places: _Places) -> Sequence[str]:
    paths: list[str] = []
    for kind in (Erasable.RECORDINGS, Erasable.CLIPS):
        if kind in selection.kinds:
            table, where = _conditions(kind, selection, places)[0]
            paths += (await session.scalars(select(table.path).where(where))).all()
    return paths
