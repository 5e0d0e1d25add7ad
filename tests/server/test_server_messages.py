"""What is said to whom: pure, without a socket."""

import json
from typing import TYPE_CHECKING

import pytest

from throng.camera.outputs import LINE_COLUMNS, ZONE_COLUMNS
from throng.core.stream import StreamState
from throng.server.page.live import Seen, news
from throng.server.page.messages import ChangesMessage, StateMessage, picture_frame, trend
from throng.server.readings import LineMessage, ReadingMessage, reading_message

if TYPE_CHECKING:
    from tests.server.conftest import Feed


def test_the_wire_and_the_files_have_one_schema() -> None:
    assert tuple(ReadingMessage.model_fields) == ZONE_COLUMNS
    assert tuple(LineMessage.model_fields) == LINE_COLUMNS


def test_unknown_reading_has_nulls_only(feed: "Feed") -> None:
    feed.camera()
    message = reading_message(feed.unknown("no frame")).model_dump()

    for name in ("count", "count_high", "density_mean_per_m2", "level_of_service", "speed_mean_mps", "occupancy"):
        assert message[name] is None


def test_client_that_knows_everything_is_told_nothing(feed: "Feed") -> None:
    feed.camera()
    feed.reading()
    state = feed.board.state()
    seen = Seen()
    seen.note(state)
    now = state.cameras["gate"].status.since

    assert news(seen, state, title="t", now=now) is None
    feed.picture()
    assert news(seen, feed.board.state(), title="t", now=now) is None


def test_only_what_differs_is_told_and_only_the_newest(feed: "Feed") -> None:
    feed.camera("gate", "hall", "yard")
    feed.camera("roof", "deck")
    seen = Seen()
    seen.note(feed.board.state())
    for count in (10.0, 11.0, 12.0):
        feed.reading(count)
    feed.status("roof", StreamState.ENDED, "end of file")
    feed.line(1, 0)
    feed.line(2, 0)
    state = feed.board.state()

    told = news(seen, state, title="t", now=state.cameras["roof"].status.since)

    assert isinstance(told, ChangesMessage)
    assert [(r.zone_id, r.count) for r in told.readings] == [("hall", 12.0)]
    assert [c.id for c in told.cameras] == ["roof"]
    assert [line.in_total for line in told.lines] == [2]


def test_new_camera_means_a_new_page(feed: "Feed") -> None:
    feed.camera()
    seen = Seen()
    seen.note(feed.board.state())
    feed.camera("roof", "deck")
    state = feed.board.state()

    assert isinstance(news(seen, state, title="t", now=state.cameras["roof"].status.since), StateMessage)


def test_trend_keeps_its_gaps(feed: "Feed") -> None:
    feed.camera()
    line = trend([feed.reading(5.0), feed.unknown(), feed.reading(6.0)])

    assert line.count == (5.0, None, 6.0)
    assert line.count_low == (1.0, None, 2.0)
    assert len(line.at_unix_s) == 3
    assert trend([]).count == ()


@pytest.mark.parametrize("camera_id", ["gate", "Töröt-7", "x" * 300])
def test_picture_frame_can_be_taken_apart(feed: "Feed", camera_id: str) -> None:
    feed.camera(camera_id)
    picture = feed.picture(camera_id)

    data = picture_frame(camera_id, picture)

    length = int.from_bytes(data[:4], "big")
    assert json.loads(data[4 : 4 + length])["camera_id"] == camera_id
    assert data[4 + length :] == picture.jpeg
