"""Asking the familiar doors: one row of the table of routes after the other, with and without the slash at the end."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from central import CentralServer, central_server

SECRET = "s3same"
"""Password of a camera; it must be in no answer."""


@dataclass(frozen=True)
class Ask:
    """One request and what its answer must look like.

    Attributes:
        keys: of the JSON object, or of the first of a list; None for an answer without JSON.
        params: of the query.
    """

    method: str
    path: str
    keys: frozenset[str] | None
    body: Any = None
    status: int = 200
    params: dict[str, Any] = field(default_factory=dict)


async def asked(client: httpx.AsyncClient, ask: Ask, *, prefix: str = "", slash: bool = True) -> Any:
    """Send a request, check the answer's status and keys, and return its JSON."""
    path = f"{prefix}{ask.path}{'/' if slash else ''}"
    answer = await client.request(ask.method, path, json=ask.body, params=ask.params)
    assert answer.status_code == ask.status, (ask, answer.status_code, answer.text)
    assert SECRET not in answer.text, ask
    if ask.keys is None:
        return None
    said = answer.json()
    first = said[0] if isinstance(said, list) else said
    assert frozenset(first) == ask.keys, (ask, first)
    return said


async def asked_both(client: httpx.AsyncClient, ask: Ask) -> Any:
    """Ask without and with the slash, and return the second answer."""
    await asked(client, ask, slash=False)
    return await asked(client, ask)


@asynccontextmanager
async def door(folder: Path, *doors: str) -> AsyncIterator[CentralServer]:
    """Run a server on SQLite with some doors open."""
    url = f"sqlite:///{folder / 'door.db'}"
    async with central_server(url, folder / "data", compat=doors, requests_burst=1e6) as server:
        yield server
