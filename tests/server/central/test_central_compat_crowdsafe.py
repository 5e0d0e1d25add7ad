"""The door of CrowdSafe: the way in, cameras, and who may what."""

import asyncio
from pathlib import Path
from typing import Any

import httpx
import pytest
from central import CentralServer
from crowdsafe_fields import CAMERA, DONE, PROBLEM, USER, WHOLE
from doors import SECRET, Ask, asked, asked_both, door
from people import CHEAP, PASSWORD, add_person

from throng.bus.board import CameraCard
from throng.core.stream import StreamState, StreamStatus
from throng.server.auth import passwords
from throng.server.videos.job import JobState
from throng.server.videos.queue import VideoQueue
from throng.store.tables import Camera, Role

MAST = {
    "name": "Mast", "location": "by the gate", "source_type": "rtsp", "source_url": f"rtsp://root:{SECRET}@10.0.0.9/1",
    "area_sqm": 200, "expected_capacity": 400, "calibration_method": "manual", "latitude": 52.5, "longitude": 13.4,
    "fps_target": 2, "resolution": "1920x1080", "site_id": 1,
}  # fmt: skip


@pytest.fixture(autouse=True)
def _cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "HASHER", CHEAP)


def test_the_way_in_and_out(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with door(tmp_path, "crowdsafe") as server:
            await add_person(server, "ada", Role.OPERATOR, email="ada@city.example")
            async with server.client(None) as client:
                body = {"username": "ada", "password": PASSWORD, "remember": True}
                keys = frozenset(
                    {"access_token", "refresh_token", "token_type", "expires_in", "user", "csrf_token"}
                )  # fmt: skip
                wrong = await client.post("/api/auth/login", json=body | {"password": "wrong"})
                assert (wrong.status_code, wrong.json()["type"]) == (401, "/problems/wrong-credentials")
                tokens = await asked_both(client, Ask("POST", "/api/auth/login", keys, body))
                assert (frozenset(tokens["user"]), tokens["user"]["role"]) == (USER, "operator")
                assert (tokens["user"]["email"], tokens["expires_in"]) == ("ada@city.example", 600)
                assert (await client.get("/api/auth/me")).json()["username"] == "ada", "the cookie alone"
                assert (await client.get("/api/cameras/")).status_code == 200
                forged = await client.post("/api/auth/logout")
                assert (forged.status_code, forged.json()["type"]) == (403, "/problems/csrf")
                client.headers["Authorization"] = f"Bearer {tokens['access_token']}"
                await asked_both(client, Ask("GET", "/api/auth/me", USER))
                pair = frozenset({"access_token", "refresh_token", "token_type", "expires_in"})
                ask = Ask("POST", "/api/auth/refresh", pair, {"refresh_token": tokens["refresh_token"]})
                fresh = await asked(client, ask)
                last = {"refresh_token": fresh["refresh_token"]}
                await asked(client, Ask("POST", "/api/auth/logout", DONE, last))
                again = await client.post("/api/auth/refresh/", json=last)
                assert again.status_code == 401, "logging out ends what was sent along"
                del client.headers["Authorization"]
                assert (await client.get("/api/auth/me")).status_code == 401, "and the cookie"

    asyncio.run(scenario())


def test_cameras(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario() -> None:
        async with door(tmp_path, "crowdsafe") as server, server.client() as client:
            mast = await asked_both(client, Ask("POST", "/api/cameras", WHOLE, MAST, 201))
            assert mast | {"id": "", "created_at": "", "metrics": None} == {
                "id": "", "name": "Mast", "location": "by the gate", "source_type": "rtsp",
                "source_url": "rtsp://10.0.0.9/1", "area_sqm": 200, "expected_capacity": 400,
                "calibration_method": None, "is_active": True, "status": "offline", "latitude": 52.5,
                "longitude": 13.4, "fps_target": 2, "resolution": None, "created_at": "", "metrics": None,
            }  # fmt: skip
            assert set(mast["metrics"].values()) == {None, mast["id"]}, "nothing is known, and nothing is 0"
            at = f"/api/cameras/{mast['id']}"
            listed = await asked_both(client, Ask("GET", "/api/cameras", CAMERA))
            assert [one["name"] for one in listed] == ["North", "Mast", "Mast"]
            change = {"name": "Mast 2", "expected_capacity": 500, "source_url": mast["source_url"], "fps_target": 4}
            put = await asked_both(client, Ask("PUT", at, WHOLE, change))
            assert (put["name"], put["expected_capacity"], put["area_sqm"], put["fps_target"]) == (
                "Mast 2",
                500,
                200,
                4,
            )
            kept = (await client.get(f"/api/v1/cameras/{mast['id']}")).json()
            assert (kept["has_credentials"], len(kept["zone_keys"])) == (True, 1)
            for action, active in (("stop", False), ("start", True)):
                await asked_both(client, Ask("POST", f"{at}/{action}", DONE))
                assert (await asked(client, Ask("GET", at, WHOLE)))["is_active"] is active
            await reached_and_streamed(server, client, at)
            monkeypatch.setattr(VideoQueue, "add", lambda queue, job: queue.library.add(job))
            await uploaded(server, client, at)
            wrong: dict[str, dict[str, Any]] = {
                "never there": {"source_url": "rtsp://127.0.0.1/1"}, "source_url is missing": {"source_url": None},
                "greater than 0": {"area_sqm": 0}, "several sites": {"site_id": None},
            }  # fmt: skip
            for sentence, difference in wrong.items():
                answer = await client.post("/api/cameras", json=MAST | difference)
                assert (answer.status_code, sentence in answer.text) == (422, True), answer.text
            await asked(client, Ask("DELETE", at, DONE))
            await asked(client, Ask("GET", at, PROBLEM, status=404))

    asyncio.run(scenario())


async def reached_and_streamed(server: CentralServer, client: httpx.AsyncClient, at: str) -> None:
    """A camera that has not reported, does not run here, and whose address is not allowed any more."""
    keys = frozenset({"success", "status", "message"})
    said = await asked_both(client, Ask("POST", f"{at}/test", keys))
    assert (said["success"], said["status"], "nothing has come" in said["message"]) == (False, "offline", True)
    away = await asked_both(client, Ask("GET", f"{at}/stream", PROBLEM, status=404))
    assert "does not run in this server" in away["detail"]
    board, now = server.context.boards.board(server.site_id), server.clock.now()
    key = (await client.get(f"/api/v1{at.removeprefix('/api')}")).json()["key"]
    board.add_camera(CameraCard(key, "Mast", "rtsp://10.0.0.9/1", ("throngnet",), simulated=False), [], now=now)
    board.put_status(key, StreamStatus(StreamState.ENDED, "", now))
    await asked_both(client, Ask("GET", f"{at}/stream", PROBLEM, status=503))
    async with server.context.database.write() as session:
        (await session.get_one(Camera, int(at.rpartition("/")[2]))).source = "rtsp://127.0.0.1/1"
    said = await asked_both(client, Ask("POST", f"{at}/test", keys))
    assert (said["success"], "never there" in said["message"]) == (False, True)
    async with server.context.database.write() as session:
        (await session.get_one(Camera, int(at.rpartition("/")[2]))).source = "rtsp://10.0.0.9/1"


async def uploaded(server: CentralServer, client: httpx.AsyncClient, at: str) -> None:
    """A video comes in the part `file`, and the camera is `processing` while it is measured."""
    film = b"\x00\x00\x00\x18ftypmp42" + bytes(600)
    for slash in ("", "/"):
        answer = await client.post(f"{at}/upload{slash}", files={"file": ("gate.mp4", film, "video/mp4")})
        assert answer.status_code == 202, answer.text
    said = answer.json()
    assert set(said) == {"message", "video_id", "filename", "camera_id"}
    assert (said["filename"], f"/api/cameras/{said['camera_id']}") == ("gate.mp4", at)
    assert (await client.get(f"/api/v1/videos/{said['video_id']}")).json()["state"] == "waiting"
    server.context.videos.library.change(int(said["video_id"]), state=JobState.RUNNING)
    assert (await client.get(at)).json()["status"] == "processing"
    assert (await client.post(f"{at}/test")).json()["success"] is True
    server.context.videos.library.change(int(said["video_id"]), state=JobState.DONE)
    for name, part, status in (("gate.txt", "file", 415), ("gate.mp4", "video", 422)):
        wrong = await client.post(f"{at}/upload", files={part: (name, film, "video/mp4")})
        assert wrong.status_code == status, wrong.text
    assert (await client.post("/api/cameras/999/upload", files={"file": ("a.mp4", film)})).status_code == 404


def test_what_belongs_to_others_does_not_exist_and_roles_hold(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with door(tmp_path, "crowdsafe") as server:
            async with server.client() as client:
                there = (await client.post("/api/cameras", json=MAST | {"site_id": server.other_site_id})).json()["id"]
                alert = {"site_id": server.other_site_id, "level": "warning", "title": "Far away"}
                number = (await client.post("/api/v1/alerts", json=alert)).json()["id"]
            async with server.client("viewer-here") as client:
                metrics = [
                    f"/api/metrics/{there}{end}" for end in ("", "/current", "/summary", "/aggregate", "/export")
                ]
                for path in (f"/api/cameras/{there}", f"/api/alerts/{number}", *metrics):
                    assert (await client.get(path)).status_code == 404, path
                assert (await client.get("/api/alerts", params={"camera_id": there})).status_code == 404
                assert (await client.get("/api/alerts")).json() == []
                assert [one["name"] for one in (await client.get("/api/cameras")).json()] == ["North"]
                for method, path in (("POST", f"/api/alerts/{number}/resolve"), ("GET", "/api/users"),
                                     ("GET", "/api/settings"), ("GET", "/api/system/logs"), ("GET", "/api/recordings"),
                                     ("POST", f"/api/cameras/{server.camera_id}/stop")):  # fmt: skip
                    assert (await client.request(method, path)).status_code == 403, path
            async with server.client(None) as client:
                for path in ("/api/cameras", "/api/alerts", "/api/system/health", "/api/auth/me"):
                    assert (await client.get(path)).status_code == 401, path

    asyncio.run(scenario())
