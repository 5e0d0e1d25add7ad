"""Who stands together: groups on the ground, their outlines, and people closer than a set distance."""

from dataclasses import dataclass, replace
from typing import Final, Self

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree
from shapely import LineString, Polygon

from throng.core.points import FloatArray, GroundPoints, Mask

IntArray = NDArray[np.int64]

ALONE: Final = -1
"""Label of somebody who belongs to no group."""


@dataclass(frozen=True, slots=True, eq=False)
class Closeness:
    """Who is closer to somebody else than a set distance.

    Attributes:
        pairs: number of pairs that close, each counted once.
        persons: (N,) bool, who has somebody that close.
    """

    pairs: int
    persons: Mask


def find_groups(people: GroundPoints, *, eps_m: float = 1.2, min_people: int = 2) -> IntArray:
    """Find groups by DBSCAN (Ester, Kriegel, Sander and Xu, KDD 1996) in metres on the ground.

    Somebody with at least `min_people` people within `eps_m`, themselves included, is a core; cores that near to each
    other are one group; others near to a core belong to the group of it (to the first where several are near).

    Args:
        people: (N, 2) site metres; a place that is not known belongs to no group.
        eps_m: how far neighbours stand apart at most, the distance itself included.
        min_people: people who make a core, >= 1.

    Returns:
        (N,) group of each person, numbered from 0 in the order of their first core; -1 for nobody's.

    Raises:
        ValueError: the distance is not positive, or `min_people` is below 1.
    """
    _require_distance("eps_m", eps_m)
    if min_people < 1:
        raise ValueError(f"expected min_people >= 1, got {min_people}")
    return _neighbours(people, eps_m).groups(min_people)


def groups_and_closeness(
    people: GroundPoints, *, eps_m: float, min_people: int, distance_m: float
) -> tuple[IntArray, Closeness]:
    """Return what `find_groups` and `close_persons` do, in one search for neighbours.

    Raises:
        ValueError: a distance is not positive, `min_people` is below 1, or `distance_m` is above `eps_m`.
    """
    _require_distance("eps_m", eps_m)
    _require_distance("distance_m", distance_m)
    if min_people < 1 or distance_m > eps_m:
        raise ValueError(f"expected min_people >= 1 and distance_m <= eps_m, got {min_people}, {distance_m}, {eps_m}")
    near = _neighbours(people, eps_m)
    return near.groups(min_people), near.within(distance_m).closeness()


def group_hulls(people: GroundPoints, labels: IntArray) -> tuple[Polygon | LineString | None, ...]:
    """Return the convex hull of every group, in the order of their numbers.

    Args:
        people: (N, 2) site metres.
        labels: (N,) as `find_groups` returns them.

    Returns:
        a polygon for three people or more; a line for two, or where all stand in one line; None where all stand at
        one place.
    """
    members = np.flatnonzero(labels >= 0)
    if len(members) == 0:
        return ()
    ordered = members[np.argsort(labels[members], kind="stable")]
    groups = np.asarray(shapely.multipoints(people[ordered], indices=labels[ordered]), dtype=np.object_)
    hulls = shapely.convex_hull(groups)
    return tuple(hull if isinstance(hull, (Polygon, LineString)) else None for hull in hulls)


def close_persons(people: GroundPoints, *, distance_m: float) -> Closeness:
    """Tell who stands closer to somebody else than a distance, the distance itself included.

    Args:
        people: (N, 2) site metres; a place that is not known is near to nobody.
        distance_m: how close.

    Raises:
        ValueError: the distance is not positive.
    """
    _require_distance("distance_m", distance_m)
    return _neighbours(people, distance_m).closeness()


def close_pairs(people: GroundPoints, *, distance_m: float) -> IntArray:
    """Return the pairs of people who stand closer than a distance, (P, 2) indices, the smaller first, in order.

    A list of pairs grows with the square of the crowd where many stand at one place; `close_persons` only counts them.

    Raises:
        ValueError: the distance is not positive.
    """
    _require_distance("distance_m", distance_m)
    known = np.flatnonzero(np.isfinite(people).all(axis=1))
    if len(known) < 2:
        return np.empty((0, 2), dtype=np.int64)
    pairs = np.sort(known[cKDTree(people[known]).query_pairs(distance_m, output_type="ndarray")], axis=1)
    return np.asarray(pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))], dtype=np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class _Neighbours:
    """Pairs of places nearer than a distance; people at one place are one place.

    Attributes:
        people: number of people.
        known: (K,) those with a place.
        places: (M, 2) where somebody stands.
        place_of: (K,) the place of each.
        weights: (M,) people at each place.
        first, second: (P,) pairs of places.
    """

    people: int
    known: IntArray
    places: FloatArray
    place_of: IntArray
    weights: IntArray
    first: IntArray
    second: IntArray

    def within(self, distance_m: float) -> Self:
        """Only the pairs within a shorter distance, the distance itself included."""
        apart = self.places[self.first] - self.places[self.second]
        kept = np.hypot(apart[:, 0], apart[:, 1]) <= distance_m
        return replace(self, first=self.first[kept], second=self.second[kept])

    def groups(self, min_people: int) -> IntArray:
        """Labels of DBSCAN, (N,)."""
        labels = np.full(self.people, ALONE, dtype=np.int64)
        if len(self.known):
            weights, count = self.weights, len(self.places)
            others = _sums(self.first, weights[self.second], count) + _sums(self.second, weights[self.first], count)
            core = weights + others >= min_people
            labels[self.known] = _label(self.first, self.second, core, self.place_of)[self.place_of]
        return labels

    def closeness(self) -> Closeness:
        """Count the pairs of people, and tell who is in one."""
        weights = self.weights
        pairs = int((weights * (weights - 1) // 2).sum() + (weights[self.first] * weights[self.second]).sum())
        near = weights > 1
        near[self.first] = near[self.second] = True
        persons = np.zeros(self.people, dtype=np.bool_)
        persons[self.known] = near[self.place_of]
        return Closeness(pairs, persons)


def _neighbours(people: GroundPoints, distance_m: float) -> _Neighbours:
    known = np.flatnonzero(np.isfinite(people).all(axis=1))
    places, place_of, weights = _places(people[known])
    first, second = np.empty((2, 0), dtype=np.int64)
    if len(places) > 1:
        first, second = cKDTree(places).query_pairs(distance_m, output_type="ndarray").T
    return _Neighbours(len(people), known, places, place_of, weights, first, second)


def _label(first: IntArray, second: IntArray, core: Mask, place_of: IntArray) -> IntArray:
    """Number the places by group; `place_of` says which place each person stands at."""
    linked = core[first] & core[second]
    graph = coo_array((np.ones(int(linked.sum())), (first[linked], second[linked])), shape=(len(core), len(core)))
    _, component = connected_components(graph, directed=False)
    in_order = component[place_of][core[place_of]]
    seen, first_seen = np.unique(in_order, return_index=True)
    number = np.full(len(core), len(core), dtype=np.int64)
    number[seen[np.argsort(first_seen)]] = np.arange(len(seen))
    labels = np.where(core, number[component], len(core))
    for border, centre in ((first, second), (second, first)):
        touches = core[centre] & ~core[border]
        np.minimum.at(labels, border[touches], number[component[centre[touches]]])
    return np.where(labels == len(core), ALONE, labels)


def _places(people: FloatArray) -> tuple[FloatArray, IntArray, IntArray]:
    """Return the places (M, 2) where somebody stands, the place of each person, and how many stand at each."""
    as_numbers = np.ascontiguousarray(people).view(np.complex128).reshape(-1)
    places, place_of, weights = np.unique(as_numbers, return_inverse=True, return_counts=True)
    return places.view(np.float64).reshape(-1, 2), place_of.reshape(-1), weights


def _sums(places: IntArray, weights: IntArray, count: int) -> FloatArray:
    return np.asarray(np.bincount(places, weights=weights, minlength=count), dtype=np.float64)


def _require_distance(name: str, distance_m: float) -> None:
    if not 0 < distance_m < float("inf"):
        raise ValueError(f"expected {name} > 0 m, got {distance_m}")
