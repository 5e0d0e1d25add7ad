"""Input that means harm: too much of it, SQL in it, paths in it; and secrets that must not come out anywhere."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from central import CentralServer, central_server

from throng.server.auth.identify import EDGE_TOKEN_PREFIX

MEGABYTE = b" " * 1_000_000
MUCH = 62
"""Megabytes after which nobody should go on reading; the largest body that is taken, a picture, has 45."""

SQL = (
    "' OR '1'='1",
    '" OR ""="',
    "x'; DROP TABLE zones; --",
    "%",
    "_",
    "\\",
    "gate' --",
    "' UNION SELECT 1,2,3 --",
    "'",
)
PATHS = ("../../etc/passwd", "..", "/etc/passwd", "..\\..\\x", "a/../b", "%2e%2e%2f", "con\r\nSet-Cookie: x=y")


def operations(server: CentralServer) -> list[tuple[str, str, dict[str, Any]]]:
    """Return (method, path with real ids, description) of every operation."""
    ids = {"site_id": server.site_id, "zone_id": server.zone_id, "camera_id": server.camera_id}
    ids["edge_id"] = server.edge_id
    found = []
    for path, methods in server.app.openapi()["paths"].items():
        for method, operation in methods.items():
            names = {p["name"]: ids.get(p["name"], 1) for p in operation.get("parameters", []) if p["in"] == "path"}
            found.append((method.upper(), path.format(**names), operation))
    return found


def test_nobody_fills_the_memory_with_an_endless_body(tmp_path: Path) -> None:
    read: dict[str, int] = {}

    async def endless(name: str) -> AsyncIterator[bytes]:
        for count in range(MUCH):
            read[name] = count
            yield MEGABYTE
        raise AssertionError(f"{name} reads on and on")

    async def scenario() -> None:
        url = f"sqlite:///{tmp_path / 'throng.db'}"
        async with central_server(url, tmp_path / "data", requests_burst=1e6, upload_limit_mb=1) as server:
            for who in (None, "admin"):
                async with server.client(who, **{"Content-Type": "application/json"}) as client:
                    for method, path, operation in operations(server):
                        if "requestBody" in operation:
                            name = operation["operationId"]
                            query = {"metres_per_px": 1, "site": server.site_id}
                            answer = await client.request(method, path, content=endless(name), params=query)
                            assert answer.status_code >= 400, name
                            assert answer.headers["content-type"] == "application/problem+json", name
                            small = "detect" not in name and name not in {"ingest_batch", "replace_plan"}
                            assert read.pop(name, 0) <= (4 if small else 46), name
            async with server.client("admin") as client:
                form = {"Content-Type": "multipart/form-data; boundary=b"}
                head = b'--b\r\nContent-Disposition: form-data; name="image"; filename="a"\r\n\r\n'
                for path in ("/api/v1/detect/file", "/api/v1/videos"):

                    async def large(path: str = path) -> AsyncIterator[bytes]:
                        yield head.replace(b"image", b"video") if "videos" in path else head
                        async for part in endless(path):
                            yield part

                    answer = await client.post(path, content=large(), headers=form)
                    assert answer.status_code in {413, 415}, answer.text

    asyncio.run(scenario())


def test_sql_and_paths_in_texts_are_only_texts(run_server: Callable[..., None]) -> None:
    async def scenario(server: CentralServer) -> None:
        async with server.client("admin") as client:
            for method, path, operation in operations(server):
                texts = [p["name"] for p in operation.get("parameters", []) if p["in"] == "query" and _is_text(p)]
                if method == "GET" and texts and "events" not in path:
                    await _search(client, path, texts)
            for hostile in SQL:
                body = {"key": "evil", "name": hostile}
                added = await client.post("/api/v1/sites", json=body)
                assert (added.status_code, added.json().get("name")) == (201, hostile), added.text
                found = (await client.get("/api/v1/sites", params={"search": hostile})).json()["items"]
                assert [site["name"] for site in found] == [hostile]
                assert (await client.delete(f"/api/v1/sites/{added.json()['id']}")).status_code == 204
            for hostile in (*SQL, *PATHS):
                nouns: tuple[tuple[str, dict[str, Any]], ...] = (
                    ("sites", {}), ("zones", {"polygon": None}), ("cameras", {"source": "rtsp://10.0.0.9/1"}),
                    ("lines", {"points": [[0, 0], [1, 1]]}), ("edges", {}),
                )  # fmt: skip
                for noun, more in nouns:
                    of_site = {} if noun == "sites" else {"site_id": server.site_id}
                    wish = {"key": hostile, "name": "x", **of_site, **more}
                    answer = await client.post(f"/api/v1/{noun}", json=wish)
                    assert answer.status_code == 422, (noun, hostile, answer.text)
                    assert "key" in answer.json()["errors"][0]["where"]
            assert len((await client.get("/api/v1/zones")).json()["items"]) == 2

    run_server(scenario, requests_burst=1e6, requests_per_s=1e6)


def _is_text(parameter: dict[str, Any]) -> bool:
    kinds = parameter["schema"].get("anyOf", [parameter["schema"]])
    return any(kind.get("type") == "string" and "enum" not in kind for kind in kinds)


async def _search(client: httpx.AsyncClient, path: str, texts: list[str]) -> None:
    for name in texts:
        for hostile in SQL:
            answer = await client.get(path, params={name: hostile})
            assert answer.status_code in {200, 404, 422}, (path, name, hostile, answer.text)
            if answer.status_code == 200 and "items" in answer.text:
                assert answer.json()["items"] == [], (path, name, hostile)


def test_paths_lead_nowhere_else(tmp_path: Path) -> None:
    async def scenario() -> None:
        url = f"sqlite:///{tmp_path / 'throng.db'}"
        async with central_server(url, tmp_path / "data", requests_burst=1e6) as server, server.client() as client:
            (tmp_path / "data" / "videos").mkdir(exist_ok=True)
            for base in ("videos", "sites", "zones", "cameras", "sites/1/plan/picture", "videos/1/readings"):
                for way in (
                    "../secret.key",
                    "..%2fsecret.key",
                    "%2e%2e/secret.key",
                    "..%5csecret.key",
                    "1%00",
                    "-1",
                    "1e3",
                ):
                    answer = await client.get(f"/api/v1/{base}/{way}")
                    assert answer.status_code in {404, 422}, (base, way, answer.text)
                    assert "secret.key" not in answer.text or answer.status_code == 422
            body = {"key": "x", "name": 'q"; filename="evil.sh\\', "site_id": server.site_id, "polygon": None}
            zone_id = (await client.post("/api/v1/zones", json=body)).json()["id"]
            for what in (f"zones/{zone_id}", f"sites/{server.site_id}"):
                answer = await client.get(f"/api/v1/{what}/export", params={"format": "csv"})
                assert answer.status_code == 200, answer.text
                name = answer.headers["content-disposition"].partition('filename="')[2]
                assert name.endswith('"')
                assert not set('/\\"\r\n') & set(name[:-1]), name

    asyncio.run(scenario())


class Secrets:
    """What must not come out, and everything that came out."""

    def __init__(self) -> None:
        self.known: set[str] = set()
        self.said: list[tuple[str, str]] = []

    def new(self, text: str) -> str:
        self.known.add(text)
        return text

    def hear(self, answer: httpx.Response, *, but: str = "") -> httpx.Response:
        """Keep an answer; `but` is the one secret that it is for."""
        text = answer.text + json.dumps(dict(answer.headers))
        self.said.append((f"{answer.request.method} {answer.request.url.path}", text.replace(but, "") if but else text))
        return answer


async def tell_secrets(server: CentralServer, secrets: Secrets) -> None:
    """Use secrets of every kind but those of people, in the right and the wrong places."""
    s = secrets.new
    camera = {"site_id": server.site_id, "name": "C", "mode": {"rate_hz": 2.0}}
    edge = {"site_id": server.site_id, "key": "box-9", "name": "Box 9"}
    async with server.client("admin") as admin:
        for n, source in enumerate((
            f"rtsp://root:{s('p4ss-in-source')}@10.0.0.9/1", f"http://10.0.0.9/v?token={s('k3y-in-query')}",
            f"rtsp://10.0.0.9/{'x' * 3000}?password={s('p4ss-too-long')}",
            f"rtsp://u:{s('p4ss-public')}@8.8.8.8/1", f"gopher://u:{s('p4ss-gopher')}@10.0.0.9/1",
            f"rtsp://u:{s('p4ss-broken')}@[10.0.0.9/1",
        )):  # fmt: skip
            secrets.hear(await admin.post("/api/v1/cameras", json={**camera, "key": f"c{n}", "source": source}))
        given = {"username": "root", "password": s("p4ss-given")}
        body = {**camera, "key": "c9", "source": "rtsp://10.0.0.9/9"}
        secrets.hear(await admin.post("/api/v1/cameras", json={**body, "credentials": given}))
        wrong = {"username": "root", "password": [s("p4ss-in-list")], "pasword": s("p4ss-misspelt")}
        secrets.hear(await admin.post("/api/v1/cameras", json={**body, "key": "c8", "credentials": wrong}))
        made = await admin.post("/api/v1/edges", json=edge)
        code = s(made.json()["enrolment"]["code"])
        secrets.hear(made, but=code)
        for path in ("/api/v1/configuration", "/api/v1/configuration?dry_run=true"):
            text = (
                "settings: {}\nsites:\n- {key: harbour, name: Harbour, cameras: [{key: y1, name: Y, source: "
                f"'rtsp://u:{s('p4ss-in-yaml')}@10.0.0.9/1'}}, {{key: y2, nam: {s('w0rd-in-yaml')}}}]}}\n"
            )
            secrets.hear(await admin.post(path, content=text, headers={"Content-Type": "application/yaml"}))
            text = f"sites: [{{key: harbour, name: 'broken {s('w0rd-in-broken-yaml')}"
            secrets.hear(await admin.post(path, content=text, headers={"Content-Type": "application/yaml"}))
    async with server.client(None) as client:
        secrets.hear(await client.post("/api/v1/edges/enrol", json={"code": s("enrol_wrong-code-1"), "software": "x"}))
        secrets.hear(await client.post("/api/v1/edges/enrol", json={"code": [code], "software": "x"}))
        enrolled = await client.post("/api/v1/edges/enrol", json={"code": code, "software": "x"})
        token = s(enrolled.json()["token"])
        secrets.hear(enrolled, but=token)
        bad = {"Authorization": f"Bearer {s('edge_not-the-right-one')}"}
        secrets.hear(await client.post("/api/v1/ingest", json={}, headers=bad))
        for wrong_way in (f"/api/v1/live/state?token={token}", f"/api/v1/zones?cursor={token}"):
            secrets.hear(await client.get(wrong_way))
        own = {"Authorization": f"Bearer {token}"}
        for body_of in ({"readings": [{"zone_id": s("w0rd-in-row"), "password": s("p4ss-in-row")}]}, {token: 1}):
            heard = await client.post("/api/v1/ingest", json=body_of, headers=own)
            # A row is told what is wrong with it, to the one who sent it.
            secrets.said.append(("ingest", heard.text.replace("w0rd-in-row", "")))


async def look_everywhere(server: CentralServer, secrets: Secrets) -> int:
    """Ask for everything that can be asked for, and return how much was answered."""
    answered = 0
    async with server.client("admin") as admin:
        for method, path, operation in operations(server):
            if method == "GET" and operation["operationId"] not in {"stream_live_events", "stream_pictures"}:
                for params in ("", "secrets=sealed&limit=500&level=DEBUG"):
                    answer = secrets.hear(await admin.get(f"{path}?{params}"))
                    answered += answer.status_code == 200
    return answered


def test_no_secret_comes_out_of_any_route_or_log(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    caplog.set_level(logging.DEBUG, logger="throng")
    caplog.set_level(logging.WARNING, logger="httpx")  # the test's own client says what it sends
    secrets = Secrets()
    secrets.new(f"{EDGE_TOKEN_PREFIX}edge")

    async def scenario() -> None:
        url = f"sqlite:///{tmp_path / 'throng.db'}"
        async with central_server(url, tmp_path / "data", requests_burst=1e6, requests_per_s=1e6) as server:
            await tell_secrets(server, secrets)
            assert await look_everywhere(server, secrets) > 40
            async with server.client("edge") as box:
                answer = await box.get("/api/v1/edge/configuration")
                assert "camera" in answer.text

    asyncio.run(scenario())
    key = (tmp_path / "data" / "secret.key").read_text().strip()
    logged = "\n".join(logging.Formatter("%(name)s %(message)s").format(r) for r in caplog.records)
    stored = b"".join(path.read_bytes() for path in tmp_path.glob("throng.db*")).decode("latin-1")
    assert len(secrets.known) > 15
    for secret in {*secrets.known, key}:
        assert secret not in logged, f"{secret} is in the log"
        assert secret not in stored, f"{secret} is in the database as it is"
        assert not [where for where, text in secrets.said if secret in text], secret
