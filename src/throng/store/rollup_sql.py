"""SQL that summarises readings over pieces of time: from raw rows, and from rows that are summaries already."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from throng.store.tables.readings import AVERAGED
from throng.store.zone_limits import ZoneLimits

SECONDS = (
    "known_s", "unknown_s", "degraded_s", "above_caution_s", "above_warning_s", "above_critical_s",
    "above_80_s", "above_100_s",
)  # fmt: skip
"""Columns that are sums of seconds."""

HIGHEST = ("count_high_max", "density_mean_high_max", "risk_level_max")
"""Columns that are the largest of something."""

PARTS = ("n", "sum", "min", "max")

LONGEST_PERIOD_S = 60.0
"""A raw reading speaks for at most so long: nobody knows what was true between two that are further apart."""

PERIOD = f"CASE WHEN r.period_s > {LONGEST_PERIOD_S} THEN {LONGEST_PERIOD_S} ELSE r.period_s END"
DENSITY = "COALESCE(r.density_mean_high_per_m2, r.density_mean_per_m2)"
COUNT = "COALESCE(r.count_high, r.count)"
KNOWN = "r.validity > 0"

RAW_SECONDS = {
    "known_s": KNOWN,
    "unknown_s": "r.validity = 0",
    "degraded_s": "r.validity = 1",
    "above_caution_s": f"{KNOWN} AND {DENSITY} >= w.caution",
    "above_warning_s": f"{KNOWN} AND {DENSITY} >= w.warning",
    "above_critical_s": f"{KNOWN} AND {DENSITY} >= w.critical",
    "above_80_s": f"{KNOWN} AND {COUNT} >= 0.8 * w.capacity",
    "above_100_s": f"{KNOWN} AND {COUNT} >= w.capacity",
}
"""When a second counts; A comparison with nothing is not true."""

RAW_HIGHEST = {"count_high_max": COUNT, "density_mean_high_max": DENSITY, "risk_level_max": "r.risk_level"}


def columns(values: Iterable[str] = AVERAGED) -> list[str]:
    """Return the columns of a roll-up after its key, in the order of its table."""
    return ["readings", *SECONDS, *HIGHEST, *(f"{value}_{part}" for value in values for part in PARTS)]


def of_raw(values: Sequence[str] = AVERAGED) -> list[str]:
    """Return aggregates over rows `r` of `readings` in a piece `w`, in the order of `columns`."""
    seconds = [f"COALESCE(SUM(CASE WHEN {when} THEN {PERIOD} END), 0.0)" for when in RAW_SECONDS.values()]
    highest = [f"MAX(CASE WHEN {KNOWN} THEN {what} END)" for what in RAW_HIGHEST.values()]
    numbers = [
        part.format(f"CASE WHEN {KNOWN} THEN r.{value} END")
        for value in values
        for part in ("COUNT({})", "SUM({})", "MIN({})", "MAX({})")
    ]
    return ["COUNT(*)", *seconds, *highest, *numbers]


def of_rolled(values: Sequence[str] = AVERAGED) -> list[str]:
    """Return aggregates over rows `r` of a roll-up, in the order of `columns`."""
    sums = [f"SUM(r.{name})" for name in ("readings", *SECONDS)]
    highest = [f"MAX(r.{name})" for name in HIGHEST]
    how = {"n": "SUM", "sum": "SUM", "min": "MIN", "max": "MAX"}
    numbers = [f"{how[part]}(r.{value}_{part})" for value in values for part in PARTS]
    return [*sums, *highest, *numbers]


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of time of one zone and camera.

    Raw readings belong to it that end after its begin and until its end, roll-ups that begin in it.
    """

    zone_id: int
    camera_id: int
    begin_us: int
    end_us: int


PIECE = {
    "n": "BIGINT", "zone_id": "BIGINT", "camera_id": "BIGINT", "begin_us": "BIGINT", "end_us": "BIGINT",
    "caution": "DOUBLE PRECISION", "warning": "DOUBLE PRECISION", "critical": "DOUBLE PRECISION",
    "capacity": "DOUBLE PRECISION",
}  # fmt: skip


def pieces_json(pieces: Iterable[Piece], limits: dict[int, ZoneLimits]) -> str:
    """Return the parameter `pieces` of a `summary`: pieces in order, with the limits of their zones."""
    of_zone = {zone_id: (one.caution, one.warning, one.critical, one.capacity) for zone_id, one in limits.items()}
    none = (None, None, None, None)
    return json.dumps(
        [[n, p.zone_id, p.camera_id, p.begin_us, p.end_us, *of_zone.get(p.zone_id, none)] for n, p in enumerate(pieces)]
    )


def summary(table: str, values: Sequence[str] = AVERAGED, *, sqlite: bool) -> str:
    """Return a query: n, zone_id, camera_id, begin_us and the `columns` of each piece that has any reading.

    Args:
        table: `readings`, `readings_minute` or `readings_hour`.
        values: which numbers are summarised.
        sqlite: the pieces come as rows of a JSON parameter, which the two databases read in their own ways. On both
            the database walks along its primary key once per piece, whatever its planner thinks.
    """
    raw = table == "readings"
    aggregates = of_raw(values) if raw else of_rolled(values)
    inside = "r.at_us > w.begin_us AND r.at_us <= w.end_us" if raw else "r.at_us >= w.begin_us AND r.at_us < w.end_us"
    ours = f"r.zone_id = w.zone_id AND r.camera_id = w.camera_id AND {inside}"
    return _over_pieces(table, dict(zip(columns(values), aggregates, strict=True)), ours, sqlite=sqlite)


LINE_AGGREGATES = {
    "readings": "COUNT(*)",
    "known": "SUM(CASE WHEN r.validity > 0 THEN 1 ELSE 0 END)",
    "in_count": "SUM(r.in_count)",
    "out_count": "SUM(r.out_count)",
}


def line_summary(*, sqlite: bool) -> str:
    """Return the same for a line, whose id stands in `zone_id`: `readings`, `known`, `in_count` and `out_count`."""
    ours = "r.line_id = w.zone_id AND r.camera_id = w.camera_id AND r.at_us > w.begin_us AND r.at_us <= w.end_us"
    return _over_pieces("line_readings", LINE_AGGREGATES, ours, sqlite=sqlite)


def _over_pieces(table: str, aggregates: dict[str, str], ours: str, *, sqlite: bool) -> str:
    named = ", ".join(f"{what} AS {name}" for name, what in aggregates.items())
    if sqlite:
        cells = ", ".join(f"json_extract(value, '$[{i}]') AS {name}" for i, name in enumerate(PIECE))
        return (
            f"WITH w AS MATERIALIZED (SELECT {cells} FROM json_each(:pieces)) "  # noqa: S608
            f"SELECT w.n, w.zone_id, w.camera_id, w.begin_us, {named} FROM w CROSS JOIN {table} r ON {ours} "
            "GROUP BY w.n, w.zone_id, w.camera_id, w.begin_us"
        )
    cells = ", ".join(f"CAST(e ->> {i} AS {kind}) AS {name}" for i, (name, kind) in enumerate(PIECE.items()))
    return (
        f"WITH w AS MATERIALIZED (SELECT {cells} FROM jsonb_array_elements(CAST(:pieces AS jsonb)) AS e) "  # noqa: S608
        f"SELECT w.n, w.zone_id, w.camera_id, w.begin_us, a.* FROM w "
        f"CROSS JOIN LATERAL (SELECT {named} FROM {table} r WHERE {ours}) AS a WHERE a.readings > 0"
    )
