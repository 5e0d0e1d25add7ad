"""A central server on both databases."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from central import CentralServer, central_server


@pytest.fixture
def run_server(migrated_url: str, tmp_path: Path) -> Callable[..., None]:
    """Run an async function of a fresh server, on SQLite and on PostgreSQL: `run_server(scenario, compat=(…))`."""

    def run(scenario: Callable[[CentralServer], Any], **settings: Any) -> None:
        async def whole() -> None:
            async with central_server(migrated_url, tmp_path / "data", **settings) as server:
                await scenario(server)

        asyncio.run(whole())

    return run
