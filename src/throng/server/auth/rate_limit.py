"""How often somebody may try: token buckets, and the time for which failed log-ins lock a name.

A bucket holds `burst` tokens and is filled with `rate_per_s`; each try takes one.
"""

from collections import OrderedDict
from collections.abc import Hashable
from datetime import datetime, timedelta

MOST_KEYS = 20_000

FAILURES_TO_LOCK = 10
FIRST_LOCK = timedelta(minutes=15)
LONGEST_LOCK = timedelta(hours=24)


class TokenBuckets:
    """One bucket per key; keys that have not tried for longest are forgotten first.

    Args:
        rate_per_s: tokens per second.
        burst: tokens in a full bucket.
        most_keys: buckets that are kept.
    """

    def __init__(self, *, rate_per_s: float, burst: float, most_keys: int = MOST_KEYS) -> None:
        if rate_per_s <= 0 or burst < 1:
            raise ValueError(f"a bucket needs a rate above 0 and room for one, got {rate_per_s} and {burst}")
        self._rate_per_s = rate_per_s
        self._burst = burst
        self._most_keys = most_keys
        self._buckets: OrderedDict[Hashable, tuple[float, float]] = OrderedDict()

    def __len__(self) -> int:
        """Return how many buckets are kept."""
        return len(self._buckets)

    def spend(self, key: Hashable, *, now_s: float) -> float:
        """Take a token and return 0; or take none and return the seconds until there is one.

        Time that goes backwards fills nothing.
        """
        tokens, at_s = self._buckets.pop(key, (self._burst, now_s))
        tokens = min(self._burst, tokens + max(0.0, now_s - at_s) * self._rate_per_s)
        wait_s = 0.0 if tokens >= 1.0 else (1.0 - tokens) / self._rate_per_s
        self._buckets[key] = (tokens if wait_s else tokens - 1.0, max(now_s, at_s))
        if len(self._buckets) > self._most_keys:
            self._buckets.popitem(last=False)
        return wait_s


def locked_until(failures: int, *, now: datetime) -> datetime | None:
    """Return until when a name is locked after so many failures in a row; None below ten.

    The tenth locks for 15 minutes, each further one for twice as long as the one before, a day at most.
    """
    if failures < FAILURES_TO_LOCK:
        return None
    doublings = min(failures - FAILURES_TO_LOCK, 16)
    return now + min(FIRST_LOCK * (1 << doublings), LONGEST_LOCK)


class UnknownNames:
    """Failures of names that no user has: they are locked like those of users, so that nothing tells them apart."""

    def __init__(self, *, most_names: int = MOST_KEYS) -> None:
        self._most_names = most_names
        self._names: OrderedDict[str, tuple[int, datetime | None]] = OrderedDict()

    def locked_until(self, name: str) -> datetime | None:
        """Return until when a name is locked, as far as it was ever."""
        return self._names.get(name, (0, None))[1]

    def fail(self, name: str, *, now: datetime) -> None:
        """Count a failure."""
        failures = self._names.pop(name, (0, None))[0] + 1
        self._names[name] = (failures, locked_until(failures, now=now))
        if len(self._names) > self._most_names:
            self._names.popitem(last=False)
