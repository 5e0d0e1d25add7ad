"""Who stands where, through lost tracks."""

from collections.abc import Sequence

import numpy as np
import pytest

from throng.core.crowd_sample import UNTRACKED, CrowdSample
from throng.core.event_look import Look, look_at
from throng.core.event_standers import Standers
from throng.core.points import ground_points

SIDE_M = 20.0
SQUARE = ((0.0, 0.0), (SIDE_M, 0.0), (SIDE_M, SIDE_M), (0.0, SIDE_M))

Person = tuple[int, float, float, float]
"""Number, x, y and speed along x."""


def look(at_s: float, people: Sequence[Person]) -> Look:
    numbers = np.array([p[0] for p in people], dtype=np.int64)
    ground = ground_points(np.array([p[1:3] for p in people], dtype=np.float64).reshape(-1, 2))
    velocities = np.array([(p[3], 0.0) for p in people], dtype=np.float64).reshape(-1, 2)
    sample = CrowdSample(at_s, numbers, ground, velocities, np.ones(len(people)))
    return look_at(sample, np.ones(len(people), dtype=np.bool_))


def walk_and_stop(standers: Standers, *, x: float, stops_s: int = 5) -> None:
    """Number 1 walks for 5 s and stands at x for a while; the first look is at 0 s."""
    for t in range(5):
        standers.update(look(float(t), [(1, x - 5 + t, 10.0, 1.0)]))
    for t in range(5, 5 + stops_s):
        standers.update(look(float(t), [(1, x, 10.0, 0.0)]))


def test_who_walked_and_stands_is_known_with_place_and_time() -> None:
    standers = Standers(SQUARE)
    walk_and_stop(standers, x=10.0)
    assert standers.ids.tolist() == [1]
    assert standers.at_m[0] == pytest.approx([10.0, 10.0])
    assert standers.still_s.tolist() == [4.0]
    assert standers.came_walking().tolist() == [True]
    assert standers.appeared().tolist() == [False]


@pytest.mark.parametrize("speed", [0.0, float("nan")])
def test_somebody_new_who_stays_in_the_place_of_one_who_was_lost_is_the_same(speed: float) -> None:
    standers = Standers(SQUARE)
    walk_and_stop(standers, x=10.0)
    standers.update(look(12.0, [(7, 10.2, 10.1, speed)]))
    assert standers.ids.tolist() == [1, 7], "one look is no proof"
    for t in range(13, 18):
        standers.update(look(float(t), [(7, 10.2, 10.1, speed)]))
    assert standers.ids.tolist() == [7]
    assert standers.came_walking().tolist() == [True]
    assert standers.still_s.tolist() == [12.0]


def test_who_walks_past_does_not_take_the_place_of_one_who_was_lost() -> None:
    standers = Standers(SQUARE)
    walk_and_stop(standers, x=10.0)
    for t in range(10, 16):
        standers.update(look(float(t), [(7, t - 2.5, 10.0, 1.0)]))
    still = dict(zip(standers.ids.tolist(), standers.still_s.tolist(), strict=True))
    assert still == {1: 4.0, 7: 0.0}


def test_places_that_are_not_followed_keep_one_who_was_lost() -> None:
    standers = Standers(SQUARE)
    walk_and_stop(standers, x=10.0)
    for t in range(10, 40):
        standers.update(look(float(t), [(UNTRACKED, 10.1, 10.0, 0.1)]))
    assert standers.still_s.tolist() == [34.0]


def test_whoever_is_lost_at_the_edge_has_left() -> None:
    standers = Standers(SQUARE)
    walk_and_stop(standers, x=19.6)
    for t in range(10, 20):
        standers.update(look(float(t), [(7, 19.5, 10.0, 0.0)]))
    assert standers.ids.tolist() == [1, 7]
    assert standers.came_walking().tolist() == [True, False]


def test_who_appears_inside_is_told_from_who_was_there_and_from_things_seen_before() -> None:
    standers = Standers(SQUARE)
    for t in range(100):
        people = [(1, 5.0, 5.0, 0.0)]
        people += [(2, 10.0, 10.0, 0.0)] if 40 <= t < 60 else []
        people += [(3, 10.2, 10.0, 0.0), (4, 15.0, 15.0, 0.0), (5, 0.3, 5.0, 0.0)] if t >= 85 else []
        standers.update(look(float(t), people))
    appeared = dict(zip(standers.ids.tolist(), standers.appeared().tolist(), strict=True))
    assert appeared == {1: False, 3: False, 4: True, 5: False}


def test_stops_are_remembered_for_ten_minutes_and_memory_is_bounded() -> None:
    standers = Standers(SQUARE)
    walk_and_stop(standers, x=10.0, stops_s=13)
    standers.update(look(18.0, [(1, 12.0, 10.0, 1.0)]))
    assert standers.stops.tolist() == [[pytest.approx(10.0), pytest.approx(10.0), 12.0]]
    standers.update(look(700.0, []))
    assert len(standers.stops) == 0
    assert len(standers.ids) == 0
    for i in range(3000):
        standers.update(look(701.0 + i, [(i // 10, 10.0 + i // 10 % 5, 10.0, 0.0)]))
    assert len(standers.stops) <= 64
    assert len(standers.ids) <= 3


def test_nobody_and_everybody_in_one_place_are_survived() -> None:
    standers = Standers(SQUARE)
    standers.update(look(0.0, []))
    assert (len(standers.ids), len(standers.stops)) == (0, 0)
    for t in range(1, 30):
        standers.update(look(float(t), [(i if t % 3 else -1, 10.0, 10.0, 0.0) for i in range(50)]))
    assert len(standers.ids) == 50
