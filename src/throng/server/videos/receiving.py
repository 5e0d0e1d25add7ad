"""Takes in an uploaded video: from the request to the disk as it comes, never as a whole in memory."""

import errno
import shutil
from pathlib import Path

from fastapi import Request
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import ClientDisconnect

from throng.server.problems import Problem
from throng.server.videos.form import SPARE_BYTES, VIDEO, Received, VideoForm, no_room, too_large


async def receive(request: Request, folder: Path, *, limit_bytes: int, part: str = VIDEO) -> Received:
    """Write the one file of a multipart form into a folder.

    Args:
        request: whose body.
        folder: where to; the caller removes it when this fails.
        limit_bytes: largest video.
        part: name of the part with the video.

    Raises:
        Problem: 413 too large, 415 no such files are taken, 422 it is no such form.
        StorageFullError: the disk has no room.
    """
    _require_room(request, folder, limit_bytes)
    kind, options = parse_options_header(request.headers.get("content-type", ""))
    if kind != b"multipart/form-data" or not options.get(b"boundary"):
        raise Problem(422, f"send multipart/form-data with the video in the part `{part}`")
    form = VideoForm(folder, limit_bytes=limit_bytes, part=part)
    parser = MultipartParser(options[b"boundary"], form.callbacks())
    try:
        async for piece in request.stream():
            parser.write(piece)
            await form.flush()
        parser.finalize()
        return await form.finish()
    except FormParserError as error:
        raise Problem(422, f"this is no multipart/form-data: {error}") from error
    except ClientDisconnect as error:
        raise Problem(400, "the sender hung up before the video was complete") from error
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise no_room() from error
        raise
    finally:
        form.close()


def _require_room(request: Request, folder: Path, limit_bytes: int) -> None:
    declared = request.headers.get("content-length", "")
    size = int(declared) if declared.isdecimal() else 0
    if size > limit_bytes + 64 * 1024:
        raise too_large(limit_bytes)
    if shutil.disk_usage(folder).free < size + SPARE_BYTES:
        raise no_room()
