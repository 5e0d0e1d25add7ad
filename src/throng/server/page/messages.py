"""What the server says, as JSON and as picture frames: one schema for the page, the API and its documentation."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from throng.bus.board import BoardState, CameraLive, Picture, ZoneLive
from throng.core.reading import Reading
from throng.core.stream import StreamState
from throng.server.picture_stream import PICTURE_STALE_S
from throng.server.readings import LineMessage, ReadingMessage, Wire, line_message, reading_message

HEARTBEAT_S = 2.0
"""Time between two signs of life on the WebSocket."""

SILENCE_S = 4.0
"""A page that heard nothing for this long treats the server as gone."""

READING_STALE_S = 3.0
"""A reading older than this is no longer what is true now."""

READING_LOST_S = 30.0
"""A reading older than this is shown as no data."""


class CameraMessage(Wire):
    """One camera and the state of its stream. `label` is the source with credentials removed."""

    id: str
    name: str
    label: str
    models: tuple[str, ...]
    simulated: bool
    state: StreamState
    detail: str
    since: datetime
    last_frame_at: datetime | None
    reconnects: int


class Trend(Wire):
    """The readings of the last minutes, oldest first, one entry per reading; None where the zone was unknown."""

    at_unix_s: tuple[float, ...]
    count: tuple[float | None, ...]
    count_low: tuple[float | None, ...]
    count_high: tuple[float | None, ...]


class ZoneMessage(Wire):
    """One zone as one camera sees it; `reading` is null before the first."""

    id: str
    name: str
    camera_id: str
    capacity: int | None
    area_m2: float | None
    use: str
    reading: ReadingMessage | None
    trend: Trend


class Limits(Wire):
    """How long the page trusts what it was told."""

    heartbeat_s: float = HEARTBEAT_S
    silence_s: float = SILENCE_S
    reading_stale_s: float = READING_STALE_S
    reading_lost_s: float = READING_LOST_S
    picture_stale_s: float = PICTURE_STALE_S


class StateMessage(Wire):
    """Everything the board knows; the first message on the WebSocket."""

    type: Literal["state"] = "state"
    server_time: datetime
    title: str
    limits: Limits = Limits()
    cameras: tuple[CameraMessage, ...]
    zones: tuple[ZoneMessage, ...]
    lines: tuple[LineMessage, ...]


class ChangesMessage(Wire):
    """What is new since the last message; everything else is as it was."""

    type: Literal["changes"] = "changes"
    server_time: datetime
    cameras: tuple[CameraMessage, ...] = ()
    readings: tuple[ReadingMessage, ...] = ()
    lines: tuple[LineMessage, ...] = ()


class HeartbeatMessage(Wire):
    """A sign of life."""

    type: Literal["heartbeat"] = "heartbeat"
    server_time: datetime


class PictureHeader(Wire):
    """What stands before the JPEG in a binary WebSocket frame."""

    camera_id: str
    at: datetime
    sequence: int


class WatchRequest(BaseModel):
    """What a client may say: which cameras' pictures it wants from now on."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    watch: Annotated[tuple[Annotated[str, Field(max_length=200)], ...], Field(max_length=200)]


class Health(Wire):
    """Whether the process answers, and how many cameras are in which state."""

    status: Literal["ok"] = "ok"
    server_time: datetime
    cameras: dict[StreamState, int]


def camera_message(live: CameraLive) -> CameraMessage:
    """Describe one camera."""
    card, status = live.card, live.status
    return CameraMessage(
        id=card.id,
        name=card.name or card.id,
        label=card.label,
        models=card.models,
        simulated=card.simulated,
        state=status.state,
        detail=status.detail,
        since=status.since,
        last_frame_at=status.last_frame_at,
        reconnects=status.reconnects,
    )


def zone_message(live: ZoneLive) -> ZoneMessage:
    """Describe one zone with its newest reading and its trend."""
    card = live.card
    return ZoneMessage(
        id=card.id,
        name=card.name or card.id,
        camera_id=card.camera_id,
        capacity=card.capacity,
        area_m2=card.area_m2,
        use=card.use,
        reading=None if live.reading is None else reading_message(live.reading),
        trend=trend(live.history),
    )


def trend(history: Iterable[Reading]) -> Trend:
    """Reduce readings to what a trend line needs; empty without readings."""
    readings = tuple(history)
    counts = [r.count for r in readings]
    return Trend(
        at_unix_s=tuple(round(r.at.timestamp(), 3) for r in readings),
        count=tuple(None if c is None else round(c.value, 2) for c in counts),
        count_low=tuple(None if c is None else round(c.low, 2) for c in counts),
        count_high=tuple(None if c is None else round(c.high, 2) for c in counts),
    )


def state_message(state: BoardState, *, title: str, now: datetime) -> StateMessage:
    """Describe the whole board."""
    return StateMessage(
        server_time=now,
        title=title,
        cameras=tuple(camera_message(camera) for camera in state.cameras.values()),
        zones=tuple(zone_message(zone) for zone in state.zones.values()),
        lines=tuple(line_message(line) for line in state.lines.values()),
    )


def health(state: BoardState, *, now: datetime) -> Health:
    """Count the cameras by state."""
    return Health(server_time=now, cameras=dict(Counter(c.status.state for c in state.cameras.values())))


def picture_frame(camera_id: str, picture: Picture) -> bytes:
    """Pack a picture for the WebSocket: length of the header (4 bytes, big-endian), header (JSON), JPEG."""
    header = PictureHeader(camera_id=camera_id, at=picture.at, sequence=picture.sequence).model_dump_json().encode()
    return len(header).to_bytes(4, "big") + header + picture.jpeg
