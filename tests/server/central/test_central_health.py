"""What the server says of itself: honest per part and camera, and without secrets."""

import logging
from collections.abc import Callable

from central import CentralServer
from prometheus_client.parser import text_string_to_metric_families

from throng.server.live.items import Kind

LIVE = b'{"reading":{"validity":"live","reasons":[],"count":12.5,"density_mean_per_m2":0.06}}'
BLIND = b'{"reading":{"validity":"unknown","reasons":["no picture for 9 s"],"count":null,"density_mean_per_m2":null}}'


def test_health_names_silent_and_blind_cameras(run_server: Callable[..., None]) -> None:
    async def scenario(server: CentralServer) -> None:
        zone = (server.zone_id, server.camera_id)
        async with server.client("viewer") as client:
            first = (await client.get("/api/v1/health")).json()
            assert first["condition"] == "ok"
            assert [camera["condition"] for camera in first["cameras"]] == ["unknown"]
            assert [edge["condition"] for edge in first["edges"]] == ["unknown"]
            server.context.hub.put(Kind.ZONE, server.site_id, zone, LIVE)
            assert (await client.get("/api/v1/health")).json()["cameras"][0]["condition"] == "ok"
            server.context.hub.put(Kind.ZONE, server.site_id, zone, BLIND)
            blind = (await client.get("/api/v1/health")).json()["cameras"][0]
            assert (blind["condition"], blind["reason"]) == ("failed", "no picture for 9 s")
            server.context.hub.put(Kind.ZONE, server.site_id, zone, LIVE)
            server.clock.advance(6)
            server.context.hub.mark_overdue()
            silent = (await client.get("/api/v1/health")).json()["cameras"][0]
            assert silent["condition"] == "failed"
            assert silent["age_s"] == 6
        async with server.client(None) as client:
            assert (await client.get("/healthz")).json() == {"condition": "ok"}
            assert (await client.get("/api/v1/health")).status_code == 401

    run_server(scenario)


def test_metrics_leave_out_what_is_not_known(run_server: Callable[..., None]) -> None:
    async def scenario(server: CentralServer) -> None:
        hub = server.context.hub
        hub.put(Kind.ZONE, server.site_id, (server.zone_id, 1), LIVE)
        hub.put(Kind.ZONE, server.site_id, (server.zone_id, 2), BLIND)
        async with server.client("admin") as client:
            text = (await client.get("/metrics")).text
            samples = [s for family in text_string_to_metric_families(text) for s in family.samples]
            people = {s.labels["camera"]: s.value for s in samples if s.name == "throng_zone_people"}
            validity = {s.labels["camera"]: s.value for s in samples if s.name == "throng_zone_validity"}
            assert people == {"1": 12.5}, "no data is never a zero"
            assert validity == {"1": 2.0, "2": 0.0}
            server.clock.advance(6)
            hub.mark_overdue()
            text = (await client.get("/metrics")).text
        samples = [s for family in text_string_to_metric_families(text) for s in family.samples]
        assert not [s for s in samples if s.name == "throng_zone_people"]
        routes = {s.labels["route"] for s in samples if s.name == "throng_requests_total"}
        assert routes == {"/metrics"}

    run_server(scenario)


def test_the_log_can_be_read_by_administrators_without_secrets(run_server: Callable[..., None]) -> None:
    async def scenario(server: CentralServer) -> None:
        logging.getLogger("throng.test").warning("lost rtsp://guard:hunter2@10.0.0.5/1")
        async with server.client("admin") as client:
            lines = (await client.get("/api/v1/logs", params={"contains": "LOST", "level": "WARNING"})).json()
            assert (await client.get("/api/v1/version")).json()["revision"] == "0001"
        assert [line["text"] for line in lines] == ["lost rtsp://***@10.0.0.5/1"]
        async with server.client("operator") as client:
            assert (await client.get("/api/v1/logs")).status_code == 403

    run_server(scenario)


def test_a_camera_that_cannot_be_opened_says_why(run_server: Callable[..., None]) -> None:
    async def scenario(server: CentralServer) -> None:
        status = {"cameras": {"north": {"state": "failed", "detail": "401: wrong password"}, "gone": {}}}
        beat = {"software": "throng 0.1", "sent_at": server.clock.now().isoformat(), "status": status}
        async with server.client("edge") as client:
            assert (await client.post("/api/v1/edge/heartbeat", json=beat)).status_code == 200
        item = server.context.hub.get(Kind.CAMERA, (server.camera_id,))
        assert item is not None
        assert b"wrong password" in (item.body or b"")
        async with server.client("viewer") as client:
            camera = (await client.get("/api/v1/health")).json()["cameras"][0]
            assert camera["condition"] == "failed"
            assert "wrong password" in camera["reason"]
            server.clock.advance(31)
            server.context.hub.mark_overdue()
            camera = (await client.get("/api/v1/health")).json()["cameras"][0]
            assert camera["condition"] == "unknown", "a box that is silent says nothing of its cameras"

    run_server(scenario)
