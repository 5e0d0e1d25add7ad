"""The pictures of the cameras that run in the server's own process, site by site."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from throng.bus.board import LiveBoard
from throng.server.changes import BoardChanges


class LocalBoards:
    """One live board per site; whoever runs the cameras writes to it. Cameras of other boxes have no pictures here."""

    def __init__(self) -> None:
        self._boards: dict[int, tuple[LiveBoard, BoardChanges]] = {}
        self._loop: asyncio.AbstractEventLoop | None = None

    def board(self, site_id: int) -> LiveBoard:
        """Return the board of a site, an empty one at first; from any thread."""
        return self._entry(site_id)[0]

    def changes(self, site_id: int) -> BoardChanges:
        """Return what wakes those who watch the pictures of a site."""
        return self._entry(site_id)[1]

    @contextmanager
    def running(self, loop: asyncio.AbstractEventLoop) -> Iterator[None]:
        """Wake watchers for as long as the block runs."""
        self._loop = loop
        try:
            yield
        finally:
            self._loop = None
            for _, changes in self._boards.values():
                changes.stop()
                changes.detach()

    def _entry(self, site_id: int) -> tuple[LiveBoard, BoardChanges]:
        entry = self._boards.get(site_id)
        if entry is None:
            board = LiveBoard()
            changes = BoardChanges(board)
            entry = self._boards.setdefault(site_id, (board, changes))
        if self._loop is not None:
            entry[1].attach(self._loop)
        return entry
