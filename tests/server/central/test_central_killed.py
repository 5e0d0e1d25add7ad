"""A server that is killed while readings pour in, twice: what it acknowledged is there, and nothing is there twice."""

import asyncio
import json
import os
import random
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import chain, count
from pathlib import Path
from typing import Any

import httpx
import pytest
from central import central_server
from sqlalchemy import func, select

from throng.server.auth.identify import EDGE_TOKEN_PREFIX
from throng.store.database import Database
from throng.store.tables import readings

THRONG = str(Path(sys.executable).with_name("throng"))
ROWS = 40
SENDERS = 4
KILLS = 2


@contextmanager
def serving(url: str, folder: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Run `throng serve`; yield its process and its address."""
    process = subprocess.Popen(
        [THRONG, "serve", "--data-dir", str(folder), "--port", "0", "--no-cameras"],
        env=os.environ | {"THRONG_DATABASE_URL": url, "NO_COLOR": "1", "COLUMNS": "200"},
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        said = []
        for line in process.stdout:
            said.append(line)
            found = re.search(r"server: (http://\S+)", line)
            if found:
                yield process, found.group(1)
                break
        else:
            pytest.fail(f"the server did not start: {''.join(said)}")
    finally:
        process.kill()
        process.communicate()


def batch_of(number: int, began: datetime) -> bytes:
    rows = [
        {
            "kind": "zone", "zone_id": "gate", "camera_id": "north", "validity": "live", "count": float(i),
            "at": (began - timedelta(milliseconds=number * ROWS + i)).isoformat(),
        }
        for i in range(ROWS)
    ]  # fmt: skip
    return json.dumps({"readings": rows}).encode()


@dataclass
class Sending:
    """What the senders know over all lives of the server.

    Attributes:
        began: the time from which the readings count back.
        sent: numbers of batches that were sent.
        answers: of the server, by the number of the batch.
    """

    began: datetime
    sent: set[int] = field(default_factory=set)
    answers: dict[int, Any] = field(default_factory=dict)

    async def pour(self, address: str, process: subprocess.Popen[str], *, kill_after_s: float) -> None:
        """Send, what was not answered first, until the server is killed some time after its first answer."""
        waiting = chain(sorted(self.sent - self.answers.keys()), count(len(self.sent)))
        answered = asyncio.Event()

        async def kill() -> None:
            await answered.wait()
            await asyncio.sleep(kill_after_s)
            os.kill(process.pid, signal.SIGKILL)

        async def send(client: httpx.AsyncClient) -> None:
            with suppress(httpx.TransportError):
                for number in waiting:
                    await self.post(client, number)
                    answered.set()

        async with httpx.AsyncClient(base_url=address, timeout=30) as client, asyncio.timeout(60):
            await asyncio.gather(kill(), *[send(client) for _ in range(SENDERS)])

    async def repeat(self, address: str) -> None:
        """Send everything again."""
        async with httpx.AsyncClient(base_url=address, timeout=30) as client:
            for number in sorted(self.sent):
                await self.post(client, number)

    async def post(self, client: httpx.AsyncClient, number: int) -> None:
        """Send a batch; the answer is the same each time, and the batch is stored as a whole or not at all."""
        self.sent.add(number)
        answer = await client.post("/api/v1/ingest", content=batch_of(number, self.began), headers=_headers(number))
        assert answer.status_code == 200, answer.text
        said = answer.json()
        assert (said["stored"], said["duplicates"]) == (ROWS, 0), said
        assert self.answers.setdefault(number, said) == said


def _headers(number: int) -> dict[str, str]:
    return {"Authorization": f"Bearer {EDGE_TOKEN_PREFIX}edge", "Idempotency-Key": f"batch-{number}"}


async def stored(url: str) -> int:
    database = Database(url)
    async with database.read() as session:
        found = await session.scalar(select(func.count()).select_from(readings))
    await database.close()
    return int(found or 0)


@pytest.mark.integration
def test_what_was_acknowledged_survives_kill_9_and_is_there_once(database_url: str, tmp_path: Path) -> None:
    async def make() -> None:
        async with central_server(database_url, tmp_path / "data"):
            pass

    asyncio.run(make())
    sending = Sending(datetime.now(UTC))
    chance = random.Random(database_url[:6])
    for _ in range(KILLS):
        with serving(database_url, tmp_path / "data") as (process, address):
            asyncio.run(sending.pour(address, process, kill_after_s=chance.uniform(0.05, 0.8)))
        assert asyncio.run(stored(database_url)) >= len(sending.answers) * ROWS
    assert sending.answers
    with serving(database_url, tmp_path / "data") as (_, address):
        asyncio.run(sending.repeat(address))
    assert asyncio.run(stored(database_url)) == len(sending.sent) * ROWS
