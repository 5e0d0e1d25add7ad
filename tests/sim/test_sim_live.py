"""A simulated camera in real time never falls behind the clock."""

from datetime import UTC, datetime

import pytest

from throng.core.clock import ManualClock
from throng.core.stream import StreamState
from throng.sim.live import STEP_S, LiveSimulation
from throng.sim.source import open_sim

START = datetime(2026, 1, 1, tzinfo=UTC)


def live(clock: ManualClock, *, duration_s: int = 20) -> LiveSimulation:
    made = LiveSimulation(
        open_sim(f"sim://panic?fps=5&size=320x180&duration={duration_s}", camera_id="c", clock=clock), clock
    )
    made.open()
    return made


def test_a_reader_that_keeps_up_gets_every_frame_when_it_is_due() -> None:
    clock = ManualClock(START)
    source = live(clock)
    frames = [frame for _ in range(10) if (frame := source.read(1.0))]
    assert [frame.sequence for frame in frames] == list(range(10))
    assert clock.monotonic_s() == pytest.approx(9 / 5)


def test_a_slow_reader_gets_the_newest_frame_and_its_truth() -> None:
    clock = ManualClock(START)
    simulation = open_sim("sim://panic?fps=5&size=320x180", camera_id="c", clock=clock)
    source = LiveSimulation(simulation, clock)
    source.open()
    source.read(1.0)
    clock.advance(3.05)
    frame = source.read(1.0)
    assert frame is not None
    assert (frame.sequence, frame.pts_s) == (15, 3.0)
    assert len(simulation.truth(15).ids) > 0


def test_skipped_frames_move_the_people_as_drawn_ones_do() -> None:
    skipped, drawn = (open_sim("sim://plaza?fps=5&size=320x180", camera_id="c") for _ in range(2))
    skipped.open()
    drawn.open()
    for _ in range(10):
        assert skipped.skip()
        drawn.read(0.0)
    one, other = skipped.read(0.0), drawn.read(0.0)
    assert one is not None
    assert other is not None
    assert (skipped.truth(10).ground == drawn.truth(10).ground).all()


def test_no_frame_within_the_time_out() -> None:
    clock = ManualClock(START)
    source = live(clock)
    source.read(0.1)
    assert source.read(0.1) is None
    assert clock.monotonic_s() == pytest.approx(0.1, abs=STEP_S)


def test_the_end_of_the_scene_is_an_end() -> None:
    clock = ManualClock(START)
    source = live(clock, duration_s=2)
    clock.advance(30)
    assert source.read(0.1) is None
    assert source.status.state is StreamState.ENDED
    assert source.status.complete
