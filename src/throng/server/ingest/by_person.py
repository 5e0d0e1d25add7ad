"""A count by a person as a reading of its zone."""

from datetime import datetime
from typing import Any

from throng.server.ingest.batching import from_count, live_body
from throng.store.batches import READING_COLUMNS, Batch, Newest
from throng.store.columns import to_us
from throng.store.directory import ZoneEntry
from throng.store.tables import ManualCount, Site, Zone
from throng.store.tables.readings import BY_A_PERSON

REASON = "counted by a person"
STANDS_S = 300.0
"""How long a count by eye stands in the live state before the next one is due; no history is filled with it."""

PERSON_KEY = "person"
"""What stands in for the key of a camera."""


def batch_of(count: ManualCount, zone: Zone, site: Site, *, received: datetime) -> Batch:
    """Return the batch with the reading of a manual count."""
    fields = from_count(float(count.count), None, None, zone=ZoneEntry(zone.id, zone.area_m2, zone.capacity))
    reasons = (REASON, *fields.pop("reasons"))
    row: dict[str, Any] = {
        "kind": "zone", "zone_id": zone.key, "camera_id": PERSON_KEY, "at": count.at, "validity": "live",
        "simulated": False, "reasons": reasons, **fields,
    }  # fmt: skip
    at_us, received_us = to_us(count.at), to_us(received)
    stored = {
        **row, "zone_id": zone.id, "camera_id": BY_A_PERSON, "at_us": at_us, "period_s": 1.0, "validity": 2,
        "detail": f'{{"reasons":["{REASON}"]}}',
    }  # fmt: skip
    ids = {"zone_id": zone.id, "camera_id": BY_A_PERSON, "site_id": site.id}
    body = live_body(ids, received.isoformat().replace("+00:00", "Z"), row)
    return Batch(
        sender="person",
        key=None,
        received_us=received_us,
        readings=[tuple(stored.get(name) for name in READING_COLUMNS)],
        newest_zones={(zone.id, BY_A_PERSON): Newest(at_us, received_us, body, STANDS_S)},
    )
