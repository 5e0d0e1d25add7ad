"""Brings the live state what is in the database: everything at the start, and what other server processes add to it."""

import asyncio
import logging
from contextlib import suppress
from datetime import timedelta

from throng.core.clock import Clock
from throng.server.ingest.service import IngestService
from throng.server.live.alerts import tell_alert
from throng.server.live.hub import LiveHub
from throng.server.live.items import Kind
from throng.store import alerts
from throng.store.columns import from_us, to_us
from throng.store.database import Database
from throng.store.errors import StoreError
from throng.store.latest import Latest, alerts_changed_since, latest_since, open_alerts

log = logging.getLogger(__name__)

POLL_S = 0.25
"""How often the readings of other processes are looked for; only where there can be other processes."""

OVERLAP = timedelta(seconds=2)
"""Transactions become visible out of order by so much."""

WAKE_S = 5.0
"""How often alerts whose snooze has ended are looked for."""


class Relay:
    """Keeps the live state of this process in step with the database.

    Args:
        database: PostgreSQL may have other server processes; SQLite has one.
        hub: gets what is new.
        ingest: knows what it has told the hub itself.
        clock: the server's time.
    """

    def __init__(self, database: Database, hub: LiveHub, ingest: IngestService, clock: Clock) -> None:
        self._database = database
        self._hub = hub
        self._ingest = ingest
        self._clock = clock
        self._alert_versions: dict[int, int] = {}
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Fill the live state, then follow what changes."""
        async with self._database.read() as session:
            for one in await latest_since(session, 0):
                self._put(one)
            for alert in await open_alerts(session):
                self._alert_versions[alert.id] = alert.version
                tell_alert(self._hub, alert)
        loops = [self._waking()] if self._database.is_sqlite else [self._waking(), self._following()]
        self._tasks = [asyncio.create_task(loop) for loop in loops]

    async def stop(self) -> None:
        """Follow no longer."""
        for task in self._tasks:
            task.cancel()
        for task in self._tasks:
            with suppress(asyncio.CancelledError):
                await task

    async def wake_once(self) -> None:
        """Wake the alerts whose snooze has ended."""
        async with self._database.write() as session:
            woken = await alerts.wake_due(session, at=self._clock.now())
        for alert in woken:
            tell_alert(self._hub, alert)

    async def follow_once(self) -> None:
        """Tell who watches what other processes have stored in the last seconds."""
        since = self._clock.now() - OVERLAP
        async with self._database.read() as session:
            news = await latest_since(session, to_us(since))
            changed = await alerts_changed_since(session, since)
        for one in news:
            if self._ingest.is_news(Kind(one.kind), one.ids, one.at_us):
                self._put(one)
        for alert in changed:
            if self._alert_versions.get(alert.id) != alert.version:
                self._alert_versions[alert.id] = alert.version
                tell_alert(self._hub, alert)

    def _put(self, one: Latest) -> None:
        ago_s = max(0.0, (self._clock.now() - from_us(one.received_us)).total_seconds())
        self._hub.put(Kind(one.kind), one.site_id, one.ids, one.row.encode(), received_ago_s=ago_s)

    async def _following(self) -> None:
        while True:
            await asyncio.sleep(POLL_S)
            try:
                await self.follow_once()
            except StoreError as error:
                log.warning("what other server processes have stored is not seen at the moment: %s", error)
                await asyncio.sleep(2.0)

    async def _waking(self) -> None:
        while True:
            await asyncio.sleep(WAKE_S)
            try:
                await self.wake_once()
            except StoreError as error:
                log.warning("snoozed alerts cannot be woken at the moment: %s", error)
