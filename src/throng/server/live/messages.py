"""Messages of the live stream: their schema for documentation and clients, and their bytes."""

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from throng.server.live.items import Item, Kind


class Message(BaseModel):
    """Base of all messages."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ItemMessage(Message):
    """The newest of one thing."""

    kind: Kind
    site_id: int
    ids: tuple[int, ...] = Field(description="(zone, camera), (line, camera), (camera), (edge) or (alert, zone)")
    sequence: int
    overdue_since: datetime | None = Field(
        description="since when a newer report is missing: what `body` says is then no longer what is true now"
    )
    body: dict[str, Any] | None = Field(description="null when the thing is gone; else as the REST API gives it")


class StateMessage(Message):
    """Everything the listener watches; the first message, and after a break that cannot be resumed."""

    type: Literal["state"]
    epoch: str = Field(description="changes when the server was restarted")
    sequence: int = Field(description="send epoch and sequence to resume after a break")
    server_time: datetime
    items: tuple[ItemMessage, ...]


class ChangesMessage(Message):
    """What has changed since the message before."""

    type: Literal["changes"]
    sequence: int
    server_time: datetime
    items: tuple[ItemMessage, ...]


class HeartbeatMessage(Message):
    """A sign of life, every two seconds; silence for five means that the server is gone."""

    type: Literal["heartbeat"]
    sequence: int
    server_time: datetime


class PongMessage(Message):
    """The answer to a ping."""

    type: Literal["pong"]


class ErrorMessage(Message):
    """A message of the client that was not understood; the connection stays."""

    type: Literal["error"]
    detail: str


class Subscribe(Message):
    """Client: watch these topics from now on; answered with a state message."""

    type: Literal["subscribe"]
    topics: tuple[str, ...]


class Renew(Message):
    """Client: a newer access token, before the old one ends (at the latest every ten minutes)."""

    type: Literal["renew"]
    token: str = Field(max_length=4096)


class Ping(Message):
    """Client: are you there?"""

    type: Literal["ping"]


FromServer = StateMessage | ChangesMessage | HeartbeatMessage | PongMessage | ErrorMessage
FromClient = Subscribe | Renew | Ping


class Packet:
    """One message for many listeners: encoded once, framed for WebSockets once, at the first who needs it."""

    __slots__ = ("_frame", "json")

    def __init__(self, json: bytes) -> None:
        self.json = json
        self._frame: bytes | None = None

    @property
    def frame(self) -> bytes:
        """One unfragmented, unmasked WebSocket text frame (RFC 6455, 5.2)."""
        if self._frame is None:
            self._frame = _header(len(self.json)) + self.json
        return self._frame


def _header(size: int) -> bytes:
    if size < 126:
        return bytes((0x81, size))
    if size < 1 << 16:
        return b"\x81\x7e" + size.to_bytes(2, "big")
    return b"\x81\x7f" + size.to_bytes(8, "big")


def state_packet(items: Iterable[Item], *, epoch: str, sequence: int, now: datetime) -> Packet:
    """Encode a state message; things that are gone are left out."""
    body = b",".join(item.wire for item in items if item.body is not None)
    text = b'{"type":"state","epoch":"%s","sequence":%d,"server_time":"%s","items":[%s]}'
    return Packet(text % (epoch.encode(), sequence, now.isoformat().encode(), body))


def changes_packet(items: Iterable[Item], *, sequence: int, now: datetime) -> Packet:
    """Encode a changes message."""
    body = b",".join(item.wire for item in items)
    text = b'{"type":"changes","sequence":%d,"server_time":"%s","items":[%s]}'
    return Packet(text % (sequence, now.isoformat().encode(), body))


def heartbeat_packet(*, sequence: int, now: datetime) -> Packet:
    """Encode a heartbeat."""
    return Packet(b'{"type":"heartbeat","sequence":%d,"server_time":"%s"}' % (sequence, now.isoformat().encode()))


def error_packet(detail: str) -> Packet:
    """Encode an error."""
    return Packet(json.dumps({"type": "error", "detail": detail}).encode())


PONG = Packet(b'{"type":"pong"}')
