"""The scenarios of the bench: they can be seen, and the quick ones really do what they claim."""

import numpy as np
import pytest
from shapely import contains_xy
from shapely.geometry import Polygon

from throng.core.points import FloatArray, ground_points
from throng.core.site import Use
from throng.sim import SimError
from throng.sim.cast import FIRST_STANDING_ID, Cast
from throng.sim.crowd import People
from throng.sim.scenario import CRUSH_PER_M2, Danger, Scenario, eased
from throng.sim.scenarios import scenario, scenario_names
from throng.sim.scenarios.ways import FALL_S, WRONG_S
from throng.sim.script import Hold, Schedule

HEADS_M = (0.0, 1.45, 1.84)
CRUSHES = {"filling-hall", "blinded-build-up", "rain-shelter", "closed-exit", "two-way-corridor", "stage-surge"}
HARMLESS = {"calm-plaza", "lunch-peak", "waving-crowd", "stop-and-go"}


def inside(one: Scenario, people: People) -> FloatArray:
    return people.ground[contains_xy(one.polygon, people.ground[:, 0], people.ground[:, 1])]


def at(one: Scenario, times_s: list[float], *, interval_s: float = 0.5) -> list[People]:
    """Everyone at some times, rising."""
    cast, seen = Cast(one, interval_s=interval_s, seed=1), []
    for time_s in times_s:
        while cast.now_s < time_s:
            cast.advance()
        seen.append(cast.people())
    return seen


def test_there_are_crushes_events_and_harmless_scenes() -> None:
    kinds = {name: scenario(name).danger.kind for name in scenario_names()}
    assert len(kinds) >= 12
    assert {name for name, kind in kinds.items() if kind == "crush"} == CRUSHES
    assert {name for name, kind in kinds.items() if kind == "harmless"} == HARMLESS
    with pytest.raises(SimError, match="there is no scenario 'moon'; the scenarios are: calm-plaza"):
        scenario("moon")


@pytest.mark.parametrize("name", scenario_names())
def test_the_camera_sees_the_whole_zone_on_walkable_ground(name: str) -> None:
    one = scenario(name)
    border = one.polygon.segmentize(0.25).exterior.coords
    for height_m in HEADS_M:
        pixels = one.calibration.to_image(ground_points(list(border)), height_m)
        assert one.calibration.contains(pixels).all(), f"{height_m} m"
    assert one.polygon.intersection(one.walkable).area > 0.94 * one.polygon.area
    assert one.zone.capacity is not None
    assert one.name == name
    assert 180 <= one.duration_s <= 600
    last_s = one.danger.ends_s or one.danger.begins_s
    assert last_s <= one.duration_s
    for gate in one.script.gates:
        assert not gate.polygon.intersects(one.polygon), "nobody appears or vanishes in the zone"


def test_the_zones_say_what_the_measures_need() -> None:
    assert scenario("one-way-violation").zone.one_way_deg == 90
    assert scenario("blocked-exit").zone.exits == (((-1.2, 0.0), (1.2, 0.0)),)
    assert scenario("filling-hall").zone.use is Use.STANDING
    assert scenario("blinded-build-up").blind_at(120.0) == "the picture is black"
    assert scenario("blinded-build-up").blind_at(200.0) is None


def test_pushes_make_a_crush_before_the_stage_and_only_pushes_move_people() -> None:
    one = scenario("stage-surge")
    before, moving, after = at(one, [70.0, 84.0, 200.0])
    assert len(inside(one, before)) / one.polygon.area == pytest.approx(2.8, abs=0.3)
    assert len(inside(one, after)) / one.polygon.area > CRUSH_PER_M2
    assert np.abs(before.velocity_mps).mean() < 0.05
    towards_mps = -moving.velocity_mps[moving.ground[:, 1] > 6.0, 1].mean()
    assert towards_mps > 0.15
    assert (before.ids == after.ids).all()
    assert before.ids.min() == FIRST_STANDING_ID


def test_the_velocity_of_those_whom_a_script_moves_is_their_displacement() -> None:
    before, after = at(scenario("waving-crowd"), [99.9, 100.0], interval_s=0.1)
    np.testing.assert_allclose(after.velocity_mps, (after.ground - before.ground) / 0.1, atol=1e-9)
    assert np.hypot(*after.velocity_mps.T).max() > 0.25


def test_waving_leaves_the_density_alone() -> None:
    one = scenario("waving-crowd")
    density = [len(inside(one, people)) / one.polygon.area for people in at(one, [0.0, 100.0, 120.7, 250.0])]
    assert density == pytest.approx([2.4] * 4, abs=0.15)


def test_some_come_the_wrong_way_only_in_their_time() -> None:
    one = scenario("one-way-violation")
    shares = []
    for people in at(one, [60.0, 100.0, 150.0, 170.0, 190.0]):
        along = people.velocity_mps[contains_xy(one.polygon, people.ground[:, 0], people.ground[:, 1]), 1]
        shares.append(float((along < -0.3).mean()))
    assert shares[0] == shares[1] == 0
    assert max(shares[2:]) > 0.1
    assert WRONG_S[0] < 150 < WRONG_S[1]


def test_somebody_falls_and_stays_down_while_others_walk_past() -> None:
    one = scenario("fallen-person")
    before, soon, late = at(one, [FALL_S - 5, FALL_S + 5, FALL_S + 50])
    assert (np.hypot(*before.velocity_mps.T) > 0.1).all()
    lying = soon.ids[np.hypot(*soon.velocity_mps.T) < 0.05]
    assert len(lying) == 1
    place, later = soon.ground[soon.ids == lying[0]], late.ground[late.ids == lying[0]]
    np.testing.assert_allclose(place, later, atol=0.15)
    assert contains_xy(one.polygon, *place[0])
    assert (np.hypot(*late.velocity_mps.T) > 0.5).any()


def test_people_stand_in_the_exit_and_others_queue_behind() -> None:
    one = scenario("blocked-exit")
    exit_area = Polygon(((-1.3, -0.5), (1.3, -0.5), (1.3, 1.6), (-1.3, 1.6)))
    standing = [
        int((contains_xy(exit_area, p.ground[:, 0], p.ground[:, 1]) & (np.hypot(*p.velocity_mps.T) < 0.2)).sum())
        for p in at(one, [60.0, 145.0, 170.0])
    ]
    assert standing[0] == 0
    assert min(standing[1:]) >= 4


def test_a_place_is_closed_by_schedule() -> None:
    hold = Hold((0.0, 0.0, 2.0, 1.0), Schedule(((0.0, 0.0), (10.0, 1.0))))
    assert [hold.stops((1.0, 0.5), t) for t in (5.0, 10.0, 99.0)] == [False, True, True]
    assert not hold.stops((3.0, 0.5), 20.0)


def test_a_queue_stands_while_its_check_is_closed() -> None:
    one = scenario("stop-and-go")
    near = Polygon(((-1.3, 0.0), (1.3, 0.0), (1.3, 2.0), (-1.3, 2.0)))

    def speed_mps(people: People) -> float:
        there = contains_xy(near, people.ground[:, 0], people.ground[:, 1])
        return float(np.hypot(*people.velocity_mps[there].T).mean())

    closed, opened = at(one, [14.0, 19.0])
    assert speed_mps(closed) < 0.05
    assert speed_mps(opened) > 0.2


def test_easing_is_smooth_and_ends() -> None:
    assert [eased(t, 10.0, 4.0) for t in (0.0, 10.0, 12.0, 14.0, 99.0)] == [0, 0, 0.5, 1, 1]


def test_an_event_needs_an_end_and_a_name() -> None:
    with pytest.raises(ValueError, match="needs an end and names"):
        Danger("event", 10.0)
    with pytest.raises(ValueError, match="only an event"):
        Danger("crush", 10.0, 20.0)


def test_the_same_seed_gives_the_same_people() -> None:
    one = scenario("fallen-person")
    a, b, c = (Cast(one, interval_s=0.5, seed=seed).people().ground for seed in (4, 4, 5))
    assert np.array_equal(a, b)
    assert not np.array_equal(a, c)
