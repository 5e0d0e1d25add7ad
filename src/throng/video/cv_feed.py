"""Files, network streams and capture devices decoded by OpenCV, the alternative to PyAV."""

import os
import socket
from collections.abc import Iterator
from functools import partial
from urllib.parse import urlsplit

# Read once, when OpenCV first opens a video: its FFmpeg would print addresses with passwords to the terminal.
os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")

import cv2
import numpy as np

from throng.core.points import Image
from throng.video.classify import Fault, classify, sentence
from throng.video.errors import SourceError
from throng.video.feed import Blank, DecodedPicture, FeedFacts
from throng.video.options import PATIENCE, SourceOptions

# OpenCV would warn on the terminal about every input that it cannot open; the error says it already.
cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_ERROR)

_DEFAULT_PORTS = {"rtsp": 554, "rtsps": 322, "http": 80, "https": 443}


class CvFeed:
    """One input that OpenCV has opened.

    OpenCV says neither why an input cannot be opened nor when its picture changes size (it scales every picture to
    the size of the first): PyAV is the better choice where both work.

    Args:
        address: file, URL or device path; may hold credentials.
        device: number of the capture device, None for files and URLs.
        label: the address for people, without credentials.
        options: time-outs.

    Raises:
        SourceError: it cannot be opened or has no video.
    """

    def __init__(self, address: str, *, device: int | None, label: str, options: SourceOptions) -> None:
        self._label = label
        self._scheme = address.partition("://")[0].lower() if "://" in address else ""
        if device is not None:
            self._capture = cv2.VideoCapture(device)
        else:
            parameters = [
                cv2.CAP_PROP_OPEN_TIMEOUT_MSEC,
                round(options.open_timeout_s * 1000),
                cv2.CAP_PROP_READ_TIMEOUT_MSEC,
                round(options.read_timeout_s * PATIENCE * 1000),
            ]
            self._capture = cv2.VideoCapture(address, cv2.CAP_FFMPEG, parameters)
        if not self._capture.isOpened():
            raise self._refused(address, options)
        self._facts = self._declared(is_device=device is not None)
        # For MJPEG over HTTP and for devices FFmpeg makes up the times; RTSP carries the camera's own.
        self._clocked = not self._facts.live or self._scheme.startswith("rtsp")

    @property
    def facts(self) -> FeedFacts:
        """What OpenCV tells of the input."""
        return self._facts

    def pictures(self) -> Iterator[DecodedPicture | Blank]:
        """Decode until the end; OpenCV does not tell the end from an error."""
        while True:
            came, image = self._capture.read()
            if not came:
                return
            pts_s = self._capture.get(cv2.CAP_PROP_POS_MSEC) / 1000 if self._clocked else None
            bgr = np.asarray(image, dtype=np.uint8)
            yield DecodedPicture(pts_s=pts_s, size=(bgr.shape[1], bgr.shape[0]), to_bgr=partial(_same, bgr))

    def close(self) -> None:
        """Release decoder and connection."""
        self._capture.release()

    def _declared(self, *, is_device: bool) -> FeedFacts:
        fps = self._capture.get(cv2.CAP_PROP_FPS)
        count = self._capture.get(cv2.CAP_PROP_FRAME_COUNT)
        has_end = count > 0 and fps > 0
        live = is_device or self._scheme.startswith("rtsp") or (self._scheme != "" and not has_end)
        return FeedFacts(
            fps=float(fps) if fps > 0 and not live else None,
            duration_s=count / fps if has_end and not live else None,
            frame_count=int(count) if has_end and not live else None,
            live=live,
            indexed=not live,
            sizes_hidden=True,
        )

    def _refused(self, address: str, options: SourceOptions) -> SourceError:
        if not self._scheme:
            return SourceError(Fault.NOT_VIDEO, sentence(Fault.NOT_VIDEO, self._label))
        fault = _network_fault(address, min(2.0, options.open_timeout_s))
        if fault is not None:
            return SourceError(fault, sentence(fault, self._label, thing="stream"))
        return SourceError(
            Fault.SERVER,
            f"{self._label}: the host answers but gives no video; check user, password and path "
            f"(OpenCV does not say which; the PyAV adapter does)",
        )


def _network_fault(address: str, timeout_s: float) -> Fault | None:
    """Tell whether the host can be reached at all."""
    try:
        parts = urlsplit(address)
        port = parts.port or _DEFAULT_PORTS.get(parts.scheme, 80)
        socket.create_connection((parts.hostname or "", port), timeout=timeout_s).close()
    except OSError as error:
        return classify(error, network=True)
    except ValueError:
        return Fault.UNREACHABLE
    return None


def _same(image: Image) -> Image:
    return image
