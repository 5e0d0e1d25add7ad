"""What waits to be sent: rows in the order they came, taken out in batches that keep their key until they are done."""

import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol
from uuid import uuid4

Kind = Literal["readings", "events"]
SpooledRow = tuple[Kind, bytes]
"""Which list of a batch it belongs to, and its JSON."""

MOST_ROWS = 2_000
MOST_BYTES = 6_000_000
"""A server takes 8 MB at once."""


@dataclass(frozen=True, slots=True)
class SpooledBatch:
    """Rows that are sent together.

    Attributes:
        key: tells it from all others; it stays the same however often the batch is tried.
        rows: oldest first.
    """

    key: str
    rows: tuple[SpooledRow, ...]

    def body(self) -> bytes:
        """Return the JSON of the whole batch."""
        lists = (
            b'"%s":[%s]' % (kind.encode(), b",".join(row for which, row in self.rows if which == kind))
            for kind in ("readings", "events")
        )
        return b"{" + b",".join(lists) + b"}"


class Spool(Protocol):
    """Where rows wait. Thread-safe."""

    def put(self, rows: Sequence[SpooledRow]) -> int:
        """Keep rows; return how many old ones had to go for them."""
        ...

    def batch(self) -> SpooledBatch | None:
        """Return the oldest rows as a batch, the same one until it is done; None when nothing waits."""
        ...

    def done(self, key: str) -> None:
        """Forget a batch: the server has it, or will never take it."""
        ...

    def __len__(self) -> int:
        """Return how many rows wait."""
        ...


class MemorySpool:
    """Keeps rows in memory; when there are too many the oldest go.

    Args:
        most: rows that are kept.
    """

    def __init__(self, *, most: int = 100_000) -> None:
        self._most = most
        self._rows: deque[SpooledRow] = deque()
        self._open: SpooledBatch | None = None
        self._lock = threading.Lock()

    def put(self, rows: Sequence[SpooledRow]) -> int:
        """Keep rows; return how many old ones had to go for them. A batch that is being sent stays whole."""
        with self._lock:
            self._rows.extend(rows)
            too_many = min(len(self._rows), self._size() - self._most)
            for _ in range(too_many):
                self._rows.popleft()
            return max(0, too_many)

    def batch(self) -> SpooledBatch | None:
        """Return the batch that is not done yet, or the next one; None when nothing waits."""
        with self._lock:
            if self._open is None and self._rows:
                self._open = SpooledBatch(uuid4().hex, tuple(self._next_rows()))
            return self._open

    def done(self, key: str) -> None:
        """Forget a batch."""
        with self._lock:
            if self._open is not None and self._open.key == key:
                self._open = None

    def __len__(self) -> int:
        """Return how many rows wait."""
        with self._lock:
            return self._size()

    def _size(self) -> int:
        return len(self._rows) + (0 if self._open is None else len(self._open.rows))

    def _next_rows(self) -> list[SpooledRow]:
        rows: list[SpooledRow] = []
        size = 0
        while self._rows and len(rows) < MOST_ROWS and (not rows or size + len(self._rows[0][1]) < MOST_BYTES):
            rows.append(self._rows.popleft())
            size += len(rows[-1][1]) + 1
        return rows
