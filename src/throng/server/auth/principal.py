"""Somebody, or some program, that the server knows."""

from dataclasses import dataclass
from typing import Literal

from throng.server.problems import Problem
from throng.store.errors import NotFoundError
from throng.store.tables import Role

Due = Literal["password", "second-factor"]
"""What somebody must set before they may do anything else."""

RANK = {Role.EDGE: 0, Role.VIEWER: 1, Role.OPERATOR: 2, Role.ADMIN: 3}


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks.

    Attributes:
        kind: a user in a browser or with an access token, a personal API token, or an edge box.
        id: of the user (also for a token of theirs) or of the edge.
        name: for the audit log.
        role: what they may do.
        site_ids: the sites they may see; None for all.
        due: what they must set first; None when nothing is.
    """

    kind: Literal["user", "token", "edge"]
    id: int
    name: str
    role: Role
    site_ids: frozenset[int] | None
    due: Due | None = None

    def sees(self, site_id: int) -> bool:
        """Whether a site is theirs."""
        return self.site_ids is None or site_id in self.site_ids

    def require_site(self, site_id: int, what: str) -> None:
        """Refuse what belongs to another site as if it did not exist.

        Raises:
            NotFoundError: it is not theirs. `what` names it, for example "zone 7".
        """
        if not self.sees(site_id):
            raise NotFoundError(f"there is no {what}")

    def require_all_sites(self) -> None:
        """Refuse somebody whose administration is limited to some sites.

        Raises:
            Problem: 403.
        """
        if self.site_ids is not None:
            raise Problem(403, "this concerns all sites; it needs somebody who may see all of them")
