"""From the events of single readings to events with a begin and an end, as the server keeps them."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from throng.core.crowd_state import CrowdEvent, EventKind
from throng.core.reading import Reading, Validity

LONGEST_GAP = timedelta(seconds=30)
"""An event that was out of sight for longer is another one when it is seen again."""

Key = tuple[str, str, EventKind]


@dataclass(frozen=True, slots=True)
class _Going:
    """An event that goes on."""

    started_at: datetime
    last_at: datetime
    score: float


class EventRows:
    """Remembers which events go on in which zone, at most one per zone, camera and kind. Not thread-safe."""

    def __init__(self) -> None:
        self._going: dict[Key, _Going] = {}

    def rows(self, reading: Reading) -> list[dict[str, Any]]:
        """Return a row for each event of a reading; its begin stays the same while the event goes on.

        A reading that is unknown ends nothing, one that is known and without the event ends it.
        """
        if reading.validity is Validity.UNKNOWN:
            return []
        now = {event.kind: event for event in reading.events}
        for kind in EventKind:
            if kind not in now:
                self._going.pop((reading.zone_id, reading.camera_id, kind), None)
        return [self._row(reading, event) for event in now.values()]

    def _row(self, reading: Reading, event: CrowdEvent) -> dict[str, Any]:
        key = (reading.zone_id, reading.camera_id, event.kind)
        before = self._going.get(key)
        if before is None or not timedelta(0) <= reading.at - before.last_at <= LONGEST_GAP:
            before = _Going(reading.at, reading.at, event.score)
        going = self._going[key] = _Going(before.started_at, reading.at, max(before.score, event.score))
        x_m, y_m = event.at_m or (None, None)
        return {
            "zone_id": reading.zone_id,
            "camera_id": reading.camera_id,
            "kind": event.kind.value,
            "started_at": going.started_at.isoformat(),
            "ended_at": going.last_at.isoformat(),
            "score": going.score,
            "evidence": [*event.evidence][:20],
            "x_m": x_m,
            "y_m": y_m,
            "simulated": reading.simulated,
        }
