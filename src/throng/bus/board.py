"""The live board: the newest state of every camera, zone and line, between the threads that measure and the server."""

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from throng.core.reading import LineReading, Reading
from throng.core.stream import StreamState, StreamStatus

HISTORY_READINGS = 600
"""Readings kept per zone for the trend line: ten minutes at 1 Hz."""


@dataclass(frozen=True, slots=True)
class Picture:
    """One encoded picture of a camera.

    Attributes:
        jpeg: the encoded picture, overlay drawn in.
        at: arrival time of the frame it shows, aware UTC.
        sequence: number of the frame in its source.
        plain: encodes the same picture with nothing drawn in; None where it is not to be had.
    """

    jpeg: bytes
    at: datetime
    sequence: int
    plain: Callable[[], bytes] | None = None


@dataclass(frozen=True, slots=True)
class CameraCard:
    """What a screen needs to know of a camera before any frame has come.

    Attributes:
        id, name: as in the site.
        label: the source with credentials removed.
        models: the models that look.
        simulated: its readings come from a simulated sensor; screens must say so.
    """

    id: str
    name: str
    label: str
    models: tuple[str, ...]
    simulated: bool


@dataclass(frozen=True, slots=True)
class ZoneCard:
    """What a screen needs to know of a zone before any reading has come."""

    id: str
    name: str
    camera_id: str
    capacity: int | None
    area_m2: float | None
    use: str


@dataclass(slots=True)
class CameraLive:
    """The newest state of one camera."""

    card: CameraCard
    status: StreamStatus
    picture: Picture | None = None


@dataclass(slots=True)
class ZoneLive:
    """The newest reading of one zone and the ones before it, oldest first."""

    card: ZoneCard
    reading: Reading | None = None
    history: deque[Reading] = field(default_factory=lambda: deque(maxlen=HISTORY_READINGS))


@dataclass(frozen=True, slots=True)
class BoardState:
    """A consistent copy of the board.

    Attributes:
        version: grows with every change.
        cameras: by camera id.
        zones: by (zone id, camera id), since two cameras may see one zone.
        lines: by (line id, camera id).
    """

    version: int
    cameras: dict[str, CameraLive]
    zones: dict[tuple[str, str], ZoneLive]
    lines: dict[tuple[str, str], LineReading]


class LiveBoard:
    """Thread-safe; writers never wait for readers. Only the newest state is kept, so a slow reader loses nothing.

    Readers either ask again when `version` has grown, or pass a callback to `subscribe`.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._version = 0
        self._cameras: dict[str, CameraLive] = {}
        self._zones: dict[tuple[str, str], ZoneLive] = {}
        self._lines: dict[tuple[str, str], LineReading] = {}
        self._subscribers: list[Callable[[], None]] = []

    @property
    def version(self) -> int:
        """A number that grows with every change."""
        return self._version

    def subscribe(self, changed: Callable[[], None]) -> Callable[[], None]:
        """Call `changed` after every change, from the thread that made it; it must return at once.

        Returns:
            A function that ends the subscription.
        """
        with self._lock:
            self._subscribers.append(changed)

        def unsubscribe() -> None:
            with self._lock:
                if changed in self._subscribers:
                    self._subscribers.remove(changed)

        return unsubscribe

    def add_camera(self, card: CameraCard, zones: list[ZoneCard], *, now: datetime) -> None:
        """Announce a camera and its zones; until a frame comes it is `connecting` and its zones have no reading."""
        with self._lock:
            self._cameras[card.id] = CameraLive(card, StreamStatus(StreamState.CONNECTING, "starting", now))
            for zone in zones:
                self._zones[zone.id, card.id] = ZoneLive(zone)
        self._changed()

    def put_status(self, camera_id: str, status: StreamStatus) -> None:
        """Keep the state of a stream; nothing happens when it is the same as before."""
        with self._lock:
            live = self._cameras[camera_id]
            if live.status == status:
                return
            live.status = status
        self._changed()

    def put_picture(self, camera_id: str, picture: Picture) -> None:
        """Keep the newest picture of a camera."""
        with self._lock:
            self._cameras[camera_id].picture = picture
        self._changed()

    def put(self, reading: Reading | LineReading) -> None:
        """Keep the newest reading of a zone or line."""
        with self._lock:
            if isinstance(reading, LineReading):
                self._lines[reading.line_id, reading.camera_id] = reading
            else:
                zone = self._zones[reading.zone_id, reading.camera_id]
                zone.reading = reading
                zone.history.append(reading)
        self._changed()

    def state(self) -> BoardState:
        """Return a consistent copy of everything."""
        with self._lock:
            return BoardState(
                version=self._version,
                cameras={k: CameraLive(v.card, v.status, v.picture) for k, v in self._cameras.items()},
                zones={k: ZoneLive(v.card, v.reading, v.history.copy()) for k, v in self._zones.items()},
                lines=dict(self._lines),
            )

    def picture(self, camera_id: str) -> Picture | None:
        """Return the newest picture of a camera, None before the first.

        Raises:
            KeyError: there is no such camera.
        """
        with self._lock:
            return self._cameras[camera_id].picture

    def _changed(self) -> None:
        with self._lock:
            self._version += 1
            subscribers = tuple(self._subscribers)
        for changed in subscribers:
            changed()
