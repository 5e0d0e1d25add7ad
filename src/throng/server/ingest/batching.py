"""From checked rows to a batch for the store: names become ids, times are judged, short rows are completed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pydantic_core import to_json

from throng.server.ingest.parsing import Indexed, Parsed
from throng.store.batches import (
    READING_COLUMNS,
    RISK_LEVELS,
    VALIDITIES,
    Batch,
    Newest,
    Pair,
)
from throng.store.columns import to_us
from throng.store.directory import CameraEntry, SiteDirectory, ZoneEntry
from throng.store.tables.readings import NUMBERS

FUTURE = timedelta(minutes=5)
"""How far ahead of ours a sender's clock may be."""

PERIOD_S = 1.0
"""How long a reading holds for whose sender did not say it."""

IN_COLUMNS = frozenset({"kind", "line_id", "in_count", "out_count", *READING_COLUMNS, "at"})
"""What need not be kept in `detail`."""

VALIDITY_NUMBER = {name: number for number, name in enumerate(VALIDITIES)}
RISK_NUMBER = {level: number for number, level in enumerate(RISK_LEVELS)}
NO_INTERVAL = "no interval given"

MEASURED = tuple(name for name in NUMBERS if name != "risk_score")
"""What an unknown reading may not have; a zone keeps its risk while it is unknown."""


class BadRow(Exception):
    """A row that cannot be stored; the message says why."""


@dataclass(frozen=True, slots=True)
class Sender:
    """Who reports.

    Attributes:
        name: for keys of batches, for example `edge:5`.
        edge_id: of an edge box, None for anybody else.
    """

    name: str
    edge_id: int | None


@dataclass(frozen=True, slots=True)
class Limits:
    """Which times are accepted.

    Attributes:
        now: the server's time.
        oldest_zone, oldest_line, oldest_event: what is older is erased, or soon will be; None for no limit.
    """

    now: datetime
    oldest_zone: datetime | None
    oldest_line: datetime | None
    oldest_event: datetime | None


class Batching:
    """Makes one batch.

    Args:
        directory: what the names mean.
        sender: who reports.
        key: of the batch, None without one.
        limits: which times are accepted.
    """

    def __init__(self, directory: SiteDirectory, sender: Sender, key: str | None, limits: Limits) -> None:
        self._directory = directory
        self._sender = sender
        self._limits = limits
        self._received = limits.now.isoformat().replace("+00:00", "Z")
        self.batch = Batch(sender.name, key, to_us(limits.now))

    def add(self, parsed: Parsed, readings: list[Indexed]) -> None:
        """Add some readings; what is wrong with a row is said in `parsed`."""
        for index, row in readings:
            try:
                if row["kind"] == "zone":
                    self._zone(row)
                else:
                    self._line(row)
            except BadRow as error:
                parsed.reject("readings", index, str(error))

    def add_events(self, parsed: Parsed) -> None:
        """Add the events; what is wrong with one is said in `parsed`."""
        for index, row in parsed.events:
            try:
                self._event(row)
            except BadRow as error:
                parsed.reject("events", index, str(error))

    def _zone(self, row: dict[str, Any]) -> None:
        zone = self._directory.zones.get(row["zone_id"])
        if zone is None:
            raise BadRow(f"zone_id: the site has no zone {row['zone_id']!r}")
        camera = self._camera(row)
        at_us = self._time(row["at"], self._limits.oldest_zone)
        if row.get("validity") is None:
            row = completed(row, zone, camera)
        get = row.get
        validity = VALIDITY_NUMBER[row["validity"]]
        if validity == 0 and any(get(name) is not None for name in MEASURED):
            raise BadRow("validity: an unknown reading has no numbers, but this one has; leave them out")
        detail = {k: v for k, v in row.items() if k not in IN_COLUMNS and v is not None and v != ()}
        level = get("risk_level")
        self.batch.readings.append(
            (
                zone.id, camera.id, at_us, get("period_s") or PERIOD_S, validity,
                None if level is None else RISK_NUMBER[level], get("level_of_service"), bool(get("simulated")),
                *map(get, NUMBERS), to_json(detail).decode() if detail else None,
            )
        )  # fmt: skip
        self._newest(self.batch.newest_zones, (zone.id, camera.id), at_us, "zone_id", row)

    def _line(self, row: dict[str, Any]) -> None:
        line_id = self._directory.lines.get(row["line_id"])
        if line_id is None:
            raise BadRow(f"line_id: the site has no line {row['line_id']!r}")
        camera = self._camera(row)
        at_us = self._time(row["at"], self._limits.oldest_line)
        if row.get("validity") is None:
            if not camera.is_sensor:
                raise BadRow("validity: missing; only rows of a sensor may leave it out")
            row = {**row, "validity": "live"}
        get = row.get
        validity = VALIDITY_NUMBER[row["validity"]]
        if validity == 0 and (get("in_count") is not None or get("out_count") is not None):
            raise BadRow("validity: an unknown reading has no counts, but this one has; leave them out")
        detail = {k: v for k, v in row.items() if k not in IN_COLUMNS and v is not None and v != ()}
        self.batch.line_readings.append(
            (
                line_id, camera.id, at_us, validity, get("in_count"), get("out_count"), bool(get("simulated")),
                to_json(detail).decode() if detail else None,
            )
        )  # fmt: skip
        self._newest(self.batch.newest_lines, (line_id, camera.id), at_us, "line_id", row)

    def _event(self, row: dict[str, Any]) -> None:
        zone = self._directory.zones.get(row["zone_id"])
        if zone is None:
            raise BadRow(f"zone_id: the site has no zone {row['zone_id']!r}")
        camera = self._camera(row)
        if row["ended_at"] < row["started_at"]:
            raise BadRow("ended_at: before started_at")
        self._time(row["ended_at"], self._limits.oldest_event)
        self._time(row["started_at"], self._limits.oldest_event)
        names = {"zone_id": zone.id, "camera_id": camera.id, "kind": str(row["kind"])}
        self.batch.events.append({"evidence": [], "x_m": None, "y_m": None, "simulated": False} | row | names)

    def _camera(self, row: Mapping[str, Any]) -> CameraEntry:
        camera = self._directory.cameras.get(row["camera_id"])
        if camera is None:
            raise BadRow(f"camera_id: the site has no camera {row['camera_id']!r}")
        edge_id = self._sender.edge_id
        if edge_id is not None and camera.edge_id not in {None, edge_id}:
            raise BadRow(f"camera_id: the camera {row['camera_id']!r} belongs to another edge box")
        return camera

    def _time(self, at: datetime, oldest: datetime | None) -> int:
        if at > self._limits.now + FUTURE:
            raise BadRow(f"at: {at.isoformat()} is in the future; here it is {self._received}; set the sender's clock")
        if oldest is not None and at < oldest:
            raise BadRow(f"at: {at.isoformat()} is older than what is kept, since {oldest.isoformat()}")
        return to_us(at)

    def _newest(self, newest: dict[Pair, Newest], pair: Pair, at_us: int, name: str, row: Mapping[str, Any]) -> None:
        other = newest.get(pair)
        if other is None or other.at_us < at_us:
            ids = {name: pair[0], "camera_id": pair[1], "site_id": self._directory.site_id}
            body = live_body(ids, self._received, row)
            newest[pair] = Newest(at_us, self.batch.received_us, body, row.get("period_s") or PERIOD_S)


def live_body(ids: Mapping[str, int], received: str, row: Mapping[str, Any]) -> str:
    """Return what the live state shows of a reading: its ids, when it came, and the row with the keys in it."""
    return to_json({**ids, "received_at": received, "reading": row}).decode()


def completed(row: dict[str, Any], zone: ZoneEntry, camera: CameraEntry) -> dict[str, Any]:
    """Return the short row of a sensor, which only counts, with what follows from it.

    Raises:
        BadRow: it is no sensor's, or it holds more than a count.
    """
    if not camera.is_sensor:
        raise BadRow("validity: missing; only rows of a sensor may leave it out")
    if row.get("count") is None:
        raise BadRow("count: missing; a row without validity must have one")
    low, high = row.get("count_low"), row.get("count_high")
    if (low is not None and low > row["count"]) or (high is not None and high < row["count"]):
        raise BadRow("count: outside of its own interval")
    followed = from_count(row["count"], low, high, zone=zone)
    return {**row, **followed, "validity": "live", "reasons": (*(row.get("reasons") or ()), *followed["reasons"])}


def from_count(count: float, low: float | None, high: float | None, *, zone: ZoneEntry) -> dict[str, Any]:
    """Return the fields of a row that follow from a count and its interval.

    Without an interval the count stands for both ends, and `reasons` says so.
    """
    given = low is not None and high is not None
    ends = {"": count, "_low": count if low is None else low, "_high": count if high is None else high}
    fields: dict[str, Any] = {f"count{end}": value for end, value in ends.items()}
    fields["reasons"] = () if given else (NO_INTERVAL,)
    if zone.area_m2:
        fields |= {f"density_mean{end}_per_m2": value / zone.area_m2 for end, value in ends.items()}
        fields["density_mean_estimator"] = "classical"
    if zone.capacity:
        fields |= {f"occupancy{end}": value / zone.capacity for end, value in ends.items()}
    return fields
