"""The newest lines of the log, for administrators who cannot reach the machine."""

import logging
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from throng.video.redact import redact

KEPT = 2000
LONGEST_TEXT = 4000


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line of the log, credentials removed."""

    number: int
    at: datetime
    level: str
    logger: str
    text: str


class RecentLog(logging.Handler):
    """Keeps the newest `KEPT` lines in memory."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self._lines: deque[LogLine] = deque(maxlen=KEPT)
        self._number = 0
        self._guard = threading.Lock()
        self.setFormatter(logging.Formatter("%(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a line."""
        text = redact(self.format(record))[:LONGEST_TEXT]
        at = datetime.fromtimestamp(record.created, UTC)
        with self._guard:
            self._number += 1
            self._lines.append(LogLine(self._number, at, record.levelname, record.name, text))

    def newest(self, *, limit: int, at_least: int = logging.INFO, contains: str = "") -> list[LogLine]:
        """Return the newest lines of a level or graver, newest first."""
        with self._guard:
            lines = list(self._lines)
        wanted = contains.casefold()
        fitting = [
            line
            for line in reversed(lines)
            if logging.getLevelNamesMapping().get(line.level, 0) >= at_least and wanted in line.text.casefold()
        ]
        return fitting[:limit]

    @contextmanager
    def attached(self) -> Iterator[None]:
        """Listen to every logger for as long as the block runs."""
        root = logging.getLogger()
        root.addHandler(self)
        try:
            yield
        finally:
            root.removeHandler(self)
