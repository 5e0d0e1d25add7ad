"""From the threads that measure to the event loop that shows: one wake-up for many changes."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from throng.bus.board import LiveBoard


class BoardChanges:
    """Wakes every listener of one event loop when the board has changed.

    However often the board changes while the loop is busy, at most one wake-up is queued: the loop's memory does not
    grow with the frame rate of the cameras.
    """

    def __init__(self, board: LiveBoard) -> None:
        self._board = board
        self._listeners: set[asyncio.Event] = set()
        self._lock = threading.Lock()
        self._queued = False
        self._stopping = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._unsubscribe: Callable[[], None] | None = None

    @property
    def stopping(self) -> bool:
        """The server is about to go: listeners should say goodbye."""
        return self._stopping

    @contextmanager
    def running(self, loop: asyncio.AbstractEventLoop) -> Iterator[None]:
        """Listen to the board for as long as the block runs; `loop` is the running event loop."""
        self.attach(loop)
        try:
            yield
        finally:
            self.detach()

    def attach(self, loop: asyncio.AbstractEventLoop) -> None:
        """Listen to the board from now on; nothing happens when it does already."""
        if self._loop is loop:
            return
        self._stopping = False
        self._loop = loop
        self._unsubscribe = self._board.subscribe(self._changed)

    def detach(self) -> None:
        """Listen no longer."""
        if self._unsubscribe is not None:
            self._unsubscribe()
        self._loop = self._unsubscribe = None
        self._queued = False

    @contextmanager
    def listen(self) -> Iterator[asyncio.Event]:
        """Yield an event that is set after every change; the listener clears it."""
        event = asyncio.Event()
        self._listeners.add(event)
        try:
            yield event
        finally:
            self._listeners.discard(event)

    def call_soon(self, action: Callable[[], None]) -> None:
        """Run `action` in the event loop; from any thread. Nothing happens when the loop has gone."""
        loop = self._loop
        if loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(action)

    def stop(self) -> None:
        """Tell all listeners that the server is about to go; from any thread."""
        self._stopping = True
        self.call_soon(self._wake)

    def _changed(self) -> None:
        with self._lock:
            if self._queued:
                return
            self._queued = True
        self.call_soon(self._wake)

    def _wake(self) -> None:
        with self._lock:
            self._queued = False
        for event in self._listeners:
            event.set()


async def wait_for_change(wake: asyncio.Event, *, at_most_s: float) -> bool:
    """Wait until `wake` is set, then clear it; False when nothing happened for `at_most_s`."""
    try:
        async with asyncio.timeout(max(0.0, at_most_s)):
            await wake.wait()
    except TimeoutError:
        return False
    wake.clear()
    return True
