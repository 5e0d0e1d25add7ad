"""What the routes of one server share to know people: passwords, tokens, limits, and who was here a moment ago."""

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from throng.core.clock import Clock
from throng.server.auth.access_tokens import AccessTokens
from throng.server.auth.oidc import OidcProvider
from throng.server.auth.passwords import Passwords
from throng.server.auth.principal import Principal
from throng.server.auth.rate_limit import TokenBuckets, UnknownNames
from throng.server.auth.setup_code import SetupCode
from throng.server.problems import Problem
from throng.server.settings import ServerSettings
from throng.store import logins
from throng.store.database import Database
from throng.store.secret_box import SecretBox

KNOWN_FOR = timedelta(seconds=5)
MOST_KNOWN = 4096

How = Literal["cookie", "access", "api", "edge"]


@dataclass(frozen=True, slots=True)
class Known:
    """Somebody who was identified.

    Attributes:
        how: a browser's cookie, an access token, a personal API token or an edge's token.
        login_id: of the browser's log-in, with a cookie only.
        csrf_token: what the browser's page must send along, with a cookie only.
        until: when the credential itself ends, None where it does not.
    """

    principal: Principal
    how: How
    login_id: str | None = None
    csrf_token: str | None = None
    until: datetime | None = None


class KnownCache:
    """Who was identified in the last five seconds, by the SHA-256 of what they sent. Nobody unknown is kept."""

    def __init__(self, *, most: int = MOST_KNOWN) -> None:
        self._most = most
        self._known: OrderedDict[str, tuple[Known, datetime]] = OrderedDict()
        self.generation = 0

    def __len__(self) -> int:
        """Return how many are kept."""
        return len(self._known)

    def get(self, key: str, *, now: datetime) -> Known | None:
        """Return who sent this, if that was found out less than five seconds ago."""
        found = self._known.get(key)
        if found is None:
            return None
        known, at = found
        over = known.until is not None and known.until <= now
        if over or not at <= now < at + KNOWN_FOR:
            del self._known[key]
            return None
        return known

    def put(self, key: str, known: Known, *, now: datetime, generation: int) -> None:
        """Keep who sent this; not if something has changed since the look into the database began."""
        if generation != self.generation:
            return
        self._known.pop(key, None)
        self._known[key] = (known, now)
        if len(self._known) > self._most:
            self._known.popitem(last=False)

    def forget(self) -> None:
        """Look everybody up again: a user, a token, an edge or a role has changed."""
        self.generation += 1
        self._known.clear()


class Auth:
    """One per server.

    Attributes:
        known: call `known.forget()` after the transaction of any change of users, tokens, log-ins, edges or roles.
        idle: log-ins end when they were not used for so long.
        longest: log-ins end after so long in any case.
    """

    def __init__(self, settings: ServerSettings, secrets: SecretBox, clock: Clock) -> None:
        self._clock = clock
        self.passwords = Passwords()
        self.access_tokens = AccessTokens(secrets.derived("jwt"))
        self.setup_code = SetupCode(settings.data_dir)
        self.oidc = None if settings.oidc is None else OidcProvider(settings.oidc, clock)
        self.known = KnownCache()
        self.unknown_names = UnknownNames()
        self.idle = timedelta(hours=settings.login_idle_h)
        self.longest = timedelta(hours=settings.login_max_h)
        self._by_address = TokenBuckets(rate_per_s=0.5, burst=20)
        self._by_name = TokenBuckets(rate_per_s=0.2, burst=15)
        self._by_principal = TokenBuckets(rate_per_s=settings.requests_per_s, burst=settings.requests_burst)

    async def start(self, database: Database) -> None:
        """Remove log-ins that are over, and show the set-up code while there is no user."""
        async with database.write() as session:
            await logins.purge(session, now=self._clock.now(), idle=self.idle)
        await self.setup_code.announce(database)

    def limit_attempt(self, address: str, name: str = "") -> None:
        """Count a try of a password, a code or a token.

        Raises:
            Problem: 429, there were too many from this address or for this name.
        """
        now_s = self._clock.monotonic_s()
        wait_s = self._by_address.spend(address, now_s=now_s)
        if name and not wait_s:
            wait_s = self._by_name.spend(name, now_s=now_s)
        if wait_s:
            raise too_many(wait_s, "too many attempts")

    def limit_request(self, principal: Principal) -> None:
        """Count a request of somebody; edge boxes are not limited.

        Raises:
            Problem: 429.
        """
        if principal.kind == "edge":
            return
        wait_s = self._by_principal.spend(
            (principal.kind, principal.id, principal.name), now_s=self._clock.monotonic_s()
        )
        if wait_s:
            raise too_many(wait_s, "too many requests")


def too_many(wait_s: float, what: str) -> Problem:
    """Return the problem of somebody who must wait."""
    seconds = max(1, int(-(-wait_s // 1)))
    return Problem(429, f"{what}; wait {seconds} s", headers={"Retry-After": str(seconds)})
