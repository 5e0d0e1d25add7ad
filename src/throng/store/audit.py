"""The audit log: who did what to what, and when. Rows are only ever added."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncSession

from throng.store.paging import keyset
from throng.store.tables import AuditEntry


class Actor(Protocol):
    """Who did it."""

    @property
    def kind(self) -> str:
        """One of user, token, edge, system."""
        ...

    @property
    def id(self) -> int:
        """Of the user or edge."""
        ...

    @property
    def name(self) -> str:
        """As it is now; the log keeps it when it changes later."""
        ...


@dataclass(frozen=True, slots=True)
class SystemActor:
    """The server itself, for example a job that erases what is too old."""

    kind: str = "system"
    id: int = 0
    name: str = "Throng"


SYSTEM = SystemActor()


async def record(
    session: AsyncSession,
    actor: Actor | None,
    action: str,
    object_kind: str,
    object_id: int | str,
    *,
    at: datetime,
    site_id: int | None = None,
    address: str = "",
    detail: dict[str, Any] | None = None,
) -> None:
    """Add an entry in the transaction of what it tells about.

    Args:
        session: the one that writes the change.
        actor: who did it; None for somebody who has not said who they are. `SYSTEM` for the server itself.
        action: noun and verb, for example `zone.update`.
        object_kind: what it was done to, for example `zone`.
        object_id: which one.
        at: when.
        site_id: whose it is, None for what belongs to no site.
        address: network address it came from.
        detail: what changed, as JSON; never a secret.
    """
    session.add(
        AuditEntry(
            at=at,
            actor_kind="nobody" if actor is None else actor.kind,
            actor_id=None if actor is None else actor.id,
            actor="" if actor is None else _fit(actor.name, 200),
            action=_fit(action, 64),
            object_kind=_fit(object_kind, 32),
            object_id=_fit(str(object_id), 100),
            site_id=site_id,
            address=_fit(address, 64),
            detail=detail or {},
        )
    )


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Which entries are wanted; what is None does not matter.

    Attributes:
        action: a whole action, or its beginning up to a dot: `zone` or `zone.update`.
        site_ids: those whose entries may be seen; None for all, also for entries that belong to no site.
        since, until: from `since` to before `until`.
    """

    actor: str | None = None
    actor_kind: str | None = None
    action: str | None = None
    object_kind: str | None = None
    object_id: str | None = None
    site_id: int | None = None
    site_ids: frozenset[int] | None = None
    since: datetime | None = None
    until: datetime | None = None


async def find(
    session: AsyncSession, wanted: AuditFilter, *, after: int | None = None, limit: int = 100, newest_first: bool = True
) -> tuple[Sequence[AuditEntry], int | None]:
    """Return entries and the position to go on from, None at the end.

    Args:
        session: reads.
        wanted: which ones.
        after: position that the call before returned.
        limit: at most so many.
        newest_first: the order in which they were added otherwise.
    """
    query = select(AuditEntry).where(*_conditions(wanted))
    return await keyset(session, query, AuditEntry.id, after=after, limit=limit, newest_first=newest_first)


def _conditions(wanted: AuditFilter) -> list[ColumnElement[bool]]:
    equal = {
        AuditEntry.actor: wanted.actor,
        AuditEntry.actor_kind: wanted.actor_kind,
        AuditEntry.object_kind: wanted.object_kind,
        AuditEntry.object_id: wanted.object_id,
        AuditEntry.site_id: wanted.site_id,
    }
    conditions: list[ColumnElement[bool]] = [column == value for column, value in equal.items() if value is not None]
    if wanted.action is not None:
        begins = AuditEntry.action.startswith(wanted.action + ".", autoescape=True)
        conditions.append((AuditEntry.action == wanted.action) | begins)
    if wanted.site_ids is not None:
        conditions.append(AuditEntry.site_id.in_(wanted.site_ids))
    if wanted.since is not None:
        conditions.append(AuditEntry.at >= wanted.since)
    if wanted.until is not None:
        conditions.append(AuditEntry.at < wanted.until)
    return conditions


def _fit(text: str, length: int) -> str:
    """PostgreSQL stores no NUL, and columns have a length: an entry must not fail because of either."""
    return text.replace("\x00", "")[:length]
