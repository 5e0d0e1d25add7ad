"""The live state: every listener ends with the newest of everything it may see, however slowly it reads."""

import asyncio
import json
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from throng.core.clock import ManualClock
from throng.server.live.hub import LiveHub
from throng.server.live.items import Kind
from throng.server.live.messages import Packet
from throng.server.live.views import View

START = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
ALL = frozenset({"all"})


class Reader:
    """A listener that reads when `ready`, and puts together what it was told."""

    def __init__(self, hub: LiveHub, view: View) -> None:
        self.view = view
        self.told = 0
        self.ready = True
        self.packets = 0
        self.state: dict[tuple[str, tuple[int, ...]], Any] = {}
        self.take(hub.state(view))
        self.told = hub.sequence
        hub.add(self)

    def offer(self, packet: Packet) -> bool:
        if self.ready:
            self.take(packet)
        return self.ready

    def take(self, packet: Packet) -> None:
        self.packets += 1
        message = json.loads(packet.json)
        for item in message.get("items", ()):
            key = (item["kind"], tuple(item["ids"]))
            if item["body"] is None:
                self.state.pop(key, None)
            else:
                self.state[key] = item["body"]["n"]

    def goodbye(self) -> None:
        self.ready = False


def in_loop(scenario: Callable[[LiveHub, ManualClock], Coroutine[Any, Any, None]]) -> None:
    async def whole() -> None:
        clock = ManualClock(START)
        hub = LiveHub(clock)
        async with hub.running():
            await scenario(hub, clock)

    asyncio.run(whole())


def body(n: int) -> bytes:
    return b'{"n":%d}' % n


def test_only_what_changed_is_told_and_only_to_those_who_may_see_it() -> None:
    async def scenario(hub: LiveHub, _clock: ManualClock) -> None:
        hub.put(Kind.ZONE, 1, (10, 5), body(1))
        hub.put(Kind.ZONE, 2, (20, 6), body(2))
        everything = Reader(hub, View(ALL, None))
        one_site = Reader(hub, View(ALL, frozenset({1})))
        one_zone = Reader(hub, View(frozenset({"zone:20"}), None))
        foreign = Reader(hub, View(frozenset({"zone:20"}), frozenset({1})))
        await asyncio.sleep(0.05)
        before = everything.packets
        hub.put(Kind.ZONE, 2, (20, 6), body(3))
        hub.put(Kind.ZONE, 2, (20, 6), body(4))
        await asyncio.sleep(0.05)
        assert everything.state == {("zone", (10, 5)): 1, ("zone", (20, 6)): 4}
        assert everything.packets == before + 1, "changes within a moment are told together"
        assert one_site.state == {("zone", (10, 5)): 1}
        assert one_zone.state == {("zone", (20, 6)): 4}
        assert foreign.state == {}

    in_loop(scenario)


def test_a_slow_listener_is_told_the_newest_when_it_reads_again_and_keeps_nothing_waiting() -> None:
    async def scenario(hub: LiveHub, _clock: ManualClock) -> None:
        slow, quick = Reader(hub, View(ALL, None)), Reader(hub, View(ALL, None))
        slow.ready = False
        for n in range(50):
            hub.put(Kind.ZONE, 1, (n % 3, 1), body(n))
            await asyncio.sleep(0.002)
        await asyncio.sleep(0.05)
        assert hub.behind == 1
        assert quick.state == {("zone", (0, 1)): 48, ("zone", (1, 1)): 49, ("zone", (2, 1)): 47}
        packets = slow.packets
        slow.ready = True
        await asyncio.sleep(0.25)
        assert slow.state == quick.state
        assert slow.packets == packets + 1, "the newest only, in one message"
        assert hub.behind == 0
        hub.remove(slow)
        hub.remove(quick)
        assert hub.listeners == 0

    in_loop(scenario)


def test_what_is_gone_is_told_as_gone() -> None:
    async def scenario(hub: LiveHub, _clock: ManualClock) -> None:
        hub.put(Kind.ALERT, 1, (7, 10), body(1))
        reader = Reader(hub, View(frozenset({"alerts"}), None))
        hub.put(Kind.ALERT, 1, (7, 10), None)
        await asyncio.sleep(0.05)
        assert reader.state == {}
        assert hub.get(Kind.ALERT, (7, 10)) is None
        assert json.loads(hub.state(View(ALL, None)).json)["items"] == []

    in_loop(scenario)


def test_a_zone_that_falls_silent_is_marked_overdue_and_a_manual_count_is_not() -> None:
    async def scenario(hub: LiveHub, clock: ManualClock) -> None:
        hub.put(Kind.ZONE, 1, (10, 5), body(1))
        hub.put(Kind.ZONE, 1, (11, 0), body(1), overdue_after_s=None)
        clock.advance(4.9)
        hub.mark_overdue()
        silent = hub.get(Kind.ZONE, (10, 5))
        assert silent is not None
        assert silent.overdue_since is None
        clock.advance(0.2)
        hub.mark_overdue()
        silent, manual = hub.get(Kind.ZONE, (10, 5)), hub.get(Kind.ZONE, (11, 0))
        assert silent is not None
        assert manual is not None
        assert silent.overdue_since == clock.now()
        assert json.loads(silent.wire)["overdue_since"] == clock.now().isoformat()
        assert manual.overdue_since is None
        hub.put(Kind.ZONE, 1, (10, 5), body(2))
        back = hub.get(Kind.ZONE, (10, 5))
        assert back is not None
        assert back.overdue_since is None

    in_loop(scenario)


def test_the_end_is_said_to_everybody() -> None:
    async def whole() -> Reader:
        hub = LiveHub(ManualClock(START))
        async with hub.running():
            return Reader(hub, View(ALL, None))

    assert not asyncio.run(whole()).ready


@given(
    steps=st.lists(st.tuples(st.integers(0, 4), st.one_of(st.none(), st.integers(0, 99))), max_size=40),
    breaks=st.sets(st.integers(0, 40)),
)
@settings(max_examples=60, deadline=None)
def test_a_listener_that_resumes_knows_what_one_that_stayed_knows(
    steps: list[tuple[int, int | None]], breaks: set[int]
) -> None:
    hub = LiveHub(ManualClock(START))
    view = View(ALL, None)
    resumed = Reader(hub, view)
    hub.remove(resumed)
    for index, (zone, n) in enumerate(steps):
        hub.put(Kind.ZONE, 1, (zone, 1), None if n is None else body(n))
        if index in breaks:
            assert hub.can_resume(hub.epoch, resumed.told)
            packet = hub.since(view, resumed.told)
            if packet is not None:
                resumed.take(packet)
            resumed.told = hub.sequence
    packet = hub.since(view, resumed.told)
    if packet is not None:
        resumed.take(packet)
    assert resumed.state == Reader(hub, view).state
    assert not hub.can_resume("another", 0)
    assert not hub.can_resume(hub.epoch, hub.sequence + 1)


def test_what_leaves_by_itself_is_gone_unless_something_newer_came() -> None:
    async def scenario(hub: LiveHub, clock: ManualClock) -> None:
        hub.put(Kind.ALERT, 1, (7, 10), body(1), leaves_after_s=60.0)
        hub.put(Kind.ALERT, 1, (8, 10), body(1), leaves_after_s=60.0)
        clock.advance(30)
        hub.put(Kind.ALERT, 1, (8, 10), body(2))
        clock.advance(31)
        hub.mark_overdue()
        assert hub.get(Kind.ALERT, (7, 10)) is None
        assert hub.get(Kind.ALERT, (8, 10)) is not None

    in_loop(scenario)


def test_an_old_reading_is_overdue_from_the_start() -> None:
    async def scenario(hub: LiveHub, _clock: ManualClock) -> None:
        hub.put(Kind.ZONE, 1, (10, 5), body(1), received_ago_s=600.0)
        hub.mark_overdue()
        item = hub.get(Kind.ZONE, (10, 5))
        assert item is not None
        assert item.overdue_since is not None

    in_loop(scenario)
