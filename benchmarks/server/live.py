"""The live stream: from a reading that is sent in until watching clients have it, with and without stalled ones."""

import asyncio
import base64
import json
import os
import resource
import struct
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

from benchmarks.outcome import Measure, finish
from benchmarks.server.load import (
    API_TOKEN,
    EDGE_TOKEN,
    Connection,
    fill,
    headers,
    machine_load,
    now_s,
    percentile_ms,
    server,
)

STALLED = 200
SECONDS = 12
MARK = b'"pts_s":'


@dataclass(slots=True)
class Arrivals:
    """When updates came to clients.

    Attributes:
        sent_s: when each update was sent, by its number.
        late_s: from sending to arriving, one per client and update.
    """

    sent_s: dict[int, float] = field(default_factory=dict)
    late_s: list[float] = field(default_factory=list)


class Watcher(asyncio.Protocol):
    """A client that does as little as possible: it finds the number of each update and notes the time."""

    def __init__(self, arrivals: Arrivals, ready: asyncio.Future[None], *, stalls: bool) -> None:
        self._arrivals = arrivals
        self._ready = ready
        self._stalls = stalls
        self._buffer = bytearray()
        self._transport: asyncio.Transport | None = None
        self.updates: set[int] = set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport), "TCP"
        self._transport = transport
        key = base64.b64encode(os.urandom(16)).decode()
        lines = (
            "GET /api/v1/live HTTP/1.1", "Host: localhost", "Upgrade: websocket", "Connection: Upgrade",
            f"Sec-WebSocket-Key: {key}", "Sec-WebSocket-Version: 13", f"Authorization: Bearer {API_TOKEN}", "", "",
        )  # fmt: skip
        transport.write("\r\n".join(lines).encode())

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if not self._ready.done():
            end = self._buffer.find(b"\r\n\r\n")
            if end < 0:
                return
            assert self._buffer.startswith(b"HTTP/1.1 101"), bytes(self._buffer[:200])
            del self._buffer[: end + 4]
            self._ready.set_result(None)
            if self._stalls and self._transport is not None:
                self._transport.pause_reading()
                return
        self._read_frames()

    def _read_frames(self) -> None:
        while len(self._buffer) >= 2:
            size, start = self._buffer[1] & 127, 2
            if size == 126:
                size, start = int.from_bytes(self._buffer[2:4], "big"), 4
            elif size == 127:
                size, start = struct.unpack(">Q", self._buffer[2:10])[0], 10
            if len(self._buffer) < start + size:
                return
            if self._buffer[0] & 15 == 9 and self._transport is not None:
                self._transport.write(_pong(bytes(self._buffer[start : start + size])))
            elif self._buffer[0] & 15 == 1:
                self._note(bytes(self._buffer[start : start + size]))
            del self._buffer[: start + size]

    def _note(self, message: bytes) -> None:
        at = message.find(MARK)
        if at < 0 or not message.startswith(b'{"type":"changes"'):
            return
        number = int(float(message[at + len(MARK) : message.index(b",", at)]))
        if number in self._arrivals.sent_s and number not in self.updates:
            self.updates.add(number)
            self._arrivals.late_s.append(now_s() - self._arrivals.sent_s[number])


def _pong(payload: bytes) -> bytes:
    """A masked pong; the mask of zeros leaves the payload as it is."""
    return bytes((0x8A, 0x80 | len(payload), 0, 0, 0, 0)) + payload


@asynccontextmanager
async def watching(port: int, clients: int, arrivals: Arrivals, *, stalls: bool) -> AsyncIterator[list[Watcher]]:
    """Connect clients, some at a time, as they would come."""
    loop = asyncio.get_running_loop()
    watchers: list[Watcher] = []
    transports: list[asyncio.BaseTransport] = []
    for first in range(0, clients, 50):
        batch = []
        for _ in range(first, min(first + 50, clients)):
            ready: asyncio.Future[None] = loop.create_future()
            watcher = Watcher(arrivals, ready, stalls=stalls)
            transport, _ = await loop.create_connection(lambda w=watcher: w, "127.0.0.1", port)  # type: ignore[misc]
            watchers.append(watcher)
            transports.append(transport)
            batch.append(ready)
        await asyncio.gather(*batch)
    try:
        yield watchers
    finally:
        for one in transports:
            one.close()


async def measure(port: int, *, clients: int, per_s: float, stalled: int = 0) -> tuple[float, int]:
    """Return the 99th percentile in ms, and how many updates did not reach a client that reads."""
    arrivals = Arrivals()
    sender = await Connection.open(port)
    async with (
        watching(port, stalled, Arrivals(), stalls=True),
        watching(port, clients, arrivals, stalls=False) as watchers,
    ):
        await asyncio.sleep(3)
        start_s = now_s()
        for number in range(round(SECONDS * per_s)):
            await asyncio.sleep(max(0.0, start_s + number / per_s - now_s()))
            body = json.dumps({"readings": [row(number)], "events": []}).encode()
            arrivals.sent_s[number] = now_s()
            status, answer = await sender.request("POST", "/api/v1/ingest", headers=headers(EDGE_TOKEN), body=body)
            assert status == 200, answer
        await asyncio.sleep(2)
        lost = sum(len(arrivals.sent_s) - len(watcher.updates) for watcher in watchers)
    sender.close()
    return percentile_ms(arrivals.late_s, 99), lost


def row(number: int) -> dict[str, object]:
    """One reading; its number travels as stream time."""
    return {
        "kind": "zone", "zone_id": "z0", "camera_id": "north", "at": datetime.now(UTC).isoformat(),
        "pts_s": float(number), "validity": "live", "reasons": [], "models": ["throngnet"], "simulated": False,
        "frames": 2, "count": 120.0 + number % 7, "count_low": 110.0, "count_high": 131.0,
        "density_mean_per_m2": 0.6, "density_mean_low_per_m2": 0.55, "density_mean_high_per_m2": 0.66,
    }  # fmt: skip


def main() -> None:
    """Measure on SQLite; the stream does not touch the database."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, 8192)), hard))
    with tempfile.TemporaryDirectory(prefix="throng-benchmark-") as folder:
        url = f"sqlite:///{folder}/throng.db"
        asyncio.run(fill(url, zones=1))
        with server(url) as (port, _):
            few, few_lost = asyncio.run(measure(port, clients=500, per_s=5))
            beside, beside_lost = asyncio.run(measure(port, clients=500, per_s=5, stalled=STALLED))
            many, many_lost = asyncio.run(measure(port, clients=3000, per_s=1))
            many_beside, _ = asyncio.run(measure(port, clients=3000, per_s=1, stalled=STALLED))
    finish(
        "Live stream: from a reading sent in to the clients that watch",
        "server_live",
        [
            Measure("500 clients, 5 updates/s: 99 of 100 within", few, "ms", at_most=40),
            Measure("the same: updates lost", few_lost, at_most=0),
            Measure(f"the same beside {STALLED} stalled clients", beside, "ms", at_most=40),
            Measure("the same: updates lost beside them", beside_lost, at_most=0),
            Measure("3,000 clients, 1 update/s: 99 of 100 within", many, "ms", at_most=300),
            Measure("the same: updates lost in 3,000", many_lost, at_most=0),
            Measure(f"3,000 beside {STALLED} stalled clients", many_beside, "ms", at_most=300),
            Measure("load of the machine meanwhile", machine_load()),
        ],
    )


if __name__ == "__main__":
    main()
