"""Looking ahead changes the time it takes and nothing else."""

import threading
import time
from datetime import UTC, datetime

import numpy as np
import pytest

from throng.core.frame import Frame
from throng.core.observation import Observation, Persons
from throng.vision.found import Found
from throng.vision.lookahead import LookAhead

START = datetime(2026, 1, 1, tzinfo=UTC)


def frame(number: int) -> Frame:
    return Frame("c", np.full((4, 4, 3), number, dtype=np.uint8), number / 10, START, number)


class SlowModel:
    """Takes longer for earlier frames, so that later ones are ready first; remembers what it saw side by side."""

    models = ("slow",)

    def __init__(self, *, broken_at: int | None = None) -> None:
        self.most_at_once = 0
        self.concluded: list[int] = []
        self._busy = 0
        self._lock = threading.Lock()
        self._broken_at = broken_at

    def warm_up(self) -> None:
        """Nothing to do."""

    def look(self, frame: Frame) -> Found:
        with self._lock:
            self._busy += 1
            self.most_at_once = max(self.most_at_once, self._busy)
        time.sleep(0.03 if frame.sequence % 2 == 0 else 0.001)
        with self._lock:
            self._busy -= 1
        if frame.sequence == self._broken_at:
            raise RuntimeError(f"broken at {frame.sequence}")
        return Found(Persons.from_boxes(np.full((frame.sequence, 4), 1.0), np.ones(frame.sequence)))

    def conclude(self, frame: Frame, found: Found) -> Observation:
        self.concluded.append(frame.sequence)
        return Observation("c", frame.pts_s, START, frame.sequence, (4, 4), found.persons, None, self.models)

    def observe(self, frame: Frame) -> Observation:
        return self.conclude(frame, self.look(frame))


class OneStep:
    """An observer with memory in all it does."""

    models = ("one",)

    def warm_up(self) -> None:
        """Nothing to do."""

    def observe(self, frame: Frame) -> Observation:
        return Observation("c", frame.pts_s, START, frame.sequence, (4, 4), Persons.empty(), None, self.models)


@pytest.mark.parametrize("workers", [0, 1, 2, 5])
def test_order_frames_and_finds_are_kept(workers: int) -> None:
    model = SlowModel()
    with LookAhead(model, workers=workers) as look:
        looked = [one for n in range(12) for one in look.add(frame(n), "black" if n == 7 else None)]
        assert len(looked) == 12 - 2 * workers
        looked += look.finish()
    assert [one.frame.sequence for one in looked] == list(range(12))
    assert looked[7].seen == "black"
    assert model.concluded == [n for n in range(12) if n != 7]
    for one in looked:
        if not isinstance(one.seen, str):
            assert one.seen.persons is not None
            assert len(one.seen.persons) == one.frame.sequence
    assert model.most_at_once <= max(1, workers)


def test_frames_are_really_looked_at_side_by_side() -> None:
    model = SlowModel()
    with LookAhead(model, workers=3) as look:
        for n in range(12):
            look.add(frame(2 * n))
        look.finish()
    assert model.most_at_once >= 2


def test_an_observer_with_memory_looks_at_one_frame_after_the_other() -> None:
    with LookAhead(OneStep(), workers=4) as look:
        assert [one.frame.sequence for n in range(3) for one in look.add(frame(n))] == [0, 1, 2]
        assert look.finish() == []


def test_an_error_comes_out_at_its_frame_and_the_threads_end() -> None:
    before = threading.active_count()

    def run() -> None:
        with LookAhead(SlowModel(broken_at=3), workers=2) as look:
            for n in range(10):
                look.add(frame(n))

    with pytest.raises(RuntimeError, match="broken at 3"):
        run()
    assert threading.active_count() == before
