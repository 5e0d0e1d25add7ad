"""Readings come in: good rows are stored, bad ones are named, nothing twice, and too much at once is refused."""

import asyncio
import gzip
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from central import START, CentralServer
from measured import zone_row
from sqlalchemy import func, select

from throng.core.errors import ThrongError
from throng.server.ingest import parsing
from throng.server.ingest.batching import Sender
from throng.server.live.items import Kind
from throng.store.batches import Answer, Batch
from throng.store.columns import to_us
from throng.store.tables import Camera, Happening, Line, Zone, latest_zones, line_readings, readings

URL = "/api/v1/ingest"


def row(at: datetime = START, **values: Any) -> dict[str, Any]:
    given = {"kind": "zone", "zone_id": "gate", "camera_id": "north", "at": at.isoformat(), "validity": "live"}
    return given | values


def reading_body(*rows: dict[str, Any], events: list[dict[str, Any]] | None = None) -> bytes:
    return json.dumps({"readings": rows, "events": events or []}).encode()


async def count_of(server: CentralServer, table: Any) -> int:
    async with server.context.database.read() as session:
        return int(await session.scalar(select(func.count()).select_from(table)) or 0)


def test_good_rows_are_stored_and_bad_ones_named(run_server: Callable[..., None]) -> None:
    async def scenario(server: CentralServer) -> None:
        async with server.context.database.write() as session:
            session.add(Line(site_id=server.site_id, key="door", name="Door", points=[[0, 0], [1, 0]]))
        bad = {
            "zone 'gaet'": row(zone_id="gaet"),
            "camera 'south'": row(camera_id="south"),
            "line 'wall'": row(kind="line", line_id="wall") | {"in_count": 1},
            "future": row(START + timedelta(minutes=6)),
            "older than what is kept": row(START - timedelta(days=31)),
            "finite": row(count=float("nan")),
            "greater than or equal to 0": row(count=-1),
            "cuont": row(cuont=1),
            "an unknown reading has no numbers": row(validity="unknown", count=0),
            "validity: missing": {k: v for k, v in row(count=5).items() if k != "validity"},
            "timezone": row() | {"at": "2026-06-01T12:00:00"},
            "row": 5,
        }
        del bad["line 'wall'"]["zone_id"]  # type: ignore[attr-defined]
        line = {k: v for k, v in row(kind="line", line_id="door", in_count=2, out_count=1).items() if k != "zone_id"}
        good = [row(START - timedelta(seconds=1), count=7.5, risk_level="safe", reasons=["dark"]), line]
        event = {"zone_id": "gate", "camera_id": "north", "kind": "surge", "started_at": START.isoformat(), "score": 1}
        events = [event | {"ended_at": START.isoformat()}, event | {"ended_at": "2026-06-01T11:00:00Z"}, event]
        async with server.client("edge") as client:
            content = reading_body(good[0], *bad.values(), good[1], events=events)  # type: ignore[arg-type]
            answer = await client.post(URL, content=content)
        assert answer.status_code == 200, answer.text
        said = answer.json()
        assert (said["stored"], said["duplicates"]) == (2, 0)
        rejected = [r for r in said["rejected"] if r["list"] == "readings"]
        assert [r["index"] for r in rejected] == list(range(1, len(bad) + 1))
        for what, wrong in zip(bad, rejected, strict=True):
            assert what in wrong["what"]
        assert [r["index"] for r in said["rejected"] if r["list"] == "events"] == [1, 2]
        async with server.context.database.read() as session:
            stored = (await session.execute(select(readings))).mappings().one()
            event_row = (await session.scalars(select(Happening))).one()
        assert (stored["count"], stored["validity"], stored["risk_level"]) == (7.5, 2, 0)
        assert json.loads(stored["detail"]) == {"reasons": ["dark"]}
        assert (stored["zone_id"], stored["camera_id"]) == (server.zone_id, server.camera_id)
        assert (event_row.zone_id, event_row.kind, event_row.started_at) == (server.zone_id, "surge", START)
        assert await count_of(server, line_readings) == 1

    run_server(scenario)


def test_a_batch_sent_twice_is_stored_once_and_the_live_state_shows_the_newest(run_server: Callable[..., None]) -> None:
    async def scenario(server: CentralServer) -> None:
        content = reading_body(row(count=1), row(START + timedelta(seconds=1), count=2), row(zone_id="x"))
        async with server.client("edge", **{"Idempotency-Key": "batch-1"}) as client:
            first = await client.post(URL, content=content)
            again = await client.post(URL, content=content)
        assert first.json() == again.json()
        assert first.json()["stored"] == 2
        async with server.client("edge") as client:
            without_key = await client.post(URL, content=content)
            await client.post(URL, content=reading_body(row(START - timedelta(seconds=60), count=9)))
        assert (without_key.json()["stored"], without_key.json()["duplicates"]) == (0, 2)
        item = server.context.hub.get(Kind.ZONE, (server.zone_id, server.camera_id))
        assert item is not None
        assert item.site_id == server.site_id
        assert item.body is not None
        body = json.loads(item.body)
        assert body["reading"]["count"] == 2
        assert (body["zone_id"], body["camera_id"], body["site_id"]) == (
            server.zone_id, server.camera_id, server.site_id,
        )  # fmt: skip
        assert (body["reading"]["zone_id"], body["reading"]["camera_id"]) == ("gate", "north")
        async with server.context.database.read() as session:
            assert json.loads(await session.scalar(select(latest_zones.c.row)) or "") == body

    run_server(scenario)


def test_requests_at_once_share_a_transaction_and_each_gets_its_answer(run_server: Callable[..., None]) -> None:
    async def scenario(server: CentralServer) -> None:
        async with server.client("edge") as client:
            bodies = [reading_body(*[row(START - timedelta(seconds=k + 10 * n)) for k in range(15)]) for n in range(20)]
            answers = await asyncio.gather(*[client.post(URL, content=body) for body in bodies])
        assert [answer.status_code for answer in answers] == [200] * 20
        # Neighbours share five readings; somebody stored each of them.
        assert sum(answer.json()["stored"] for answer in answers) == await count_of(server, readings) == 205
        assert sum(answer.json()["duplicates"] for answer in answers) == 95

    run_server(scenario)


def test_too_much_and_the_malformed_are_refused(
    run_server: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parsing, "MOST_ROWS", 3)

    async def scenario(server: CentralServer) -> None:
        packed = {"Content-Encoding": "gzip"}
        good = gzip.compress(reading_body(row()))
        refused: list[tuple[bytes, dict[str, str], int]] = [
            (reading_body(*[row()] * 4), {}, 413),
            (b" " * (parsing.LARGEST_BODY_BYTES + 1), {}, 413),
            (gzip.compress(b" " * (parsing.LARGEST_BODY_BYTES + 1)), packed, 413),
            (good[:-9], packed, 422),
            (b"{}", packed, 422),
            (b"{}", {"Content-Encoding": "br"}, 415),
            (b"", {}, 422),
            (b"[1]", {}, 422),
            (b'{"readings": 5}', {}, 422),
            (b'{"rows": []}', {}, 422),
            (b'{"readings": [{"kind": "\xff"}]}', {}, 422),
            (reading_body(row()), {"Idempotency-Key": "x" * 81}, 422),
        ]
        async with server.client("edge") as client:
            for content, headers, status in refused:
                answer = await client.post(URL, content=content, headers=headers)
                assert answer.status_code == status, (content[:40], headers, answer.text)
                assert answer.headers["content-type"] == "application/problem+json"
            assert await count_of(server, readings) == 0
            answer = await client.post(URL, content=good, headers=packed)
            assert answer.json()["stored"] == 1
            assert (await client.post(URL, content=b"{}")).json()["stored"] == 0

    run_server(scenario)


def test_a_busy_server_asks_to_come_back(run_server: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("throng.server.ingest.writer.MOST_WAITING_ROWS", 10)

    async def scenario(server: CentralServer) -> None:
        rows = [row(START - timedelta(seconds=k)) for k in range(6)]
        async with server.client("edge") as client:
            async with server.context.database.write():  # on SQLite nobody else writes meanwhile
                server.context.ingest._writer._waiting_rows += 10
                refused = await client.post(URL, content=reading_body(*rows))
                server.context.ingest._writer._waiting_rows -= 10
            assert refused.status_code == 503
            assert refused.headers["retry-after"] == "1"
            assert refused.json()["type"] == "/problems/busy"
            assert (await client.post(URL, content=reading_body(*rows))).json()["stored"] == 6
        assert server.context.ingest._held_bytes == 0

    run_server(scenario)


def test_a_sensor_only_counts(run_server: Callable[..., None]) -> None:
    async def scenario(server: CentralServer) -> None:
        async with server.context.database.write() as session:
            session.add(Camera(site_id=server.site_id, key="turnstile", name="Turnstile", kind="sensor"))
        short = {"kind": "zone", "zone_id": "gate", "camera_id": "turnstile", "at": START.isoformat(), "count": 100}
        later = short | {"at": (START + timedelta(minutes=1)).isoformat(), "count_low": 90, "count_high": 120}
        wrong = short | {"count_low": 101}
        async with server.client("operator") as client:
            url = f"{URL}?site={server.site_id}"
            said = (await client.post(url, content=reading_body(short, later, wrong))).json()
        assert said["stored"] == 2
        assert said["rejected"] == [{"list": "readings", "index": 2, "what": "count: outside of its own interval"}]
        async with server.context.database.read() as session:
            first, second = (await session.execute(select(readings).order_by(readings.c.at_us))).mappings().all()
        assert (first["density_mean_per_m2"], first["occupancy"], first["count_high"]) == (0.5, 0.25, 100.0)
        assert json.loads(first["detail"])["reasons"] == ["no interval given"]
        assert (second["density_mean_high_per_m2"], second["occupancy_low"]) == (0.6, 0.225)
        assert "reasons" not in json.loads(second["detail"])

    run_server(scenario)


def test_who_may_report_what(run_server: Callable[..., None]) -> None:
    async def scenario(server: CentralServer) -> None:
        content = reading_body(row())
        statuses = {
            (None, ""): 401, ("viewer", f"?site={server.site_id}"): 403, ("operator", ""): 422,
            ("operator", "?site=999"): 404, ("edge", f"?site={server.other_site_id}"): 422, ("edge", ""): 200,
        }  # fmt: skip
        for (who, query), status in statuses.items():
            async with server.client(who) as client:
                assert (await client.post(URL + query, content=content)).status_code == status, (who, query)
        async with server.context.database.write() as session:
            zone = Zone(site_id=server.site_id, key="late", name="Late", area_m2=1.0)
            foreign = Camera(site_id=server.site_id, key="foreign", name="Foreign", edge_id=server.edge_id)
            session.add_all([zone, foreign])
        server.context.ingest.directories.forget(server.site_id)
        async with server.client("edge") as client:
            said = (await client.post(URL, content=reading_body(row(zone_id="late")))).json()
            assert (said["stored"], said["rejected"]) == (1, [])

    run_server(scenario)


def test_a_batch_that_the_database_refuses_takes_no_other_with_it(run_server: Callable[..., None]) -> None:
    async def scenario(server: CentralServer) -> None:
        sender = Sender("edge:1", None)
        service = server.context.ingest
        good = [
            service.take(
                reading_body(row(START - timedelta(seconds=n))), site_id=server.site_id, sender=sender, key=None
            )
            for n in range(3)
        ]
        bad = Batch("edge:1", None, 0, readings=[zone_row(1, 2, to_us(START), period_s=None)])
        results = await asyncio.gather(*good, service._writer.write(bad), return_exceptions=True)
        assert [isinstance(result, Answer) for result in results] == [True, True, True, False]
        assert isinstance(results[-1], ThrongError)
        assert await count_of(server, readings) == 3

    run_server(scenario)
