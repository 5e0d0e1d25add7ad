"""The audit log: everything is in it, only who may sees it, and it comes out whole."""

import csv
import io
import json
from collections.abc import Callable
from typing import Any

import httpx
from central import START, CentralServer
from sqlalchemy import update

from throng.store.audit import SYSTEM, record
from throng.store.tables import ApiToken


async def fill(server: CentralServer, count: int) -> None:
    async with server.context.database.write() as session:
        for n in range(count):
            site_id = (server.site_id, server.other_site_id, None)[n % 3]
            await record(session, SYSTEM, "readings.erase", "zone", n, at=START, site_id=site_id, detail={"rows": n})


async def lines(client: httpx.AsyncClient, **query: Any) -> list[dict[str, Any]]:
    answer = await client.get("/api/v1/audit/export", params={"format": "jsonl", **query})
    assert answer.status_code == 200
    return [json.loads(line) for line in answer.text.splitlines()]


def test_export_has_every_entry_once(run_server: Callable[..., None]) -> None:
    async def scenario(server: CentralServer) -> None:
        await fill(server, 1203)
        async with server.client() as client:
            exported = await lines(client, action="readings")
            assert [entry["object_id"] for entry in exported] == [str(n) for n in range(1203)]
            table = await client.get("/api/v1/audit/export", params={"action": "readings.erase"})
            rows = list(csv.DictReader(io.StringIO(table.text)))
            assert [row["object_id"] for row in rows] == [str(n) for n in range(1203)]
            assert json.loads(rows[7]["detail"]) == {"rows": 7}
            assert table.headers["content-disposition"] == 'attachment; filename="throng-audit.csv"'
            assert [e["action"] for e in await lines(client, action="audit")] == ["audit.export"] * 3

    run_server(scenario)


def test_entries_are_found_by_what_they_are(run_server: Callable[..., None]) -> None:
    async def scenario(server: CentralServer) -> None:
        await fill(server, 6)
        async with server.client() as client:
            await client.post("/api/v1/sites", json={"key": "s", "name": "=HYPERLINK()"})
            cases: list[tuple[dict[str, Any], int]] = [
                ({"action": "readings"}, 6), ({"action": "read"}, 0), ({"action": "readings.erase"}, 6),
                ({"action": "%"}, 0), ({"site_id": server.site_id}, 2), ({"object_kind": "zone", "object_id": "3"}, 1),
                ({"actor": "Throng"}, 6), ({"actor_kind": "token"}, 1), ({"since": "2026-06-01T12:00:01Z"}, 0),
                ({"until": "2026-06-01T12:00:01Z"}, 7), ({"action": "'; DROP TABLE audit_log; --"}, 0),
            ]  # fmt: skip
            for query, count in cases:
                found = (await client.get("/api/v1/audit", params=query)).json()["items"]
                assert len(found) == count, query
            table = await client.get("/api/v1/audit/export", params={"action": "site", "since": "2026-01-01T00:00:00Z"})
            assert "\n=" not in table.text
            assert ",=" not in table.text
        for who in ("viewer", "operator", "edge", None):
            async with server.client(who) as client:
                assert (await client.get("/api/v1/audit")).status_code in {401, 403}
                assert (await client.get("/api/v1/audit/export")).status_code in {401, 403}

    run_server(scenario)


def test_administrator_of_a_site_sees_what_belongs_to_it(run_server: Callable[..., None]) -> None:
    async def scenario(server: CentralServer) -> None:
        await fill(server, 6)
        async with server.context.database.write() as session:
            await session.execute(update(ApiToken).values(site_ids=[server.site_id]))
        async with server.client() as client:
            found = (await client.get("/api/v1/audit")).json()["items"]
            assert {entry["site_id"] for entry in found} == {server.site_id}
            assert len(await lines(client)) == 2

    run_server(scenario)


def test_entries_fit_whatever_comes(run_server: Callable[..., None]) -> None:
    async def scenario(server: CentralServer) -> None:
        async with server.context.database.write() as session:
            await record(session, None, "a" * 500, "k" * 99, "o\x00" * 300, at=START, address="x" * 999)
        async with server.client() as client:
            entry = (await client.get("/api/v1/audit")).json()["items"][0]
        assert (entry["actor_kind"], entry["actor"], len(entry["action"]), len(entry["object_id"])) == (
            "nobody", "", 64, 100,
        )  # fmt: skip

    run_server(scenario)
