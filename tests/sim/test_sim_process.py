"""A simulated camera in a process of its own."""

import time

import pytest

from throng.core.stream import StreamState
from throng.sim.errors import SimError
from throng.sim.process import ProcessSimulation
from throng.sim.sensor import SimulatedSensor


def read(source: ProcessSimulation, frames: int) -> list[int]:
    """Read frames for at most 20 s; return their numbers."""
    numbers: list[int] = []
    give_up = time.monotonic() + 20
    sensor = SimulatedSensor(source)
    while len(numbers) < frames and time.monotonic() < give_up and source.status.state is StreamState.LIVE:
        frame = source.read(0.5)
        if frame is not None:
            numbers.append(frame.sequence)
            seen = sensor.observe(frame)
            assert seen.simulated
            assert seen.heads is not None
            assert len(seen.heads) > 0
    return numbers


def test_frames_come_with_their_truth_until_the_scene_is_over_and_the_process_ends() -> None:
    source = ProcessSimulation("sim://panic?fps=5&size=320x180&duration=2", camera_id="c")
    source.open()
    assert source.info.live
    child = source._child
    numbers = read(source, 100)
    assert numbers == sorted(set(numbers))
    assert numbers[0] >= 0
    assert numbers[-1] <= 9
    assert source.status.state is StreamState.ENDED
    source.close()
    source.close()
    assert not child.is_alive()


def test_a_process_that_dies_is_a_failed_camera() -> None:
    source = ProcessSimulation("sim://panic?fps=5&size=320x180", camera_id="c")
    source.open()
    assert read(source, 2)
    source._child.kill()
    give_up = time.monotonic() + 10
    while source.status.state is StreamState.LIVE and time.monotonic() < give_up:
        source.read(0.2)
    assert source.status.state is StreamState.FAILED
    source.close()


def test_a_wrong_scene_is_told_by_the_child_in_one_sentence() -> None:
    source = ProcessSimulation("sim://nowhere", camera_id="c")
    with pytest.raises(SimError, match="plaza"):
        source.open()
    source.close()
