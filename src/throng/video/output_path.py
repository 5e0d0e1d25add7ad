"""The one rule for files that Throng is asked to write."""

from pathlib import Path

from throng.video.errors import OutputError


def require_free(path: Path, *, overwrite: bool) -> None:
    """Refuse a path where something is already: yesterday's readings cannot be measured again.

    An empty file, a device or a pipe is free.

    Raises:
        OutputError: the file holds something and `overwrite` was not asked for.
    """
    if not overwrite and path.is_file() and path.stat().st_size > 0:
        raise OutputError(f"{path}: this file exists; choose another name, or replace it with --overwrite")
