"""Remembers what the names of a site's zones, lines and cameras mean."""

import asyncio
from dataclasses import dataclass

from throng.core.clock import Clock
from throng.store.database import Database
from throng.store.directory import SiteDirectory, load_directory

KEEP_S = 60.0
"""How long a directory holds: another server process may change the site without telling us."""

LOOK_AGAIN_S = 1.0
"""How old a directory must be to be read again for a name that is not in it."""


@dataclass(frozen=True, slots=True)
class _Kept:
    directory: SiteDirectory
    read_s: float


class Directories:
    """Directories of sites, read when they are needed.

    Args:
        database: where the sites are.
        clock: tells how old a directory is.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._kept: dict[int, _Kept] = {}
        self._reading = asyncio.Lock()
        self._forgotten = 0

    async def of(self, site_id: int, *, older_than_s: float = KEEP_S) -> SiteDirectory:
        """Return the directory of a site, read again when it is older than `older_than_s`.

        Raises:
            NotFoundError: there is no such site.
        """
        kept = self._fresh(site_id, older_than_s)
        if kept is None:
            async with self._reading:
                kept = self._fresh(site_id, older_than_s) or await self._read(site_id)
        return kept.directory

    def _fresh(self, site_id: int, older_than_s: float) -> _Kept | None:
        kept = self._kept.get(site_id)
        return None if kept is None or self._clock.monotonic_s() - kept.read_s >= older_than_s else kept

    async def _read(self, site_id: int) -> _Kept:
        self._kept.pop(site_id, None)
        read_s, forgotten = self._clock.monotonic_s(), self._forgotten
        async with self._database.read() as session:
            kept = _Kept(await load_directory(session, site_id), read_s)
        if forgotten == self._forgotten:
            self._kept[site_id] = kept
        return kept

    def forget(self, site_id: int) -> None:
        """Read the directory again when it is needed next: a zone, line or camera of the site has changed."""
        self._forgotten += 1
        self._kept.pop(site_id, None)
