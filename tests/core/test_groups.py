"""Groups on the ground."""

import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely import LineString, Polygon

from throng.core.groups import ALONE, close_pairs, close_persons, find_groups, group_hulls, groups_and_closeness
from throng.core.points import GroundPoints, ground_points

places = st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), max_size=25).map(
    lambda people: ground_points([(x / 2, y / 2) for x, y in people])
)


def textbook_dbscan(people: GroundPoints, eps_m: float, min_people: int) -> list[int]:
    """The algorithm as Ester et al. print it, point by point."""
    near = [np.flatnonzero(np.hypot(*(people - place).T) <= eps_m).tolist() for place in people]
    labels = [ALONE] * len(people)
    group = -1
    for person in range(len(people)):
        if labels[person] != ALONE or len(near[person]) < min_people:
            continue
        group += 1
        labels[person], waiting = group, list(near[person])
        while waiting:
            other = waiting.pop()
            if labels[other] == ALONE:
                labels[other] = group
                if len(near[other]) >= min_people:
                    waiting += near[other]
    return labels


@given(places, st.integers(1, 5), st.sampled_from([0.4, 0.6, 1.2]))
def test_groups_are_those_of_the_textbook(people: GroundPoints, min_people: int, eps_m: float) -> None:
    found = find_groups(people, eps_m=eps_m, min_people=min_people)
    assert found.tolist() == textbook_dbscan(people, eps_m, min_people)


@given(places, st.integers(-3, 3))
def test_groups_do_not_depend_on_order_or_place(people: GroundPoints, away: int) -> None:
    order = np.random.default_rng(len(people)).permutation(len(people))
    first = find_groups(people)
    second = np.empty_like(first)
    second[order] = find_groups(GroundPoints(people[order] + away))
    together = first[:, None] == first
    assert (together == (second[:, None] == second)).all()
    assert ((first == ALONE) == (second == ALONE)).all()


def test_a_border_person_joins_without_making_others_join() -> None:
    row = ground_points([(0, 0), (0.3, 0), (0.6, 0), (1.0, 0), (1.9, 0), (2.8, 0)])
    assert find_groups(row, eps_m=1.0, min_people=4).tolist() == [0, 0, 0, 0, 0, ALONE]


def test_unknown_places_belong_to_nobody() -> None:
    people = ground_points([(0, 0), (np.nan, 0), (1, 0), (np.inf, 1)])
    assert find_groups(people).tolist() == [0, ALONE, 0, ALONE]
    assert close_persons(people, distance_m=1).persons.tolist() == [True, False, True, False]
    assert close_pairs(people, distance_m=1).tolist() == [[0, 2]]


def test_nobody_and_one_person() -> None:
    for people in (ground_points([]), ground_points([(1, 1)])):
        assert find_groups(people).tolist() == [ALONE] * len(people)
        assert group_hulls(people, find_groups(people)) == ()
        assert close_persons(people, distance_m=1).pairs == 0
        assert close_pairs(people, distance_m=1).shape == (0, 2)


def test_hulls_of_three_of_two_in_line_and_at_one_place() -> None:
    people = ground_points(
        [(0, 0), (1, 0), (0, 1), (10, 0), (11, 0), (20, 0), (21, 0), (22, 0), (30, 5), (30, 5), (40, 0)]
    )
    triangle, pair, row, spot = group_hulls(people, find_groups(people))
    assert isinstance(triangle, Polygon)
    assert triangle.area == pytest.approx(0.5)
    assert isinstance(pair, LineString)
    assert pair.length == pytest.approx(1)
    assert isinstance(row, LineString)
    assert row.length == pytest.approx(2)
    assert spot is None


@given(places, st.sampled_from([0.5, 0.9]))
def test_close_pairs_are_those_of_all_distances(people: GroundPoints, distance_m: float) -> None:
    apart = np.hypot(*(people[:, None] - people[None]).transpose(2, 0, 1)) if len(people) else np.empty((0, 0))
    expected = np.argwhere(np.triu(apart <= distance_m, 1))
    found = close_persons(people, distance_m=distance_m)
    assert close_pairs(people, distance_m=distance_m).tolist() == expected.tolist()
    assert found.pairs == len(expected)
    assert np.flatnonzero(found.persons).tolist() == sorted(set(expected.ravel().tolist()))


@given(places, st.integers(1, 4), st.sampled_from([0.5, 0.9, 1.2]))
def test_groups_and_closeness_are_those_of_two_searches(
    people: GroundPoints, min_people: int, distance_m: float
) -> None:
    labels, close = groups_and_closeness(people, eps_m=1.2, min_people=min_people, distance_m=distance_m)
    assert labels.tolist() == find_groups(people, eps_m=1.2, min_people=min_people).tolist()
    expected = close_persons(people, distance_m=distance_m)
    assert close.pairs == expected.pairs
    assert close.persons.tolist() == expected.persons.tolist()


def test_closeness_beyond_the_reach_of_a_group_is_refused() -> None:
    with pytest.raises(ValueError, match="distance_m <= eps_m"):
        groups_and_closeness(ground_points([(0, 0)]), eps_m=1.0, min_people=2, distance_m=1.5)


def test_five_thousand_people_spread_or_at_one_place() -> None:
    spread = ground_points(np.random.default_rng(1).uniform(0, 40, (5000, 2)))
    began = time.process_time()
    labels = find_groups(spread)
    assert len(group_hulls(spread, labels)) == labels.max() + 1
    heap = ground_points(np.ones((5000, 2)))
    assert find_groups(heap).tolist() == [0] * 5000
    assert close_persons(heap, distance_m=1).pairs == 5000 * 4999 // 2
    assert time.process_time() - began < 1.0


@pytest.mark.parametrize("distance_m", [0, -1, float("nan"), float("inf")])
def test_distances_must_be_positive(distance_m: float) -> None:
    people = ground_points([(0, 0), (1, 1)])
    with pytest.raises(ValueError, match="eps_m"):
        find_groups(people, eps_m=distance_m)
    with pytest.raises(ValueError, match="distance_m"):
        close_persons(people, distance_m=distance_m)
    with pytest.raises(ValueError, match="distance_m"):
        close_pairs(people, distance_m=distance_m)


def test_min_people_must_be_positive() -> None:
    with pytest.raises(ValueError, match="min_people"):
        find_groups(ground_points([(0, 0)]), min_people=0)
