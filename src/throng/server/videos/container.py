"""Which uploaded files are taken: containers that hold their own pictures, told by name and by their first bytes.

A text such as an HLS playlist would make the reader open whatever it names, files of this machine included.
"""

from pathlib import PurePath

from throng.server.problems import Problem

SUFFIXES = frozenset({".mp4", ".avi", ".mov", ".mkv", ".webm", ".ts"})
HEAD_BYTES = 512
ISO_BOXES = frozenset({b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"pnot"})
MATROSKA = b"\x1a\x45\xdf\xa3"
PACKET_BYTES = 188
SYNC = 0x47


def suffix_of(name: str) -> str:
    """Return the suffix of a file name that somebody sent; nothing else of it is ever part of a path.

    Raises:
        Problem: 415, no such files are taken.
    """
    suffix = PurePath(name.replace("\\", "/")).suffix.lower()
    if suffix not in SUFFIXES:
        raise Problem(415, f"videos are taken as {', '.join(sorted(SUFFIXES))}; this one is named {name[-60:]!r}")
    return suffix


def require_container(head: bytes, suffix: str) -> None:
    """Refuse a file whose first `HEAD_BYTES` bytes are not those of its kind.

    Raises:
        Problem: 415.
    """
    if not _KINDS[suffix](head):
        raise Problem(415, f"this file is named {suffix} but holds something else; convert it to MP4")


def _iso(head: bytes) -> bool:
    return head[4:8] in ISO_BOXES


def _avi(head: bytes) -> bool:
    return head[:4] == b"RIFF" and head[8:12] == b"AVI "


def _matroska(head: bytes) -> bool:
    return head.startswith(MATROSKA)


def _transport_stream(head: bytes) -> bool:
    return len(head) > PACKET_BYTES and head[0] == head[PACKET_BYTES] == SYNC


_KINDS = {
    ".mp4": _iso, ".mov": _iso, ".avi": _avi, ".mkv": _matroska, ".webm": _matroska, ".ts": _transport_stream
}  # fmt: skip
