"""The state machine of a stream."""

import threading
from datetime import UTC, datetime

import pytest

from throng.core.clock import ManualClock
from throng.core.stream import ALLOWED_TRANSITIONS, StreamState
from throng.video.lifecycle import FINAL, ForbiddenTransition, Lifecycle

START = datetime(2026, 1, 1, tzinfo=UTC)
WAY_TO = {
    StreamState.CONNECTING: [],
    StreamState.LIVE: [StreamState.LIVE],
    StreamState.STALLED: [StreamState.LIVE, StreamState.STALLED],
    StreamState.ENDED: [StreamState.ENDED],
    StreamState.FAILED: [StreamState.FAILED],
}


def life_in(state: StreamState, clock: ManualClock) -> Lifecycle:
    life = Lifecycle(clock)
    for step in WAY_TO[state]:
        life.to(step)
    return life


@pytest.mark.parametrize("old", StreamState)
@pytest.mark.parametrize("new", StreamState)
def test_every_pair_goes_as_the_table_says(old: StreamState, new: StreamState) -> None:
    clock = ManualClock(START)
    life = life_in(old, clock)
    clock.advance(5)
    if new in ALLOWED_TRANSITIONS[old]:
        life.to(new, "because")
        assert (life.status.state, life.status.detail) == (new, "because")
        assert (life.status.since - START).total_seconds() == 5
    elif new is old and old not in FINAL:
        life.to(new, "news")
        assert life.status.detail == "news"
        assert life.status.since == START
    else:
        with pytest.raises(ForbiddenTransition):
            life.to(new)
        assert life.status.state is old


@pytest.mark.parametrize("final", sorted(FINAL))
def test_the_first_end_wins(final: StreamState) -> None:
    life = life_in(final, ManualClock(START))
    life.unless_over(StreamState.CONNECTING, "again")
    life.frame_arrived(START)
    assert life.status.state is final
    assert life.status.last_frame_at is None


def test_a_frame_makes_a_stalled_stream_live_and_clears_the_detail() -> None:
    life = life_in(StreamState.STALLED, ManualClock(START))
    life.frame_arrived(START)
    assert (life.status.state, life.status.detail, life.status.last_frame_at) == (StreamState.LIVE, "", START)


def test_conditional_move_happens_only_from_the_named_state() -> None:
    life = Lifecycle(ManualClock(START))
    assert not life.to_if(StreamState.LIVE, StreamState.STALLED)
    life.frame_arrived(START)
    assert life.to_if(StreamState.LIVE, StreamState.STALLED)
    assert life.status.state is StreamState.STALLED


def test_counting_from_many_threads_loses_nothing() -> None:
    life = Lifecycle(ManualClock(START))

    def reconnect_often() -> None:
        for _ in range(500):
            life.reconnected()

    threads = [threading.Thread(target=reconnect_often) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert life.status.reconnects == 2000
