"""Pictures of the server's own cameras, and counting in pictures that are sent."""

import base64
import zlib
from collections.abc import Callable
from datetime import timedelta

import httpx
import numpy as np
from central import CentralServer

from throng.bus.board import CameraCard, Picture
from throng.camera.still import decode_picture, encode_picture
from throng.core.stream import StreamState, StreamStatus

EMPTY = encode_picture(np.full((240, 320, 3), 128, np.uint8), ".png")
DRAWN = encode_picture(np.full((24, 32, 3), 200, np.uint8), ".jpg")
PLAIN = encode_picture(np.full((24, 32, 3), 90, np.uint8), ".jpg")


def show(server: CentralServer) -> None:
    """Let the camera `north` run in the server and give one picture."""
    board, now = server.context.boards.board(server.site_id), server.clock.now()
    board.add_camera(CameraCard("north", "North", "rtsp://10.0.0.5/1", ("throngnet",), simulated=False), [], now=now)
    board.put_status("north", StreamStatus(StreamState.LIVE, "", now))
    board.put_picture("north", Picture(DRAWN, now, 1, lambda: PLAIN))


def test_pictures_with_and_without_overlay_and_every_look_is_noted(run_server: Callable[..., None]) -> None:
    async def scenario(server: CentralServer) -> None:
        path = f"/api/v1/cameras/{server.camera_id}"
        async with server.client("operator") as client:
            away = await client.get(f"{path}/picture.jpg")
            assert (away.status_code, "does not run in this server" in away.json()["detail"]) == (404, True)
            show(server)
            assert (await client.get(f"{path}/picture.jpg")).content == DRAWN
            assert (await client.get(f"{path}/picture.jpg", params={"plain": True})).content == PLAIN
            server.clock.advance(6)
            late = await client.get(f"{path}/picture.jpg")
            assert late.status_code == 503, "an old picture is not what the camera sees now"
            assert late.headers["x-throng-picture-age-s"] == "6.000"
            server.context.boards.board(server.site_id).put_status(
                "north", StreamStatus(StreamState.FAILED, "host gone", server.clock.now() + timedelta(0))
            )
            assert (await client.get(f"{path}/stream.mjpg")).status_code == 503
            assert (await client.get("/api/v1/cameras/999/picture.jpg")).status_code == 404
        async with server.client("viewer") as client:
            assert (await client.get(f"{path}/picture.jpg")).status_code == 403
        async with server.client("admin") as client:
            looks = (await client.get("/api/v1/audit", params={"action": "video.view"})).json()["items"]
        assert len(looks) == 2
        assert {look["actor"] for look in looks} == {"operator (test)"}

    run_server(scenario)


def test_people_are_counted_in_pictures_that_are_sent(run_server: Callable[..., None]) -> None:
    async def scenario(server: CentralServer) -> None:
        async with server.client("operator") as client:
            body = {"image": base64.b64encode(EMPTY).decode(), "with_picture": True}
            answer = await client.post("/api/v1/detect", json=body)
            assert answer.status_code == 200, answer.text
            found = answer.json()
            assert found["count"] < 0.5
            assert found["count_low"] <= found["count"] <= found["count_high"]
            assert (found["width"], found["height"]) == (320, 240)
            assert decode_picture(base64.b64decode(found["picture"])).shape == (240, 320, 3)
            uploaded = await client.post("/api/v1/detect/file", files={"image": ("a.png", EMPTY)})
            assert uploaded.json()["count"] == found["count"]
            await refused(client)

    run_server(scenario)


async def refused(client: httpx.AsyncClient) -> None:
    """What is no picture, too large or names a file of the server is refused with a sentence."""
    bomb = bytearray(EMPTY)
    bomb[16:24] = (60_000).to_bytes(4, "big") * 2
    ihdr = bytes(bomb[12:29])
    bomb[29:33] = zlib.crc32(ihdr).to_bytes(4, "big")
    cases = ((b"no picture", 422), (b"", 422), (bytes(bomb), 413), (EMPTY[:40], 422))
    for content, status in cases:
        answer = await client.post("/api/v1/detect", json={"image": base64.b64encode(content).decode()})
        assert answer.status_code == status, (content[:20], answer.text)
        assert "picture" in answer.json()["detail"]
    assert (await client.post("/api/v1/detect", json={"image": "§§"})).status_code == 422
    path = await client.post("/api/v1/detect", json={"image": "", "model": "../../etc/passwd.onnx"})
    assert path.status_code == 422
    unknown = await client.post(
        "/api/v1/detect", json={"image": base64.b64encode(EMPTY).decode(), "model": "yolo-nothing"}
    )
    assert unknown.status_code == 422
    assert "throngnet" in unknown.json()["detail"]


def test_what_a_camera_sees_now_is_counted(run_server: Callable[..., None]) -> None:
    async def scenario(server: CentralServer) -> None:
        show(server)
        async with server.client("operator") as client:
            answer = await client.post(f"/api/v1/cameras/{server.camera_id}/detect")
            assert answer.status_code == 200, answer.text
            assert (answer.json()["width"], answer.json()["height"]) == (32, 24)

    run_server(scenario)
