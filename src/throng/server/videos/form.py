"""The multipart form of an upload, part by part as the parser finds them; the video goes to the disk in bites."""

import shutil
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import IO, Any

import anyio.to_thread
from python_multipart.multipart import parse_options_header

from throng.server.problems import Problem
from throng.server.videos.container import HEAD_BYTES, require_container, suffix_of
from throng.store.errors import StorageFullError

VIDEO = "video"
FIELDS = frozenset({"camera_id", "model"})
LONGEST_FIELD_BYTES = 200
BITE_BYTES = 1024 * 1024
SPARE_BYTES = 500_000_000
"""So much of the disk is left to the database."""


@dataclass(slots=True)
class Received:
    """What came.

    Attributes:
        fields: what stood beside the video.
        name: what the sender calls the file, without its folders; for screens.
        file: what it is called in our folder.
        size_bytes: of the video.
    """

    fields: dict[str, str] = field(default_factory=dict)
    name: str = ""
    file: str = ""
    size_bytes: int = 0


class VideoForm:
    """Takes what the parser finds; `flush` writes it, so call it after each piece of the body.

    Args:
        folder: where the video goes, under a name of ours.
        limit_bytes: largest video.
        part: name of the part with the video.
    """

    def __init__(self, folder: Path, *, limit_bytes: int, part: str = VIDEO) -> None:
        self._video = part
        self._folder = folder
        self._limit_bytes = limit_bytes
        self._received = Received()
        self._header_name, self._header_value = bytearray(), bytearray()
        self._disposition: dict[bytes, bytes] = {}
        self._part = ""
        self._value = bytearray()
        self._waiting = bytearray()
        self._stream: IO[bytes] | None = None
        self._complete = False

    def callbacks(self) -> Any:
        """Return what the parser calls."""
        return {
            "on_part_begin": self._begin,
            "on_header_field": lambda data, start, end: self._header_name.extend(data[start:end]),
            "on_header_value": lambda data, start, end: self._header_value.extend(data[start:end]),
            "on_header_end": self._header,
            "on_headers_finished": self._headers,
            "on_part_data": lambda data, start, end: self._data(data[start:end]),
            "on_part_end": self._part_end,
            "on_end": self._end,
        }

    async def flush(self, *, everything: bool = False) -> None:
        """Write what waits, when it is much."""
        stream = self._stream
        if stream is None or not self._waiting or (len(self._waiting) < BITE_BYTES and not everything):
            return
        bite, self._waiting = bytes(self._waiting), bytearray()
        await anyio.to_thread.run_sync(self._write, stream, bite)

    def _write(self, stream: IO[bytes], bite: bytes) -> None:
        if shutil.disk_usage(self._folder).free < SPARE_BYTES:
            raise no_room()
        stream.write(bite)

    async def finish(self) -> Received:
        """Return what came, all of it on the disk.

        Raises:
            Problem: 422, the form or the video in it is missing or ends too early.
        """
        if not self._complete or not self._received.file:
            raise Problem(422, f"the form ends too early; send the whole video in the part `{self._video}`")
        await self.flush(everything=True)
        self.close()
        return self._received

    def close(self) -> None:
        """Release the file."""
        if self._stream is not None:
            self._stream.close()

    def _begin(self) -> None:
        self._disposition, self._part, self._value = {}, "", bytearray()

    def _header(self) -> None:
        if bytes(self._header_name).lower() == b"content-disposition":
            self._disposition = parse_options_header(bytes(self._header_value))[1]
        self._header_name, self._header_value = bytearray(), bytearray()

    def _headers(self) -> None:
        self._part = self._disposition.get(b"name", b"").decode("utf-8", "replace")
        if self._part == self._video:
            self._open(self._disposition.get(b"filename", b"").decode("utf-8", "replace"))
        elif self._part not in FIELDS or self._part in self._received.fields:
            known = ", ".join((self._video, *sorted(FIELDS)))
            raise Problem(422, f"the form may have {known}, each once; got {self._part!r}")

    def _open(self, name: str) -> None:
        if self._received.file:
            raise Problem(422, "send one video at a time")
        plain = PurePath(name.replace("\\", "/")).name
        self._received.name = "".join(c for c in plain if c.isprintable())[-200:]
        self._received.file = f"video{suffix_of(plain)}"
        self._stream = (self._folder / self._received.file).open("xb")

    def _data(self, data: bytes) -> None:
        if self._part != self._video:
            self._value += data
            if len(self._value) > LONGEST_FIELD_BYTES:
                raise Problem(422, f"{self._part}: longer than {LONGEST_FIELD_BYTES} bytes")
            return
        received = self._received
        before, received.size_bytes = received.size_bytes, received.size_bytes + len(data)
        if received.size_bytes > self._limit_bytes:
            raise too_large(self._limit_bytes)
        self._waiting += data
        if before < HEAD_BYTES <= received.size_bytes:
            self._check()

    def _part_end(self) -> None:
        if self._part != self._video:
            self._received.fields[self._part] = self._value.decode("utf-8", "replace")
        elif self._received.size_bytes < HEAD_BYTES:
            self._check()

    def _check(self) -> None:
        """Look at the beginning of the video, of which nothing has been written yet."""
        require_container(bytes(self._waiting[:HEAD_BYTES]), PurePath(self._received.file).suffix)

    def _end(self) -> None:
        self._complete = True


def too_large(limit_bytes: int) -> Problem:
    """Return what the sender of too large a video is told."""
    return Problem(413, f"a video may have {limit_bytes / 1e6:g} MB (upload_limit_mb); cut it, or send a smaller one")


def no_room() -> StorageFullError:
    """Return what the sender is told when the disk is full."""
    return StorageFullError("the disk of the server has no room for this video; nothing of it was kept")
