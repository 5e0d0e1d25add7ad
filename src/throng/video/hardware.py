"""Which device can decode video here."""

import logging
from collections.abc import Callable
from functools import cache
from pathlib import Path

import av
from av.codec.hwaccel import HWAccel, hwdevices_available

_log = logging.getLogger(__name__)

_PRESENT: tuple[tuple[str, Callable[[], bool]], ...] = (
    ("cuda", lambda: Path("/dev/nvidiactl").exists()),
    ("videotoolbox", lambda: True),
    ("d3d11va", lambda: True),
    ("vaapi", lambda: any(Path("/dev/dri").glob("renderD*"))),
    ("qsv", lambda: any(Path("/dev/dri").glob("renderD*"))),
)
"""In order of preference; a type that belongs to one operating system is in FFmpeg's list only there."""


def decoder_device(choice: str) -> str | None:
    """Choose the type of device to decode on; the choice and a failure are logged.

    Args:
        choice: "auto", "off" or the name of a type, as in `SourceOptions.hardware`.

    Returns:
        A type for `av.codec.hwaccel.HWAccel`, None for decoding in software.
    """
    if choice == "off":
        return None
    if choice != "auto":
        return choice if _starts(choice) else None
    built_in = set(hwdevices_available())
    present = (name for name, found in _PRESENT if name in built_in and found())
    return next((name for name in present if _starts(name)), None)


@cache
def _starts(device: str) -> bool:
    """Try the device once per process: drivers can be missing where the device file is present."""
    try:
        HWAccel(device).create(av.Codec("h264", "r"))
    except (av.FFmpegError, NotImplementedError, ValueError) as error:
        _log.info("hardware decoding on %s does not start (%s); decoding in software", device, type(error).__name__)
        return False
    return True
