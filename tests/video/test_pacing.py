"""Replay in real time and the choice of the frames that are analysed."""

from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from throng.core.clock import ManualClock
from throng.core.frame import Frame
from throng.core.stream import StreamState, StreamStatus
from throng.video.lifecycle import Lifecycle
from throng.video.pacing import STEP_S, PacedSource, RateSampler
from throng.video.ports import SourceInfo

START = datetime(2026, 1, 1, tzinfo=UTC)


class ListSource:
    """A recording with the given times."""

    def __init__(self, times_s: list[float], clock: ManualClock, *, live: bool = False) -> None:
        self.info = SourceInfo("list", 4, 4, None, None, len(times_s), live=live)
        self._frames = [
            Frame("camera", np.zeros((4, 4, 3), np.uint8), time_s, START, number)
            for number, time_s in enumerate(times_s)
        ]
        self._life = Lifecycle(clock)

    @property
    def status(self) -> StreamStatus:
        return self._life.status

    def open(self) -> None:
        self._life.to(StreamState.LIVE)

    def read(self, timeout_s: float) -> Frame | None:
        return self._frames.pop(0) if self._frames else None

    def close(self) -> None:
        self._life.unless_over(StreamState.ENDED, "closed")


def chosen(rate_hz: float, times_s: list[float]) -> list[int]:
    sampler = RateSampler(rate_hz)
    return [number for number, time_s in enumerate(times_s) if sampler.due(time_s)]


def test_two_hertz_on_ten_frames_per_second_is_exactly_every_fifth() -> None:
    assert chosen(2.0, [n / 10 for n in range(795)]) == list(range(0, 795, 5))


@pytest.mark.parametrize(("rate_hz", "fps", "every"), [(1, 25, 25), (5, 25, 5), (10, 30, 3), (2, 10, 5), (0.5, 8, 16)])
def test_whole_ratios_give_whole_strides(rate_hz: float, fps: float, every: int) -> None:
    assert chosen(rate_hz, [n / fps for n in range(500)]) == list(range(0, 500, every))


@pytest.mark.parametrize("rate_hz", [10.0, 10.5, 25.0, 1000.0])
def test_a_rate_at_or_above_the_streams_takes_every_frame(rate_hz: float) -> None:
    assert chosen(rate_hz, [n / 10 for n in range(200)]) == list(range(200))


@given(seed=st.integers(0, 2**32 - 1))
def test_jitter_moves_no_choice(seed: int) -> None:
    generator = np.random.default_rng(seed)
    times = np.arange(300) / 10 + generator.uniform(-0.015, 0.015, 300)
    assert chosen(2.0, [float(t) for t in times]) == list(range(0, 300, 5))


def test_rates_without_a_whole_stride_hold_on_average() -> None:
    assert len(chosen(2.0, [n / 25 for n in range(2500)])) == 200
    assert len(chosen(3.0, [n / 29.97 for n in range(2997)])) in {300, 301}


def test_after_a_gap_the_choice_goes_on_at_the_same_rate() -> None:
    times = [n / 10 for n in range(20)] + [3600 + n / 10 for n in range(20)]
    picks = chosen(2.0, times)
    assert picks[:4] == [0, 5, 10, 15]
    assert picks[4] == 20
    assert len(picks) == 8


def test_time_that_falls_back_does_not_stop_the_choice() -> None:
    times = [100 + n / 10 for n in range(10)] + [n / 10 for n in range(10)]
    assert chosen(2.0, times) == [0, 5, 10, 15]


def test_a_rate_must_be_positive() -> None:
    with pytest.raises(ValueError, match="above 0 Hz"):
        RateSampler(0)


def test_replay_keeps_the_recordings_time() -> None:
    clock = ManualClock(START)
    source = PacedSource(ListSource([0.0, 0.1, 0.5, 2.0], clock), clock)
    source.open()
    came = []
    while (frame := source.read(10.0)) is not None:
        came.append((frame.pts_s, clock.monotonic_s()))
    assert np.allclose(came, [(0.0, 0.0), (0.1, 0.1), (0.5, 0.5), (2.0, 2.0)])


def test_a_frame_that_is_not_due_waits_for_the_next_read() -> None:
    clock = ManualClock(START)
    source = PacedSource(ListSource([0.0, 1.0], clock), clock)
    source.open()
    assert source.read(0.1) is not None
    assert source.read(0.4) is None
    assert clock.monotonic_s() == pytest.approx(0.4)
    frame = source.read(5.0)
    assert frame is not None
    assert clock.monotonic_s() == pytest.approx(1.0)


def test_a_slow_reader_gets_every_frame_at_once() -> None:
    clock = ManualClock(START)
    source = PacedSource(ListSource([0.0, 0.1, 0.2, 0.3], clock), clock)
    source.open()
    source.read(1.0)
    clock.advance(10)
    assert [frame.sequence for _ in range(3) if (frame := source.read(1.0)) is not None] == [1, 2, 3]
    assert clock.monotonic_s() == pytest.approx(10)


def test_a_live_source_is_not_held_back() -> None:
    clock = ManualClock(START)
    source = PacedSource(ListSource([0.0, 60.0, 61.0], clock, live=True), clock)
    source.open()
    assert [frame.pts_s for _ in range(3) if (frame := source.read(0.2))] == [0.0, 60.0, 61.0]
    assert clock.monotonic_s() == 0


def test_closing_interrupts_the_wait() -> None:
    class ClosingClock(ManualClock):
        def sleep(self, seconds: float) -> None:
            super().sleep(seconds)
            if self.monotonic_s() > 0.2:
                source.close()

    clock = ClosingClock(START)
    source = PacedSource(ListSource([0.0, 100.0], clock), clock)
    source.open()
    source.read(1.0)
    assert source.read(100.0) is None
    assert clock.monotonic_s() < 0.2 + 2 * STEP_S
