"""The plain HTTP side, asked over a real socket."""

import time
from datetime import datetime
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from throng.core.stream import StreamState
from throng.server.run import ServerThread

if TYPE_CHECKING:
    from tests.server.conftest import Feed

pytestmark = pytest.mark.integration


def test_page_is_self_contained_and_closed(server: ServerThread) -> None:
    answer = httpx.get(server.url)

    assert answer.status_code == 200
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "unsafe" not in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "http://" not in answer.text.replace("http://www.w3.org", "")
    assert "https://" not in answer.text
    assert "style=" not in answer.text
    assert "onclick" not in answer.text


@pytest.mark.parametrize("path", ["style.css", "cards.css", "main.js", "theme.js", "favicon.svg"])
def test_files_of_the_page_are_served_and_checked_again(server: ServerThread, path: str) -> None:
    answer = httpx.get(f"{server.url}/static/{path}")

    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-cache"


def test_foreign_host_name_is_refused(server: ServerThread) -> None:
    answer = httpx.get(server.url + "/api/v1/state", headers={"Host": "evil.example"})

    assert answer.status_code == 421
    assert "evil.example" in answer.text


def test_state_has_readings_trend_and_nulls_for_unknown(feed: "Feed", server: ServerThread) -> None:
    feed.camera("gate", "hall", "yard")
    feed.reading(42.0)
    feed.reading(43.0)
    feed.unknown("lens covered", zone_id="yard")
    feed.line(7, 3)

    state: dict[str, Any] = httpx.get(server.url + "/api/v1/state").json()

    hall, yard = state["zones"]
    assert state["title"] == "Test site"
    assert (hall["reading"]["count"], hall["reading"]["count_high"]) == (43.0, 48.0)
    assert hall["trend"]["count"] == [42.0, 43.0]
    assert yard["reading"]["count"] is None
    assert yard["reading"]["reasons"] == ["lens covered"]
    assert yard["trend"]["count"] == [None]
    assert (state["lines"][0]["in_total"], state["lines"][0]["out_total"]) == (7, 3)
    assert datetime.fromisoformat(state["server_time"]).tzinfo is not None


def test_healthz_counts_cameras_by_state(feed: "Feed", server: ServerThread) -> None:
    feed.camera("gate")
    feed.camera("yard")
    feed.status("yard", StreamState.STALLED, "no frame")

    assert httpx.get(server.url + "/healthz").json()["cameras"] == {"live": 1, "stalled": 1}


def test_openapi_names_units(server: ServerThread) -> None:
    schemas = httpx.get(server.url + "/openapi.json").json()["components"]["schemas"]

    assert "speed_mean_mps" in schemas["ReadingMessage"]["properties"]


def test_live_picture_is_served_with_its_age(feed: "Feed", server: ServerThread) -> None:
    feed.camera()
    picture = feed.picture()

    answer = httpx.get(server.url + "/api/v1/cameras/gate/picture.jpg")

    assert answer.content == picture.jpeg
    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.headers["cache-control"] == "no-store"
    assert 0 <= float(answer.headers["x-throng-picture-age-s"]) < 2


def test_no_picture_yet_and_no_such_camera_are_404_with_a_sentence(feed: "Feed", server: ServerThread) -> None:
    feed.camera()

    none_yet = httpx.get(server.url + "/api/v1/cameras/gate/picture.jpg")
    unheard = httpx.get(server.url + "/api/v1/cameras/gat/picture.jpg")

    assert none_yet.status_code == unheard.status_code == 404
    assert "camera gate has sent no picture yet" in none_yet.json()["detail"]
    assert "cameras: gate" in unheard.json()["detail"]


def test_picture_of_a_stalled_camera_is_not_served_as_if_it_were_live(feed: "Feed", server: ServerThread) -> None:
    feed.camera()
    feed.picture()
    feed.status("gate", StreamState.STALLED, "no frame for 12 s")

    answer = httpx.get(server.url + "/api/v1/cameras/gate/picture.jpg")

    assert answer.status_code == 503
    assert answer.headers["x-throng-stream-state"] == "stalled"
    assert "no frame for 12 s" in answer.json()["detail"]


def test_old_picture_of_a_camera_that_calls_itself_live_is_not_served(feed: "Feed", server: ServerThread) -> None:
    feed.camera()
    feed.picture(age_s=60)

    assert httpx.get(server.url + "/api/v1/cameras/gate/picture.jpg").status_code == 503


def test_mjpeg_sends_each_picture_once_and_ends_with_the_camera(feed: "Feed", server: ServerThread) -> None:
    feed.camera()
    first = feed.picture()
    received = b""
    with httpx.stream("GET", server.url + "/api/v1/cameras/gate/stream.mjpg", timeout=5) as answer:
        assert answer.headers["content-type"] == "multipart/x-mixed-replace; boundary=throng-picture"
        chunks = answer.iter_raw()
        while first.jpeg not in received:
            received += next(chunks)
        for _ in range(5):
            feed.reading()  # other changes of the board must not repeat the picture
            time.sleep(0.02)
        second = feed.picture(jpeg_bytes=first.jpeg + b"second")
        while second.jpeg not in received:
            received += next(chunks)
        feed.status("gate", StreamState.ENDED, "end of file")
        received += b"".join(chunks)

    assert received.count(b"--throng-picture\r\n") == 2
    assert httpx.get(server.url + "/api/v1/cameras/gate/stream.mjpg").status_code == 503
