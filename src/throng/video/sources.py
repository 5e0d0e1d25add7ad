"""What a source can be: one table from the text that a user writes to the way it is opened."""

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal
from urllib.parse import unquote, urlsplit

from throng.core.clock import Clock, SystemClock
from throng.video.classify import Fault, sentence
from throng.video.errors import SourceError
from throng.video.feed import Feed
from throng.video.live import LiveSource
from throng.video.network import NetworkSource
from throng.video.options import DEFAULT_OPTIONS, SourceOptions
from throng.video.ports import FrameSource
from throng.video.recording import RecordingSource
from throng.video.redact import redact_address

Adapter = Literal["av", "opencv"]

UNDERSTOOD = (
    "a video file, a folder of pictures, rtsp://, rtsps://, http:// or https:// (MJPEG, HLS, video files), "
    "a camera number such as 0, a device such as /dev/video0, or sim://NAME for a simulated camera"
)
_SCHEME = re.compile(r"^([A-Za-z][A-Za-z0-9+.\-]+)://")


@dataclass(frozen=True, slots=True)
class _Asked:
    """A source as somebody asked for it."""

    uri: str
    label: str
    camera_id: str
    clock: Clock
    adapter: Adapter
    options: SourceOptions


def open_source(
    uri: str,
    *,
    camera_id: str = "camera",
    clock: Clock | None = None,
    adapter: Adapter = "av",
    options: SourceOptions = DEFAULT_OPTIONS,
) -> FrameSource:
    """Choose the source for a text; nothing is opened before its `open`.

    Args:
        uri: a file, a folder of pictures, a URL, a camera number or a device.
        camera_id: goes into the frames.
        clock: the time, the system's own by default.
        adapter: the library that decodes.
        options: time-outs, reconnecting, hardware.

    Raises:
        SourceError: nobody understands the text; the message lists what is understood.
    """
    label = redact_address(uri)
    found = _SCHEME.match(uri)
    kind = found[1].lower() if found else _kind_of_path(uri)
    maker = _TABLE.get(kind)
    if maker is None or not uri.strip():
        raise SourceError(Fault.UNSUPPORTED, f"{label or 'an empty source'}: not understood; a source is {UNDERSTOOD}")
    return maker(_Asked(uri, label, camera_id, clock or SystemClock(), adapter, options))


def _kind_of_path(uri: str) -> str:
    if uri.isascii() and uri.isdecimal() and not Path(uri).exists():
        return "device"
    return "device" if re.fullmatch(r"/dev/video\d+", uri) else "path"


def _network(asked: _Asked) -> FrameSource:
    return NetworkSource(
        partial(_open_feed, asked, asked.uri),
        label=asked.label,
        camera_id=asked.camera_id,
        clock=asked.clock,
        options=asked.options,
    )


def _device(asked: _Asked) -> FrameSource:
    path = f"/dev/video{asked.uri}" if asked.uri.isdecimal() else asked.uri
    return LiveSource(
        partial(_open_device, asked, path),
        label=path,
        camera_id=asked.camera_id,
        clock=asked.clock,
        options=asked.options,
    )


def _path(asked: _Asked) -> FrameSource:
    return _recording(asked, asked.uri)


def _file_url(asked: _Asked) -> FrameSource:
    return _recording(asked, unquote(urlsplit(asked.uri).path))


def _recording(asked: _Asked, path: str) -> FrameSource:
    return RecordingSource(
        partial(_open_path, asked, Path(path)), label=path, camera_id=asked.camera_id, clock=asked.clock
    )


_TABLE: dict[str, Callable[[_Asked], FrameSource]] = {
    "path": _path,
    "file": _file_url,
    "rtsp": _network,
    "rtsps": _network,
    "http": _network,
    "https": _network,
    "device": _device,
}


def _open_feed(asked: _Asked, address: str, *, device: str | None = None) -> Feed:
    """Import the library only when something is opened with it."""
    if asked.adapter == "opencv":
        from throng.video.cv_feed import CvFeed  # noqa: PLC0415

        number = None if device is None else int(re.sub(r"\D", "", device))
        return CvFeed(address, device=number, label=asked.label, options=asked.options)
    from throng.video.av_feed import AvFeed  # noqa: PLC0415

    return AvFeed(address, label=asked.label, options=asked.options, format_name="v4l2" if device else None)


def _open_device(asked: _Asked, path: str) -> Feed:
    _check_readable(Path(path), thing="camera")
    return _open_feed(asked, path, device=path)


def _open_path(asked: _Asked, path: Path) -> Feed:
    _check_readable(path, thing="file")
    if path.is_dir():
        from throng.video.image_folder import FolderFeed  # noqa: PLC0415

        return FolderFeed(path, fps=asked.options.folder_fps)
    if path.is_file() and path.stat().st_size == 0:
        raise SourceError(Fault.EMPTY, sentence(Fault.EMPTY, str(path)))
    return _open_feed(asked, str(path))


def _check_readable(path: Path, *, thing: str) -> None:
    """Say what every adapter would only call an error."""
    fault = None
    try:
        path.stat()
    except FileNotFoundError:
        fault = Fault.NOT_FOUND
    except OSError:
        fault = Fault.UNREADABLE
    if fault is None and not os.access(path, os.R_OK):
        fault = Fault.UNREADABLE
    if fault is not None:
        raise SourceError(fault, sentence(fault, str(path), thing=thing))
