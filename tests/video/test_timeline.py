"""Stream time from time stamps good and bad."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from throng.video.timeline import LiveTimeline, RecordingTimeline


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        # starts at the file's own start
        ([7.0, 7.1, 7.2], [0.0, 0.1, 0.2]),
        # missing stamps follow the mean rate
        ([0.0, None, None, 0.3], [0.0, 0.1, 0.2, 0.3]),
        # one that falls back lands half an interval on, and the next good one fits again
        ([0.0, 0.1, 0.05, 0.2], [0.0, 0.1, 0.15, 0.2]),
        # a recording that starts over is carried on
        ([0.0, 5.0, 0.0, 0.1], [0.0, 5.0, 5.1, 5.2]),
        # variable rates and gaps stay
        ([0.0, 0.3, 60.0], [0.0, 0.3, 60.0]),
    ],
)
def test_recording_times(raw: list[float | None], expected: list[float]) -> None:
    timeline = RecordingTimeline(10.0)
    assert [timeline.place(each) for each in raw] == pytest.approx(expected)


stamps = st.lists(st.one_of(st.none(), st.floats(-1e5, 1e5)), min_size=2, max_size=40)


@given(raw=stamps)
def test_recording_time_always_grows(raw: list[float | None]) -> None:
    timeline = RecordingTimeline(None)
    times = [timeline.place(each) for each in raw]
    assert times[0] == 0.0
    assert all(later > earlier for earlier, later in itertools.pairwise(times))


@given(raw=stamps, waits=st.lists(st.floats(0, 3), min_size=40, max_size=40), cuts=st.sets(st.integers(1, 39)))
def test_live_time_always_grows_also_over_reconnects(
    raw: list[float | None], waits: list[float], cuts: set[int]
) -> None:
    timeline = LiveTimeline()
    arrivals = list(itertools.accumulate(waits))
    times = []
    for index, each in enumerate(raw):
        if index in cuts:
            timeline.reconnected()
        times.append(timeline.place(each, arrivals[index]))
    assert all(later > earlier for earlier, later in itertools.pairwise(times))
    assert times[-1] <= arrivals[len(raw) - 1] + 5.0 * len(raw)


def test_live_time_follows_the_camera_not_the_network() -> None:
    timeline = LiveTimeline()
    arrivals = [0.0, 0.19, 0.2, 0.31]
    assert [timeline.place(100 + 0.1 * i, at) for i, at in enumerate(arrivals)] == pytest.approx([0.0, 0.1, 0.2, 0.3])


def test_live_time_goes_on_by_arrival_over_a_reconnect() -> None:
    timeline = LiveTimeline()
    timeline.place(50.0, 10.0)
    timeline.place(50.1, 10.1)
    timeline.reconnected()
    assert timeline.place(3.0, 14.1) == pytest.approx(4.1)
    assert timeline.place(3.1, 14.3) == pytest.approx(4.2)
