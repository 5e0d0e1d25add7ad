"""Who keeps company in one zone, and who is out of step: groups, closeness, outliers, coherence, standstill."""

import math
from dataclasses import replace
from typing import Final

import numpy as np

from throng.camera.zone_movement import FEWEST_KNOWN_SHARE, Places
from throng.core.company import Company
from throng.core.fundamental_diagram import slowness, stagnation_index
from throng.core.groups import group_hulls, groups_and_closeness
from throng.core.observation import UNTRACKED
from throng.core.order import flow_coherence, speed_outliers
from throng.core.points import FloatArray, GroundPoints, Mask

GROUP_REACH_M: Final = 1.2
"""People of a group have two others within this."""

GROUP_PEOPLE: Final = 3
"""A group has at least so many."""

CLOSE_M: Final = 1.0
"""Nearer than this is close: an arm's length."""

OUTLIER_Z: Final = 3.0
"""Outliers are so many standard deviations (1.4826 times the median absolute deviation) off the median speed."""

FOUND_SHARE: Final = 0.8
"""Where fewer of the people were found one by one, nothing is said of who stands with whom."""

EVERY_S: Final = 2.9
"""It is worked out no more often than that."""

_NOTHING_SAID: Final = Company(*(None,) * 10)


class ZoneGroups:
    """Keeps the newest `company_of` one zone for three seconds: groups do not change from one second to the next."""

    def __init__(self) -> None:
        self._at_s = -math.inf
        self._newest: Company | None = None

    def update(self, at_s: float, places: Places, density_per_m2: float) -> Company:
        """Return the company of now, or that of less than three seconds ago; time that goes backwards counts as now.

        Args:
            at_s: time in seconds.
            places: the people of the zone.
            density_per_m2: mean density of the zone, >= 0; NaN where unknown.
        """
        if self._newest is None or not 0 <= at_s - self._at_s < EVERY_S:
            self._at_s, self._newest = at_s, company_of(places, density_per_m2)
        return self._newest


def company_of(places: Places, density_per_m2: float) -> Company:
    """Return who keeps company in a zone at one moment.

    Groups are those of DBSCAN on the ground; people who were only counted, as the cells of a density map, have no
    place of their own and belong to none. A zone without anybody has no groups and no neighbours: 0, not None.

    Args:
        places: the people of the zone.
        density_per_m2: mean density of the zone, >= 0; NaN where unknown.
    """
    found = _found(places)
    everybody = float(places.people.sum())
    company = _NOTHING_SAID
    if found.sum() >= FOUND_SHARE * everybody:
        company = _groups(GroundPoints(places.ground[found]))
    followed = np.flatnonzero(found & np.isfinite(places.velocities_mps).all(axis=1))
    if len(followed) >= FEWEST_KNOWN_SHARE * everybody:
        ground, velocities_mps = GroundPoints(places.ground[followed]), places.velocities_mps[followed]
        off = speed_outliers(velocities_mps, z=OUTLIER_Z, robust=True)
        coherence = flow_coherence(ground, velocities_mps)
        company = replace(
            company,
            speed_outliers=None if off is None else int(off.sum()),
            coherence=None if coherence is None else max(0.0, coherence),
        )
    speed_mps = _mean_speed_mps(places)
    return replace(
        company,
        slowness=_known(slowness(density_per_m2, speed_mps)),
        stagnation=_known(stagnation_index(density_per_m2, speed_mps)),
    )


def _found(places: Places) -> Mask:
    """Who was found one by one: who is followed, and who stands for one person as no cell of a map does."""
    somebody = (places.ids != UNTRACKED) | (places.people == 1)
    return np.asarray(somebody & np.isfinite(places.ground).all(axis=1), dtype=np.bool_)


def _groups(people: GroundPoints) -> Company:
    """The groups, and who is close to whom; the rest is left unknown."""
    labels, close = groups_and_closeness(people, eps_m=GROUP_REACH_M, min_people=GROUP_PEOPLE, distance_m=CLOSE_M)
    sizes = np.bincount(labels[labels >= 0])
    company = replace(
        _NOTHING_SAID,
        groups=len(sizes),
        largest_group=int(sizes.max(initial=0)),
        close_pairs=close.pairs,
        close_persons=int(close.persons.sum()),
    )
    if not len(sizes):
        return company
    members = GroundPoints(people[labels == sizes.argmax()])
    hull = group_hulls(members, np.zeros(len(members), dtype=np.int64))[0]
    x_m, y_m = members.mean(axis=0).tolist()
    return replace(company, largest_group_m2=0.0 if hull is None else hull.area, largest_group_at_m=(x_m, y_m))


def _mean_speed_mps(places: Places) -> float:
    """Mean speed of the people, NaN where that of too few is known."""
    known = np.isfinite(places.velocities_mps).all(axis=1)
    people = places.people[known]
    if not people.sum() > 0 or people.sum() < FEWEST_KNOWN_SHARE * places.people.sum():
        return math.nan
    return float(np.average(np.hypot(*places.velocities_mps[known].T), weights=people))


def _known(value: FloatArray) -> float | None:
    return float(value) if np.isfinite(value) else None
