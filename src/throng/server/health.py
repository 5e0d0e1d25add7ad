"""An honest account of the server's parts, its cameras and its edges: how each is, since when, and why."""

import json
import shutil
import time
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import text

from throng.server.context import Context
from throng.server.live.items import Item, Kind
from throng.store.errors import StoreError
from throng.store.site_objects import every
from throng.store.tables import Camera, Edge

SLOW_DATABASE_S = 0.5
LITTLE_SPACE_BYTES = 1 << 30
EDGE_SILENT_S = 30.0


class Condition(StrEnum):
    """How something is. `unknown` is never good."""

    OK = "ok"
    DEGRADED = "degraded"
    FAILED = "failed"
    UNKNOWN = "unknown"


class Part(BaseModel):
    """How one part is."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    condition: Condition
    reason: str = Field(description="why it is not ok, in plain words; empty when it is")
    age_s: float | None = Field(description="seconds since it was last heard of; null when it never was")


class CameraHealth(Part):
    """How one camera is: what its newest readings say and how old they are."""

    camera_id: int
    site_id: int
    key: str
    zones: int = Field(description="zones that it reports")


class EdgeHealth(Part):
    """How one box is."""

    edge_id: int
    site_id: int
    key: str
    clock_offset_s: float | None = Field(description="its clock less the server's")


class Health(BaseModel):
    """How the whole server is: as bad as its worst part; cameras and edges have their own lists."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    condition: Condition
    at: datetime
    parts: tuple[Part, ...]
    cameras: tuple[CameraHealth, ...]
    edges: tuple[EdgeHealth, ...]


async def take(context: Context, *, site_ids: frozenset[int] | None) -> Health:
    """Look at everything now; cameras and edges of the given sites, None for all."""
    parts = [await _database(context), _disk(context.settings.data_dir), _live(context)]
    cameras: list[CameraHealth] = []
    edges: list[EdgeHealth] = []
    if parts[0].condition is not Condition.FAILED:
        cameras, edges = await _devices(context, site_ids)
    order = [Condition.OK, Condition.UNKNOWN, Condition.DEGRADED, Condition.FAILED]
    worst = max((part.condition for part in parts), key=order.index)
    return Health(
        condition=worst, at=context.clock.now(), parts=tuple(parts), cameras=tuple(cameras), edges=tuple(edges)
    )


async def _database(context: Context) -> Part:
    started_s = time.monotonic()
    try:
        async with context.database.read() as session:
            await session.execute(text("SELECT 1"))
    except StoreError as error:
        return Part(name="database", condition=Condition.FAILED, reason=str(error), age_s=None)
    took_s = time.monotonic() - started_s
    if took_s > SLOW_DATABASE_S:
        reason = f"it took {took_s:.1f} s to answer"
        return Part(name="database", condition=Condition.DEGRADED, reason=reason, age_s=0.0)
    return Part(name="database", condition=Condition.OK, reason="", age_s=0.0)


def _disk(folder: Path) -> Part:
    free = shutil.disk_usage(folder).free
    if free < LITTLE_SPACE_BYTES:
        condition = Condition.FAILED if free < LITTLE_SPACE_BYTES / 20 else Condition.DEGRADED
        reason = f"only {free / 1e9:.2f} GB are free where the data lie; free some space"
        return Part(name="disk", condition=condition, reason=reason, age_s=0.0)
    return Part(name="disk", condition=Condition.OK, reason="", age_s=0.0)


def _live(context: Context) -> Part:
    hub = context.hub
    if hub.behind:
        reason = f"{hub.behind} of {hub.listeners} who watch read too slowly; they get the newest state when they can"
        return Part(name="live stream", condition=Condition.OK, reason=reason, age_s=0.0)
    return Part(name="live stream", condition=Condition.OK, reason="", age_s=0.0)


async def _devices(context: Context, site_ids: frozenset[int] | None) -> tuple[list[CameraHealth], list[EdgeHealth]]:
    async with context.database.read() as session:
        cameras = [row for row in await every(session, Camera, site_ids=site_ids) if row.is_active]
        edges = await every(session, Edge, site_ids=site_ids)
    reported: dict[int, list[Item]] = {}
    for kind in (Kind.ZONE, Kind.LINE):
        for item in context.hub.items(kind, site_ids=site_ids):
            reported.setdefault(item.ids[1], []).append(item)
    now_s, now = context.clock.monotonic_s(), context.clock.now()
    streams = {item.ids[0]: item for item in context.hub.items(Kind.CAMERA, site_ids=site_ids)}
    return [_camera(c, reported.get(c.id, []), streams.get(c.id), now_s) for c in cameras], [
        _edge(e, now) for e in edges
    ]


def _camera(camera: Camera, items: list[Item], stream: Item | None, now_s: float) -> CameraHealth:
    age_s = min((now_s - item.received_s for item in items), default=None)
    condition, reason = _camera_condition(items, stream)
    return CameraHealth(
        name=camera.name, condition=condition, reason=reason, age_s=age_s, camera_id=camera.id, site_id=camera.site_id,
        key=camera.key, zones=sum(item.kind is Kind.ZONE for item in items),
    )  # fmt: skip


def _camera_condition(items: list[Item], stream: Item | None) -> tuple[Condition, str]:
    if not items and stream is not None and stream.body is not None and stream.overdue_since is None:
        told = json.loads(stream.body)["stream"]
        return Condition.FAILED, f"its stream is {told.get('state')}: {told.get('detail') or 'no reading yet'}"
    if not items:
        return Condition.UNKNOWN, "it has not reported since the server started"
    if all(item.overdue_since is not None for item in items):
        return Condition.FAILED, f"nothing has come since {max(i.overdue_since for i in items if i.overdue_since)}"
    readings = [json.loads(item.body)["reading"] for item in items if item.body is not None]
    worst = {reading["validity"] for reading in readings}
    reasons = "; ".join(dict.fromkeys(reason for reading in readings for reason in reading.get("reasons") or ()))
    if worst == {"unknown"}:
        return Condition.FAILED, reasons or "it sees nothing"
    if "unknown" in worst or "degraded" in worst:
        return Condition.DEGRADED, reasons
    return Condition.OK, ""


def _edge(edge: Edge, now: datetime) -> EdgeHealth:
    age_s = None if edge.last_seen_at is None else (now - edge.last_seen_at).total_seconds()
    if age_s is None:
        condition, reason = Condition.UNKNOWN, "it has not reported yet"
    elif age_s > EDGE_SILENT_S:
        condition, reason = Condition.FAILED, f"it has been silent for {age_s:.0f} s"
    else:
        condition, reason = Condition.OK, ""
    return EdgeHealth(
        name=edge.name, condition=condition, reason=reason, age_s=age_s, edge_id=edge.id, site_id=edge.site_id,
        key=edge.key, clock_offset_s=edge.clock_offset_s,
    )  # fmt: skip
