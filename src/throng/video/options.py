"""How a source is opened and watched."""

import math
from dataclasses import dataclass
from typing import Literal

from throng.video.errors import VideoError

PATIENCE = 2.0
"""A stalled connection is given up after this many read time-outs."""


@dataclass(frozen=True, slots=True)
class SourceOptions:
    """How a source is opened and watched.

    Attributes:
        open_timeout_s: longest wait for the first frame of a network source.
        read_timeout_s: a live stream without a frame for this long is stalled; after twice this time it is
            connected anew.
        backoff_first_s, backoff_max_s: pause before the first and the longest pause before a later attempt to
            reconnect; it doubles in between.
        rtsp_transport: how RTSP carries the video; TCP loses nothing.
        hardware: "auto" decodes on a device when there is one, "off" never, another word names a device type
            of FFmpeg such as "cuda".
        folder_fps: pictures per second of an image folder.
        decode_threads: most threads that one decoder may use.
    """

    open_timeout_s: float = 10.0
    read_timeout_s: float = 5.0
    backoff_first_s: float = 1.0
    backoff_max_s: float = 30.0
    rtsp_transport: Literal["tcp", "udp"] = "tcp"
    hardware: str = "auto"
    folder_fps: float = 10.0
    decode_threads: int = 4

    def __post_init__(self) -> None:
        for name in ("open_timeout_s", "read_timeout_s", "backoff_first_s", "backoff_max_s", "folder_fps"):
            value = getattr(self, name)
            if not (math.isfinite(value) and value > 0):
                raise VideoError(f"source option {name} must be a positive number, got {value}")
        if self.decode_threads < 1:
            raise VideoError(f"source option decode_threads must be at least 1, got {self.decode_threads}")


DEFAULT_OPTIONS = SourceOptions()
