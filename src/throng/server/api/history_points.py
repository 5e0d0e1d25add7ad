"""From summaries of the store to points of the API: shares, seconds, and gaps that show."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from throng.store.batches import RISK_LEVELS
from throng.store.columns import from_us, to_us
from throng.store.history import Crossings, Spread, Summary
from throng.store.history_plan import Buckets
from throng.store.rollup_sql import SECONDS

GAP_PERIODS = 2.5
"""Raw readings that are so many periods apart have a gap between them."""

SHOWN_SECONDS = tuple(name for name in SECONDS if name not in {"known_s", "unknown_s"})
NOTHING: dict[str, Any] = {
    "camera_id": None, "readings": 0, "share_unknown": 1.0, **dict.fromkeys(SHOWN_SECONDS),
    "count_high_max": None, "density_mean_high_max": None, "risk_level_max": None,
}  # fmt: skip
UNKNOWN_VALUE = {"mean": None, "min": None, "max": None, "n": 0}


@dataclass(frozen=True, slots=True)
class Bucketed:
    """Buckets as seen at a time."""

    buckets: Buckets
    now_us: int

    def pairs(self) -> Iterator[tuple[int, int]]:
        """Yield begin and end of each."""
        return iter(zip(self.buckets.edges_us, self.buckets.edges_us[1:], strict=False))


def zone_points(history: Sequence[Summary | None], of: Bucketed, names: Sequence[str]) -> list[dict[str, Any]]:
    """Return a point per bucket, as `HistoryPoint` has it."""
    return [
        {"at": from_us(begin), "until": from_us(end), **_of_summary(one, begin, min(end, of.now_us), names)}
        for one, (begin, end) in zip(history, of.pairs(), strict=True)
    ]


def _of_summary(one: Summary | None, begin_us: int, end_us: int, names: Sequence[str]) -> dict[str, Any]:
    if one is None:
        return NOTHING | {"values": dict.fromkeys(names, UNKNOWN_VALUE)}
    known_s = one.seconds["known_s"]
    length_s = max((end_us - begin_us) / 1e6, known_s)
    level = one.highest["risk_level_max"]
    return {
        "camera_id": one.camera_id,
        "readings": one.readings,
        "share_unknown": _share(1 - known_s / length_s) if length_s > 0 else 1.0,
        **{name: _seconds(one.seconds[name], begin_us, end_us) if known_s > 0 else None for name in SHOWN_SECONDS},
        "count_high_max": one.highest["count_high_max"],
        "density_mean_high_max": one.highest["density_mean_high_max"],
        "risk_level_max": None if level is None else RISK_LEVELS[int(level)].value,
        "values": {name: _value(one.values[name]) for name in names},
    }


def _value(spread: Spread) -> dict[str, Any]:
    return {"mean": spread.mean, "min": spread.low, "max": spread.high, "n": spread.n}


def _share(share: float) -> float:
    return round(min(1.0, max(0.0, share)), 6)


def _seconds(seconds: float, begin_us: int, end_us: int) -> float:
    """Periods may overlap, or reach from the bucket before into this one."""
    return round(min(seconds, max(0.0, (end_us - begin_us) / 1e6)), 3)


def raw_points(
    rows: Sequence[dict[str, Any]], names: Sequence[str], *, since: datetime, until: datetime
) -> list[dict[str, Any]]:
    """Return a point per reading, and one without numbers in each gap between, before and after them."""
    points: list[dict[str, Any]] = []
    end_us, allowed_us = to_us(since), 0.0
    for row in rows:
        begin_us = row["at_us"] - round(row["period_s"] * 1e6)
        if begin_us - end_us > allowed_us:
            points.append(_gap(end_us, begin_us, names))
        points.append(_of_reading(row, names))
        end_us = max(end_us, row["at_us"])
        allowed_us = (GAP_PERIODS - 1) * row["period_s"] * 1e6
    if to_us(until) - end_us > max(allowed_us, 1e6):
        points.append(_gap(end_us, to_us(until), names))
    return points


def _gap(begin_us: int, end_us: int, names: Sequence[str]) -> dict[str, Any]:
    return {"at": from_us(begin_us), "until": from_us(end_us), **NOTHING, "values": dict.fromkeys(names, UNKNOWN_VALUE)}


def _of_reading(row: dict[str, Any], names: Sequence[str]) -> dict[str, Any]:
    at = from_us(row["at_us"])
    values = {
        name: UNKNOWN_VALUE if row[name] is None else {"mean": row[name], "min": row[name], "max": row[name], "n": 1}
        for name in names
    }
    return {
        "at": at,
        "until": at,
        **NOTHING,
        "camera_id": row["camera_id"],
        "readings": 1,
        "share_unknown": 1.0 if row["validity"] == 0 else 0.0,
        "degraded_s": row["period_s"] if row["validity"] == 1 else 0.0,
        "values": values,
    }


def line_points(history: Sequence[Crossings | None], of: Bucketed) -> list[dict[str, Any]]:
    """Return a point per bucket, as `LinePoint` has it."""
    points = []
    for one, (begin, end) in zip(history, of.pairs(), strict=True):
        shown = {"camera_id": None, "readings": 0, "share_unknown": 1.0, "in_count": None, "out_count": None}
        if one is not None:
            shown = {
                "camera_id": one.camera_id, "readings": one.readings,
                "share_unknown": _share(1 - one.known / one.readings), "in_count": one.in_count,
                "out_count": one.out_count,
            }  # fmt: skip
        points.append({"at": from_us(begin), "until": from_us(end), **shown})
    return points
