"""Files, network streams and capture devices decoded by PyAV."""

import os
import time
from collections.abc import Iterator
from functools import partial
from typing import Any

import av
import numpy as np
from av.codec.hwaccel import HWAccel
from av.stream import Discard, Disposition

from throng.core.points import Image
from throng.video.classify import Fault, classify, sentence
from throng.video.errors import SourceError
from throng.video.feed import Blank, DecodedPicture, FeedFacts
from throng.video.hardware import decoder_device
from throng.video.options import PATIENCE, SourceOptions
from throng.video.redact import redacting_logger

AT_ONCE_S, MOST_STORED = 0.002, 20
"""Packets that come at once after opening were stored while FFmpeg looked at the stream. Where arrival is the only
clock their times would be wrong by as much, so up to this many are passed over."""

_ARRIVAL_CLOCKED = frozenset({"mpjpeg"})
"""Formats without time stamps: FFmpeg makes up 25 frames per second, whatever the camera sends."""
_INDEXED = frozenset({"mov", "matroska", "avi"})
"""Containers that declare their length, so that a shortfall means that the file was cut off."""
_LIBRARY_ERRORS = (av.FFmpegError, OSError, ValueError, RuntimeError, NotImplementedError)

_log = redacting_logger(__name__)


class AvFeed:
    """One input that PyAV has opened.

    Args:
        address: file, URL or device as FFmpeg takes it; may hold credentials.
        label: the same for people, without credentials.
        options: time-outs, transport, hardware.
        format_name: FFmpeg's name of the input format, None to find out.

    Raises:
        SourceError: it cannot be opened or has no video.
    """

    def __init__(self, address: str, *, label: str, options: SourceOptions, format_name: str | None = None) -> None:
        self._label = label
        self._network = address.partition("://")[0].lower() in {"rtsp", "rtsps", "http", "https"}
        self._thing = "stream" if self._network else "file"
        self._container = self._open(address, options, format_name)
        stream = self._first_video()
        if stream is None:
            self._container.close()
            raise self._error(Fault.NO_PICTURE)
        self._stream = stream
        self._format = self._container.format.name.split(",")[0]
        live = format_name is not None or (self._network and self._is_endless(address))
        self._clocked = not (live and self._format in _ARRIVAL_CLOCKED)
        self._facts = self._declared(live=live)
        for other in self._container.streams:
            if other is not stream:
                other.discard = Discard.all
        # Frame threads hold frames back for as many frames as there are threads: fine for files, not for live.
        stream.thread_type = "SLICE" if live else "AUTO"
        stream.codec_context.thread_count = min(options.decode_threads, os.cpu_count() or 1)

    @property
    def facts(self) -> FeedFacts:
        """What the container declares."""
        return self._facts

    def pictures(self) -> Iterator[DecodedPicture | Blank]:
        """Decode until the end.

        Raises:
            SourceError: the connection was lost or timed out.
        """
        packets = self._container.demux(self._stream)
        stored = 0 if self._clocked else MOST_STORED
        while True:
            asked_s = time.monotonic()
            failure: BaseException | None = None
            try:
                packet = next(packets, None)
            except _LIBRARY_ERRORS as error:
                failure = error
            # Raised outside the handler, so that no chained error carries the address with its password.
            if failure is not None:
                raise self._error(Fault.BROKEN if isinstance(failure, ValueError) else self._classified(failure))
            if packet is None:
                return
            if stored > 0 and time.monotonic() - asked_s < AT_ONCE_S:
                stored -= 1
                yield Blank.OTHER
                continue
            stored = 0
            yield from self._decode(packet)

    def close(self) -> None:
        """Release decoder and connection."""
        self._container.close()

    def _decode(self, packet: Any) -> Iterator[DecodedPicture | Blank]:
        if packet.is_corrupt and (self._facts.indexed or not self._clocked):
            # A torn last packet: half a picture, and with frame threads it takes the good frames before it along.
            yield Blank.DAMAGED
            return
        try:
            frames = packet.decode()
        except (av.FFmpegError, ValueError):
            yield Blank.DAMAGED
            return
        if not frames:
            yield Blank.OTHER
        for frame in frames:
            turned = frame.rotation % 180 != 0
            yield DecodedPicture(
                pts_s=float(frame.pts * frame.time_base) if self._clocked and frame.pts is not None else None,
                size=(frame.height, frame.width) if turned else (frame.width, frame.height),
                to_bgr=partial(_to_bgr, frame),
            )

    def _open(self, address: str, options: SourceOptions, format_name: str | None) -> Any:
        device = decoder_device(options.hardware)
        if device is not None:
            _log.info("%s: decoding on %s", self._label, device)
        failure: BaseException
        try:
            return av.open(
                address if self._network or format_name else f"file:{address}",
                format=format_name,
                options=self._open_options(options),
                timeout=(options.open_timeout_s, options.read_timeout_s * PATIENCE),
                hwaccel=HWAccel(device) if device is not None else None,
            )
        except _LIBRARY_ERRORS as error:
            failure = error
        raise self._error(self._classified(failure))

    def _open_options(self, options: SourceOptions) -> dict[str, str]:
        if not self._network:
            return {"protocol_whitelist": "file,crypto,data"}
        return {"rtsp_transport": options.rtsp_transport}

    def _first_video(self) -> Any:
        for stream in self._container.streams.video:
            if not stream.disposition & Disposition.attached_pic and stream.codec_context is not None:
                return stream
        return None

    def _is_endless(self, address: str) -> bool:
        if address.lower().startswith("rtsp"):
            return True
        one_picture = self._format.endswith("_pipe") or self._format == "image2"
        return not one_picture and not (self._container.duration or 0) > 0

    def _declared(self, *, live: bool) -> FeedFacts:
        rate = self._stream.average_rate or self._stream.guessed_rate
        fps = float(rate) if rate and self._clocked else None
        frames = None if live else self._stream.frames or None
        return FeedFacts(
            fps=fps,
            duration_s=None if live else self._duration_s(fps, frames),
            frame_count=frames,
            live=live,
            bursts=live and self._format == "hls",
            indexed=self._format in _INDEXED,
        )

    def _duration_s(self, fps: float | None, frames: int | None) -> float | None:
        if self._format == "avi" and fps and frames:
            return frames / fps
        if self._stream.duration:
            return float(self._stream.duration * self._stream.time_base)
        tag = _clock_time_s(self._stream.metadata.get("DURATION", ""))
        if tag is not None:
            return tag
        return float(self._container.duration / av.time_base) if self._container.duration else None

    def _classified(self, error: BaseException) -> Fault:
        return classify(error, network=self._network)

    def _error(self, fault: Fault) -> SourceError:
        return SourceError(fault, sentence(fault, self._label, thing=self._thing))


def _to_bgr(frame: Any) -> Image:
    # One thread: swscale's own threads cost more than they bring at these sizes (469 against 1,112 frames/s on PETS).
    image: Image = frame.to_ndarray(format="bgr24", threads=1)
    quarters = round(frame.rotation / 90) % 4
    return np.ascontiguousarray(np.rot90(image, quarters)) if quarters else image


def _clock_time_s(text: str) -> float | None:
    parts = text.split(":")
    try:
        hours, minutes, seconds = (float(part) for part in parts)
    except ValueError:
        return None
    return hours * 3600 + minutes * 60 + seconds
