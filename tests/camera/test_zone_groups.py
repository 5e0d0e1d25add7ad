"""Who keeps company in a zone: groups, closeness, outliers, coherence and standstill of people with known places."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from throng.camera.zone_groups import ZoneGroups, company_of
from throng.camera.zone_movement import Places
from throng.core.company import Company
from throng.core.observation import UNTRACKED
from throng.core.points import FloatArray, GroundPoints, ground_points

TRIO = [(0.0, 0.0), (1.0, 0.0), (0.0, 1.0)]
QUARTET = [(10.0, 10.0), (11.0, 10.0), (11.0, 11.0), (10.0, 11.0)]


def walking(
    people: list[tuple[float, float]] | FloatArray, velocities_mps: list[tuple[float, float]] | FloatArray | None = None
) -> Places:
    """Everybody followed; standing where no velocities are given."""
    ground, count = ground_points(people), len(people)
    velocities = np.zeros((count, 2)) if velocities_mps is None else np.asarray(velocities_mps, dtype=np.float64)
    return Places(np.arange(count), ground, np.ones(count), velocities.reshape(count, 2), "tracks")


def mapped(people: int, *, found: int) -> Places:
    """A fused crowd: some were found and are followed, at a third of a person each; the rest are cells of a map."""
    rng = np.random.default_rng(1)
    cells = 4 * people
    ids = np.concatenate((np.arange(found), np.full(cells, UNTRACKED)))
    weights = np.concatenate((np.full(found, 1 / 3), np.full(cells, (people - found / 3) / cells)))
    ground = ground_points(rng.uniform(0, 10, (found + cells, 2)))
    return Places(ids, ground, weights, np.tile([0.5, 0.0], (found + cells, 1)), "fused")


def test_groups_and_the_largest_of_them() -> None:
    company = company_of(walking([*TRIO, *QUARTET, (20.0, 0.0), (21.0, 0.0)]), 0.1)
    assert (company.groups, company.largest_group) == (2, 4)
    assert company.largest_group_m2 == pytest.approx(1.0)
    assert company.largest_group_at_m == pytest.approx((10.5, 10.5))


def test_pairs_and_persons_within_a_metre() -> None:
    """Two sides of the trio, four of the quartet, and the pair by itself; nobody across a diagonal."""
    company = company_of(walking([*TRIO, *QUARTET, (20.0, 0.0), (21.0, 0.0), (30.0, 0.0)]), 0.1)
    assert (company.close_pairs, company.close_persons) == (7, 9)


def test_people_in_a_line_and_at_one_place_cover_no_ground() -> None:
    for people in ([(0.0, 0.0), (1.0, 0.0), (2.0, 0.0)], [(5.0, 5.0)] * 4):
        company = company_of(walking(people), 0.1)
        assert (company.groups, company.largest_group, company.largest_group_m2) == (1, len(people), 0.0)


def test_a_runner_is_an_outlier_and_the_rest_are_not() -> None:
    speeds = np.append(np.linspace(0.9, 1.1, 20), 4.0)
    people = np.column_stack((np.arange(21.0), np.zeros(21)))
    assert company_of(walking(people, np.column_stack((speeds, 0 * speeds))), 0.1).speed_outliers == 1
    assert company_of(walking(people[:20], np.column_stack((speeds[:20], 0 * speeds[:20]))), 0.1).speed_outliers == 0


def test_coherence_of_one_way_of_lanes_and_of_people_against_each_other() -> None:
    row = np.column_stack((np.arange(10.0), np.zeros(10)))
    lanes = np.concatenate((row, row + np.array([0.0, 5.0])))
    ways = np.repeat([(1.0, 0.0), (-1.0, 0.0)], 10, axis=0)
    assert company_of(walking(row, ways[:10]), 0.1).coherence == pytest.approx(1.0)
    assert company_of(walking(lanes, ways), 0.1).coherence == pytest.approx(1.0)
    assert company_of(walking(row, ways[[0, 10] * 5]), 0.1).coherence == pytest.approx(0.0, abs=0.15)


def test_slowness_and_stagnation_go_by_density_and_speed() -> None:
    people = np.random.default_rng(3).uniform(0, 10, (40, 2))
    free = company_of(walking(people, np.tile([1.3, 0.0], (40, 1))), 0.4)
    assert free.slowness == pytest.approx(0.0, abs=0.05)
    assert free.stagnation == 0.0
    jam = company_of(walking(people), 4.2)
    assert (jam.slowness, jam.stagnation) == (1.0, 1.0)
    beyond = company_of(walking(people), 6.0)
    assert (beyond.slowness, beyond.stagnation) == (None, 1.0)


def test_an_empty_zone_has_no_groups_and_no_pace() -> None:
    assert company_of(walking([]), 0.0) == Company(0, 0, None, None, 0, 0, None, None, None, None)


def test_one_person_is_no_group_and_no_outlier() -> None:
    company = company_of(walking([(1.0, 1.0)], [(1.0, 0.0)]), 0.01)
    assert (company.groups, company.close_persons, company.speed_outliers, company.coherence) == (0, 0, None, None)


def test_velocities_and_places_that_are_not_known() -> None:
    unknown = np.full((7, 2), np.nan)
    company = company_of(walking([*TRIO, *QUARTET], unknown), float("nan"))
    assert (company.groups, company.close_pairs) == (2, 6)
    assert company.speed_outliers is company.coherence is company.slowness is company.stagnation is None
    nowhere = company_of(walking(unknown, unknown), 0.1)
    assert nowhere == Company(*(None,) * 10)


def test_where_most_people_are_only_counted_nothing_is_said_of_who_stands_with_whom() -> None:
    company = company_of(mapped(100, found=30), 1.0)
    assert company.groups is company.largest_group is company.close_pairs is company.close_persons is None
    assert company.speed_outliers is company.coherence is None
    assert company.slowness == pytest.approx(1 - 0.5 / 1.058, abs=0.01)
    assert company_of(mapped(100, found=90), 1.0).groups is not None


crowds = st.lists(st.tuples(st.floats(-20, 20), st.floats(-20, 20)), max_size=30)


@given(crowds, st.integers(0, 1000))
def test_nothing_depends_on_names_or_turning(people: list[tuple[float, float]], seed: int) -> None:
    rng = np.random.default_rng(seed)
    rounded = [(round(x, 1), round(y, 1)) for x, y in people]
    velocities = rng.normal(0, 1, (len(people), 2))
    before = company_of(walking(rounded, velocities), 0.5)
    order = rng.permutation(len(people))
    turned = [(-rounded[i][1], rounded[i][0]) for i in order]
    after = company_of(walking(turned, velocities[order] @ np.array([[0.0, 1.0], [-1.0, 0.0]])), 0.5)
    assert (before.groups, before.largest_group, before.close_pairs, before.close_persons, before.speed_outliers) == (
        after.groups, after.largest_group, after.close_pairs, after.close_persons, after.speed_outliers
    )  # fmt: skip
    assert (before.close_persons or 0) <= len(people)
    for value in (before.coherence, before.slowness, before.stagnation):
        assert value is None or 0 <= value <= 1


def test_five_thousand_people_at_one_place_are_one_group() -> None:
    company = company_of(walking(np.ones((5000, 2))), 3.0)
    assert (company.groups, company.largest_group, company.close_persons) == (1, 5000, 5000)


def test_the_newest_company_is_kept_for_three_seconds_and_not_over_time_that_goes_back() -> None:
    groups = ZoneGroups()
    trio, pair = walking(TRIO), walking(TRIO[:2])
    assert groups.update(10.0, trio, 0.1).groups == 1
    assert groups.update(11.0, pair, 0.1).groups == 1
    assert groups.update(13.0, pair, 0.1).groups == 0
    assert groups.update(5.0, trio, 0.1).groups == 1
    assert groups.update(900.0, pair, 0.1).groups == 0


def test_ground_of_places_is_left_as_it_was() -> None:
    places = walking([*TRIO])
    kept = GroundPoints(places.ground.copy())
    company_of(places, 0.1)
    np.testing.assert_array_equal(places.ground, kept)
