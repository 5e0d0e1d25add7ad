"""Everybody who crosses counts once."""

import numpy as np
import pytest

from throng.camera.line_counter import LineCounter
from throng.core.observation import UNTRACKED
from throng.core.points import ground_points
from throng.core.site import Line

GATE = Line("gate", (0.0, 0.0), (0.0, 4.0))


def follow(counter: LineCounter, path: list[tuple[float, float]], *, track_id: int = 1, start_s: float = 0.0) -> None:
    for k, place in enumerate(path):
        counter.update(start_s + 0.1 * k, np.array([track_id]), ground_points([place]))


@pytest.mark.parametrize(
    ("path", "totals"),
    [
        ([(-1, 2), (-0.5, 2), (0.5, 2), (1, 2)], (1, 0)),
        ([(1, 2), (0.5, 2), (-0.5, 2)], (0, 1)),
        ([(-1, 2), (0, 2), (1, 2)], (1, 0)),  # a step that ends exactly on the line
        ([(-1, 2), (0.1, 2), (-0.1, 2), (0.1, 2), (-0.1, 2), (1, 2)], (1, 0)),  # jitter on the line
        ([(-1, 2), (0.1, 2), (-0.1, 2), (-1, 2)], (0, 0)),  # came near and turned back
        ([(-1, 2), (1, 2), (-1, 2), (1, 2)], (2, 1)),  # really to and fro
        ([(-1, 5), (1, 5), (1, 2)], (0, 0)),  # around the end
        ([(-1, 2), (0.1, 2), (0.1, 5), (-1, 5), (-1, 6), (1, 6)], (0, 0)),  # through, back around, past the end
    ],
)
def test_paths(path: list[tuple[float, float]], totals: tuple[int, int]) -> None:
    counter = LineCounter(GATE)
    follow(counter, path)
    assert (counter.in_total, counter.out_total) == totals


def test_turning_the_line_around_swaps_in_and_out() -> None:
    there, back = LineCounter(GATE), LineCounter(Line("gate", GATE.end, GATE.start))
    rng = np.random.default_rng(5)
    places = np.array([2.0, 2.0]) + np.zeros((40, 2))
    for k in range(400):
        places += rng.normal(0, 0.4, places.shape)
        there.update(0.1 * k, np.arange(40), ground_points(places))
        back.update(0.1 * k, np.arange(40), ground_points(places))
    assert there.in_total > 10
    assert (there.in_total, there.out_total) == (back.out_total, back.in_total)


def test_several_at_once() -> None:
    counter = LineCounter(GATE)
    ids = np.arange(30)
    for x in (-1.0, 1.0):
        counter.update(x + 1, ids, ground_points([(x, 0.1 + 0.1 * i) for i in ids]))
    assert counter.in_total == 30


def test_people_without_a_track_are_not_one_person() -> None:
    counter = LineCounter(GATE)
    follow(counter, [(-1, 2), (1, 2), (-1, 2)], track_id=UNTRACKED)
    assert (counter.in_total, counter.out_total) == (0, 0)


def test_people_without_a_place_are_left_out() -> None:
    counter = LineCounter(GATE)
    follow(counter, [(-1, 2), (float("nan"), float("nan")), (1, 2)])
    assert counter.in_total == 1


def test_an_id_that_comes_back_later_is_somebody_else() -> None:
    counter = LineCounter(GATE)
    follow(counter, [(-1, 2)])
    counter.update(5.0, np.array([9]), ground_points([(3, 3)]))
    follow(counter, [(1, 2)], start_s=6.0)
    assert counter.in_total == 0
