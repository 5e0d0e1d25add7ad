"""Identities: order, permutation, gaps, memory, and real people at low frame rates."""

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from throng.core.observation import UNTRACKED, Persons
from throng.vision.bytetrack import ByteTracker

Truth = list[tuple[NDArray[np.int64], NDArray[np.float64]]]


def persons(feet: NDArray[np.float64], score: float = 0.9) -> Persons:
    """People of 50 px height at feet positions (N, 2)."""
    boxes = np.column_stack((feet[:, 0] - 10, feet[:, 1] - 50, feet[:, 0] + 10, feet[:, 1]))
    return Persons.from_boxes(boxes, np.full(len(feet), score))


def walkers(seed: int, n: int, frames: int, rate_hz: float) -> list[NDArray[np.float64]]:
    """Feet (N, 2) per frame of people who walk straight on, up to 1.5 m/s, 30 px per metre, far apart."""
    rng = np.random.default_rng(seed)
    start = np.column_stack((np.arange(n) * 150.0 + 100, rng.uniform(100, 400, n)))
    step = rng.uniform(-30, 30, (n, 2)) / rate_hz
    return [start + k * step for k in range(frames)]


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([2.0, 5.0, 10.0]), st.randoms(use_true_random=False))
def test_order_of_input_changes_nothing(seed: int, rate_hz: float, random: object) -> None:
    rng = np.random.default_rng(seed)
    straight, shuffled = ByteTracker(rate_hz), ByteTracker(rate_hz)
    for k, feet in enumerate(walkers(seed, 6, 8, rate_hz)):
        order = rng.permutation(6)
        people = persons(feet)
        first = straight.update(people, k / rate_hz)
        second = shuffled.update(people.select(order), k / rate_hz)
        assert np.array_equal(first.boxes, people.boxes)
        assert np.array_equal(second.boxes, people.boxes[order])
        assert np.array_equal(first.track_ids[order], second.track_ids)


@pytest.mark.parametrize("rate_hz", [1.0, 2.0, 5.0, 10.0, 25.0])
def test_walkers_keep_their_ids_at_every_rate(rate_hz: float) -> None:
    tracker = ByteTracker(rate_hz)
    seen = [tracker.update(persons(feet), k / rate_hz).track_ids for k, feet in enumerate(walkers(1, 6, 12, rate_hz))]
    assert np.all(seen[0] == UNTRACKED)
    assert sorted(seen[1].tolist()) == list(range(6))
    assert all(np.array_equal(ids, seen[1]) for ids in seen[1:])
    assert seen[1].dtype == np.int64


def test_weak_finds_go_on_a_track_but_start_none() -> None:
    tracker = ByteTracker(10)
    feet = np.array([[100.0, 200.0]])
    for k in range(5):
        assert tracker.update(persons(feet, 0.3), k / 10).track_ids.tolist() == [UNTRACKED]
    for k in range(5, 8):
        strong = tracker.update(persons(feet, 0.9), k / 10).track_ids
    assert strong.tolist() == [0]
    assert tracker.update(persons(feet, 0.3), 0.8).track_ids.tolist() == [0]


def test_somebody_hidden_for_a_second_comes_back_as_the_same() -> None:
    tracker = ByteTracker(10)
    nobody = Persons.empty()
    paths = walkers(3, 2, 40, 10)
    before = [tracker.update(persons(paths[k]), k / 10).track_ids for k in range(20)][-1]
    for k in range(20, 30):
        assert len(tracker.update(nobody, k / 10)) == 0
    assert np.array_equal(tracker.update(persons(paths[30]), 3.0).track_ids, before)


@pytest.mark.parametrize("jump_s", [-5.0, 0.0, 60.0], ids=["back", "standing still", "on"])
def test_jump_in_time_ends_all_tracks_and_ids_are_never_used_again(jump_s: float) -> None:
    tracker = ByteTracker(10)
    feet = np.array([[100.0, 200.0], [300.0, 200.0]])
    before = [tracker.update(persons(feet), 100 + k / 10).track_ids for k in range(3)][-1]
    start = 100.2 + jump_s
    after = [tracker.update(persons(feet), start + k / 10).track_ids for k in range(3)]
    assert np.all(after[0] == UNTRACKED)
    assert sorted(before.tolist()) == [0, 1]
    assert sorted(after[-1].tolist()) == [2, 3]


def test_memory_does_not_grow_with_the_people_who_passed() -> None:
    tracker = ByteTracker(10)
    highest = 0
    for k in range(600):
        column = np.arange(5) * 300.0
        feet = np.column_stack((column, np.full(5, 100.0 + (k // 4) * 400.0)))
        tracker.update(persons(feet), k / 10)
        highest = max(highest, tracker.tracks)
    assert highest <= 5 * 6
    for k in range(600, 620):
        tracker.update(Persons.empty(), k / 10)
    assert tracker.tracks == 0


def test_two_cameras_have_their_own_ids() -> None:
    first, second = ByteTracker(10), ByteTracker(10)
    feet = np.array([[100.0, 200.0]])
    for k in range(3):
        one, other = first.update(persons(feet), k / 10), second.update(persons(feet + 500), k / 10)
    assert one.track_ids.tolist() == other.track_ids.tolist() == [0]


@pytest.mark.parametrize("rate_hz", [0, -1, float("nan"), float("inf")])
def test_impossible_rate_is_refused(rate_hz: float) -> None:
    with pytest.raises(ValueError, match="positive frame rate"):
        ByteTracker(rate_hz)


def switches(truth: Truth, step: int) -> tuple[int, int, int]:
    """Track the labelled boxes at 10 / step Hz; return id switches, ids given, and labelled people tracked."""
    tracker = ByteTracker(10 / step)
    last: dict[int, int] = {}
    switched, ids = 0, set()
    for k in range(0, len(truth), step):
        labels, boxes = truth[k]
        tracked = tracker.update(Persons.from_boxes(boxes, np.full(len(boxes), 0.9)), k / 10).track_ids
        for label, track in zip(labels.tolist(), tracked.tolist(), strict=True):
            if track != UNTRACKED:
                switched += last.get(label, track) != track
                last[label] = track
                ids.add(track)
    return switched, len(ids), len(last)


@pytest.mark.shared
@pytest.mark.parametrize(("step", "most"), [(1, 0), (2, 0), (5, 2), (10, 8)], ids=["10 Hz", "5 Hz", "2 Hz", "1 Hz"])
def test_real_people_keep_their_ids(step: int, most: int, pets_truth: Truth) -> None:
    """19 people in 79.5 s who cross, stop and walk in groups."""
    switched, ids, people = switches(pets_truth, step)
    assert people == 19
    assert switched <= most
    assert ids <= 19 + most


def test_importing_the_tracker_is_light() -> None:
    heavy = "{'trackers', 'supervision', 'matplotlib'}"
    program = f"import sys, throng.vision.bytetrack; print({heavy} & set(sys.modules))"
    program += (
        f"; throng.vision.bytetrack.ByteTracker(2); print({heavy} & set(sys.modules) - {{'trackers', 'supervision'}})"
    )
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert told.stdout.split() == ["set()", "set()"]
