"""What one listener wants to know and may know."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from throng.server.live.items import Item
from throng.server.problems import Problem

TOPIC = re.compile(r"all|alerts|(site|zone|line|camera):[0-9]{1,18}")
MOST_TOPICS = 200


@dataclass(frozen=True, slots=True)
class View:
    """Listeners with the same view get the same bytes.

    Attributes:
        topics: `all`, `alerts`, `site:ID`, `zone:ID`, `line:ID`, `camera:ID`.
        site_ids: the sites the listener may see; None for all.
    """

    topics: frozenset[str]
    site_ids: frozenset[int] | None

    def may_see(self, item: Item) -> bool:
        """Whether the item belongs to a site of the listener."""
        return self.site_ids is None or item.site_id in self.site_ids

    def shows(self, item: Item) -> bool:
        """Whether the item is part of the view."""
        return self.may_see(item) and not self.topics.isdisjoint(item.topics)


def parse_topics(names: Iterable[str]) -> frozenset[str]:
    """Check the names of topics; none at all means `all`.

    Raises:
        Problem: 422; a name is unknown, or there are too many.
    """
    topics = frozenset(name for name in names if name) or frozenset({"all"})
    if len(topics) > MOST_TOPICS:
        raise Problem(422, f"at most {MOST_TOPICS} topics at once, got {len(topics)}; use site:ID or all")
    for name in topics:
        if not TOPIC.fullmatch(name):
            raise Problem(422, f"unknown topic {name[:40]!r}; use all, alerts, site:ID, zone:ID, line:ID or camera:ID")
    return topics
