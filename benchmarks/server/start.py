"""How soon a server with 1,000 zones answers after its start, how much memory it takes, and how fast it tells all."""

import asyncio
import json
import time
from statistics import median

import psutil
from benchmarks.outcome import Measure, finish
from benchmarks.server.ingest import BATCH, PLACE, READING
from benchmarks.server.load import (
    API_TOKEN,
    EDGE_TOKEN,
    Connection,
    databases,
    fill,
    headers,
    machine_load,
    now_s,
    percentile_ms,
    server,
)

ZONES = 1000
STARTS = 3
ROUNDS = 5
REQUESTS = 200
MEBIBYTE = 1 << 20


async def report(port: int) -> None:
    """Send some full readings of every zone."""
    connection = await Connection.open(port)
    for second in range(ROUNDS):
        at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - ROUNDS + second))
        for first in range(0, ZONES, BATCH):
            rows = [{**READING, "zone_id": f"z{n}"} for n in range(first, first + BATCH)]
            body = json.dumps({"readings": rows}).replace(PLACE, at).encode()
            status, answer = await connection.request("POST", "/api/v1/ingest", body=body, headers=headers(EDGE_TOKEN))
            assert status == 200, answer
    connection.close()


async def first_answer(port: int) -> None:
    """Return when the server has answered."""
    connection = await Connection.open(port)
    status, answer = await connection.request("GET", "/api/v1/zones?limit=1", headers=headers(API_TOKEN))
    assert status == 200, answer
    connection.close()


async def ask_for_all(port: int) -> tuple[list[float], int]:
    """Return the seconds of each request for the newest of every zone, and the bytes of an answer."""
    connection = await Connection.open(port)
    waited, size = [], 0
    for _ in range(REQUESTS):
        began_s = now_s()
        status, body = await connection.request("GET", "/api/v1/live/state", headers=headers(API_TOKEN))
        waited.append(now_s() - began_s)
        assert status == 200, body
        assert body.count(b'"kind":') >= ZONES, "not every zone is in it"
        size = len(body)
    connection.close()
    return waited, size


def measure(name: str, url: str) -> list[Measure]:
    """Measure one database."""
    asyncio.run(fill(url, zones=ZONES))
    with server(url) as (port, _):
        asyncio.run(report(port))
    started = []
    for _ in range(STARTS):
        began_s = now_s()
        with server(url) as (port, process):
            asyncio.run(first_answer(port))
            started.append(now_s() - began_s)
            empty = psutil.Process(process.pid).memory_info().rss
    with server(url) as (port, process):
        asyncio.run(report(port))
        waited, size = asyncio.run(ask_for_all(port))
        busy = psutil.Process(process.pid).memory_info().rss
    return [
        Measure(f"{name}: start to first answer, median of {STARTS}", median(started), "s", at_most=2),
        Measure(f"{name}: start to first answer, slowest", max(started), "s"),
        Measure(f"{name}: resident memory after it", empty / MEBIBYTE, "MiB", at_most=200),
        Measure(f"{name}: resident memory after {ROUNDS} readings of each zone", busy / MEBIBYTE, "MiB", at_most=200),
        Measure(f"{name}: newest of {ZONES} zones, p95", percentile_ms(waited, 95), "ms", at_most=30),
        Measure(f"{name}: the same, median", percentile_ms(waited, 50), "ms"),
        Measure(f"{name}: its size", size / 1000, "kB"),
    ]


def main() -> None:
    """Measure both databases."""
    load_before = machine_load()
    with databases() as urls:
        measures = [one for name, url in urls.items() for one in measure(name, url)]
    measures.append(Measure("processes that wanted a core before", load_before))
    finish(f"Start and memory of a server with {ZONES} zones", "server_start", measures)


if __name__ == "__main__":
    main()
