"""Items of the live state: the newest of one zone, line, camera, edge or alert, encoded once for all listeners."""

import json
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Kind(StrEnum):
    """What an item of the live state is about."""

    ZONE = "zone"
    LINE = "line"
    CAMERA = "camera"
    EDGE = "edge"
    ALERT = "alert"


OVERDUE_AFTER_S: dict[Kind, float | None] = {
    Kind.ZONE: 5.0,
    Kind.LINE: 5.0,
    Kind.CAMERA: None,
    Kind.EDGE: 30.0,
    Kind.ALERT: None,
}
"""How long after the newest report the next one is overdue; None for what is only reported when it changes."""

Key = tuple[Kind, tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class Item:
    """The newest of one thing.

    Attributes:
        sequence: grows with every change of anything.
        site_id: whose it is.
        ids: (zone, camera), (line, camera), (camera,), (edge,) or (alert, zone); 0 where there is none.
        body: JSON object; None when the thing is gone.
        received_s: the server's monotonic time of the report.
        overdue_after_s: how long it may stand; None for any time.
        overdue_since: since when a newer report is missing; None while it is not.
        topics: the topics under which it is told.
        wire: the item as it is sent.
    """

    sequence: int
    kind: Kind
    site_id: int
    ids: tuple[int, ...]
    body: bytes | None
    received_s: float
    overdue_after_s: float | None
    overdue_since: datetime | None
    topics: tuple[str, ...]
    wire: bytes

    @property
    def key(self) -> Key:
        """What a newer item replaces."""
        return self.kind, self.ids


def make_item(
    sequence: int,
    kind: Kind,
    site_id: int,
    ids: tuple[int, ...],
    *,
    body: bytes | None,
    received_s: float,
    overdue_after_s: float | None,
    overdue_since: datetime | None = None,
) -> Item:
    """Encode an item."""
    since = b"null" if overdue_since is None else json.dumps(overdue_since.isoformat()).encode()
    numbers = ",".join(map(str, ids)).encode()
    content = b"null" if body is None else body
    head = b'{"kind":"%s","site_id":%d,"ids":[%s],"sequence":%d,' % (kind.value.encode(), site_id, numbers, sequence)
    wire = head + b'"overdue_since":%s,"body":%s}' % (since, content)
    topics = _topics(kind, site_id, ids)
    return Item(sequence, kind, site_id, ids, body, received_s, overdue_after_s, overdue_since, topics, wire)


def _topics(kind: Kind, site_id: int, ids: tuple[int, ...]) -> tuple[str, ...]:
    topics = ["all", f"site:{site_id}"]
    if kind is Kind.ZONE:
        topics += [f"zone:{ids[0]}", f"camera:{ids[1]}"]
    elif kind is Kind.LINE:
        topics += [f"line:{ids[0]}", f"camera:{ids[1]}"]
    elif kind is Kind.CAMERA:
        topics.append(f"camera:{ids[0]}")
    elif kind is Kind.ALERT:
        topics += ["alerts", *(f"zone:{zone}" for zone in ids[1:2] if zone)]
    return tuple(topics)
