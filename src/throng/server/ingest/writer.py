"""Stores the batches of concurrent requests together: one transaction, and one wait for the disk, for many of them."""

import asyncio
import logging
from collections import deque
from collections.abc import Sequence

from throng.server.problems import Problem
from throng.store import partitions
from throng.store.batches import Answer, Batch
from throng.store.database import Database
from throng.store.ingesting import store_batches

log = logging.getLogger(__name__)

MOST_WAITING_ROWS = 50_000
"""Rows in memory that are not stored yet; who sends more is told to come back."""

ROWS_PER_TRANSACTION = 5_000

Waiting = tuple[Batch, "asyncio.Future[Answer]"]


class GroupWriter:
    """One task that writes; a sender is answered when its batch is safe on the disk.

    Args:
        database: where to.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._queue: deque[Waiting] = deque()
        self._waiting_rows = 0
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._days: set[int] = set()

    def start(self) -> None:
        """Begin to write."""
        self._task = asyncio.create_task(self._run(), name="throng-ingest")

    async def stop(self) -> None:
        """Write what waits, then end."""
        task, self._task = self._task, None
        if task is not None:
            self._wake.set()
            await task

    def require_room(self) -> None:
        """Refuse more while too much waits.

        Raises:
            Problem: 503.
        """
        if self._task is None or self._waiting_rows >= MOST_WAITING_ROWS:
            raise Problem(
                503, "the server is busy storing what came before; nothing of this was kept; send it again in a second",
                kind="busy", headers={"Retry-After": "1"},
            )  # fmt: skip

    async def write(self, batch: Batch) -> Answer:
        """Return when a batch is stored.

        Raises:
            Problem: 503, too much waits.
            StoreError: the database refused it; nothing of it was kept.
        """
        self.require_room()
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._queue.append((batch, future))
        self._waiting_rows += batch.size
        self._wake.set()
        return await future

    async def _run(self) -> None:
        while self._task is not None or self._queue:
            if not self._queue:
                self._wake.clear()
                await self._wake.wait()
                continue
            group = self._next_group()
            try:
                await self._write(group)
            finally:
                self._waiting_rows -= sum(batch.size for batch, _ in group)

    def _next_group(self) -> list[Waiting]:
        group = [self._queue.popleft()]
        rows = group[0][0].size
        while self._queue and rows + self._queue[0][0].size <= ROWS_PER_TRANSACTION:
            group.append(self._queue.popleft())
            rows += group[-1][0].size
        return group

    async def _write(self, group: Sequence[Waiting]) -> None:
        try:
            answers = await self._store([batch for batch, _ in group])
        except Exception as error:  # noqa: BLE001  the outermost loop: each sender hears of its own
            log.warning("storing %d batches together failed, trying each alone: %s", len(group), error)
            await self._write_each(group)
        else:
            for (_, future), answer in zip(group, answers, strict=True):
                if not future.done():
                    future.set_result(answer)

    async def _write_each(self, group: Sequence[Waiting]) -> None:
        """One bad batch must not take others with it, and two servers that wait for each other need another try."""
        for batch, future in group:
            try:
                answer = (await self._store([batch]))[0]
            except Exception as error:  # noqa: BLE001  as above
                _fail(future, error)
            else:
                if not future.done():
                    future.set_result(answer)

    async def _store(self, batches: Sequence[Batch]) -> list[Answer]:
        await self._make_partitions(batches)
        async with self._database.write() as session:
            return await store_batches(session, batches)

    async def _make_partitions(self, batches: Sequence[Batch]) -> None:
        if self._database.is_sqlite:
            return
        new = {partitions.day_of(row[2]) for batch in batches for row in batch.readings} - self._days
        if new:
            async with self._database.write() as session:
                await partitions.make(session, new)
            self._days |= new


def _fail(future: "asyncio.Future[Answer]", error: Exception) -> None:
    if not future.done():
        future.set_exception(error)
