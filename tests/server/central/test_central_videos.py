"""Uploaded videos: taken to the disk, measured in a process of their own, read by those who may, and removed."""

import asyncio
import io
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import av
import cv2
import httpx
import numpy as np
import pytest
from central import CentralServer, central_server
from starlette.requests import ClientDisconnect

from throng.server.videos import form
from throng.server.videos.job import JobState, VideoJob
from throng.store.tables import Camera

WAIT_S = 240.0
HOG = {"model": "hog"}
CALIBRATION = {"image_size": [320, 240], "camera": {"height_m": 6, "tilt_deg": 30, "fov_deg": 70}}


def clip(*, frames: int = 20, container: str = "mp4") -> bytes:
    """Two seconds of moving texture, without people."""
    file = io.BytesIO()
    texture = cv2.resize(np.random.default_rng(1).integers(0, 255, (60, 80, 3), dtype=np.uint8), (320, 240))
    with av.open(file, "w", format=container) as out:
        stream = out.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = 320, 240, "yuv420p"
        for k in range(frames):
            image = np.ascontiguousarray(np.roll(texture, 2 * k, axis=1), dtype=np.uint8)
            out.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="bgr24")))
        out.mux(stream.encode(None))
    return file.getvalue()


async def sent(client: httpx.AsyncClient, content: bytes, name: str = "clip.mp4", **fields: str) -> httpx.Response:
    return await client.post("/api/v1/videos", files={"video": (name, content, "video/mp4")}, data=fields)


async def over(client: httpx.AsyncClient, number: int) -> dict[str, Any]:
    """Wait until a video is done or has failed."""
    async with asyncio.timeout(WAIT_S):
        while True:
            shown: dict[str, Any] = (await client.get(f"/api/v1/videos/{number}")).json()
            if shown["state"] in {"done", "failed", "cancelled"}:
                return shown
            await asyncio.sleep(0.1)


def folders(server: CentralServer) -> list[str]:
    return sorted(path.name for path in (server.context.settings.data_dir / "videos").iterdir())


def test_a_video_is_measured_with_the_zones_of_a_camera(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with central_server(f"sqlite:///{tmp_path / 't.db'}", tmp_path / "data", requests_burst=1e6) as server:
            async with server.context.database.write() as session:
                camera = await session.get_one(Camera, server.camera_id)
                camera.calibration, camera.zone_keys = CALIBRATION, ["yard"]
            async with server.client() as admin:
                yard = {"key": "yard", "name": "Yard", "polygon": [[-2, 7], [2, 7], [2, 11], [-2, 11]], "capacity": 10}
                assert (await admin.post("/api/v1/zones", json={**yard, "site_id": server.site_id})).status_code == 201
            async with server.client("operator") as client:
                answer = await sent(client, clip(), camera_id=str(server.camera_id), **HOG)
                assert answer.status_code == 202, answer.text
                number = answer.json()["id"]
                assert (answer.json()["name"], answer.json()["site_id"]) == ("clip.mp4", server.site_id)
                broken = (await sent(client, clip()[:3000], "cut.mp4", **HOG)).json()["id"]
                done = await over(client, number)
                assert (done["state"], done["reason"], done["progress"]) == ("done", "", 1.0)
                assert done["duration_s"] == pytest.approx(2.0, abs=0.11)
                lines = (await client.get(f"/api/v1/videos/{number}/readings")).text.splitlines()
                rows = [json.loads(line) for line in lines]
                assert {row["zone_id"] for row in rows} == {"yard"}
                assert done["people"] == rows[-1]["count"]
                table = (await client.get(f"/api/v1/videos/{number}/readings", params={"format": "csv"})).text
                assert (table.splitlines()[0][:13], len(table.splitlines())) == ("kind,zone_id,", len(rows) + 1)
                failed = await over(client, broken)
                assert failed["state"] == "failed", "a broken file is its own affair"
                assert "video.mp4" in failed["reason"]
                assert str(tmp_path) not in failed["reason"]
                listed = (await client.get("/api/v1/videos", params={"state": "done"})).json()["items"]
                assert [job["id"] for job in listed] == [number]
                for gone in (number, broken):
                    assert (await client.delete(f"/api/v1/videos/{gone}")).status_code == 204
                    assert (await client.get(f"/api/v1/videos/{gone}")).status_code == 404
                assert folders(server) == []
            async with server.client("admin") as admin:
                log = (await admin.get("/api/v1/audit")).json()["items"]
                assert [e["action"] for e in log if e["object_kind"] == "video"].count("video.delete") == 2

    asyncio.run(scenario())


def test_what_is_no_video_is_refused_and_leaves_nothing(
    run_server: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scenario(server: CentralServer) -> None:
        good = clip(frames=3)
        playlist = b"#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nfile:///etc/passwd\n" + b" " * 600
        async with server.client("operator") as client:
            for content, name, fields, status in (
                (good, "clip.exe", {}, 415),
                (good, "../../clip", {}, 415),
                (playlist, "clip.mp4", {}, 415),
                (playlist, "clip.ts", {}, 415),
                (playlist[:100], "clip.avi", {}, 415),
                (b"", "clip.mp4", {}, 415),
                (good + b"x" * 1_000_001, "clip.mp4", {}, 413),
                (good, "clip.mp4", {"model": "../../evil.onnx"}, 422),
                (good, "clip.mp4", {"camera_id": "one"}, 422),
                (good, "clip.mp4", {"camera_id": "999"}, 404),
                (good, "clip.mp4", {"more": "x"}, 422),
                (good, "clip.mp4", {"model": "x" * 500}, 422),
            ):
                answer = await sent(client, content, name, **fields)
                assert answer.status_code == status, (name, fields, answer.text)
                assert folders(server) == []
            assert (await client.post("/api/v1/videos", json={})).status_code == 422
            head = {"Content-Type": "multipart/form-data; boundary=b"}
            half = b'--b\r\nContent-Disposition: form-data; name="video"; filename="a.mp4"\r\n\r\n' + good
            assert (await client.post("/api/v1/videos", content=half, headers=head)).status_code == 422
            assert (await client.post("/api/v1/videos", content=b"nonsense", headers=head)).status_code == 422
            huge = {**head, "Content-Length": "9000000000"}
            assert (await client.post("/api/v1/videos", content=hung_up(half), headers=huge)).status_code == 413
            gone = await client.post("/api/v1/videos", content=hung_up(half), headers=head)
            assert (gone.status_code, "hung up" in gone.text) == (400, True)
            monkeypatch.setattr(form, "SPARE_BYTES", 10**18)
            full = await sent(client, good)
            assert (full.status_code, "no room" in full.text) == (507, True)
            monkeypatch.undo()
        assert folders(server) == []
        for who in (None, "viewer", "edge"):
            async with server.client(who) as client:
                assert (await sent(client, good)).status_code in {401, 403}

    run_server(scenario, upload_limit_mb=1, requests_burst=1e6)


async def hung_up(content: bytes) -> AsyncIterator[bytes]:
    yield content
    raise ClientDisconnect


def stored(server: CentralServer, **more: Any) -> VideoJob:
    """A job as an earlier run of the server left it."""
    now = server.clock.now()
    number = server.context.videos.library.reserve(now)
    values = {"name": "a.mp4", "file": "video.mp4", "uploaded_by": "somebody", "uploaded_by_id": 999, "size_bytes": 5}
    job = VideoJob(id=number, created_at=now, **{**values, **more})
    server.context.videos.library.add(job)
    return job


def test_jobs_survive_a_restart_and_belong_to_their_site(tmp_path: Path) -> None:
    async def scenario() -> None:
        database = f"sqlite:///{tmp_path / 't.db'}"
        async with central_server(database, tmp_path / "data", requests_burst=1e6) as server:
            await server.context.videos.stop()
            here = stored(server, state=JobState.DONE, site_id=server.site_id, ended_at=server.clock.now())
            there = stored(server, state=JobState.DONE, site_id=server.other_site_id, ended_at=server.clock.now())
            lost = stored(server, state=JobState.RUNNING, attempts=3, progress=0.5)
            waiting = stored(server, attempts=0)
            (tmp_path / "data" / "videos" / "12345").mkdir()
            async with server.client("viewer-here") as client:
                assert (await client.get("/api/v1/videos")).status_code == 403, "videos are for operators"
            server.context.videos.library._jobs.clear()
            await server.context.videos.start()
            async with server.client("operator") as client:
                assert (await over(client, lost.id))["reason"].startswith("the server was stopped 3 times")
                failed = await over(client, waiting.id)
                assert failed["state"] == "failed", "its file is missing"
                listed = (await client.get("/api/v1/videos", params={"limit": 3})).json()
                assert [job["id"] for job in listed["items"]] == [waiting.id, lost.id, there.id]
                rest = await client.get("/api/v1/videos", params={"cursor": listed["next_cursor"]})
                assert [job["id"] for job in rest.json()["items"]] == [here.id]
                only = await client.get("/api/v1/videos", params={"site_id": server.other_site_id})
                assert [job["id"] for job in only.json()["items"]] == [there.id]
                assert (await client.get(f"/api/v1/videos/{here.id}/readings")).text == ""
            assert "12345" not in folders(server), "half an upload of an earlier run"
            server.clock.advance(8 * 86_400)
            await server.context.videos._remove_old()
            assert folders(server) == []

    asyncio.run(scenario())


def test_a_running_video_is_cancelled_at_once(tmp_path: Path) -> None:
    async def cancelled(server: CentralServer) -> None:
        async with server.client("operator") as client:
            number = (await sent(client, clip(frames=600), **HOG)).json()["id"]
            folder = tmp_path / "data" / "videos" / str(number)
            async with asyncio.timeout(WAIT_S):
                while not (folder / "pid").exists():
                    await asyncio.sleep(0.05)
            assert (await client.post(f"/api/v1/videos/{number}/cancel")).json()["state"] == "cancelled"
            child = Path("/proc") / (folder / "pid").read_text()
            assert not child.exists()
            assert (await client.delete(f"/api/v1/videos/{number}")).status_code == 204
            assert folders(server) == []

    async def scenario() -> None:
        async with central_server(f"sqlite:///{tmp_path / 't.db'}", tmp_path / "data", requests_burst=1e6) as server:
            await cancelled(server)

    asyncio.run(scenario())
