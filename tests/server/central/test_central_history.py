"""Histories over the API: points without holes, what nobody measured is null, and only for whom it is meant."""

import zlib
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import numpy as np
from central import START, CentralServer
from measured import SECOND_US, batch, line_row, store, zone_row

from throng.server.upkeep import Upkeep
from throng.store.columns import to_us
from throng.store.tables import Line, Site
from throng.store.tables.readings import density_snapshots

START_US = to_us(START)
UNKNOWN = {"mean": None, "min": None, "max": None, "n": 0}


async def fill(server: CentralServer) -> int:
    """Ten minutes of one reading a second with a hole, and an unknown minute; a line; an event; a picture."""
    rows = []
    for i in range(600):
        at_us = START_US - (599 - i) * SECOND_US
        if 120 <= i < 180:
            continue
        unknown = 240 <= i < 300
        numbers = {} if unknown else {"count": float(i), "count_high": i + 10.0, "density_mean_per_m2": i / 200}
        rows.append(zone_row(server.zone_id, server.camera_id, at_us, validity=0 if unknown else 2, **numbers))
    async with server.context.database.write() as session:
        line = Line(site_id=server.site_id, key="door", name="Door", points=[[0, 0], [1, 0]])
        session.add(line)
        await session.flush()
        line_id = line.id
        people = zlib.compress(np.array([0.5, np.nan, 2.0, 0.0], dtype="<f2").tobytes())
        await session.execute(
            density_snapshots.insert().values(
                zone_id=server.zone_id, camera_id=server.camera_id, at_us=START_US - SECOND_US, x0_m=0.0, y0_m=1.0,
                cell_m=2.0, rows=2, columns=2, people=people,
            )
        )  # fmt: skip
    event = {
        "zone_id": server.zone_id, "camera_id": server.camera_id, "kind": "surge", "score": 0.9, "evidence": ["why"],
        "started_at": START - timedelta(minutes=2), "ended_at": START - timedelta(minutes=1), "x_m": 1.0, "y_m": None,
        "simulated": False,
    }  # fmt: skip
    other = event | {"kind": "fall", "started_at": START - timedelta(minutes=9)}
    lines = [line_row(line_id, server.camera_id, START_US - i * SECOND_US, in_count=1, out_count=0) for i in range(60)]
    await store(server.context.database, batch(rows, lines=lines, events=[event, other]))
    return line_id


def test_a_zone_has_a_history_in_every_bucket(run_server: Callable[..., None]) -> None:
    async def scenario(server: CentralServer) -> None:
        await fill(server)
        url = f"/api/v1/zones/{server.zone_id}/history"
        span = {"from": (START - timedelta(minutes=10)).isoformat(), "to": START.isoformat()}
        async with server.client("viewer-here") as client:

            async def points(**query: Any) -> list[dict[str, Any]]:
                answer = await client.get(url, params=span | query)
                assert answer.status_code == 200, answer.text
                found: list[dict[str, Any]] = answer.json()["points"]
                return found

            before = await points(bucket="minute", fields="count,speed_mean_mps")
            await Upkeep(server.context.database, server.clock).run_once()
            minutes = await points(bucket="minute", fields="count,speed_mean_mps")
            assert minutes == before
            assert [p["readings"] for p in minutes] == [60, 60, 0, 60, 60, 60, 60, 60, 60, 60]
            gap, unknown, last = minutes[2], minutes[4], minutes[9]
            assert gap["values"] == unknown["values"] == {"count": UNKNOWN, "speed_mean_mps": UNKNOWN}
            assert gap["camera_id"] is None
            assert (gap["share_unknown"], unknown["share_unknown"], last["share_unknown"]) == (1.0, 1.0, 0.0)
            assert unknown["above_80_s"] is None
            assert last["values"]["count"] == {"mean": 569.5, "min": 540.0, "max": 599.0, "n": 60}
            assert (last["above_100_s"], last["count_high_max"]) == (60.0, 609.0)
            assert last["above_caution_s"] == 60.0
            raw = await points(bucket="raw", fields="count")
            assert len(raw) == 540 + 1
            assert [p["readings"] for p in raw].index(0) == 120
            assert raw[120]["until"] > raw[120]["at"]
            assert len(await points(points=20)) == 20
            (day,) = await points(bucket="day")
            assert day["values"]["count"]["n"] == 480
            assert day["share_unknown"] == round(1 - 480 / (12 * 3600), 6)
            later = await points(to=(START + timedelta(minutes=5)).isoformat(), bucket="minute")
            assert (later[-1]["readings"], later[-1]["share_unknown"]) == (0, 1.0)

    run_server(scenario)


def test_days_follow_the_clock_of_the_site(run_server: Callable[..., None]) -> None:
    async def scenario(server: CentralServer) -> None:
        async with server.context.database.write() as session:
            site = await session.get(Site, server.site_id)
            assert site is not None
            site.time_zone = "Europe/Berlin"
        async with server.client("viewer") as client:
            answer = await client.get(
                f"/api/v1/zones/{server.zone_id}/history",
                params={"from": "2026-03-28T12:00:00+01:00", "to": "2026-03-30T12:00:00+02:00", "bucket": "day"},
            )
        body = answer.json()
        assert (body["time_zone"], body["bucket"]) == ("Europe/Berlin", "day")
        starts = [p["at"] for p in body["points"]]
        assert starts == ["2026-03-27T23:00:00Z", "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z"]

    run_server(scenario)


def test_lines_events_and_pictures(run_server: Callable[..., None]) -> None:
    async def scenario(server: CentralServer) -> None:
        line_id = await fill(server)
        zone = f"/api/v1/zones/{server.zone_id}"
        async with server.client("viewer-here") as client:
            minute = {"from": (START - timedelta(minutes=2)).isoformat(), "bucket": "minute"}
            crossed = (await client.get(f"/api/v1/lines/{line_id}/history", params=minute)).json()["points"]
            assert [(p["in_count"], p["out_count"]) for p in crossed] == [(None, None), (60, 0)]
            events = (await client.get(f"{zone}/events", params={"limit": 1})).json()
            assert [e["kind"] for e in events["items"]] == ["surge"]
            more = (await client.get(f"{zone}/events", params={"cursor": events["next_cursor"]})).json()
            assert [e["kind"] for e in more["items"]] == ["fall"]
            falls = (await client.get(f"{zone}/events", params={"kind": "fall"})).json()
            assert [e["kind"] for e in falls["items"]] == ["fall"]
            (picture,) = (await client.get(f"{zone}/density-snapshots")).json()["items"]
            assert picture["people"] == [0.5, None, 2.0, 0.0]
            assert (picture["rows"], picture["columns"], picture["y0_m"]) == (2, 2, 1.0)

    run_server(scenario)


def test_what_cannot_be_asked(run_server: Callable[..., None]) -> None:
    async def scenario(server: CentralServer) -> None:
        zone = f"/api/v1/zones/{server.zone_id}/history"
        wrong = [
            "?fields=nothing", "?fields=", "?fields=net_per_min", "?bucket=year", "?points=0", "?points=5001",
            "?from=2026-06-01T12:00:00Z&to=2026-06-01T12:00:00Z", "?from=2026-06-01T12:00:00",
            "?from=2020-01-01T00:00:00Z&bucket=minute", "?to=9999-12-31T23:59:59Z", "?camera_id=-1",
        ]  # fmt: skip
        async with server.client("viewer-here") as client:
            for query in wrong:
                assert (await client.get(zone + query)).status_code == 422, query
            for path in ("history", "events", "density-snapshots"):
                assert (await client.get(f"/api/v1/zones/{server.other_zone_id}/{path}")).status_code == 404
            assert (await client.get("/api/v1/lines/99/history")).status_code == 404
            assert (await client.get(zone + "?bucket=raw&fields=net_per_min")).status_code == 200
            assert (await client.get(zone + "?from=1970-01-01T00:00:00Z&bucket=auto")).status_code == 200

    run_server(scenario)
