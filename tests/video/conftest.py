"""Real videos and real servers for the tests of this folder."""

import http.server
import itertools
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest
from numpy.typing import NDArray


def numbered_picture(number: int, size: tuple[int, int] = (160, 120)) -> NDArray[np.uint8]:
    """A picture whose top left corner says its number in eight black or white blocks, on a moving background."""
    width, height = size
    image = np.full((height, width, 3), 60 + number % 100, dtype=np.uint8)
    image[height // 2 :, (number * 3) % width :] = 150
    for bit in range(8):
        image[:16, bit * 16 : bit * 16 + 16] = 255 if number >> bit & 1 else 0
    return image


@pytest.fixture(scope="session")
def picture() -> Callable[..., NDArray[np.uint8]]:
    return numbered_picture


@pytest.fixture(scope="session")
def number_of() -> Callable[[NDArray[np.uint8]], int]:
    """Read the number back from a picture, after any compression."""

    def read(image: NDArray[np.uint8]) -> int:
        return sum(1 << bit for bit in range(8) if image[4:12, bit * 16 + 4 : bit * 16 + 12].mean() > 127)

    return read


@pytest.fixture(scope="session")
def make_video() -> Callable[..., Path]:
    """Write a video of numbered pictures with PyAV and return its path."""

    def make(
        path: Path,
        *,
        frames: int = 30,
        fps: int = 10,
        size: tuple[int, int] = (160, 120),
        codec: str = "libx264",
        options: dict[str, str] | None = None,
        times: list[int] | None = None,
        container_format: str | None = None,
    ) -> Path:
        with av.open(str(path), "w", format=container_format, options=options or {}) as container:
            stream: Any = container.add_stream(codec, rate=fps)
            stream.width, stream.height = size
            stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
            # The number of threads decides how many frames lie between being stored and being shown.
            stream.options = {"g": "10", "threads": "2"}
            for number in range(frames):
                frame = av.VideoFrame.from_ndarray(numbered_picture(number, size), format="bgr24")
                frame.pts, frame.time_base = times[number] if times else number, Fraction(1, fps)
                container.mux(stream.encode(frame))
            container.mux(stream.encode())
        return path

    return make


@pytest.fixture(scope="session")
def make_sound() -> Callable[[Path], Path]:
    """Write a file with one second of sound and no picture."""

    def make(path: Path) -> Path:
        with av.open(str(path), "w") as container:
            stream = container.add_stream("aac", rate=8000)
            for block in range(8):
                frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), dtype=np.float32), format="fltp", layout="mono")
                frame.sample_rate, frame.pts = 8000, block * 1024
                container.mux(stream.encode(frame))
            container.mux(stream.encode())
        return path

    return make


def jpeg(number: int, size: tuple[int, int] = (160, 120)) -> bytes:
    return cv2.imencode(".jpg", numbered_picture(number, size))[1].tobytes()


@dataclass
class CameraBehaviour:
    """How the MJPEG camera of the tests behaves; may be changed while it serves.

    Attributes:
        fps: pictures per second.
        frames: pictures after which it hangs up, None for never.
        stall_after: pictures after which it stops in the middle of one and keeps the connection open.
        size: of the pictures.
        status: HTTP status.
        silent: accept and say nothing.
        connections: how many came.
    """

    fps: float = 50.0
    frames: int | None = None
    stall_after: int | None = None
    size: tuple[int, int] = (160, 120)
    status: int = 200
    silent: bool = False
    connections: int = 0
    folder: Path | None = None
    stop: threading.Event = field(default_factory=threading.Event)
    url: str = ""


class _CameraHandler(http.server.BaseHTTPRequestHandler):
    behaviour: CameraBehaviour

    def do_GET(self) -> None:
        camera = self.behaviour
        camera.connections += 1
        if camera.silent:
            camera.stop.wait(30)
        elif camera.status != 200:
            self.send_error(camera.status)
        elif camera.folder is not None:
            self._send_file(camera.folder / self.path.partition("?")[0].lstrip("/"))
        else:
            self._send_pictures(camera)

    def _send_file(self, path: Path) -> None:
        data = path.read_bytes()
        self.send_response(200)
        kinds = {".m3u8": "application/vnd.apple.mpegurl", ".ts": "video/mp2t"}
        self.send_header("Content-Type", kinds.get(path.suffix, "video/mp4"))
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def _send_pictures(self, camera: CameraBehaviour) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=picture")
        self.end_headers()
        for number in itertools.count():
            if camera.stop.is_set() or number == camera.frames:
                return
            data = jpeg(number % 256, camera.size)
            head = f"--picture\r\nContent-Type: image/jpeg\r\nContent-Length: {len(data)}\r\n\r\n".encode()
            if number == camera.stall_after:
                self.wfile.write(head + data[: len(data) // 2])
                camera.stop.wait(30)
                return
            self.wfile.write(head + data + b"\r\n")
            time.sleep(1 / camera.fps)

    def handle(self) -> None:
        try:
            super().handle()
        except OSError:
            self.close_connection = True

    def log_message(self, *args: object) -> None:
        """Keep the terminal quiet."""


@pytest.fixture
def http_camera(monkeypatch: pytest.MonkeyPatch) -> Iterator[CameraBehaviour]:
    """A real MJPEG camera on this machine; with `folder` set it serves files instead."""
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    behaviour = CameraBehaviour()
    handler = type("Handler", (_CameraHandler,), {"behaviour": behaviour})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    behaviour.url = f"http://127.0.0.1:{server.server_address[1]}/video"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield behaviour
    behaviour.stop.set()
    server.shutdown()
    server.server_close()
