"""Sites and their plans."""

from collections.abc import Callable
from io import BytesIO

import cv2
import numpy as np
import pytest
from central import CentralServer

from throng.camera import still
from throng.server import plan_picture
from throng.server.errors import ServerError
from throng.server.plan_picture import read_plan_picture

NEW = {"key": "arena", "name": "Arena", "time_zone": "Europe/Berlin", "latitude": 52.5, "longitude": 13.4}


def picture(kind: str, *, width: int = 64, height: int = 48) -> bytes:
    pixels = np.random.default_rng(1).integers(0, 255, (height, width, 3), dtype=np.uint8)
    return bytes(cv2.imencode(kind, pixels)[1])


def test_site_is_added_shown_changed_and_removed(run_server: Callable[..., None]) -> None:
    async def scenario(server: CentralServer) -> None:
        async with server.client() as client:
            added = await client.post("/api/v1/sites", json=NEW)
            assert added.status_code == 201, added.text
            site = added.json()
            address = f"/api/v1/sites/{site['id']}"
            shown = await client.get(address)
            assert shown.json() == site
            tag = shown.headers["etag"]
            assert (await client.get(address, headers={"If-None-Match": tag})).status_code == 304
            changed = await client.put(address, json=NEW | {"name": "Old arena"}, headers={"If-Match": tag})
            assert (changed.status_code, changed.json()["name"]) == (200, "Old arena")
            assert (await client.put(address, json=NEW, headers={"If-Match": tag})).status_code == 412
            assert (await client.post("/api/v1/sites", json=NEW)).status_code == 409
            assert (await client.put(address, json=NEW | {"key": "harbour"})).status_code == 409
            for wrong in ({"time_zone": "Mars/Base"}, {"time_zone": "../etc/passwd"}, {"latitude": 91}, {"key": "a b"},
                          {"name": "x" * 5000}, {"name": ""}, {"latitude": "NaN"}):  # fmt: skip
                assert (await client.post("/api/v1/sites", json=NEW | {"key": "new"} | wrong)).status_code == 422, wrong
            found = (await client.get("/api/v1/sites", params={"search": "AREN"})).json()["items"]
            assert [row["key"] for row in found] == ["arena"]
            assert (await client.delete(address)).status_code == 204
            assert (await client.get(address)).status_code == 404
        async with server.client("operator") as client:
            assert (await client.post("/api/v1/sites", json=NEW)).status_code == 403

    run_server(scenario)


def test_removing_a_site_takes_its_configuration_along(run_server: Callable[..., None]) -> None:
    async def scenario(server: CentralServer) -> None:
        async with server.client() as client:
            assert (await client.delete(f"/api/v1/sites/{server.site_id}")).status_code == 204
            for noun, left in (("zones", 1), ("cameras", 0), ("edges", 0)):
                assert len((await client.get(f"/api/v1/{noun}")).json()["items"]) == left, noun
        async with server.client("edge") as box:
            assert (await box.get("/api/v1/edge/configuration")).status_code == 401

    run_server(scenario)


def test_plan_is_kept_moved_and_shown(run_server: Callable[..., None]) -> None:
    async def scenario(server: CentralServer) -> None:
        address = f"/api/v1/sites/{server.site_id}/plan"
        query = {"metres_per_px": 0.05, "origin_u": 10, "origin_v": 40}
        async with server.client() as client:
            assert (await client.get(address)).status_code == 404
            for kind, media_type in ((".png", "image/png"), (".jpg", "image/jpeg"), (".webp", "image/webp")):
                content = picture(kind)
                sent = await client.put(address, params=query, content=content)
                assert sent.status_code == 200, sent.text
                assert (sent.json()["media_type"], sent.json()["width_px"], sent.json()["height_px"]) == (
                    media_type, 64, 48,
                )  # fmt: skip
                shown = await client.get(f"{address}/picture")
                assert (shown.content, shown.headers["content-type"]) == (content, media_type)
                tag = {"If-None-Match": shown.headers["etag"]}
                again = await client.get(f"{address}/picture", headers=tag)
                assert (again.status_code, again.content) == (304, b"")
            moved = await client.put(
                f"{address}/position", json={"metres_per_px": 0.1, "origin_px": [0, 48], "rotation_deg": 90}
            )
            assert moved.json() == (await client.get(address)).json()
            assert moved.json()["metres_per_px"] == 0.1
            for wrong in (b"", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"GIF89a", content[:-40]):
                refused = await client.put(address, params=query, content=wrong)
                assert refused.status_code == 422, wrong[:20]
            assert (await client.put(address, params={"metres_per_px": 0}, content=content)).status_code == 422
            large = await client.put(address, params=query, content=bytes(plan_picture.LARGEST_BYTES + 1))
            assert large.status_code == 413
        async with server.client("viewer-here") as client:
            assert (await client.get(f"{address}/picture")).content == content
            assert (await client.get(f"/api/v1/sites/{server.other_site_id}/plan/picture")).status_code == 404
        async with server.client() as client:
            assert (await client.delete(address)).status_code == 204
            assert (await client.get(f"{address}/picture")).status_code == 404

    run_server(scenario)


def test_picture_with_too_many_pixels_is_refused_before_it_is_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(still, "decode_picture", None)
    bomb = bytearray(picture(".png"))
    bomb[16:24] = (60_000).to_bytes(4, "big") * 2
    with pytest.raises(ServerError, match="60000 x 60000 pixels"):
        read_plan_picture(bytes(bomb))


@pytest.mark.parametrize("kind", [".png", ".jpg", ".webp"])
@pytest.mark.parametrize("at", [0, 5, 12, 20, 25, 60])
def test_cut_pictures_are_refused(kind: str, at: int) -> None:
    with pytest.raises(ServerError):
        read_plan_picture(BytesIO(picture(kind)).read(at))
