"""Which frame is glanced at before each analysis."""

import pytest

from throng.edge.glances import GlanceSampler
from throng.video.pacing import RateSampler


def glanced(times_s: list[float], rate_hz: float, before_s: float | None) -> tuple[list[float], list[float]]:
    """The times at which frames are analysed and glanced at."""
    sampler, glances = RateSampler(rate_hz), GlanceSampler(rate_hz, before_s)
    analysed, seen = [], []
    for pts_s in times_s:
        due = sampler.due(pts_s)
        if glances.due(pts_s, analysed=due):
            seen.append(pts_s)
        if due:
            analysed.append(pts_s)
    return analysed, seen


@pytest.mark.parametrize(("fps", "rate_hz"), [(10.0, 2.0), (25.0, 2.0), (30.0, 1.0), (15.0, 2.5), (10.0, 0.2)])
def test_one_frame_before_each_analysis_is_glanced_at(fps: float, rate_hz: float) -> None:
    analysed, seen = glanced([k / fps for k in range(int(12 * fps))], rate_hz, 0.2)
    for at_s in analysed[1:]:
        (before_s,) = [at_s - glance_s for glance_s in seen if 0 < at_s - glance_s < 1 / rate_hz]
        assert before_s == pytest.approx(0.2, abs=1.01 / fps)


@pytest.mark.parametrize(("rate_hz", "before_s"), [(4.0, 0.2), (10.0, 0.2), (5.0, 0.2), (2.0, None)])
def test_no_glances_where_the_frame_analysed_before_serves_as_well(rate_hz: float, before_s: float | None) -> None:
    assert glanced([k / 20 for k in range(200)], rate_hz, before_s)[1] == []


def test_a_stream_as_slow_as_the_analyses_has_nothing_to_glance_at() -> None:
    assert glanced([0.5 * k for k in range(20)], 2.0, 0.2)[1] == []


def test_gaps_and_frames_that_come_late_do_no_harm() -> None:
    times_s = [0.0, 0.1, 0.31, 0.32, 0.5, 0.6, 60.0, 60.1, 60.2, 60.3, 60.31, 60.5, 60.5, 60.4, 60.9]
    analysed, seen = glanced(times_s, 2.0, 0.2)
    assert 0.31 in seen
    assert not set(analysed) & (set(seen) - {60.5})
    assert len(seen) <= len(analysed)
