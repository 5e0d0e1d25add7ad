"""The live state: the newest of everything, and what has changed since a listener last looked."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from throng.core.clock import Clock


class Kind(StrEnum):
    """What an item of the live state is about."""

    ZONE = "zone"
    LINE = "line"
    CAMERA = "camera"
    EDGE = "edge"
    ALERT = "alert"


@dataclass(frozen=True, slots=True)
class Item:
    """The newest of one thing.

    Attributes:
        sequence: grows with every change of anything.
        site_id: whose it is.
        ids: (zone, camera), (line, camera), (camera,), (edge,) or (alert,).
        body: JSON object, encoded once for all listeners; empty when the thing is gone.
    """

    sequence: int
    kind: Kind
    site_id: int
    ids: tuple[int, ...]
    body: bytes


class LiveHub:
    """Keeps the newest of everything. Only for the event loop's thread."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._items: dict[tuple[Kind, tuple[int, ...]], Item] = {}
        self._sequence = 0

    def put(self, kind: Kind, site_id: int, ids: tuple[int, ...], body: bytes) -> None:
        """Keep the newest of one thing and tell everybody who listens."""
        self._sequence += 1
        self._items[kind, ids] = Item(self._sequence, kind, site_id, ids, body)

    def get(self, kind: Kind, ids: tuple[int, ...]) -> Item | None:
        """Return the newest of one thing."""
        return self._items.get((kind, ids))

    def items(self, kind: Kind, *, site_ids: Iterable[int] | None = None) -> list[Item]:
        """Return the newest of all things of a kind, of all sites or of some."""
        wanted = None if site_ids is None else frozenset(site_ids)
        return [i for (k, _), i in self._items.items() if k is kind and (wanted is None or i.site_id in wanted)]
