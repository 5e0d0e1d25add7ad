"""What a server does by itself: roll-ups every few seconds, retention every hour."""

import asyncio
import logging
import time

from throng.core.clock import Clock
from throng.store import partitions
from throng.store.columns import to_us
from throng.store.database import Database
from throng.store.retention import erase_old, load_retention
from throng.store.rollups import roll_up

log = logging.getLogger(__name__)

ROLL_UP_EVERY_S = 5.0
RETENTION_EVERY_S = 3600.0
MINUTES_AT_ONCE = 30
"""Minutes per transaction: on SQLite readings wait meanwhile."""

BUSY_SHARE = 0.5
"""Share of the time that roll-ups take at most, also when days of readings come in at once: readings come first."""


class Upkeep:
    """One task that keeps the data in order. Several servers of one database may each have one.

    Args:
        database: which one.
        clock: the server's time.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._task: asyncio.Task[None] | None = None
        self._retention_s: float | None = None
        self.failures = 0

    async def start(self) -> None:
        """Begin; the partitions of today are there before anybody writes."""
        await self._make_partitions()
        self._task = asyncio.create_task(self._run(), name="throng-upkeep")

    async def stop(self) -> None:
        """End; what is half done is taken back by the database."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def run_once(self) -> int:
        """Do everything that is due now and return how many minutes were rolled up."""
        rolled = await self._roll_up()
        now_s = self._clock.monotonic_s()
        if self._retention_s is None or now_s - self._retention_s >= RETENTION_EVERY_S:
            await self._erase()
            self._retention_s = now_s
        return rolled

    async def _run(self) -> None:
        while True:
            try:
                await self.run_once()
            except Exception:  # the outermost loop of a task
                self.failures += 1
                log.exception("upkeep of the data failed; trying again in %.0f s", ROLL_UP_EVERY_S)
            await asyncio.sleep(ROLL_UP_EVERY_S)

    async def _roll_up(self) -> int:
        rolled = 0
        while True:
            began_s = time.monotonic()
            async with self._database.write() as session:
                done = await roll_up(session, to_us(self._clock.now()), at_most=MINUTES_AT_ONCE)
            rolled += done
            if done < MINUTES_AT_ONCE:
                return rolled
            await asyncio.sleep((time.monotonic() - began_s) * (1 / BUSY_SHARE - 1))

    async def _make_partitions(self) -> None:
        if not self._database.is_sqlite:
            async with self._database.write() as session:
                await partitions.make_ahead(session, to_us(self._clock.now()))

    async def _erase(self) -> None:
        now = self._clock.now()
        async with self._database.read() as session:
            retention = await load_retention(session)
        await self._make_partitions()
        erased = await erase_old(self._database, retention, now)
        if erased:
            log.info("erased what was too old: %s", ", ".join(f"{n} of {kind}" for kind, n in erased.items()))
