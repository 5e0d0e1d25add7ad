"""The people of the scenes: where they walk, how fast, how dense. No pictures are drawn here."""

from collections.abc import Iterator

import numpy as np
import pytest
from numpy.typing import NDArray
from shapely import contains_xy
from shapely.geometry import LineString, Polygon

from throng.core.points import FloatArray
from throng.sim import Scene, scene, scene_names
from throng.sim.crowd import Crowd, People
from throng.sim.scenes import bottleneck, panic

INTERVAL_S = 0.2


def walk(named: Scene, seconds: float, *, skip_s: float = 0.0) -> Iterator[tuple[float, People]]:
    crowd = Crowd(named.script, named.walkable, interval_s=INTERVAL_S, seed=named.seed)
    while crowd.now_s < seconds:
        crowd.advance()
        if crowd.now_s >= skip_s:
            yield crowd.now_s, crowd.people()


def inside(polygon: Polygon, ground: FloatArray) -> NDArray[np.bool_]:
    return np.asarray(contains_xy(polygon, ground[:, 0], ground[:, 1]), dtype=np.bool_)


def zone(named: Scene, zone_id: str) -> Polygon:
    (found,) = (z.polygon for z in named.site.zones if z.id == zone_id)
    return Polygon(found)


def speeds(people: People) -> FloatArray:
    return np.asarray(np.hypot(people.velocity_mps[:, 0], people.velocity_mps[:, 1]), dtype=np.float64)


@pytest.mark.parametrize("name", [n for n in scene_names() if n != "empty"])
def test_people_stay_on_walkable_ground_and_never_pass_through_a_wall(name: str) -> None:
    named = scene(name)
    before: dict[int, tuple[float, float]] = {}
    for _, people in walk(named, 30):
        assert inside(named.walkable, people.ground).all()
        here = {int(i): (float(x), float(y)) for i, (x, y) in zip(people.ids, people.ground, strict=True)}
        for number in here.keys() & before.keys():
            step = LineString((before[number], here[number]))
            # One step may cut the corner of an obstacle by a hand, never its middle.
            assert step.difference(named.walkable).length < 0.15, f"person {number} walked through {step.wkt}"
        before = here
    assert len(before) > 10


@pytest.mark.parametrize(("name", "mean_mps"), [("plaza", 1.34), ("counterflow", 1.34), ("bottleneck", 1.34)])
def test_those_who_walk_freely_have_a_realistic_speed(name: str, mean_mps: float) -> None:
    walking = np.concatenate([speeds(people) for _, people in walk(scene(name), 20)])
    walking = walking[walking > 0.4]
    assert np.mean(walking) == pytest.approx(mean_mps, rel=0.1)
    assert walking.max() < 2.4


def test_velocity_is_the_displacement_per_time() -> None:
    crowd = Crowd(scene("plaza").script, scene("plaza").walkable, interval_s=0.1, seed=3)
    for _ in range(20):
        before = crowd.people()
        crowd.advance()
        after = crowd.people()
        stayed, i, j = np.intersect1d(before.ids, after.ids, return_indices=True)
        assert len(stayed) > 20
        np.testing.assert_allclose(after.velocity_mps[j], (after.ground[j] - before.ground[i]) / 0.1, atol=1e-9)


def test_the_plaza_holds_some_dozens_of_people_moving_and_standing() -> None:
    for _, people in walk(scene("plaza"), 30):
        assert 40 <= len(people.ids) <= 100
        assert (speeds(people) > 0.8).sum() > 10
        assert (speeds(people) < 0.05).sum() > 3


def test_the_hall_fills_beyond_four_people_per_square_metre() -> None:
    named = scene("hall")
    floor = zone(named, "floor")
    density = [inside(floor, people.ground).sum() / floor.area for _, people in walk(named, 215)]
    assert density[0] < 1.0
    assert 4.0 < max(density) < 5.5
    minute = round(60 / INTERVAL_S)
    assert density[0] < density[minute] < density[2 * minute] < density[3 * minute]


def test_the_bottleneck_is_dense_before_the_door_and_free_far_away() -> None:
    named = scene("bottleneck")
    door, approach = zone(named, "door"), zone(named, "approach")
    rows = [
        (inside(door, p.ground).sum() / door.area, inside(approach, p.ground).sum() / approach.area)
        for _, p in walk(named, 125, skip_s=80)
    ]
    near, far = np.array(rows).T
    assert near.max() > 4.0
    assert near.mean() > 8 * far.mean()


def test_the_bottleneck_lets_everybody_through_one_door() -> None:
    named = scene("bottleneck")
    before: dict[int, float] = {}
    passed = []
    for _, people in walk(named, 50):
        here = dict(zip(people.ids.tolist(), people.ground[:, 1].tolist(), strict=True))
        crossing = [n for n in here.keys() & before.keys() if before[n] > bottleneck.DOOR_Y >= here[n]]
        across = dict(zip(people.ids.tolist(), people.ground[:, 0].tolist(), strict=True))
        passed += [across[n] for n in crossing]
        before = here
    assert len(passed) > 30
    assert np.abs(passed).max() < bottleneck.DOOR_WIDTH_M / 2 + 0.05


def test_the_counterflow_goes_both_ways_and_keeps_going() -> None:
    named = scene("counterflow")
    passage = zone(named, "passage")
    towards, away, slow = 0, 0, 0
    for _, people in walk(named, 120, skip_s=60):
        along = people.velocity_mps[inside(passage, people.ground), 1]
        towards, away, slow = (
            towards + (along < -0.5).sum(),
            away + (along > 0.5).sum(),
            slow + (abs(along) < 0.3).sum(),
        )
    assert min(towards, away) > 0.3 * (towards + away)
    assert slow < 0.1 * (towards + away)


def test_panic_makes_everybody_run_and_they_come_back() -> None:
    named = scene("panic")
    mean_mps = {round(t, 1): (speeds(p).mean(), len(p.ids)) for t, p in walk(named, panic.FIRST_S + 55) if len(p.ids)}
    calm = np.mean([v for t, (v, _) in mean_mps.items() if t < panic.FIRST_S])
    flight = max(v for t, (v, _) in mean_mps.items() if panic.FIRST_S < t < panic.FIRST_S + 5)
    assert flight > 2.0
    assert flight > 2 * calm
    counts = {t: n for t, (_, n) in mean_mps.items()}
    lowest = min(n for t, n in counts.items() if panic.FIRST_S + 8 < t < panic.FIRST_S + 20)
    assert lowest < 0.5 * counts[panic.FIRST_S]
    assert counts[panic.FIRST_S + 50] > 2 * lowest


def test_nobody_is_in_the_empty_scene() -> None:
    for _, people in walk(scene("empty"), 10):
        assert len(people.ids) == 0
        assert people.ground.shape == people.velocity_mps.shape == (0, 2)


def test_an_endless_scene_does_not_collect_people() -> None:
    named = scene("counterflow")
    crowd = Crowd(named.script, named.walkable, interval_s=2.0, seed=1)
    numbers, seen = [], 0
    for _ in range(round(400 / 2.0)):
        crowd.advance()
        people = crowd.people()
        numbers.append(len(people.ids))
        seen = max(seen, int(people.ids.max()))
    assert seen > 400, "people keep coming"
    assert max(numbers) < 110
    assert np.mean(numbers[-90:]) < 1.5 * np.mean(numbers[:90])
    assert len(crowd._engine._walkers) == numbers[-1] == crowd._engine._simulation.agent_count()


def test_the_same_seed_gives_the_same_people_and_another_seed_others() -> None:
    named = scene("counterflow")
    ground = [
        Crowd(named.script, named.walkable, interval_s=INTERVAL_S, seed=seed).people().ground for seed in (5, 5, 6)
    ]
    assert np.array_equal(ground[0], ground[1])
    assert not np.array_equal(ground[0], ground[2])


def test_somebody_pushed_out_is_taken_back() -> None:
    named = scene("bottleneck")
    crowd = Crowd(named.script, named.walkable, interval_s=INTERVAL_S, seed=1)
    engine = crowd._engine
    number = next(iter(engine._walkers))
    engine._walkers[number].position = (0.0, 500.0)
    engine._take_back()
    assert engine.restarts == 1
    assert contains_xy(named.walkable, *engine.positions()[number])
    for _ in range(10):
        crowd.advance()
    assert inside(named.walkable, crowd.people().ground).all()


def test_somebody_stuck_steps_aside_and_then_goes_on() -> None:
    named = scene("plaza")
    crowd = Crowd(named.script, named.walkable, interval_s=INTERVAL_S, seed=1)
    person = next(p for p in crowd._people.values() if not p.paused and p.goal.gate and p.near((0.0, 8.0), 12.0))
    wanted, person.blocked, person.checked_at_s = person.goal, 3, crowd.now_s
    crowd._decide(person)
    assert person.goal.detour
    assert person.near(person.goal.at, 3.0)
    for _ in range(round(12 / INTERVAL_S)):
        crowd.advance()
    assert person.goal == wanted
