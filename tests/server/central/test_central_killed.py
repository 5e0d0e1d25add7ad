"""A server that is killed while readings pour in: what it acknowledged is there, and nothing is there twice."""

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from central import central_server
from sqlalchemy import func, select

from throng.server.auth.identify import EDGE_TOKEN_PREFIX
from throng.store.database import Database
from throng.store.tables import readings

ROWS = 40
SENDERS = 4
ACKNOWLEDGED = 30
"""So many batches before the server is killed."""


@contextmanager
def serving(url: str, folder: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Run `throng serve`; yield its process and its address."""
    process = subprocess.Popen(
        [str(Path(sys.executable).with_name("throng")), "serve", "--data-dir", str(folder), "--port", "0"],
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


async def pour(address: str, began: datetime, process: subprocess.Popen[str]) -> tuple[dict[int, Any], set[int]]:
    """Send until enough is acknowledged, then kill; return the answers, and what was sent without one."""
    answers: dict[int, Any] = {}
    sent: set[int] = set()

    async def send(client: httpx.AsyncClient, first: int) -> None:
        for number in range(first, 10_000, SENDERS):
            sent.add(number)
            try:
                answer = await client.post("/api/v1/ingest", content=batch_of(number, began), headers=_headers(number))
            except httpx.TransportError:
                return
            assert answer.status_code == 200, answer.text
            answers[number] = answer.json()
            if len(answers) == ACKNOWLEDGED:
                os.kill(process.pid, signal.SIGKILL)

    async with httpx.AsyncClient(base_url=address, timeout=30) as client:
        await asyncio.gather(*[send(client, n) for n in range(SENDERS)])
    return answers, sent


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

    async def send_again(address: str, numbers: set[int], began: datetime) -> dict[int, Any]:
        async with httpx.AsyncClient(base_url=address, timeout=30) as client:
            found = {}
            for number in sorted(numbers):
                content = batch_of(number, began)
                answer = await client.post("/api/v1/ingest", content=content, headers=_headers(number))
                found[number] = answer.json()
            return found

    asyncio.run(make())
    began = datetime.now(UTC)
    with serving(database_url, tmp_path / "data") as (process, address):
        answers, sent = asyncio.run(pour(address, began, process))
    assert len(answers) >= ACKNOWLEDGED
    assert all(answer["stored"] == ROWS for answer in answers.values())
    assert asyncio.run(stored(database_url)) >= len(answers) * ROWS
    with serving(database_url, tmp_path / "data") as (_, address):
        again = asyncio.run(send_again(address, sent, began))
    assert {number: again[number] for number in answers} == answers
    # Batches whose answer was lost were stored as a whole or not at all.
    assert all(answer["stored"] == ROWS and answer["duplicates"] == 0 for answer in again.values())
    assert asyncio.run(stored(database_url)) == len(sent) * ROWS
