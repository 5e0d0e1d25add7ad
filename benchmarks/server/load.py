"""What the benchmarks of the server share: databases, a server process, and a client that costs little itself."""

import asyncio
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
from benchmarks.outcome import throng_command

from throng.server.auth.identify import API_TOKEN_PREFIX, EDGE_TOKEN_PREFIX
from throng.store import migrate
from throng.store.database import Database
from throng.store.secret_box import hashed
from throng.store.tables import ApiToken, Camera, Edge, Role, Site, User, Zone

EDGE_TOKEN = f"{EDGE_TOKEN_PREFIX}benchmark"
API_TOKEN = f"{API_TOKEN_PREFIX}benchmark"

sys.path.insert(0, str(Path(__file__).parents[2] / "tests" / "helpers"))


@contextmanager
def databases() -> Iterator[dict[str, str]]:
    """Yield the addresses of an empty SQLite file and an empty PostgreSQL that keeps what it acknowledges."""
    from postgres import PostgresCluster  # noqa: PLC0415  it lies with the tests

    with tempfile.TemporaryDirectory(prefix="throng-benchmark-") as folder:
        cluster = PostgresCluster(durable=True)
        try:
            yield {"SQLite": f"sqlite:///{folder}/throng.db", "PostgreSQL": cluster.create("throng")}
        finally:
            cluster.stop()


@dataclass(frozen=True, slots=True)
class Filled:
    """What `fill` made."""

    site_id: int
    zone_ids: list[int]
    camera_id: int


async def fill(url: str, *, zones: int) -> Filled:
    """Make the tables, a site with zones `z0`, `z1`, …, a camera `north`, an edge box and an administrator."""
    database = Database(url)
    await migrate.upgrade(database)
    async with database.write() as session:
        site = Site(key="site", name="Site")
        user = User(username="benchmark", role=Role.ADMIN.value, all_sites=True)
        session.add_all([site, user])
        await session.flush()
        edge = Edge(site_id=site.id, key="box", name="Box", token_hash=hashed(EDGE_TOKEN))
        rows = [Zone(site_id=site.id, key=f"z{n}", name=f"Zone {n}", area_m2=200.0, capacity=400) for n in range(zones)]
        session.add(edge)
        await session.flush()
        camera = Camera(site_id=site.id, key="north", name="North", edge_id=edge.id)
        token = ApiToken(
            user_id=user.id, name="benchmark", prefix=API_TOKEN_PREFIX, role=user.role, token_hash=hashed(API_TOKEN)
        )
        session.add_all([camera, token, *rows])
        await session.flush()
        filled = Filled(site.id, [zone.id for zone in rows], camera.id)
    await database.close()
    return filled


@contextmanager
def server(url: str) -> Iterator[tuple[int, subprocess.Popen[str]]]:
    """Run `throng serve` on a database; yield its port and its process."""
    with tempfile.TemporaryDirectory(prefix="throng-benchmark-data-") as folder:
        unlimited = {"THRONG_REQUESTS_PER_S": "1000000", "THRONG_REQUESTS_BURST": "1000000"}
        environment = os.environ | unlimited | {"THRONG_DATABASE_URL": url, "NO_COLOR": "1", "COLUMNS": "200"}
        process = subprocess.Popen(
            [throng_command(), "serve", "--data-dir", folder, "--port", "0"],
            env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip
        try:
            yield _port(process), process
        finally:
            process.terminate()
            process.communicate(timeout=30)


def _port(process: subprocess.Popen[str]) -> int:
    assert process.stdout is not None
    said = []
    for line in process.stdout:
        said.append(line)
        found = re.search(r"http://[^ ]*:(\d+)", line)
        if found and "server:" in line:
            return int(found.group(1))
    raise SystemExit(f"the server did not start: {''.join(said)}")


class Connection:
    """One kept connection to the server: requests by hand, since a client library would cost as much as the server."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def open(cls, port: int) -> Self:
        """Connect."""
        return cls(*await asyncio.open_connection("127.0.0.1", port, limit=1 << 24))

    async def request(
        self, method: str, path: str, *, headers: Mapping[str, str], body: bytes = b""
    ) -> tuple[int, bytes]:
        """Return status and body of an answer."""
        lines = [f"{method} {path} HTTP/1.1", "Host: localhost", f"Content-Length: {len(body)}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        self._writer.write("\r\n".join([*lines, "", ""]).encode() + body)
        head = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        size = re.search(r"content-length: (\d+)", head)
        assert size is not None, head
        return int(head.split(" ", 2)[1]), await self._reader.readexactly(int(size.group(1)))

    def close(self) -> None:
        """Hang up."""
        self._writer.close()


def percentile_ms(seconds: Sequence[float], percent: float) -> float:
    """Return a percentile of durations in milliseconds."""
    return float(np.percentile(np.asarray(seconds), percent)) * 1000


def machine_load() -> float:
    """Return how many processes wanted a core over the last minute, to judge the figures by."""
    return os.getloadavg()[0]


def headers(token: str) -> dict[str, str]:
    """Return the headers that a token needs."""
    return {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}


def now_s() -> float:
    """Return seconds that never go backwards."""
    return time.perf_counter()
