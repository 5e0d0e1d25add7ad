"""A disk with no room left: it is said clearly, nothing is damaged, what happens now is seen, and it ends by itself."""

import asyncio
import os
import resource
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from central import START, CentralServer, central_server
from sqlalchemy import func, select, text

from throng.store.tables import readings

ROWS = 200
MOST = 100
"""Batches: what the files have room for already is used up first."""

Filled = Callable[[Path], AbstractContextManager[None]]


@contextmanager
def size_limit(folder: Path) -> Iterator[None]:
    """No file may grow: everywhere the same, and what a quota does. SIGXFSZ is ignored by Python."""
    now, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    largest = max(path.stat().st_size for path in folder.glob("throng.db*"))
    resource.setrlimit(resource.RLIMIT_FSIZE, (largest, most))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (now, most))


@contextmanager
def ballast(folder: Path) -> Iterator[None]:
    """Everything that is free is taken by another file."""
    path = folder / "ballast"
    with path.open("wb", buffering=0) as file, suppress(OSError):
        while file.write(b"x" * 65_536):
            pass
    try:
        yield
    finally:
        path.unlink()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = (
        os.geteuid() == 0
        and not subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=32m", "throng-test", str(folder)], capture_output=True, check=False
        ).returncode
    )
    if not mounted:
        # Not a failure in CI: the limit of a file's size is tested everywhere, and a container may not mount.
        pytest.skip("only root may mount a small disk, and not in every container")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def batch(number: int) -> dict[str, Any]:
    times = (START - timedelta(seconds=MOST * ROWS - number * ROWS - k) for k in range(ROWS))
    given = {"kind": "zone", "zone_id": "gate", "camera_id": "north", "validity": "live", "count": float(number)}
    return {"readings": [given | {"at": at.isoformat()} for at in times]}


async def post(client: httpx.AsyncClient, number: int) -> httpx.Response:
    return await client.post("/api/v1/ingest", json=batch(number), headers={"Idempotency-Key": f"batch-{number}"})


async def live_count(server: CentralServer) -> float:
    async with server.client("viewer") as client:
        (item,) = (await client.get(f"/api/v1/zones/{server.zone_id}/live")).json()["items"]
    return float(item["body"]["reading"]["count"])


async def story(server: CentralServer, folder: Path, filled: Filled) -> None:
    async with server.client("edge") as box, server.client("admin") as admin:
        kept = [await post(box, 0)]
        refused: list[int] = []
        with filled(folder):
            for number in range(1, MOST):
                if len(refused) == 2:
                    break
                answer = await post(box, number)
                if answer.status_code == 200:
                    kept.append(answer)
                    continue
                refused.append(number)
                problem = answer.json()
                assert (answer.status_code, problem["type"]) == (507, "/problems/insufficient-storage"), problem
                assert "disk" in problem["detail"]
                assert await live_count(server) == number, "what happens now is seen all the same"
            assert refused, "the disk was not full"
            changed = await admin.post("/api/v1/sites", json={"key": "new", "name": "New"})
            assert changed.status_code in {201, 507}
            assert (await admin.get("/api/v1/zones")).status_code == 200
        for number in refused:
            assert (await post(box, number)).json()["stored"] == ROWS
        again = await post(box, 0)
        assert again.json() == kept[0].json(), "the first answer again"
    async with server.context.database.read() as session:
        assert await session.scalar(select(func.count()).select_from(readings)) == (len(kept) + len(refused)) * ROWS
        assert await session.scalar(text("PRAGMA integrity_check")) == "ok"


def run(folder: Path, filled: Filled) -> None:
    async def whole() -> None:
        async with central_server(f"sqlite:///{folder / 'throng.db'}", folder / "data") as server:
            await story(server, folder, filled)

    asyncio.run(whole())


def test_files_that_may_not_grow(tmp_path: Path) -> None:
    run(tmp_path, size_limit)


@pytest.mark.integration
def test_a_disk_without_room(small_disk: Path) -> None:
    run(small_disk, ballast)
