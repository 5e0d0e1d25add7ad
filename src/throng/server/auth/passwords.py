"""Passwords: Argon2id in a thread, few at a time, and which ones are too weak."""

import secrets
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import anyio.to_thread
from anyio import CapacityLimiter
from pwdlib import PasswordHash

from throng.server.problems import Problem

T = TypeVar("T")

HASHER = PasswordHash.recommended()
AT_ONCE = 2
"""Hashes computed at the same time; each takes 64 MiB."""

MOST_WAITING = 64
"""Log-ins that wait for their turn; more are sent away, so that a flood does not make everybody wait."""

SHORTEST = 10
LONGEST = 256

COMMON = frozenset((Path(__file__).parent / "common_passwords.txt").read_text().split())


class Passwords:
    """Computes and checks hashes of passwords without holding up the event loop."""

    def __init__(self) -> None:
        self._limiter: CapacityLimiter | None = None
        self._nobodys: str | None = None

    async def hash(self, password: str) -> str:
        """Return the hash to be stored.

        Raises:
            Problem: 503, too many wait already; `verify` the same.
        """
        return await self._in_thread(lambda: HASHER.hash(password))

    async def verify(self, password: str, stored: str | None) -> tuple[bool, str | None]:
        """Compare a password with a stored hash.

        It takes the same time when nothing is stored, since then it is compared with a hash of nobody's password.

        Returns:
            Whether it is the one, and the hash to be stored from now on where the stored one is too weak for today.
        """
        if self._nobodys is None:
            self._nobodys = await self.hash(secrets.token_urlsafe(16))
        against = self._nobodys if stored is None else stored
        right, better = await self._in_thread(lambda: HASHER.verify_and_update(password, against))
        return (right, better) if stored is not None else (False, None)

    async def _in_thread(self, work: Callable[[], T]) -> T:
        if self._limiter is None:
            self._limiter = CapacityLimiter(AT_ONCE)
        if self._limiter.statistics().tasks_waiting >= MOST_WAITING:
            raise Problem(503, "too many log-ins at once; try again in a few seconds", headers={"Retry-After": "5"})
        return await anyio.to_thread.run_sync(work, limiter=self._limiter)


def check_password(password: str, *, username: str) -> None:
    """Refuse a password that is easy to guess.

    Raises:
        Problem: 422, it says why.
    """
    plain = password.strip().lower()
    if len(password) < SHORTEST:
        raise weak(f"it has {len(password)} characters; take at least {SHORTEST}")
    if len(password) > LONGEST:
        raise weak(f"it has {len(password)} characters; take at most {LONGEST}")
    if plain in COMMON or len(set(plain)) < 4:
        raise weak("it is one of the first that everybody tries; take several words that do not belong together")
    if username and plain in {username.lower(), username.lower() * 2, username.lower()[::-1]}:
        raise weak("it is the user name; take one that nobody can guess from it")


def weak(why: str) -> Problem:
    """Return the problem of a password that is refused."""
    return Problem(422, f"this password is too weak: {why}", kind="weak-password")


def one_time_password() -> str:
    """Return a password to be told to somebody, who must change it: four groups of five, about 90 bits."""
    letters = "abcdefghjkmnpqrstuvwxyz23456789"
    return "-".join("".join(secrets.choice(letters) for _ in range(5)) for _ in range(4))
