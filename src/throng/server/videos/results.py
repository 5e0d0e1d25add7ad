"""The readings of a video: what the newest of them says, and all of them as JSON lines or CSV."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from throng.camera.outputs import csv_header, csv_row

TAIL_BYTES = 128 * 1024
CHUNK_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True)
class Newest:
    """What the newest readings say.

    Attributes:
        pts_s: stream time that was reached, None where no frame came.
        people: sum over the zones, None where nothing is known.
    """

    pts_s: float | None
    people: float | None


def newest(path: Path) -> Newest | None:
    """Look at the end of a file of readings; None before the first whole row."""
    rows = _last_rows(path)
    if not rows:
        return None
    by_zone = {row["zone_id"]: row.get("count") for row in rows if row.get("kind") == "zone"}
    known = [count for count in by_zone.values() if count is not None]
    times = [row["pts_s"] for row in rows if row.get("pts_s") is not None]
    return Newest(max(times, default=None), sum(known) if known else None)


def whole_bytes(path: Path) -> int:
    """Return the size of a file of readings now; it only ever grows by whole rows. 0 where there is none yet."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def json_lines(path: Path, size: int) -> Iterator[bytes]:
    """Yield the first `size` bytes of a file of readings."""
    if not size:
        return
    with path.open("rb") as stream:
        while size > 0 and (part := stream.read(min(size, CHUNK_BYTES))):
            size -= len(part)
            yield part


def csv_lines(path: Path, size: int) -> Iterator[bytes]:
    """Yield the same as a table."""
    yield csv_header().encode()
    if not size:
        return
    with path.open("rb") as stream:
        while stream.tell() < size and (line := stream.readline()).endswith(b"\n"):
            yield csv_row(json.loads(line)).encode()


def _last_rows(path: Path) -> list[dict[str, Any]]:
    try:
        with path.open("rb") as stream:
            size = stream.seek(0, 2)
            stream.seek(max(0, size - TAIL_BYTES))
            lines = stream.read(TAIL_BYTES).split(b"\n")
    except FileNotFoundError:
        return []
    whole = lines[1:-1] if size > TAIL_BYTES else lines[:-1]
    return [json.loads(line) for line in whole]
