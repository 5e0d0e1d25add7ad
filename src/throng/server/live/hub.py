"""The live state, and its fan-out: the newest of everything, told to everybody who watches it.

No listener has a queue. What it must be told follows from the sequence number it was told last, so one that is slow
costs one number, and gets the newest state when it reads again.
"""

import asyncio
import secrets
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Protocol

from throng.core.clock import Clock
from throng.server.live.items import OVERDUE_AFTER_S, Item, Key, Kind, make_item
from throng.server.live.messages import Packet, changes_packet, heartbeat_packet, state_packet
from throng.server.live.views import View

GATHER_S = 0.01
"""A change after some quiet is told at once; those that follow within this time are told together."""

TICK_S = 0.1
HEARTBEAT_S = 2.0
TOMBSTONES = 10_000
"""Things that are gone and still remembered for listeners that resume."""

BY_KIND = -1.0


class Listener(Protocol):
    """Somebody who watches."""

    view: View
    told: int
    """The last sequence number that reached them."""

    def offer(self, packet: Packet) -> bool:
        """Send a message now; False when the listener is not ready for one."""
        ...

    def goodbye(self) -> None:
        """The server stops."""
        ...


class LiveHub:
    """Keeps the newest of everything. Only for the event loop's thread.

    Attributes:
        epoch: tells this run of the server from others.
    """

    def __init__(self, clock: Clock) -> None:
        self.epoch = secrets.token_hex(6)
        self._clock = clock
        self._items: dict[Key, Item] = {}
        self._gone: dict[Key, None] = {}
        self._leaving: dict[Key, float] = {}
        self._sequence = 0
        self._changed: dict[Key, Item] = {}
        self._listeners: dict[View, set[Listener]] = {}
        self._views: defaultdict[str, set[View]] = defaultdict(set)
        self._behind: set[Listener] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._pumping = False
        self._pumped_s = 0.0

    def now(self) -> datetime:
        """Return the server's time."""
        return self._clock.now()

    @property
    def sequence(self) -> int:
        """The number of the newest change."""
        return self._sequence

    @property
    def listeners(self) -> int:
        """How many watch."""
        return sum(map(len, self._listeners.values()))

    @property
    def behind(self) -> int:
        """How many of them read too slowly at the moment."""
        return len(self._behind)

    def put(
        self,
        kind: Kind,
        site_id: int,
        ids: tuple[int, ...],
        body: bytes | None,
        *,
        overdue_after_s: float | None = BY_KIND,
        received_ago_s: float = 0.0,
        leaves_after_s: float | None = None,
    ) -> None:
        """Keep the newest of one thing, and tell everybody who watches it.

        Args:
            kind: what it is about.
            site_id: whose it is.
            ids: see `Item`.
            body: JSON object; None when the thing is gone.
            overdue_after_s: how long until the next report is overdue; by default that of the kind.
            received_ago_s: how long ago it came in; 0 for now.
            leaves_after_s: it is gone by itself after so long, unless something newer comes; None for never.
        """
        if overdue_after_s == BY_KIND:
            overdue_after_s = OVERDUE_AFTER_S[kind]
        self._leaving.pop((kind, ids), None)
        if leaves_after_s is not None:
            self._leaving[kind, ids] = self._clock.monotonic_s() + leaves_after_s
        self._sequence += 1
        self._keep(
            make_item(
                self._sequence, kind, site_id, ids, body=body,
                received_s=self._clock.monotonic_s() - received_ago_s, overdue_after_s=overdue_after_s,
            )
        )  # fmt: skip

    def get(self, kind: Kind, ids: tuple[int, ...]) -> Item | None:
        """Return the newest of one thing; None when nothing is known of it, or it is gone."""
        item = self._items.get((kind, ids))
        return None if item is None or item.body is None else item

    def items(self, kind: Kind, *, site_ids: Iterable[int] | None = None) -> list[Item]:
        """Return the newest of all things of a kind, of all sites or of some."""
        wanted = None if site_ids is None else frozenset(site_ids)
        return [
            item
            for (its_kind, _), item in self._items.items()
            if its_kind is kind and item.body is not None and (wanted is None or item.site_id in wanted)
        ]

    def state(self, view: View) -> Packet:
        """Return everything of a view as a message."""
        items = filter(view.shows, self._items.values())
        return state_packet(items, epoch=self.epoch, sequence=self._sequence, now=self._clock.now())

    def since(self, view: View, sequence: int) -> Packet | None:
        """Return what has changed in a view after a sequence number; None when nothing has."""
        items = [item for item in self._items.values() if item.sequence > sequence and view.shows(item)]
        if not items:
            return None
        items.sort(key=lambda item: item.sequence)
        return changes_packet(items, sequence=self._sequence, now=self._clock.now())

    def can_resume(self, epoch: str, sequence: int) -> bool:
        """Whether `since` gives somebody with this state all they have missed."""
        forgotten = len(self._gone) >= TOMBSTONES
        return epoch == self.epoch and 0 <= sequence <= self._sequence and not forgotten

    def add(self, listener: Listener) -> None:
        """Tell a listener everything that changes from now on."""
        view = listener.view
        self._listeners.setdefault(view, set()).add(listener)
        for topic in view.topics:
            self._views[topic].add(view)

    def remove(self, listener: Listener) -> None:
        """Stop telling; nothing happens when it was not told before."""
        view = listener.view
        others = self._listeners.get(view, set())
        others.discard(listener)
        self._behind.discard(listener)
        if not others and self._listeners.pop(view, None) is not None:
            for topic in view.topics:
                self._views[topic].discard(view)
                if not self._views[topic]:
                    del self._views[topic]

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Fan out for as long as the block runs."""
        self._loop = asyncio.get_running_loop()
        ticking = asyncio.create_task(self._tick())
        try:
            yield
        finally:
            ticking.cancel()
            self._loop = None
            self.stop()

    def stop(self) -> None:
        """Say goodbye to everybody."""
        for listener in [one for some in self._listeners.values() for one in some]:
            listener.goodbye()

    def stop_soon(self) -> None:
        """Say goodbye to everybody; from any thread."""
        self.call_soon(self.stop)

    def call_soon(self, action: Callable[[], None]) -> None:
        """Run `action` in the event loop; from any thread. Nothing happens when the loop has gone."""
        loop = self._loop
        if loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(action)

    def _keep(self, item: Item) -> None:
        self._items[item.key] = item
        if item.body is None:
            self._gone[item.key] = None
            if len(self._gone) > TOMBSTONES:
                oldest = next(iter(self._gone))
                del self._gone[oldest], self._items[oldest]
        else:
            self._gone.pop(item.key, None)
        self._changed[item.key] = item
        if not self._pumping and self._loop is not None:
            self._pumping = True
            self._loop.call_at(max(self._loop.time(), self._pumped_s + GATHER_S), self._pump)

    def _pump(self) -> None:
        self._pumping = False
        self._pumped_s = 0.0 if self._loop is None else self._loop.time()
        changed, self._changed = self._changed, {}
        by_view: defaultdict[View, dict[Key, Item]] = defaultdict(dict)
        for key, item in changed.items():
            for topic in item.topics:
                for view in self._views.get(topic, ()):
                    if view.may_see(item):
                        by_view[view][key] = item
        now = self._clock.now()
        for view, items in by_view.items():
            self._tell(view, changes_packet(items.values(), sequence=self._sequence, now=now))

    def _tell(self, view: View, packet: Packet) -> None:
        for listener in tuple(self._listeners.get(view, ())):
            if listener in self._behind:
                continue
            if listener.offer(packet):
                listener.told = self._sequence
            else:
                self._behind.add(listener)

    async def _tick(self) -> None:
        ticks = 0
        while True:
            await asyncio.sleep(TICK_S)
            ticks += 1
            self._catch_up()
            if ticks % round(1 / TICK_S) == 0:
                self.mark_overdue()
            if ticks % round(HEARTBEAT_S / TICK_S) == 0:
                beat = heartbeat_packet(sequence=self._sequence, now=self._clock.now())
                for listener in [one for some in self._listeners.values() for one in some]:
                    if listener not in self._behind:
                        listener.offer(beat)

    def _catch_up(self) -> None:
        for listener in tuple(self._behind):
            sequence = self._sequence
            packet = self.since(listener.view, listener.told)
            if packet is None or listener.offer(packet):
                listener.told = sequence
                self._behind.discard(listener)

    def mark_overdue(self) -> None:
        """Mark everything whose next report is missing: it must not look like what is true now; let go what is over."""
        now_s, now = self._clock.monotonic_s(), self._clock.now()
        for kind, ids in [key for key, at_s in self._leaving.items() if at_s <= now_s]:
            self.put(kind, self._items[kind, ids].site_id, ids, None)
        for item in tuple(self._items.values()):
            limit_s = item.overdue_after_s
            due = limit_s is not None and item.body is not None and item.overdue_since is None
            if due and limit_s is not None and now_s - item.received_s > limit_s:
                self._sequence += 1
                self._keep(
                    make_item(
                        self._sequence, item.kind, item.site_id, item.ids, body=item.body, received_s=item.received_s,
                        overdue_after_s=limit_s, overdue_since=now,
                    )
                )  # fmt: skip
