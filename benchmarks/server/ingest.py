"""Readings per second that the server takes in and keeps, and how long a batch of 100 waits for its answer.

The server, its database and the sender share the machine. Every zone sends one full reading a second, as an edge does.
"""

import asyncio
import json
import multiprocessing
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count

from benchmarks.outcome import Measure, finish
from benchmarks.server.load import (
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
from sqlalchemy import func, select

from throng.camera.outputs import ZONE_COLUMNS
from throng.store.database import Database
from throng.store.tables import readings

BATCH = 100
SENDERS = 8
SECONDS = 15.0
TARGETS = {"SQLite": 5000, "PostgreSQL": 8000}
PLACE = "@@@"

READING = dict.fromkeys(ZONE_COLUMNS) | {
    "kind": "zone", "camera_id": "north", "at": PLACE, "pts_s": 12.0, "validity": "live", "reasons": [],
    "models": ["throngnet"], "simulated": False, "frames": 5, "count": 100.5, "count_low": 90.0, "count_high": 111.0,
    "density_mean_per_m2": 0.5, "density_mean_low_per_m2": 0.45, "density_mean_high_per_m2": 0.55,
    "density_mean_estimator": "classical", "density_peak_per_m2": 1.2, "density_peak_estimator": "gaussian_r1m",
    "density_peak_x_m": 3.2, "density_peak_y_m": 4.2, "level_of_service": "B", "speed_mean_mps": 1.1,
    "speed_std_mps": 0.2, "speed_persons": 80, "speed_estimator": "tracks", "occupancy": 0.25, "occupancy_low": 0.22,
    "occupancy_high": 0.28, "last_good_at": PLACE, "age_s": 0.0, "risk_level": "safe", "risk_score": 12.5,
    "risk_reasons": ["0.55 people/m²"], "risk_profile": "moving", "events": [], "velocity_x_mps": 0.5,
    "velocity_y_mps": 0.5, "movement_estimator": "tracks", "moving_share": 0.9, "polarisation": 0.7,
    "counter_flow": 0.1, "pressure_per_s2": 0.001, "inflow_per_min": 12.0, "outflow_per_min": 11.0,
    "net_per_min": 1.0, "slope_per_m2_per_min": 0.01,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sent:
    """What one run has sent: batches that were acknowledged, the time of each, and of all together."""

    batches: int
    waited_s: list[float]
    took_s: float

    @property
    def readings_per_s(self) -> float:
        """Acknowledged ones."""
        return self.batches * BATCH / self.took_s


class Sender:
    """Sends batches, one group of zones after the other, each group once a second of the readings' own time.

    Args:
        port: of the server.
        zones: how many there are.
    """

    def __init__(self, port: int, zones: int) -> None:
        self._port = port
        self._bodies = [
            json.dumps({"readings": [{**READING, "zone_id": f"z{n}"} for n in range(first, first + BATCH)]}).encode()
            for first in range(0, zones, BATCH)
        ]
        self._numbers = count()
        self._began = time.time()

    async def run(self, seconds: float, *, batches_per_s: float | None) -> Sent:
        """Send for some seconds, at a rate or, without one, as fast as answers come."""
        waited: list[float] = []
        began_s = now_s()
        due = self._due(began_s, batches_per_s)
        until_s = began_s + seconds

        async def send() -> None:
            connection = await Connection.open(self._port)
            for at_s in due:
                if at_s >= until_s or now_s() >= until_s:
                    break
                await asyncio.sleep(at_s - now_s())
                status, answer = await self._post(connection)
                assert status == 200, answer
                assert json.loads(answer)["stored"] == BATCH, answer
                waited.append(now_s() - max(at_s, began_s))
            connection.close()

        await asyncio.gather(*[send() for _ in range(SENDERS)])
        return Sent(len(waited), waited, now_s() - began_s)

    def _due(self, began_s: float, batches_per_s: float | None) -> Iterator[float]:
        for tick in count():
            yield now_s() if batches_per_s is None else began_s + tick / batches_per_s

    async def _post(self, connection: Connection) -> tuple[int, bytes]:
        number = next(self._numbers)
        second, group = divmod(number, len(self._bodies))
        at = datetime.fromtimestamp(self._began + second, UTC).isoformat()
        body = self._bodies[group].replace(PLACE.encode(), at.encode())
        return await connection.request(
            "POST",
            "/api/v1/ingest",
            body=body,
            headers=headers(EDGE_TOKEN) | {"Idempotency-Key": f"{self._began}-{number}"},
        )


def send(port: int, zones: int, rate: float | None) -> Sent:
    """Send from a process of its own."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_send, (port, zones, rate))


def _send(port: int, zones: int, rate: float | None) -> Sent:
    sender = Sender(port, zones)

    async def warm_then_measure() -> Sent:
        await sender.run(2.0, batches_per_s=rate)
        return await sender.run(SECONDS, batches_per_s=rate)

    return asyncio.run(warm_then_measure())


async def stored(url: str) -> int:
    """Return how many readings the database holds."""
    database = Database(url)
    async with database.read() as session:
        found = await session.scalar(select(func.count()).select_from(readings))
    await database.close()
    return int(found or 0)


def measure(name: str, url: str) -> list[Measure]:
    """Measure one database: as fast as it goes, and at the target rate."""
    target = TARGETS[name]
    asyncio.run(fill(url, zones=target))
    with server(url) as (port, _):
        fastest = send(port, target, None)
        steady = send(port, target, target / BATCH)
    kept = asyncio.run(stored(url))
    assert kept >= (fastest.batches + steady.batches) * BATCH, "readings that were acknowledged are missing"
    return [
        Measure(f"{name}: readings per second, as fast as answers come", fastest.readings_per_s, "1/s", None, target),
        Measure(f"{name}: of {target} readings per second sent", steady.readings_per_s, "1/s", None, 0.98 * target),
        Measure(f"{name}: batch of {BATCH} at {target}/s, median", percentile_ms(steady.waited_s, 50), "ms"),
        Measure(f"{name}: batch of {BATCH} at {target}/s, p99", percentile_ms(steady.waited_s, 99), "ms", 100),
    ]


def main() -> None:
    """Measure both databases."""
    load_before = machine_load()
    with databases() as urls:
        measures = [one for name, url in urls.items() for one in measure(name, url)]
    measures.append(Measure("processes that wanted a core before", load_before))
    finish("Ingest of full readings over HTTP, one sender process beside the server", "server_ingest", measures)


if __name__ == "__main__":
    main()
