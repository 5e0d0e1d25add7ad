"""The whole configuration as one YAML file: out, in, and nothing lost on the way."""

from collections.abc import Callable
from importlib.resources import files
from typing import Any

import httpx
import pytest
import yaml
from central import SQUARE, CentralServer
from sqlalchemy import update

from throng.camera.yaml_file import SettingsError
from throng.server.configuration.reading import LARGEST_BYTES, read_configuration
from throng.store.tables import ApiToken
from throng.store.this_server import take_over

EXAMPLE = files("throng.server.examples").joinpath("harbour.yaml").read_text("utf-8")
SITE = """\
name: Market square
zones:
  - id: square
    polygon: [[0, 0], [8, 0], [8, 16], [0, 16]]
    capacity: 250
    exits: [[[0, 16], [3, 16]]]
lines:
  - id: gate
    from: [0, 2]
    to: [8, 2]
cameras:
  - id: north
    source: sim://plaza
    zones: [square]
    model: yolox-nano
    rate: 2
"""


async def send(client: httpx.AsyncClient, text: str, **query: Any) -> httpx.Response:
    return await client.post("/api/v1/configuration", content=text.encode(), params=query)


def brief(answer: httpx.Response) -> list[tuple[str, str, str]]:
    assert answer.status_code == 200, answer.text
    return [(c["action"], c["kind"], c["key"]) for c in answer.json()["changes"]]


def test_example_is_applied_shown_and_idempotent(run_server: Callable[..., None]) -> None:
    async def scenario(server: CentralServer) -> None:
        async with server.client() as client:
            looked = await send(client, EXAMPLE, dry_run=True)
            assert (looked.json()["dry_run"], len(brief(looked))) == (True, 13)
            assert len((await client.get("/api/v1/sites")).json()["items"]) == 2
            assert brief(await send(client, EXAMPLE)) == brief(looked)
            assert brief(await send(client, EXAMPLE, prune=False)) == []
            changed = await send(client, EXAMPLE.replace("capacity: 70", "capacity: 75"), dry_run=True)
            assert changed.json()["changes"] == [
                {"action": "change", "kind": "zone", "site": "harbour-example", "key": "passage",
                 "fields": {"capacity": [70, 75]}}
            ]  # fmt: skip
            cameras = (await client.get("/api/v1/cameras", params={"search": "mast 1"})).json()["items"]
            assert cameras[0]["source"] == "sim://plaza"

    run_server(scenario)


def test_export_is_applied_elsewhere_and_back_without_a_change(run_server: Callable[..., None]) -> None:
    async def scenario(server: CentralServer) -> None:
        async with server.client() as client:
            camera = {
                "site_id": server.site_id, "key": "south", "name": "Süd: \"x\" #1", "zone_keys": ["gate"],
                "source": "rtsp://u:hunter2@10.0.0.9/s", "edge_id": server.edge_id,
                "calibration": {"image_size": [1920, 1080], "camera": {"height_m": 6, "tilt_deg": 25, "fov_deg": 70}},
            }  # fmt: skip
            assert (await client.post("/api/v1/cameras", json=camera)).status_code == 201
            await client.post("/api/v1/playbooks", json={
                "site_id": server.site_id, "zone_id": server.zone_id, "name": "Full", "level": "warning",
                "steps": [{"id": "a", "text": "Do"}],
            })  # fmt: skip
            await client.put("/api/v1/settings", json={"retention": {"readings_days": 9}})
            plain = (await client.get("/api/v1/configuration")).text
            sealed = (await client.get("/api/v1/configuration", params={"secrets": "sealed"})).text
            for text in (plain, sealed):
                assert "hunter2" not in text
                assert brief(await send(client, text, prune=True)) == []
            assert "sealed" not in plain
            content = yaml.safe_load(sealed)
            content["sites"][0]["key"] = "copy"
            copied = await send(client, yaml.safe_dump({"sites": content["sites"][:1]}))
            assert len(brief(copied)) == 6
            assert "hunter2" not in copied.text
            kept = (await client.get("/api/v1/cameras", params={"key": "south"})).json()["items"]
            assert [row["has_credentials"] for row in kept] == [True, True]
            assert kept[0]["calibration"] == kept[1]["calibration"]
            assert "hunter2" not in (await client.get("/api/v1/audit/export")).text

    run_server(scenario)


def test_site_file_is_applied_as_one_site(run_server: Callable[..., None]) -> None:
    async def scenario(server: CentralServer) -> None:
        async with server.client() as client:
            assert brief(await send(client, SITE)) == [
                ("create", "site", "market-square"), ("create", "zone", "square"), ("create", "line", "gate"),
                ("create", "camera", "north"),
            ]  # fmt: skip
            zone = (await client.get("/api/v1/zones", params={"key": "square"})).json()["items"][0]
            assert (zone["name"], zone["area_m2"], zone["exits"]) == ("square", 128.0, [[[0, 16], [3, 16]]])
            shorter = SITE[: SITE.index("cameras:")]
            assert brief(await send(client, shorter, prune=True)) == []
            assert brief(await send(client, shorter + "cameras: []\n", prune=True)) == [("remove", "camera", "north")]
            sites = (await client.get("/api/v1/sites")).json()["items"]
            assert len(sites) == 3, "pruning with one site file removes no other site"

    run_server(scenario)


def test_nothing_is_kept_when_something_is_wrong(run_server: Callable[..., None]) -> None:
    async def scenario(server: CentralServer) -> None:
        async with server.client() as client:
            unknown_zone = SITE.replace("zones: [square]", "zones: [nowhere]")
            refused = await send(client, unknown_zone)
            assert (refused.status_code, "nowhere" in refused.json()["detail"]) == (409, True)
            unknown_scene = SITE.replace("sim://plaza", "sim://moon")
            refused = await send(client, unknown_scene)
            assert (refused.status_code, "moon" in refused.json()["detail"]) == (422, True)
            file = SITE + "    calibration: /etc/passwd\n"
            refused = await send(client, file)
            assert (refused.status_code, "cannot read the file" in refused.json()["detail"]) == (422, True)
            assert (await send(client, "\x00")).status_code == 422
            assert (await client.post("/api/v1/configuration", content=b"\xff\xfe")).status_code == 422
            assert (await send(client, "a: " + "x" * LARGEST_BYTES)).status_code == 413
            assert len((await client.get("/api/v1/sites")).json()["items"]) == 2
        for who, status in ((None, 401), ("viewer", 403), ("operator", 403), ("edge", 403)):
            async with server.client(who) as client:
                assert (await client.get("/api/v1/configuration")).status_code == status
                assert (await send(client, SITE)).status_code == status
        async with server.context.database.write() as session:
            await session.execute(update(ApiToken).values(site_ids=[server.site_id]))
        server.context.auth.known.forget()
        async with server.client() as client:
            assert (await client.get("/api/v1/configuration")).status_code == 403

    run_server(scenario)


def test_edge_that_the_server_itself_is_belongs_to_no_file(run_server: Callable[..., None]) -> None:
    async def scenario(server: CentralServer) -> None:
        async with server.context.database.write() as session:
            own = await take_over(session, server.site_id, "edge_own")
        async with server.client() as client:
            text = (await client.get("/api/v1/configuration")).text
            assert "this-server" not in text
            assert brief(await send(client, text, prune=True)) == []
            camera = {"site_id": server.site_id, "key": "c", "name": "C", "source": "sim://plaza", "edge_id": own}
            assert (await client.post("/api/v1/cameras", json=camera)).status_code == 422
            edge = {"site_id": server.other_site_id, "key": "this-server", "name": "Mine"}
            assert (await client.post("/api/v1/edges", json=edge)).status_code == 422
            sealed = SITE.replace("rate: 2", "rate: 2\n    credentials: {sealed: gAAAAAnothers}")
            refused = await send(client, sealed)
            assert (refused.status_code, "another server" in refused.json()["detail"]) == (422, True)

    run_server(scenario)


CROSSED = [SQUARE[0], SQUARE[2], SQUARE[1], SQUARE[3]]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (SITE.replace("capacity: 250", "capacity: many"), "x.yaml, line 5: zones.0.capacity"),
        (SITE.replace("capacity: 250", "capacity: 0"), "x.yaml, line 3: zones.0: capacity"),
        (SITE.replace("capacity", "capacitty"), "line 5: unknown key 'zones.0.capacitty'"),
        (SITE.replace("[[0, 0], [8, 0], [8, 16], [0, 16]]", str(CROSSED)), "line 3: zones.0: zone square: its polygon"),
        (SITE.replace("to: [8, 2]", "to: [0, 2]"), "line 8: lines.0: line gate: start and end are the same"),
        (SITE.replace("rate: 2", "rate: 2000"), "line 12: cameras.0: mode.rate_hz"),
        (SITE.replace("    source: sim://plaza\n", ""), "line 12: cameras.0: camera north: source is missing"),
        (SITE + "    calibration: {image_size: [1, 1]}\n", "line 12: cameras.0: camera north: give one of points"),
        (SITE + "time_zone: Mars\n", "time_zone: this is no IANA time zone"),
        (SITE.replace("- id: square", "- id: square\n  - id: square", 1), "x.yaml: zone 'square' is there twice"),
        ("sites: [{name: a, zones: [{id: z}, {id: z}]}]", "zone 'z' is there twice"),
        ("sites: [{name: a}, {name: A}]", "site 'a' is there twice"),
        ("throng: 2\nsites: []", "line 1: throng"),
        ("settings: {retention: {readings_days: 0}}\nsites: []", "line 1: settings.retention.readings_days"),
        ("a: 2001-99-99\nsites: []", "a value cannot be"),
        ("sites: [{name: a, edges: [{id: this-server}]}]", "the server itself"),
        ("a: [", "this is not valid YAML"),
        ("[1]", "expected keys and values"),
        ("a: &a [1]\nb: *a", "line 2: aliases"),
        ("[" * 5000, "nested deeper"),
        ("sites: [{name: a, cameras: [{id: c, source: 'rtsp://1.2.3.4/', credentials: hunter2}]}]", "got ***"),
    ],
)
def test_mistakes_are_named_with_their_line(text: str, words: str) -> None:
    with pytest.raises(SettingsError) as refused:
        read_configuration(text, "x.yaml")
    assert words in str(refused.value)
    assert "hunter2" not in str(refused.value)
