"""Statistics, comparison, forecast and exports, from readings that came in by the API."""

import csv
import io
import math
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from central import START, CentralServer
from sqlalchemy import insert

from throng.store.columns import to_us
from throng.store.partitions import day_of, make
from throng.store.tables import latest_zones, readings, readings_hour, stale_minutes
from throng.store.tables.readings import AVERAGED

HOUR = timedelta(hours=1)
BEGIN = START - 6 * HOUR


async def fill(server: CentralServer) -> None:
    """Six hours, one reading per 10 s: 10 people, from the fourth hour on 300; the second hour is unknown."""
    rows = []
    for i in range(6 * 360):
        hour, unknown = i // 360, i // 360 == 1
        count = None if unknown else 300.0 if hour >= 3 else 10.0
        rows.append(
            {"zone_id": server.zone_id, "camera_id": server.camera_id,
             "at_us": to_us(BEGIN + timedelta(seconds=10 * (i + 1))),
             "period_s": 10.0, "validity": 0 if unknown else 2, "simulated": False, "count": count, "count_high": count,
             "density_mean_per_m2": None if count is None else count / 200,
             "density_mean_high_per_m2": None if count is None else 4.5 if hour == 5 else count / 200}
        )  # fmt: skip
    async with server.context.database.write() as session:
        if not server.context.database.is_sqlite:
            await make(session, {day_of(to_us(at)) for at in (BEGIN, START)})
        await session.execute(insert(readings), rows)
        await session.execute(insert(latest_zones), [_latest(server)])
        await session.execute(
            insert(stale_minutes),
            [
                {"zone_id": server.zone_id, "camera_id": server.camera_id, "minute_us": to_us(BEGIN) + m * 60_000_000}
                for m in range(361)
            ],
        )


def _latest(server: CentralServer) -> dict[str, Any]:
    zone = {"zone_id": server.zone_id, "camera_id": server.camera_id}
    return zone | {"at_us": to_us(START), "received_us": to_us(START), "row": "{}"}


async def fill_weeks(server: CentralServer) -> None:
    """Fifteen days of hours: the count is ten times the hour of the day."""
    rows = []
    for n in range(15 * 24):
        at = START - 15 * 24 * HOUR + n * HOUR
        nothing: dict[str, Any] = {f"{name}_{part}": None for name in AVERAGED for part in ("sum", "min", "max")}
        nothing |= {f"{name}_n": 0 for name in AVERAGED}
        count = 10.0 * at.hour
        rows.append(
            nothing
            | {"zone_id": server.zone_id, "camera_id": server.camera_id, "at_us": to_us(at), "readings": 3600,
               "known_s": 3600.0, "unknown_s": 0.0, "degraded_s": 0.0, "above_caution_s": 0.0, "above_warning_s": 0.0,
               "above_critical_s": 0.0, "above_80_s": 0.0, "above_100_s": 0.0, "count_n": 3600,
               "count_sum": 3600 * count, "count_min": count, "count_max": count}
        )  # fmt: skip
    async with server.context.database.write() as session:
        await session.execute(insert(readings_hour), rows)
        await session.execute(insert(latest_zones), [_latest(server)])


def times(**more: Any) -> dict[str, Any]:
    return {"from": BEGIN.isoformat(), "to": START.isoformat(), **more}


def test_statistics_say_what_is_known_and_what_is_not(run_server: Callable[..., None]) -> None:
    async def scenario(server: CentralServer) -> None:
        await fill(server)
        async with server.client("viewer-here") as client:
            one = (await client.get(f"/api/v1/zones/{server.zone_id}/statistics", params=times())).json()
            assert one["readings"] == 2160
            assert math.isclose(one["share_unknown"], 1 / 6, abs_tol=0.002)
            assert math.isclose(one["values"]["count"]["mean"], (2 * 10 + 3 * 300) / 5, rel_tol=0.01)
            assert one["values"]["count"]["max"] == 300
            assert math.isclose(one["above_s"]["above_warning_s"], 3600, rel_tol=0.01)
            assert [hour["count"] for hour in one["busiest_hours"]][:2] == [300, 300]
            assert one["by_hour"][BEGIN.hour + 1] is None, "the unknown hour is not an empty one"
            assert one["by_weekday"][BEGIN.weekday()] > 100
            every = (await client.get(f"/api/v1/sites/{server.site_id}/statistics", params=times())).json()
            assert [zone["zone_id"] for zone in every] == [server.zone_id]
            assert every[0]["values"] == one["values"]
            other = await client.get(f"/api/v1/zones/{server.other_zone_id}/statistics")
            assert other.status_code == 404
            ahead = {"from": (START + HOUR).isoformat(), "to": (START + 2 * HOUR).isoformat()}
            assert (await client.get(f"/api/v1/zones/{server.zone_id}/statistics", params=ahead)).status_code == 422

    run_server(scenario)


def test_two_times_are_compared(run_server: Callable[..., None]) -> None:
    async def scenario(server: CentralServer) -> None:
        await fill(server)
        first = {"from": BEGIN.isoformat(), "to": (BEGIN + HOUR).isoformat()}
        async with server.client("viewer") as client:
            wish: dict[str, Any] = first | {"zone_id": server.zone_id, "other_from": (BEGIN + 4 * HOUR).isoformat()}
            found = (await client.get("/api/v1/compare", params=wish)).json()
            assert math.isclose(found["change_percent"][0]["count"], 2900, rel_tol=0.02)
            wish["other_from"] = (BEGIN + HOUR).isoformat()
            found = (await client.get("/api/v1/compare", params=wish)).json()
            assert found["change_percent"][0]["speed_mean_mps"] is None
            both = {"zone_id": [server.zone_id, server.other_zone_id]}
            assert len((await client.get("/api/v1/compare", params=both)).json()["first"]) == 2

    run_server(scenario)


def test_exports_come_in_every_format(run_server: Callable[..., None]) -> None:
    async def scenario(server: CentralServer) -> None:
        await fill(server)
        starts = {
            "csv": b"\xef\xbb\xbfat,",
            "json": b"{",
            "xlsx": b"PK",
            "docx": b"PK",
            "pdf": b"%PDF",
            "md": b"# Harb",
        }
        async with server.client("viewer") as client:
            for how, start in starts.items():
                path = f"/api/v1/zones/{server.zone_id}/export"
                answer = await client.get(path, params=times(format=how, bucket="hour"))
                assert answer.status_code == 200, answer.text
                assert answer.content.startswith(start), how
                assert answer.headers["content-disposition"].endswith(f'.{how}"')
            text = (await client.get(path, params=times(format="csv", bucket="hour"))).content.decode("utf-8-sig")
            rows = list(csv.DictReader(io.StringIO(text)))
            assert [row["count_mean"] for row in rows] == ["10.0", "", "10.0", "300.0", "300.0", "300.0"], text
            site = await client.get(f"/api/v1/sites/{server.site_id}/export", params=times(format="md"))
            assert "| Gate | 400 |" in site.text
            assert (await client.get(path, params=times(bucket="raw"))).status_code == 422

    run_server(scenario)


def test_the_forecast_follows_the_usual_day_and_says_how_much_is_missing(run_server: Callable[..., None]) -> None:
    async def scenario(server: CentralServer) -> None:
        async with server.client("viewer") as client:
            path = f"/api/v1/zones/{server.zone_id}/forecast"
            nothing = (await client.get(path)).json()
            assert nothing["hours"] == [None] * 24
            assert nothing["missing_days"] == 7
            await fill_weeks(server)
            found = (await client.get(path)).json()
        assert found["missing_days"] == 0
        for hour in found["hours"]:
            at = datetime.fromisoformat(hour["begin"]).astimezone(UTC)
            assert math.isclose(hour["count"], 10 * at.hour, abs_tol=1e-6)
            assert hour["count_low"] <= hour["count"] <= hour["count_high"]
        assert [datetime.fromisoformat(h["begin"]).hour for h in found["busiest_hours"]] == [23, 22, 21]

    run_server(scenario)
