"""Our rows as Smart Crowd Density Monitor shows them. What nobody knows is None, where that system had 0."""

from typing import Any

from throng.server.compat.monitor_counts import AI_DETAIL, RULE
from throng.server.compat.monitor_rules import density_level
from throng.server.compat.monitor_schemas import CountLog, Location, LocationUpdate, MonitorAlert
from throng.server.compat.newest import NewestReading
from throng.store.columns import from_us
from throng.store.tables import Alert, AlertState, Camera, Zone
from throng.store.tables.readings import BY_A_PERSON


def location_shown(zone: Zone, camera: Camera | None, newest: NewestReading | None) -> Location:
    """Return a zone as a location, with what its newest reading says."""
    count = whole(None if newest is None else newest.number("count"))
    return Location(
        id=zone.id,
        name=zone.name,
        description=zone.description,
        latitude=_degrees(zone.latitude),
        longitude=_degrees(zone.longitude),
        capacity_limit=zone.capacity,
        current_count=count,
        density_level=density_level(_occupancy(count, zone)),
        occupancy_percentage=_percent(_occupancy(count, zone)),
        is_active=zone.is_active,
        camera_url=None if camera is None else camera.source,
        last_updated=None if newest is None else newest.row.get("at"),
    )


def update_shown(zone: Zone, newest: NewestReading | None) -> LocationUpdate:
    """Return what the WebSocket tells of a location."""
    shown = location_shown(zone, None, newest)
    fields = {name: getattr(shown, name) for name in LocationUpdate.model_fields if hasattr(shown, name)}
    return LocationUpdate(location_id=zone.id, location_name=zone.name, **fields)


def log_shown(row: dict[str, Any], zone: Zone) -> CountLog:
    """Return a stored reading as an entry of the log; its `id` is its time in microseconds."""
    count = whole(row["count"])
    by_hand = row["camera_id"] == BY_A_PERSON and row["detail"] != AI_DETAIL
    return CountLog(
        id=row["at_us"],
        location=zone.id,
        location_name=zone.name,
        people_count=count,
        density_level=density_level(_occupancy(count, zone)),
        occupancy_percentage=_percent(_occupancy(count, zone)),
        source="MANUAL" if by_hand else "AI",
        timestamp=from_us(row["at_us"]),
    )


def alert_shown(alert: Alert, zone: Zone) -> MonitorAlert:
    """Return an alert; those of this door's rules by their names there, others by their own."""
    return MonitorAlert(
        id=alert.id,
        location=zone.id,
        location_name=zone.name,
        alert_type=alert.rule.removeprefix(RULE),
        message=alert.message or alert.title,
        triggered_at=alert.raised_at,
        resolved_at=alert.resolved_at,
        status="RESOLVED" if alert.state == AlertState.RESOLVED.value else "ACTIVE",
        people_count_at_trigger=whole(_number(alert, "count")),
        occupancy_at_trigger=_percent(_number(alert, "occupancy")),
    )


def whole(value: float | None) -> int | None:
    """Return a count as a whole number."""
    return None if value is None else round(value)


def _occupancy(count: int | None, zone: Zone) -> float | None:
    return None if count is None or not zone.capacity else count / zone.capacity


def _percent(share: float | None) -> float | None:
    return None if share is None else round(100 * share, 1)


def _degrees(value: float | None) -> str | None:
    return None if value is None else f"{value:.6f}"


def _number(alert: Alert, name: str) -> float | None:
    value = alert.numbers.get(name)
    return float(value) if isinstance(value, int | float) else None
