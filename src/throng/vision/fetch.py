"""Bringing one file into the model folder: streamed, checked by hash, put in place in one step."""

import errno
import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import FileIO
from pathlib import Path

import httpx

from throng.vision.catalogue import ModelFile
from throng.vision.errors import VisionError

Progress = Callable[[str, int, int | None], None]
"""Called with file name, bytes done and bytes in all (None when unknown)."""

_CHUNK_BYTES = 1 << 16
_TIMEOUT_S = 30.0


def copy_file(source: Path, target: Path, *, expected: ModelFile, progress: Progress | None) -> None:
    """Copy a file that was brought along, checking its hash on the way.

    Raises:
        VisionError: it cannot be read or written, or its hash differs.
    """
    try:
        total = source.stat().st_size
        with source.open("rb") as file:
            chunks = iter(lambda: file.read(_CHUNK_BYTES), b"")
            _store(chunks, target, expected=expected, origin=str(source), progress=progress, total=total)
    except OSError as error:
        raise VisionError(f"{source}: cannot be read ({error.strerror}); check the file and its rights") from error


def download(target: Path, *, expected: ModelFile, progress: Progress | None) -> None:
    """Fetch a file from its publisher, checking its hash on the way.

    Raises:
        VisionError: no connection, a refusal, a broken transfer, a full disk, or a file whose hash differs.
    """
    url = expected.url
    if url is None:
        raise VisionError(f"{expected.name}: this edition has no publisher's URL; bring the file with --from DIR")
    try:
        with httpx.stream("GET", url, follow_redirects=True, timeout=_TIMEOUT_S) as answer:
            if answer.status_code != httpx.codes.OK:
                raise VisionError(
                    f"{url}: the publisher answered {answer.status_code} {answer.reason_phrase}; fetch "
                    f"{expected.name} elsewhere and bring it with --from DIR"
                )
            total = int(answer.headers.get("content-length", expected.size_bytes or 0)) or None
            chunks = answer.iter_bytes(_CHUNK_BYTES)
            _store(chunks, target, expected=expected, origin=url, progress=progress, total=total)
    except (httpx.TransportError, httpx.TooManyRedirects, httpx.InvalidURL) as error:
        raise VisionError(f"{url}: {_trouble(error)}; try again, or bring the file with --from DIR") from error


def _trouble(error: Exception) -> str:
    if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout):
        return f"no connection to the publisher ({error})"
    if isinstance(error, httpx.RemoteProtocolError | httpx.ReadError):
        return "the connection broke before the file was complete"
    return f"the transfer failed ({type(error).__name__} {error})"


def _store(
    chunks: Iterator[bytes],
    target: Path,
    *,
    expected: ModelFile,
    origin: str,
    progress: Progress | None,
    total: int | None,
) -> None:
    digest = hashlib.sha256()
    done = 0
    with _part_of(target) as part:
        for chunk in chunks:
            _write(part, chunk, target)
            digest.update(chunk)
            done += len(chunk)
            if progress is not None:
                progress(expected.name, done, total)
        got = digest.hexdigest()
        if got != expected.sha256:
            raise VisionError(
                f"{origin}: this is not the {expected.name} that Throng knows: expected SHA-256 {expected.sha256}, "
                f"got {got} ({done} bytes); nothing was installed"
            )


@contextmanager
def _part_of(target: Path) -> Iterator[FileIO]:
    """Open a file beside the target that takes its name when all went well and goes away otherwise."""
    part = target.with_name(f"{target.name}.{os.getpid()}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        file = part.open("wb", buffering=0)
    except OSError as error:
        raise _cannot_write(target, error) from error
    try:
        with file:
            yield file
        _put_in_place(part, target)
    finally:
        part.unlink(missing_ok=True)


def _write(part: FileIO, chunk: bytes, target: Path) -> None:
    rest = memoryview(chunk)
    try:
        while rest:
            rest = rest[part.write(rest) :]
    except OSError as error:
        raise _cannot_write(target, error) from error


def _put_in_place(part: Path, target: Path) -> None:
    try:
        part.replace(target)
    except OSError as error:
        raise _cannot_write(target, error) from error


def _cannot_write(target: Path, error: OSError) -> VisionError:
    if error.errno == errno.ENOSPC:
        return VisionError(f"{target.parent}: the disk is full; make room or name another folder with THRONG_MODELS")
    return VisionError(
        f"{target}: cannot be written ({error.strerror}); check the folder's rights or name another with THRONG_MODELS"
    )
