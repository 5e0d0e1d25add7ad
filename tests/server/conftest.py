"""A board that tests fill by hand, and a real server in front of it."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import cv2
import numpy as np
import pytest

from throng.bus.board import CameraCard, LiveBoard, Picture, ZoneCard
from throng.core.crowd_state import CrowdEvent, Risk
from throng.core.estimate import Estimate
from throng.core.reading import Density, LineReading, Reading, Speed, Validity
from throng.core.stream import StreamState, StreamStatus
from throng.server.page.app import create_app
from throng.server.run import ServerThread

MODELS = ("yolox-nano",)


def utc_now() -> datetime:
    return datetime.now(UTC)


def jpeg(colour: tuple[int, int, int] = (200, 120, 40), *, size: tuple[int, int] = (320, 180)) -> bytes:
    """A picture of one BGR colour."""
    image = np.full((size[1], size[0], 3), colour, np.uint8)
    return bytes(cv2.imencode(".jpg", image)[1])


class Feed:
    """Puts readings, pictures and states on a board, in one word each."""

    def __init__(self) -> None:
        self.board = LiveBoard()
        self.sequence = 0

    def camera(
        self, camera_id: str = "gate", *zone_ids: str, simulated: bool = False, capacity: int | None = 100
    ) -> None:
        zones = [ZoneCard(z, f"Zone {z}", camera_id, capacity, 50.0, "moving") for z in zone_ids or ("hall",)]
        card = CameraCard(camera_id, f"Camera {camera_id}", "rtsp://***@10.0.0.7/stream", MODELS, simulated)
        self.board.add_camera(card, zones, now=utc_now())
        self.status(camera_id, StreamState.LIVE)

    def status(self, camera_id: str, state: StreamState, detail: str = "") -> None:
        now = utc_now()
        self.board.put_status(camera_id, StreamStatus(state, detail, now, now))

    def picture(self, camera_id: str = "gate", *, jpeg_bytes: bytes | None = None, age_s: float = 0.0) -> Picture:
        self.sequence += 1
        picture = Picture(jpeg_bytes or jpeg(), utc_now() - timedelta(seconds=age_s), self.sequence)
        self.board.put_picture(camera_id, picture)
        return picture

    def reading(
        self,
        count: float = 42.0,
        *,
        zone_id: str = "hall",
        camera_id: str = "gate",
        validity: Validity = Validity.LIVE,
        reasons: tuple[str, ...] = (),
        level: str = "C",
        ahead_s: float = 0.0,
        risk: Risk | None = None,
        events: tuple[CrowdEvent, ...] = (),
    ) -> Reading:
        now = utc_now() + timedelta(seconds=ahead_s)
        people = Estimate(count, count - 4, count + 5)
        density = Density(people.scaled(1 / 50), "classical", count / 25, "voronoi", (1.0, 2.0))
        reading = Reading(
            zone_id=zone_id, camera_id=camera_id, at=now, pts_s=1.0, validity=validity, reasons=reasons,
            models=MODELS, simulated=False, frames=2, count=people, density=density, level_of_service=level,
            speed=Speed(1.31, 0.2, 30), occupancy=people.scaled(1 / 100), last_good_at=now,
            risk=risk, events=events,
        )  # fmt: skip
        self.board.put(reading)
        return reading

    def unknown(
        self,
        reason: str = "no frame came",
        *,
        zone_id: str = "hall",
        camera_id: str = "gate",
        risk: Risk | None = None,
    ) -> Reading:
        reading = Reading(
            zone_id=zone_id, camera_id=camera_id, at=utc_now(), pts_s=None, validity=Validity.UNKNOWN,
            reasons=(reason,), models=MODELS, simulated=False, frames=0, count=None, density=None,
            level_of_service=None, speed=None, occupancy=None, last_good_at=None, risk=risk,
        )  # fmt: skip
        self.board.put(reading)
        return reading

    def line(self, in_total: int, out_total: int, *, line_id: str = "door", camera_id: str = "gate") -> LineReading:
        reading = LineReading(
            line_id=line_id, camera_id=camera_id, at=utc_now(), pts_s=1.0, validity=Validity.LIVE, reasons=(),
            simulated=False, in_count=1, out_count=0, in_total=in_total, out_total=out_total,
        )  # fmt: skip
        self.board.put(reading)
        return reading


class Pump:
    """Keeps one zone and one camera alive, as a running pipeline does."""

    def __init__(self, feed: Feed, *camera_ids: str) -> None:
        self._feed = feed
        self._camera_ids = camera_ids or ("gate",)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> "Pump":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        self._ended.set()
        self._thread.join(5)

    def _run(self) -> None:
        while not self._ended.is_set():
            for camera_id in self._camera_ids:
                self._feed.picture(camera_id)
                for zone_id, owner in self._feed.board.state().zones:
                    if owner == camera_id:
                        self._feed.reading(zone_id=zone_id, camera_id=camera_id)
            self._ended.wait(0.25)


@pytest.fixture
def feed() -> Feed:
    return Feed()


@pytest.fixture
def server(feed: Feed) -> Iterator[ServerThread]:
    with ServerThread(create_app(feed.board, title="Test site"), port=0) as running:
        yield running


@pytest.fixture
def pump(feed: Feed) -> Iterator[Pump]:
    feed.camera()
    with Pump(feed) as running:
        yield running
