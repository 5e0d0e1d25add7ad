"""Our readings in CrowdSafe's words."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from throng.server.compat.crowdsafe_schemas import MetricsBody
from throng.server.compat.newest import NewestReading
from throng.store.batches import RISK_LEVELS
from throng.store.columns import from_us, to_us

LEVELS = {"info": "SAFE", "safe": "SAFE", "caution": "CAUTION", "warning": "WARNING", "critical": "CRITICAL"}
"""Our levels of readings and alerts, in its words."""

UNKNOWN: Mapping[str, Any] = {}


def stored_metrics(row: Mapping[str, Any], camera_id: int) -> MetricsBody:
    """Return a row of the table `readings`."""
    level = None if row["risk_level"] is None else RISK_LEVELS[row["risk_level"]].value
    return _metrics(row if row["validity"] else UNKNOWN, camera_id, at=from_us(row["at_us"]), level=level)


def live_metrics(newest: NewestReading | None, camera_id: int) -> MetricsBody:
    """Return the newest reading; its numbers are None unless they are true now."""
    if newest is None:
        return _metrics(UNKNOWN, camera_id, at=None, level=None)
    at = newest.row.get("at")
    row = newest.row if newest.known else UNKNOWN
    return _metrics(row, camera_id, at=None if at is None else datetime.fromisoformat(at), level=row.get("risk_level"))


def surge_rate(speed_mps: float | None, spread_mps: float | None) -> float | None:
    """Return what CrowdSafe calls a surge rate: the spread of the speeds over their mean."""
    return None if not speed_mps or spread_mps is None else spread_mps / speed_mps


def share(score: float | None) -> float | None:
    """Return a risk of 0 to 100 as CrowdSafe's 0 to 1; under the profile `crowdsafe` it is CrowdSafe's own score."""
    return None if score is None else round(score / 100, 6)


def _metrics(row: Mapping[str, Any], camera_id: int, *, at: datetime | None, level: str | None) -> MetricsBody:
    occupancy = row.get("occupancy")
    return MetricsBody(
        id=None if at is None else str(to_us(at)),
        camera_id=str(camera_id),
        timestamp=at,
        count=row.get("count"),
        density=row.get("density_mean_per_m2"),
        avg_velocity=row.get("speed_mean_mps"),
        max_velocity=None,
        surge_rate=surge_rate(row.get("speed_mean_mps"), row.get("speed_std_mps")),
        flow_in=row.get("inflow_per_min"),
        flow_out=row.get("outflow_per_min"),
        risk_score=share(row.get("risk_score")),
        risk_level=None if level is None else LEVELS[level],
        capacity_utilization=None if occupancy is None else round(100 * occupancy, 2),
        frame_number=None,
    )
