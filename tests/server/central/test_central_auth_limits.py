"""Token buckets, locks, passwords."""

import asyncio
import threading
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from throng.server.auth import passwords
from throng.server.auth.passwords import COMMON, Passwords, check_password, one_time_password
from throng.server.auth.principal import Principal
from throng.server.auth.rate_limit import TokenBuckets, UnknownNames, locked_until
from throng.server.auth.service import Known, KnownCache
from throng.server.problems import Problem
from throng.store.tables import Role

NOW = datetime(2026, 6, 1, tzinfo=UTC)
GAPS = st.lists(st.floats(0, 30), min_size=1, max_size=200)


@given(gaps=GAPS, rate=st.floats(0.1, 20), burst=st.integers(1, 20))
def test_nobody_gets_more_than_burst_and_rate_allow(gaps: list[float], rate: float, burst: int) -> None:
    buckets = TokenBuckets(rate_per_s=rate, burst=burst)
    now_s, taken_at = 1000.0, []
    for gap in gaps:
        now_s += gap
        if not buckets.spend("a", now_s=now_s):
            taken_at.append(now_s)
    for first in range(len(taken_at)):
        for last in range(first, len(taken_at)):
            span_s = taken_at[last] - taken_at[first]
            assert last - first + 1 <= burst + span_s * rate + 1e-6


@given(gaps=GAPS, rate=st.floats(0.1, 20), burst=st.integers(1, 20))
def test_whoever_waits_as_told_gets_a_token(gaps: list[float], rate: float, burst: int) -> None:
    buckets = TokenBuckets(rate_per_s=rate, burst=burst)
    now_s = 0.0
    for gap in gaps:
        now_s += gap
        wait_s = buckets.spend("a", now_s=now_s)
        assert 0.0 <= wait_s <= 1.0 / rate + 1e-9
        if wait_s:
            now_s += wait_s + 1e-6
            assert buckets.spend("a", now_s=now_s) == 0.0


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=50))
def test_time_that_jumps_fills_nothing_by_going_back(times: list[float]) -> None:
    buckets = TokenBuckets(rate_per_s=1.0, burst=3)
    taken = sum(not buckets.spend("a", now_s=t) for t in times)
    assert taken <= 3 + max(0.0, max(times) - times[0]) + 1e-6


def test_keys_do_not_share_and_memory_is_bounded() -> None:
    buckets = TokenBuckets(rate_per_s=1.0, burst=1, most_keys=100)
    assert not any(buckets.spend(n, now_s=0.0) for n in range(1000))
    assert len(buckets) == 100
    assert buckets.spend(999, now_s=0.0) > 0
    with pytest.raises(ValueError, match="rate"):
        TokenBuckets(rate_per_s=0, burst=1)


@pytest.mark.parametrize(
    ("failures", "minutes"), [(0, None), (9, None), (10, 15), (11, 30), (12, 60), (16, 960), (17, 1440), (10_000, 1440)]
)
def test_locks_double_up_to_a_day(failures: int, minutes: int | None) -> None:
    expected = None if minutes is None else NOW + timedelta(minutes=minutes)
    assert locked_until(failures, now=NOW) == expected


def test_unknown_names_are_locked_and_forgotten() -> None:
    names = UnknownNames(most_names=2)
    for _ in range(10):
        names.fail("a", now=NOW)
    assert names.locked_until("a") == NOW + timedelta(minutes=15)
    names.fail("b", now=NOW)
    names.fail("c", now=NOW)
    assert names.locked_until("a") is None


@pytest.mark.parametrize(
    "weak",
    ["", "short", "123456789", "password123", " PASSWORD123 ", "aaaaaaaaaaaa", "abababababab", "administrator",
     "x" * 257, "carlo.bianchi", "ihcnaib.olrac"],
)  # fmt: skip
def test_weak_passwords_are_refused_without_being_repeated(weak: str) -> None:
    with pytest.raises(Problem) as caught:
        check_password(weak, username="Carlo.Bianchi")
    assert caught.value.kind == "weak-password"
    assert not weak.strip() or weak.strip() not in str(caught.value)


def test_good_passwords_are_taken() -> None:
    for good in ("seven quiet lamps", "ütf-8 größer", one_time_password()):
        check_password(good, username="ada")
    assert len(COMMON) > 100
    assert all(len(word) >= passwords.SHORTEST for word in COMMON)
    assert len({one_time_password() for _ in range(100)}) == 100


def test_real_hashes_are_argon2id_with_memory() -> None:
    async def scenario() -> None:
        kept = Passwords()
        stored = await kept.hash("seven quiet lamps")
        assert stored.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
        assert await kept.verify("seven quiet lamps", stored) == (True, None)
        assert await kept.verify("seven quiet lampS", stored) == (False, None)
        assert await kept.verify("seven quiet lamps", None) == (False, None)

    asyncio.run(scenario())


def test_flood_of_log_ins_is_sent_away(monkeypatch: pytest.MonkeyPatch) -> None:
    free = threading.Event()

    class Slow:
        def hash(self, _password: str) -> str:
            free.wait(20)
            return "x"

    async def scenario() -> None:
        kept = Passwords()
        waiting = [asyncio.create_task(kept.hash("p")) for _ in range(passwords.AT_ONCE + passwords.MOST_WAITING)]
        await asyncio.sleep(0.1)
        with pytest.raises(Problem, match="too many log-ins") as caught:
            await kept.hash("p")
        assert caught.value.status == 503
        free.set()
        assert await asyncio.gather(*waiting) == ["x"] * len(waiting)

    monkeypatch.setattr(passwords, "HASHER", Slow())
    asyncio.run(scenario())


def test_hash_of_yesterday_is_replaced() -> None:
    from people import CHEAP

    async def scenario() -> None:
        right, better = await Passwords().verify("seven quiet lamps", CHEAP.hash("seven quiet lamps"))
        assert right
        assert better is not None
        assert "m=65536" in better

    asyncio.run(scenario())


def test_cache_forgets_by_time_by_number_and_at_once() -> None:
    cache = KnownCache(most=2)
    known = Known(Principal("user", 1, "ada", Role.VIEWER, None), "api", until=NOW + timedelta(seconds=3))
    lasting = Known(known.principal, "api")

    def put(key: str, what: Known) -> None:
        cache.put(key, what, now=NOW, generation=cache.generation)

    put("a", known)
    put("b", lasting)
    assert cache.get("a", now=NOW + timedelta(seconds=2)) is known
    assert cache.get("a", now=NOW + timedelta(seconds=3)) is None, "the credential itself is over"
    assert cache.get("b", now=NOW + timedelta(seconds=4)) is lasting
    assert cache.get("b", now=NOW + timedelta(seconds=5)) is None
    put("b", lasting)
    assert cache.get("b", now=NOW - timedelta(seconds=1)) is None, "the clock went back"
    for key in "abc":
        put(key, lasting)
    assert len(cache) == 2
    began = cache.generation
    cache.forget()
    cache.put("late", lasting, now=NOW, generation=began)
    assert len(cache) == 0, "what was read before a change is not kept after it"
