"""Brings the database to what a configuration file says: all of it, or nothing."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from throng.server.api.camera_sources import KeptSource, opened_source, require_allowed, split_source
from throng.server.configuration.file import CameraEntry, ConfigurationFile, SiteEntry
from throng.server.errors import ServerError
from throng.server.options import load_options, save_options
from throng.server.settings import ServerSettings
from throng.store import configuration
from throng.store.audit import record
from throng.store.configuration import Author, Change, SiteWanted
from throng.store.database import Database
from throng.store.errors import StoreError
from throng.store.secret_box import SecretBox
from throng.store.tables import Camera


class _OnlyLooked(Exception):
    """Undoes the transaction of a dry run."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a configuration is applied."""

    database: Database
    secrets: SecretBox
    settings: ServerSettings


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be applied.

    Attributes:
        prune: whether what is not in the file is removed.
        whole: whether the file is about all sites, so that pruning removes whole sites.
    """

    file: ConfigurationFile
    prune: bool = False
    whole: bool = False
    sources: list[tuple[str, bool]] = field(default_factory=list)


async def apply_configuration(place: Place, wish: Wish, *, author: Author, dry_run: bool) -> list[Change]:
    """Bring the database to what a file says.

    The changes are made once and undone, to see them and to check the addresses of cameras without holding up anybody
    who writes; then they are made for good.

    Args:
        place: where.
        wish: what.
        author: for the audit log.
        dry_run: only say what would change.

    Returns:
        What has changed, or would.

    Raises:
        ThrongError: something in it cannot be; nothing has changed then.
    """
    changes: list[Change] = []
    try:
        async with place.database.write() as session:
            changes = await _apply(session, place, wish, author)
            raise _OnlyLooked
    except _OnlyLooked:
        pass
    for source, on_edge in wish.sources:
        await require_allowed(source, place.settings, on_edge=on_edge)
    if not dry_run and changes:
        async with place.database.write() as session:
            changes = await _apply(session, place, wish, author)
    return changes


async def _apply(session: AsyncSession, place: Place, wish: Wish, author: Author) -> list[Change]:
    wish.sources.clear()
    changes = await _apply_settings(session, wish, author)
    sites = [_wanted(site, place.secrets, wish.sources) for site in wish.file.sites]
    return changes + await configuration.apply(session, sites, author=author, prune=wish.prune, whole=wish.whole)


async def _apply_settings(session: AsyncSession, wish: Wish, author: Author) -> list[Change]:
    wanted = wish.file.settings
    if wanted is None:
        return []
    old, new = (await load_options(session)).model_dump(mode="json"), wanted.model_dump(mode="json")
    fields = {name: [old[name], new[name]] for name in new if old[name] != new[name]}
    if not fields:
        return []
    await save_options(session, wanted)
    await record(
        session, author.actor, "settings.update", "settings", "all", at=author.at, address=author.address,
        detail={"by": "configuration", **fields},
    )  # fmt: skip
    return [Change("change", "settings", "", "all", fields)]


def _wanted(site: SiteEntry, secrets: SecretBox, sources: list[tuple[str, bool]]) -> SiteWanted:
    def of(entries: Sequence[Any] | None) -> dict[str, Any] | None:
        return None if entries is None else {e.id: partial(_same, e.columns()) for e in entries}

    edges = None if site.edges is None else {
        e.id: partial(_same, {"key": e.id, "name": e.name or e.id}) for e in site.edges
    }  # fmt: skip
    cameras = None if site.cameras is None else {
        c.id: partial(_camera_columns, c, secrets, sources) for c in site.cameras
    }  # fmt: skip
    playbooks = None if site.playbooks is None else {p.name: partial(_same, p.columns()) for p in site.playbooks}
    return SiteWanted(
        site.its_key, site.columns(), edges=edges, zones=of(site.zones), lines=of(site.lines), cameras=cameras,
        playbooks=playbooks,
    )  # fmt: skip


def _same(columns: dict[str, Any], _row: Any | None) -> dict[str, Any]:
    return columns


def _camera_columns(
    entry: CameraEntry, secrets: SecretBox, sources: list[tuple[str, bool]], row: Camera | None
) -> dict[str, Any]:
    columns = entry.columns()
    if entry.source is None:
        return columns | {"source": None, "credentials": None}
    old = None if row is None or row.source is None else opened_source(row.source, row.credentials, secrets)
    new = _kept_source(entry, entry.source, secrets, old)
    if old is None or old.address != new.address:
        sources.append((new.address, entry.edge is not None))
    sealed = row.credentials if row is not None and new == old else new.sealed(secrets)
    return columns | {"source": new.address, "credentials": sealed}


def _kept_source(entry: CameraEntry, source: str, secrets: SecretBox, old: KeptSource | None) -> KeptSource:
    """Without credentials in the file those that are there stay, where the source is the same."""
    given = entry.credentials
    if given is not None and given.sealed is not None:
        try:
            return opened_source(source, given.sealed, secrets)
        except StoreError as error:
            raise ServerError(
                f"camera {entry.id}: its credentials were sealed with the secret.key of another server; "
                "write username and password instead"
            ) from error
    if old is not None and old.address == source:
        return old if given is None else KeptSource(old.address, given.username, given.password, old.whole)
    kept = split_source(source)
    return kept if given is None else KeptSource(kept.address, given.username, given.password, kept.whole)
