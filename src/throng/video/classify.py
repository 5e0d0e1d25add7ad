"""One place that turns the errors of PyAV, OpenCV and the system into a kind of fault and a sentence."""

import errno
from enum import StrEnum


class Fault(StrEnum):
    """Why a source gives no frames."""

    AUTH = "auth"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not_found"
    UNREADABLE = "unreadable"
    UNREACHABLE = "unreachable"
    TIMEOUT = "timeout"
    EMPTY = "empty"
    NOT_VIDEO = "not_video"
    NO_PICTURE = "no_picture"
    UNSUPPORTED = "unsupported"
    BROKEN = "broken"
    SIZE_CHANGED = "size_changed"
    BUSY = "busy"
    SERVER = "server"


_BY_NAME = {
    "HTTPUnauthorizedError": Fault.AUTH,
    "HTTPForbiddenError": Fault.FORBIDDEN,
    "HTTPNotFoundError": Fault.NOT_FOUND,
    "HTTPBadRequestError": Fault.SERVER,
    "HTTPTooManyRequestsError": Fault.BUSY,
    "HTTPOtherClientError": Fault.SERVER,
    "HTTPServerError": Fault.SERVER,
    "HTTPError": Fault.SERVER,
    "ExitError": Fault.TIMEOUT,
    "InvalidDataError": Fault.NOT_VIDEO,
    "DecoderNotFoundError": Fault.UNSUPPORTED,
    "DemuxerNotFoundError": Fault.UNSUPPORTED,
    "ProtocolNotFoundError": Fault.UNSUPPORTED,
    "PatchWelcomeError": Fault.UNSUPPORTED,
    "EOFError": Fault.BROKEN,
}
"""Class names, so that this file needs neither PyAV nor OpenCV to be imported."""

_BY_ERRNO = {
    errno.ENOENT: Fault.NOT_FOUND,
    errno.ENODEV: Fault.NOT_FOUND,
    errno.ENXIO: Fault.NOT_FOUND,
    errno.ENOTDIR: Fault.NOT_FOUND,
    errno.EACCES: Fault.UNREADABLE,
    errno.EPERM: Fault.UNREADABLE,
    errno.EBUSY: Fault.BUSY,
    errno.ETIMEDOUT: Fault.TIMEOUT,
    errno.ECONNREFUSED: Fault.UNREACHABLE,
    errno.EHOSTUNREACH: Fault.UNREACHABLE,
    errno.ENETUNREACH: Fault.UNREACHABLE,
    errno.EADDRNOTAVAIL: Fault.UNREACHABLE,
    errno.ECONNRESET: Fault.UNREACHABLE,
    errno.ECONNABORTED: Fault.UNREACHABLE,
    errno.EPIPE: Fault.UNREACHABLE,
}

_SENTENCES = {
    Fault.AUTH: "{label}: the user name or password was not accepted; check both in the address",
    Fault.FORBIDDEN: "{label}: this user may not see the stream; check the rights of the account on the camera",
    Fault.NOT_FOUND: "{label}: there is no such {thing}; check the spelling",
    Fault.UNREADABLE: "{label}: it may not be read by this user; check its permissions",
    Fault.UNREACHABLE: "{label}: the host cannot be reached or hangs up; check the address, the port and the network",
    Fault.TIMEOUT: "{label}: no picture came in time; check that the camera is on and sends video",
    Fault.EMPTY: "{label}: it holds no data (0 bytes); copy or record it again",
    Fault.NOT_VIDEO: "{label}: it is not a video that can be read, or its index is missing because it was cut off",
    Fault.NO_PICTURE: "{label}: it has no video stream (audio only?); choose a stream with pictures",
    Fault.UNSUPPORTED: "{label}: its format or codec is not supported; convert it to H.264 in MP4",
    Fault.BROKEN: "{label}: no picture of it can be decoded; it is damaged",
    Fault.SIZE_CHANGED: "{label}: the size of the picture changed, so its calibration no longer holds",
    Fault.BUSY: "{label}: another program uses it, or it has too many viewers; close one of them",
    Fault.SERVER: "{label}: the server answered with an error; check the path of the stream on the camera",
}

FINAL_AT_OPEN = frozenset(Fault) - {Fault.UNREACHABLE, Fault.TIMEOUT, Fault.BUSY, Fault.SERVER}
"""Trying again does not mend these."""


def classify(error: BaseException, *, network: bool) -> Fault:
    """Tell the kind of fault from an error of PyAV, OpenCV or the system.

    Args:
        error: what was raised.
        network: whether the source is reached over a network; name look-ups fail there with a plain I/O error.
    """
    for kind in type(error).__mro__:
        if kind.__name__ in _BY_NAME:
            return _BY_NAME[kind.__name__]
    if isinstance(error, TimeoutError):
        return Fault.TIMEOUT
    number = getattr(error, "errno", None)
    if number in _BY_ERRNO:
        return _BY_ERRNO[number]
    if network:
        return Fault.UNREACHABLE
    return Fault.BROKEN


def sentence(fault: Fault, label: str, *, thing: str = "file") -> str:
    """Say what is wrong with a source and what to do.

    Args:
        fault: the kind.
        label: name of the source, credentials already removed.
        thing: what the label names: a file, a stream, a camera.
    """
    return _SENTENCES[fault].format(label=label, thing=thing)
