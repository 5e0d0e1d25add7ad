"""Readings of one zone as `throng run --out FILE.jsonl` wrote them."""

import json
import math
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np

from throng.core.crowd_state import Balance
from throng.core.estimate import Estimate
from throng.core.points import FloatArray
from throng.core.trend_state import variance_of
from throng.evaluation.errors import EvaluationError

_FLOWS = (
    ("inflow_per_min", "inflow_low_per_min", "inflow_high_per_min"),
    ("outflow_per_min", "outflow_low_per_min", "outflow_high_per_min"),
)


@dataclass(frozen=True, slots=True, eq=False)
class ReadingHistory:
    """The densities of one zone in order of time.

    Attributes:
        zone_id: the zone.
        begin: time of the first reading, aware.
        at_s: (N,) seconds since then, never falling.
        density_per_m2: (N,) mean density, NaN where it was unknown.
        variance: (N,) of its error, from the 90 % interval, NaN where unknown.
        balances: who came and went, None where nobody knew.
        area_m2: of the zone, NaN where no reading gives it away.
        repeated: readings left out because their time went backwards.
    """

    zone_id: str
    begin: datetime
    at_s: FloatArray
    density_per_m2: FloatArray
    variance: FloatArray
    balances: tuple[Balance | None, ...]
    area_m2: float
    repeated: int


def read_history(path: Path, zone_id: str | None = None) -> ReadingHistory:
    """Read one zone of a file of readings.

    Args:
        path: JSON lines.
        zone_id: which zone; None where there is but one.

    Raises:
        EvaluationError: the file cannot be read, holds something else, or not that zone; the message names the line.
    """
    rows = [row for row in _rows(path) if row.get("kind") == "zone"]
    zones = sorted({str(row.get("zone_id")) for row in rows})
    if not zones:
        raise EvaluationError(f"{path}: there is no reading of a zone in this file")
    if zone_id is None and len(zones) > 1:
        raise EvaluationError(f"{path}: several zones are in this file; choose one with --zone: {', '.join(zones)}")
    chosen = zones[0] if zone_id is None else zone_id
    if chosen not in zones:
        raise EvaluationError(f"{path}: there is no zone {chosen!r} in this file, but {', '.join(zones)}")
    return _history(path, chosen, [row for row in rows if row.get("zone_id") == chosen])


def _rows(path: Path) -> list[dict[str, object]]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise EvaluationError(f"{path}: the readings cannot be read: {error}") from None
    rows = []
    for number, line in enumerate(lines, start=1):
        try:
            row = json.loads(line) if line.strip() else None
        except json.JSONDecodeError:
            row = line
        if row is not None and not isinstance(row, dict):
            raise EvaluationError(f"{path}, line {number}: expected a reading as a JSON object; was it cut off?")
        if row is not None and row.get("kind") == "zone" and not isinstance(row.get("zone_id"), str):
            raise EvaluationError(
                f"{path}, line {number}: expected the zone_id of a reading, got {row.get('zone_id')!r}"
            )
        if row is not None:
            rows.append(row)
    return rows


def _history(path: Path, zone_id: str, rows: list[dict[str, object]]) -> ReadingHistory:
    times = [_time(path, row) for row in rows]
    begin, kept, newest = times[0], [], times[0]
    for i, at in enumerate(times):
        if at >= newest:
            kept.append(i)
            newest = at
    densities = [
        _estimate(rows[i], ("density_mean_per_m2", "density_mean_low_per_m2", "density_mean_high_per_m2")) for i in kept
    ]
    if not any(densities):
        raise EvaluationError(f"{path}: zone {zone_id!r} has no density in any reading; is the camera calibrated?")
    return ReadingHistory(
        zone_id=zone_id,
        begin=begin,
        at_s=np.array([(times[i] - begin).total_seconds() for i in kept]),
        density_per_m2=np.array([math.nan if d is None else d.value for d in densities]),
        variance=np.array([math.nan if d is None else variance_of(d) for d in densities]),
        balances=tuple(_balance(rows[i]) for i in kept),
        area_m2=_area([rows[i] for i in kept]),
        repeated=len(rows) - len(kept),
    )


def _time(path: Path, row: dict[str, object]) -> datetime:
    try:
        at = datetime.fromisoformat(str(row.get("at")))
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise EvaluationError(f"{path}: expected the time of a reading with its zone, got {row.get('at')!r}")
    return at


def _number(value: object) -> float:
    known = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if known else math.nan  # type: ignore[arg-type]


def _estimate(row: dict[str, object], names: tuple[str, str, str]) -> Estimate | None:
    value, low, high = (_number(row.get(name)) for name in names)
    return Estimate(value, low, high) if low <= value <= high and math.isfinite(high - low) else None


def _balance(row: dict[str, object]) -> Balance | None:
    inflow, outflow = (_estimate(row, names) for names in _FLOWS)
    net, window_s = _number(row.get("net_per_min")), _number(row.get("balance_window_s"))
    if inflow is None or outflow is None or not math.isfinite(net + window_s):
        return None
    return Balance(inflow, outflow, net, window_s)


def _area(rows: list[dict[str, object]]) -> float:
    """Count over density: the readings do not hold the area itself."""
    counts = np.array([_number(row.get("count")) for row in rows])
    densities = np.array([_number(row.get("density_mean_per_m2")) for row in rows])
    some = (counts > 0) & (densities > 0)
    return float(np.median(counts[some] / densities[some])) if some.any() else math.nan
