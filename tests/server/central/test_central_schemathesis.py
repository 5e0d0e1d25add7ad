"""Random requests by the server's own description of itself: whatever comes, it answers, and in the shape it says.

`THRONG_FUZZ_EXAMPLES=200 pytest tests/server/central/test_central_schemathesis.py` runs for long instead of seconds, on
both databases instead of the stricter one, with other requests each time; `THRONG_FUZZ_ONLY=ingest` limits it to the
operations whose name contains that.
"""

import asyncio
import json
import os
import traceback
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from central import START, CentralServer, central_server
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import APIOperation, Case, GenerationMode
from schemathesis.core.result import Ok
from schemathesis.core.transport import Response
from schemathesis.python import asgi
from sqlalchemy import select

from throng.core.clock import ManualClock
from throng.server.auth.identify import API_TOKEN_PREFIX, EDGE_TOKEN_PREFIX
from throng.server.central import create_server
from throng.server.settings import load_settings
from throng.store.database import Database
from throng.store.secret_box import hashed
from throng.store.tables import Base, Login, Role, User

EXAMPLES = int(os.environ.get("THRONG_FUZZ_EXAMPLES", "2"))
ONLY = os.environ.get("THRONG_FUZZ_ONLY", "")
LONG = "THRONG_FUZZ_EXAMPLES" in os.environ

DOCUMENTED = ("/problems/busy", "/problems/insufficient-storage")
"""Answers above 500 that tell what to do. A database that refuses what was asked of it is a mistake of the server."""

FAMILIAR = ("monitor_", "crowdsafe_")
DOORS = ("crowd_monitor", "crowdsafe") if LONG else ()
ENDLESS = {"stream_live_events": 0.2, "stream_pictures": 0.2, "crowdsafe_stream_pictures": 0.2}
LAST = (
    "crowdsafe_",
    "revoke",
    "end_",
    "reset",
    "log_out",
    "update_",
    "replace_settings",
    "erase",
    "apply_configuration",
)
"""What may take away the ground under the others, and everything that deletes."""

EDGES = {"get_edge_configuration", "send_heartbeat"}
PERSONS = {
    "log_out", "update_me", "change_password", "list_my_logins", "end_my_other_logins", "end_my_login",
    "enrol_second_factor", "confirm_second_factor", "replace_recovery_codes", "disable_second_factor", "create_token",
    "rename_token",
}  # fmt: skip
Operation = APIOperation[Any, Any, Any, Any]
Sent = Case[Any]
MODES = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)


def headers_of(operation_id: str) -> dict[str, str]:
    """Return what shows somebody who may."""
    if operation_id in EDGES:
        return {"Authorization": f"Bearer {EDGE_TOKEN_PREFIX}edge"}
    if operation_id in PERSONS:
        return {"Cookie": "throng-login=browser", "X-CSRF-Token": "csrf", "Origin": "http://testserver"}
    return {"Authorization": f"Bearer {API_TOKEN_PREFIX}admin"}


async def add_person(server: CentralServer) -> None:
    """Let somebody be logged in for long."""
    async with server.context.database.write() as session:
        user = User(username="person", role=Role.ADMIN, all_sites=True)
        session.add(user)
        await session.flush()
        until = START + timedelta(days=7)
        times = {"created_at": START, "last_seen_at": START, "expires_at": until}
        session.add(Login(id=hashed("browser"), user_id=user.id, csrf_token="csrf", **times))


class Ground:
    """What the requests need to get anywhere: those who send them, and a site. They may take it away themselves."""

    TABLES = tuple(Base.metadata.tables[name] for name in ("sites", "users", "edges", "api_tokens", "logins"))

    def __init__(self, database_url: str) -> None:
        self._url = database_url
        self._rows: dict[str, list[dict[str, Any]]] = {}

    async def note(self) -> None:
        """Keep what is there now."""
        database = Database(self._url)
        async with database.read() as session:
            for table in self.TABLES:
                rows = (await session.execute(table.select())).mappings().all()
                self._rows[table.name] = [dict(row) for row in rows]
        await database.close()

    async def restore(self) -> None:
        """Bring that back."""
        database = Database(self._url)
        async with database.write() as session:
            for table in self.TABLES:
                for row in self._rows[table.name]:
                    same = table.c.id == row["id"]
                    if (await session.execute(select(table.c.id).where(same))).first() is None:
                        await session.execute(table.insert().values(row))
                    else:
                        await session.execute(table.update().where(same).values(row))
        await database.close()


@pytest.fixture
def ground(database_url: str, tmp_path: Path) -> Ground:
    """A filled database."""
    ground = Ground(database_url)

    async def fill() -> None:
        async with central_server(database_url, tmp_path / "data") as server:
            await add_person(server)
        await ground.note()

    asyncio.run(fill())
    return ground


@pytest.fixture
def schema(database_url: str, tmp_path: Path, ground: Ground) -> Iterator[schemathesis.BaseSchema]:
    """A server on it, by its own description."""
    given = load_settings(
        data_dir=tmp_path / "data", database_url=database_url, allowed_hosts=("testserver",), requests_per_s=1e6,
        requests_burst=1e6, compat=DOORS,
    )  # fmt: skip
    app = create_server(given, clock=ManualClock(START))
    yield schemathesis.openapi.from_asgi("/api/v1/openapi.json", app)
    asgi.shutdown_lifespans()


def name_of(operation: Operation) -> str:
    return str(operation.definition.raw["operationId"])


def is_destructive(operation: Operation) -> bool:
    return operation.method.upper() == "DELETE" or name_of(operation).startswith(LAST)


def operations(schema: schemathesis.BaseSchema) -> list[Operation]:
    found = [result.ok() for result in schema.get_all_operations() if isinstance(result, Ok)]
    assert len(found) > 100, "operations that are not understood are left out"
    return sorted((o for o in found if ONLY in name_of(o)), key=is_destructive)


def cases(operation: Operation, mode: GenerationMode) -> st.SearchStrategy[Sent]:
    """Return requests: of those with ids in the path half are for what is there."""
    names = [parameter.name for parameter in operation.path_parameters]
    anything = operation.as_strategy(generation_mode=mode)
    if not names:
        return anything
    return anything | operation.as_strategy(generation_mode=mode, path_parameters=dict.fromkeys(names, 1))


def complaint(response: Response, *, familiar: bool) -> str | None:
    """Return what is wrong with an answer; errors of the familiar doors look as those systems have them."""
    status = response.status_code
    if familiar:
        return "a mistake of the server" if status >= 500 and status not in {501, 503, 507} else None
    if status < 400:
        return None
    if response.headers.get("content-type", [""])[0] != "application/problem+json":
        return "no problem details"
    problem = json.loads(response.content)
    if status >= 500 and problem["type"] not in DOCUMENTED:
        return "a mistake of the server"
    complete = problem.get("status") == status and all(problem.get(k) for k in ("type", "title", "detail"))
    return None if complete else "incomplete problem details"


class Fuzz:
    """Sends requests of one operation and counts the answers."""

    def __init__(self, operation: Operation) -> None:
        self.operation = operation
        self.name = name_of(operation)
        self.statuses: Counter[int] = Counter()

    def send(self, case: Sent) -> None:
        """Send a request; its answer must be one that is described."""
        response = case.call(headers=headers_of(self.name), timeout=ENDLESS.get(self.name))
        self.statuses[response.status_code] += 1
        wrong = complaint(response, familiar=self.name.startswith(FAMILIAR))
        assert wrong is None, (
            f"{wrong}: {response.status_code} {response.text[:300]} to {case.as_curl_command()[:2000]}"
        )

    def run(self, mode: GenerationMode) -> str | None:
        """Send the requests of a mode; return what went wrong."""
        phases = [Phase.explicit, Phase.generate, *([Phase.shrink] if LONG else [])]
        examples = min(EXAMPLES, 5) if self.name in ENDLESS else EXAMPLES
        limits = settings(
            max_examples=examples, deadline=None, database=None, derandomize=not LONG, phases=phases,
            suppress_health_check=list(HealthCheck), print_blob=False,
        )  # fmt: skip
        try:
            limits(given(cases(self.operation, mode))(self.send))()
        except Unsatisfiable:
            return None  # nothing can be wrong in a request that has nothing in it
        except Exception:  # noqa: BLE001  all of them are wanted, not the first only
            return f"{self.name}: {traceback.format_exc(limit=-6)}"
        return None


@pytest.mark.integration
@pytest.mark.parametrize("database_url", ["sqlite", "postgresql"] if LONG else ["postgresql"], indirect=True)
def test_whatever_comes_is_answered_as_described(schema: schemathesis.BaseSchema, ground: Ground) -> None:
    wrong = []
    for operation in operations(schema):
        if is_destructive(operation):
            asyncio.run(ground.restore())
            schema.app.state.context.auth.known.forget()
        fuzz = Fuzz(operation)
        wrong += [said for mode in MODES if (said := fuzz.run(mode)) is not None]
        if not fuzz.statuses.keys() - {401, 403}:
            wrong.append(f"{fuzz.name}: was never let in: {dict(fuzz.statuses)}")
    assert not wrong, "\n\n".join(wrong)
