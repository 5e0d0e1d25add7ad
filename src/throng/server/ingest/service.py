"""Takes in what edges, sensors and people report: checks it, stores it, and tells the live state."""

import asyncio
from collections.abc import Mapping

from sqlalchemy import select

from throng.core.clock import Clock
from throng.server.ingest.batching import Batching, Limits, Sender
from throng.server.ingest.directory import LOOK_AGAIN_S, Directories
from throng.server.ingest.parsing import Parsed, parse
from throng.server.ingest.writer import GroupWriter
from throng.server.live.hub import LiveHub
from throng.server.live.items import OVERDUE_AFTER_S, Kind
from throng.server.problems import Problem
from throng.store.batches import Answer, Batch, Newest, Pair
from throng.store.database import Database
from throng.store.directory import SiteDirectory
from throng.store.errors import StorageFullError
from throng.store.retention import Retention, load_retention
from throng.store.tables import latest_lines, latest_zones

ROWS_AT_A_TIME = 500
"""After so many rows others get their turn."""

MOST_HELD_BYTES = 64 * 1024 * 1024
"""Bodies of requests in memory; who sends more is told to come back."""

OVERDUE_PERIODS = 3.0
"""So many periods after a reading the next one is overdue, where that is later than usual."""

RETENTION_S = 60.0
"""How long the retention holds until it is read again."""


class IngestService:
    """The way in for everything that is measured elsewhere.

    Args:
        database: where to.
        hub: is told the newest of everything after it is stored.
        clock: the server's time.
    """

    def __init__(self, database: Database, hub: LiveHub, clock: Clock) -> None:
        self.directories = Directories(database, clock)
        self._database = database
        self._hub = hub
        self._clock = clock
        self._writer = GroupWriter(database)
        self._newest: dict[tuple[Kind, Pair], int] = {}
        self._held_bytes = 0
        self._retention = Retention()
        self._retention_s: float | None = None

    async def start(self) -> None:
        """Learn what the newest of everything is, and begin to write."""
        async with self._database.read() as session:
            for kind, table, owner in ((Kind.ZONE, latest_zones, "zone_id"), (Kind.LINE, latest_lines, "line_id")):
                t = table.c
                for first, camera, at_us in await session.execute(select(t[owner], t.camera_id, t.at_us)):
                    self._newest[kind, (first, camera)] = at_us
        self._writer.start()

    async def stop(self) -> None:
        """Store what waits, then end."""
        await self._writer.stop()

    def hold(self, size: int) -> None:
        """Count bytes of a request that are in memory.

        Raises:
            Problem: 503, there are too many already, or too many rows wait to be stored.
        """
        self._writer.require_room()
        if self._held_bytes + size > MOST_HELD_BYTES:
            raise Problem(
                503, "the server is busy with what others send; send it again in a second", kind="busy",
                headers={"Retry-After": "1"},
            )  # fmt: skip
        self._held_bytes += size

    def release(self, size: int) -> None:
        """The bytes are no longer in memory."""
        self._held_bytes -= size

    async def take(self, body: bytes, *, site_id: int, sender: Sender, key: str | None) -> Answer:
        """Store a batch.

        Args:
            body: JSON, see `docs/server-data.md`.
            site_id: whose zones, lines and cameras it names.
            sender: who reports.
            key: tells the batch from the sender's others; None without one.

        Raises:
            Problem: 413 too large, 422 no batch, 503 too busy.
            StoreError: the database refused; nothing of it was kept.
        """
        parsed = parse(body)
        directory = await self._directory(site_id, parsed)
        batching = Batching(directory, sender, key, await self._limits())
        for start in range(0, len(parsed.readings), ROWS_AT_A_TIME):
            if start:
                await asyncio.sleep(0)
            batching.add(parsed, list(parsed.readings[start : start + ROWS_AT_A_TIME]))
        batching.add_events(parsed)
        batch = batching.batch
        batch.rejected = sorted(parsed.rejected, key=lambda wrong: (wrong["list"] != "readings", wrong["index"]))
        try:
            answer = await self._writer.write(batch)
        except StorageFullError:
            self.tell(site_id, batch)  # what happens now must be seen, also when it cannot be kept
            raise
        if not answer.repeated:
            self.tell(site_id, batch)
        return answer

    def tell(self, site_id: int, batch: Batch) -> None:
        """Tell the live state what a batch, which is stored, has that is newer than what it knows."""
        self._tell(Kind.ZONE, site_id, batch.newest_zones)
        self._tell(Kind.LINE, site_id, batch.newest_lines)

    def is_news(self, kind: Kind, ids: Pair, at_us: int) -> bool:
        """Whether the live state knows nothing as new; it is taken to know it from now on."""
        if self._newest.get((kind, ids), at_us - 1) >= at_us:
            return False
        self._newest[kind, ids] = at_us
        return True

    def forget_newest(self, zone_id: int, camera_id: int) -> None:
        """Something older may be the newest again: the newest was taken back."""
        self._newest.pop((Kind.ZONE, (zone_id, camera_id)), None)

    def _tell(self, kind: Kind, site_id: int, newest: Mapping[Pair, Newest]) -> None:
        for pair, one in newest.items():
            if self._newest.get((kind, pair), one.at_us - 1) < one.at_us:
                self._newest[kind, pair] = one.at_us
                overdue_after_s = max(OVERDUE_AFTER_S[kind] or 0.0, OVERDUE_PERIODS * one.period_s)
                self._hub.put(kind, site_id, pair, one.body.encode(), overdue_after_s=overdue_after_s)

    async def _directory(self, site_id: int, parsed: Parsed) -> SiteDirectory:
        """A name that is not known may be new, made by another server process."""
        directory = await self.directories.of(site_id)
        rows = [row for _, row in (*parsed.readings, *parsed.events)]
        known = {"zone_id": directory.zones, "line_id": directory.lines, "camera_id": directory.cameras}
        for key, names in known.items():
            if not {row[key] for row in rows if key in row} <= names.keys():
                return await self.directories.of(site_id, older_than_s=LOOK_AGAIN_S)
        return directory

    async def _limits(self) -> Limits:
        now_s = self._clock.monotonic_s()
        if self._retention_s is None or now_s - self._retention_s >= RETENTION_S:
            async with self._database.read() as session:
                self._retention = await load_retention(session)
            self._retention_s = now_s
        now = self._clock.now()
        keep = self._retention
        return Limits(now, keep.since("readings", now), keep.since("line_readings", now), keep.since("events", now))
