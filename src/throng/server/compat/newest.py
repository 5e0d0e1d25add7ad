"""The newest of each zone, as the doors show it: the youngest reading that is true now, or nothing."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from throng.server.live.hub import LiveHub
from throng.server.live.items import Item, Kind


@dataclass(frozen=True, slots=True)
class NewestReading:
    """One reading of the live state.

    Attributes:
        camera_id: whose; 0 for a person.
        known: it is neither unknown nor overdue.
        row: the reading.
    """

    camera_id: int
    known: bool
    row: dict[str, Any]

    def number(self, name: str) -> float | None:
        """Return a number of the reading; None when nothing is known now."""
        value = self.row.get(name) if self.known else None
        return None if value is None else float(value)


def newest_readings(hub: LiveHub, *, site_ids: Iterable[int] | None) -> dict[int, NewestReading]:
    """Return the newest reading of each zone by its id, a known one before an unknown one."""
    found: dict[int, NewestReading] = {}
    for item in hub.items(Kind.ZONE, site_ids=site_ids):
        reading = read_item(item)
        other = found.get(item.ids[0])
        if other is None or _rank(reading) > _rank(other):
            found[item.ids[0]] = reading
    return found


def newest_of(hub: LiveHub, zone_id: int, camera_id: int) -> NewestReading | None:
    """Return the newest reading of a zone by one camera; None before the first one."""
    item = hub.get(Kind.ZONE, (zone_id, camera_id))
    return None if item is None else read_item(item)


def read_item(item: Item) -> NewestReading:
    """Return the reading that an item of the live state holds."""
    row = json.loads(item.body or b"{}").get("reading", {})
    return NewestReading(item.ids[1], item.overdue_since is None and row.get("validity") != "unknown", row)


def _rank(reading: NewestReading) -> tuple[bool, str]:
    return reading.known, str(reading.row.get("at", ""))
