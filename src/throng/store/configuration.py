"""Brings sites to a wanted state, and says what that changes: created, changed, removed."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from sqlalchemy.ext.asyncio import AsyncSession

from throng.store import site_objects, sites, zones
from throng.store.audit import Actor, record
from throng.store.edges import THIS_SERVER
from throng.store.errors import ConflictError
from throng.store.site_objects import noun
from throng.store.tables import Camera, Edge, Line, Playbook, Site, Zone

HIDDEN = "(hidden)"
SECRET = frozenset({"credentials"})

Columns = Callable[[Any | None], Mapping[str, Any]]
"""Gives the wanted columns of an object from the row that is there, None for a new one."""

Wanted = Mapping[str, Columns] | None
"""Wanted objects by key; None where nothing is said about them."""


@dataclass(frozen=True, slots=True)
class SiteWanted:
    """What a site is to be.

    Attributes:
        cameras: their column `edge_id` holds the key of the edge.
        playbooks: by name; their column `zone_id` holds the key of the zone.
    """

    key: str
    columns: Mapping[str, Any]
    edges: Wanted = None
    zones: Wanted = None
    lines: Wanted = None
    cameras: Wanted = None
    playbooks: Wanted = None


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that is created, changed or removed.

    Attributes:
        site: key of its site.
        key: of the object; the name of a playbook.
        fields: {column: [old, new]} of a change, without secrets.
    """

    action: Literal["create", "change", "remove"]
    kind: str
    site: str
    key: str
    fields: dict[str, list[Any]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Author:
    """Who brings the sites to the wanted state, for the audit log."""

    actor: Actor
    at: datetime
    address: str = ""


async def apply(
    session: AsyncSession, wanted: Sequence[SiteWanted], *, author: Author, prune: bool = False, whole: bool = False
) -> list[Change]:
    """Bring sites to the wanted state, in the transaction of `session`.

    Args:
        session: writes.
        wanted: the sites.
        author: for the audit log.
        prune: whether objects of these sites that are not wanted are removed; only kinds about which something is said.
        whole: with `prune`, whether sites that are not wanted are removed.

    Returns:
        What has changed, in the order in which it was done; nothing when all is as wanted.

    Raises:
        ConflictError: a camera or playbook names a zone or edge that its site does not have.
    """
    changes: list[Change] = []
    for one in wanted:
        changes += await _Work(session, author, prune=prune).bring(one)
    if prune and whole:
        keep = {one.key for one in wanted}
        for site in await sites.every(session):
            if site.key not in keep:
                work = _Work(session, author, prune=prune, site=site)
                await work.remove(site, site.key)
                changes += work.changes
    return changes


class _Work:
    """The bringing of one site to its wanted state."""

    def __init__(self, session: AsyncSession, author: Author, *, prune: bool, site: Site | None = None) -> None:
        self._session = session
        self._author = author
        self._prune = prune
        self._site = site
        self.changes: list[Change] = []

    async def bring(self, wanted: SiteWanted) -> list[Change]:
        """Create or change the site and what belongs to it."""
        await self._bring_site(wanted)
        await self._bring_all(Edge, wanted.edges)
        await self._bring_all(Zone, wanted.zones)
        await self._bring_all(Line, wanted.lines)
        kept_zones = set(wanted.zones) if self._prune and wanted.zones is not None else await self._keys(Zone)
        kept_edges = set(wanted.edges) if self._prune and wanted.edges is not None else await self._keys(Edge)
        await self._bring_all(Camera, wanted.cameras, zone_keys=kept_zones, edge_keys=kept_edges)
        await self._bring_playbooks(wanted.playbooks, zone_keys=kept_zones)
        if self._prune:
            tables: tuple[tuple[Any, Wanted], ...] = (
                (Camera, wanted.cameras), (Line, wanted.lines), (Zone, wanted.zones), (Edge, wanted.edges)
            )  # fmt: skip
            for table, objects in tables:
                await self._remove_others(table, objects)
        return self.changes

    async def _bring_site(self, wanted: SiteWanted) -> None:
        site = await sites.by_key(self._session, wanted.key)
        if site is None:
            site = Site(key=wanted.key, **wanted.columns)
            self._site = await sites.add(self._session, site)
            await self._note("create", site, wanted.key)
            return
        self._site = site
        await self._note("change", site, wanted.key, await sites.change(self._session, site, wanted.columns))

    async def _bring_all(
        self,
        table: type[Edge] | type[Zone] | type[Line] | type[Camera],
        wanted: Wanted,
        *,
        zone_keys: set[str] | None = None,
        edge_keys: set[str] | None = None,
    ) -> None:
        there: Mapping[str, Any] = await site_objects.of_site(self._session, table, self._its_site.id)
        for key, columns in (wanted or {}).items():
            row = there.get(key)
            values = dict(columns(row))
            if table is Camera:
                self._check_zones(key, values.get("zone_keys"), zone_keys or set())
                values["edge_id"] = await self._edge_id(key, values.get("edge_id"), edge_keys or set())
            await self._bring_one(table, key, row, values)

    async def _bring_one(self, table: type[Any], key: str, row: Any | None, values: Mapping[str, Any]) -> None:
        if row is not None:
            await self._note("change", row, key, await site_objects.change(self._session, row, values))
            return
        row = table(site_id=self._its_site.id, **values)
        await site_objects.add(self._session, row)
        await self._note("create", row, key)

    async def _bring_playbooks(self, wanted: Wanted, *, zone_keys: set[str]) -> None:
        if wanted is None:
            return
        rows = await site_objects.playbooks_of(self._session, self._its_site.id)
        there = {row.name: row for row in reversed(rows)}
        for name, columns in wanted.items():
            row = there.get(name)
            values = dict(columns(row))
            zone = values.get("zone_id")
            self._check_zones(name, [] if zone is None else [zone], zone_keys)
            values["zone_id"] = None if zone is None else await self._id_of(Zone, zone)
            await self._bring_one(Playbook, name, row, values)
        for row in rows:
            if self._prune and (row.name not in wanted or row is not there[row.name]):
                await self.remove(row, row.name)

    async def _remove_others(self, table: type[Any], wanted: Wanted) -> None:
        if wanted is None:
            return
        there: Mapping[str, Any] = await site_objects.of_site(self._session, table, self._its_site.id)
        for key in sorted(await self._keys(table) - set(wanted)):
            if table is Zone:
                await zones.rename_in_cameras(self._session, self._its_site.id, key, None)
            await self.remove(there[key], key)

    async def remove(self, row: Any, key: str) -> None:
        """Remove a row."""
        await self._note("remove", row, key)
        await self._session.delete(row)
        await self._session.flush()

    async def _keys(self, table: Any) -> set[str]:
        """Return the keys of what is there, without the edge that the server itself is."""
        own = {THIS_SERVER} if table is Edge else set()
        return set(await site_objects.of_site(self._session, table, self._its_site.id)) - own

    async def _id_of(self, table: Any, key: str) -> int:
        row = (await site_objects.of_site(self._session, table, self._its_site.id))[key]
        return int(row.id)

    async def _edge_id(self, camera: str, edge: str | None, known: set[str]) -> int | None:
        if edge is None:
            return None
        if edge not in known:
            raise ConflictError(self._unknown(f"camera {camera}", "edge", edge, known))
        return await self._id_of(Edge, edge)

    def _check_zones(self, key: str, wanted: Sequence[str] | None, known: set[str]) -> None:
        for zone in wanted or ():
            if zone not in known:
                raise ConflictError(self._unknown(key, "zone", zone, known))

    def _unknown(self, who: str, kind: str, key: str, known: set[str]) -> str:
        there = ", ".join(sorted(known)[:50]) or "none"
        return f"site {self._its_site.key}: {who} names the {kind} {key!r}, which is not there; known ones: {there}"

    @property
    def _its_site(self) -> Site:
        assert self._site is not None, "the site is brought first"
        return self._site

    async def _note(
        self,
        action: Literal["create", "change", "remove"],
        row: Any,
        key: str,
        changed: Mapping[str, list[Any]] | None = None,
    ) -> None:
        if action == "change" and not changed:
            return
        fields = {n: [HIDDEN, HIDDEN] if n in SECRET else values for n, values in (changed or {}).items()}
        kind = noun(type(row))
        self.changes.append(Change(action, kind, self._its_site.key, key, fields))
        verb = {"create": "create", "change": "update", "remove": "delete"}[action]
        detail = {"by": "configuration", "key": key, **fields}
        await record(
            self._session, self._author.actor, f"{kind}.{verb}", kind, row.id, at=self._author.at,
            site_id=self._its_site.id, address=self._author.address, detail=detail,
        )  # fmt: skip
