"""Cameras: their passwords come in and never out, their calibrations and sources are checked."""

from collections.abc import Callable
from typing import Any

import pytest
from central import CentralServer
from hypothesis import given
from hypothesis import strategies as st

from throng.server.api.camera_sources import opened_source, split_source
from throng.server.errors import ServerError
from throng.store.secret_box import SecretBox
from throng.store.tables import Camera

BOX = SecretBox("A" * 43 + "=")
PASSWORD = "hunter2/@:ü"
CALIBRATION = {"image_size": [1920, 1080], "camera": {"height_m": 6.0, "tilt_deg": 25.0, "fov_deg": 70.0}}
NEW: dict[str, Any] = {
    "key": "south", "name": "South", "source": "rtsp://10.0.0.6/stream2", "calibration": CALIBRATION,
    "zone_keys": ["gate"], "mode": {"model": "throngnet", "rate_hz": 2.0},
}  # fmt: skip


async def whole_log(client: Any) -> str:
    answer = await client.get("/api/v1/audit/export", params={"format": "jsonl"})
    return str(answer.text)


def test_password_of_a_camera_never_comes_out(run_server: Callable[..., None]) -> None:
    async def scenario(server: CentralServer) -> None:
        async with server.client() as client:
            sent = NEW | {"site_id": server.site_id, "edge_id": server.edge_id}
            added = await client.post(
                "/api/v1/cameras", json=sent | {"source": "rtsp://admin:hunter2%2F%40%3A%C3%BC@10.0.0.6/s"}
            )
            assert added.status_code == 201, added.text
            address = f"/api/v1/cameras/{added.json()['id']}"
            assert (added.json()["source"], added.json()["has_credentials"]) == ("rtsp://10.0.0.6/s", True)
            same = await client.put(address, json=NEW | {"source": "rtsp://10.0.0.6/s", "edge_id": server.edge_id})
            assert same.json()["has_credentials"] is True
            async with server.client("edge") as box:
                cameras = (await box.get("/api/v1/edge/configuration")).json()["cameras"]
            assert cameras[1]["source"] == "rtsp://admin:hunter2%2F%40%3A%C3%BC@10.0.0.6/s"
            given = {"credentials": {"username": "admin", "password": PASSWORD}}
            other = await client.put(address, json=NEW | given)
            assert (other.json()["source"], other.json()["has_credentials"]) == (NEW["source"], True)
            answers = [added.text, same.text, other.text, (await client.get("/api/v1/cameras")).text]
            answers.append(await whole_log(client))
            async with server.context.database.read() as session:
                row = await session.get_one(Camera, added.json()["id"])
            answers.append(f"{row.source}{row.credentials}")
            assert not any("hunter2" in text for text in answers)
            moved = await client.put(address, json=NEW | {"source": "rtsp://10.0.0.7/s"})
            assert moved.json()["has_credentials"] is False, "a password must not be sent to another address"
            await client.put(address, json=NEW | given)
            forgotten = await client.put(address, json=NEW | {"credentials": None})
            assert forgotten.json()["has_credentials"] is False

    run_server(scenario)


def test_cameras_that_cannot_be_are_refused_in_words(run_server: Callable[..., None]) -> None:
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"calibration": {"image_size": [1920, 1080]}}, "give one of points, camera, krt, tsai and projection"),
        ({"calibration": CALIBRATION | {"colour": 1}}, "unknown key 'colour'"),
        ({"zone_keys": ["nowhere"]}, "zone 'nowhere' is not a zone"),
        ({"edge_id": 10**6}, "no edge"),
        ({"source": None}, "source is missing"),
        ({"source": "sim://nowhere"}, "nowhere"),
        ({"source": "rtsp://***@10.0.0.6/s"}, "hidden part"),
        ({"source": "rtsp://10.0.0.6:99999999/s"}, "not a URL"),
        ({"source": "http://169.254.169.254/latest"}, "not allowed"),
        ({"source": "rtsp://8.8.8.8/s"}, "none of the networks"),
        ({"source": "/etc/passwd", "edge_id": None}, "not allowed"),
        ({"source": "x" * 2001}, "source"),
        ({"kind": "sensor"}, "a sensor has no source"),
        ({"source": "rtsp://a:b@10.0.0.6/", "credentials": {"username": "a", "password": "b"}}, "not in both"),
        ({"mode": {"rate_hz": 1000}}, "rate_hz"),
        ({"mode": {"model": "../../etc/passwd"}}, "model"),
        ({"name": "n" * 100_000}, "name"),
    ]

    async def scenario(server: CentralServer) -> None:
        async with server.client() as client:
            for fields, words in wrong:
                answer = await client.post("/api/v1/cameras", json=NEW | {"site_id": server.site_id} | fields)
                assert answer.status_code == 422, (fields, answer.text)
                assert words in answer.json()["detail"], (fields, answer.text)
            foreign = NEW | {"site_id": server.other_site_id, "zone_keys": None, "edge_id": server.edge_id}
            assert "no edge" in (await client.post("/api/v1/cameras", json=foreign)).json()["detail"]

    run_server(scenario)


def test_simulated_cameras_devices_of_edges_and_sensors(run_server: Callable[..., None]) -> None:
    async def scenario(server: CentralServer) -> None:
        base = {"site_id": server.site_id, "name": "C"}
        async with server.client() as client:
            for fields in (
                {"key": "sim", "source": "sim://plaza?fps=5"},
                {"key": "usb", "source": "/dev/video0", "edge_id": server.edge_id},
                {"key": "wifi", "kind": "sensor"},
            ):
                answer = await client.post("/api/v1/cameras", json=base | fields)
                assert answer.status_code == 201, answer.text
            for query, keys in (
                ({"edge_id": server.edge_id}, ["north", "usb"]),
                ({"search": "si"}, ["sim"]),
                ({"site_id": server.other_site_id}, []),
            ):
                listed = (await client.get("/api/v1/cameras", params=query)).json()["items"]
                assert [row["key"] for row in listed] == keys
            address = f"/api/v1/cameras/{server.camera_id}"
            assert (await client.delete(address)).status_code == 204
            assert (await client.get(address)).status_code == 404
        async with server.client("viewer") as client:
            assert (await client.post("/api/v1/cameras", json=base | {"key": "x"})).status_code == 403

    run_server(scenario)


NAMES = st.text(st.characters(codec="utf-8", exclude_categories=["C"]), min_size=1, max_size=20)


@given(name=NAMES, password=NAMES)
def test_source_is_whole_again_after_it_was_split(name: str, password: str) -> None:
    kept = opened_source(
        "rtsp://10.0.0.6:554/s?channel=1", BOX.seal('{"username": "u", "password": "p"}'), BOX
    )  # fmt: skip
    assert kept.full() == "rtsp://u:p@10.0.0.6:554/s?channel=1"
    given = split_source(kept.full())
    assert (given.address, given.username, given.password) == (kept.address, "u", "p")
    odd = type(kept)(kept.address, name, password)
    assert split_source(odd.full()) == odd
    assert opened_source(odd.address, odd.sealed(BOX), BOX) == odd


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("http://10.0.0.6/video?user=a&pwd=hunter2", "http://10.0.0.6/video?user=***&pwd=***"),
        ("rtsp://u:hunter2@10.0.0.6/", "rtsp://10.0.0.6/"),
        ("rtsp://u@10.0.0.6/", "rtsp://10.0.0.6/"),
        ("rtsp://10.0.0.6/", "rtsp://10.0.0.6/"),
        ("sim://plaza", "sim://plaza"),
    ],
)
def test_secrets_are_taken_out_of_sources(source: str, shown: str) -> None:
    kept = split_source(source)
    assert kept.address == shown
    assert "hunter2" not in repr(kept)
    assert opened_source(kept.address, kept.sealed(BOX), BOX).full() == source
    assert (kept.sealed(BOX) is None) == (source == shown)


def test_hidden_source_cannot_be_sent_back() -> None:
    with pytest.raises(ServerError, match="hidden part"):
        split_source("http://10.0.0.6/video?pwd=***")
