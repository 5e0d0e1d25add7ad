"""A central server for tests: a site, somebody of each role, and clients that speak for them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI

from throng.core.clock import ManualClock
from throng.server.auth.identify import API_TOKEN_PREFIX, EDGE_TOKEN_PREFIX
from throng.server.central import create_server
from throng.server.context import Context
from throng.server.settings import load_settings
from throng.store.secret_box import hashed
from throng.store.tables import ApiToken, Camera, Edge, Role, Site, User, Zone

START = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
SQUARE = [[0.0, 0.0], [20.0, 0.0], [20.0, 10.0], [0.0, 10.0]]


class CentralServer:
    """A running application without a socket, and what is in its database.

    Attributes:
        site_id, zone_id, camera_id, edge_id: of the site `harbour` with the zone `gate` (200 m², capacity 400), the
            camera `north` and the edge `box-1`.
        other_site_id, other_zone_id: of a second site that `viewer-here` may not see.
    """

    def __init__(self, app: FastAPI, clock: ManualClock) -> None:
        self.app = app
        self.clock = clock
        self.context: Context = app.state.context
        self.site_id = self.zone_id = self.camera_id = self.edge_id = 0
        self.other_site_id = self.other_zone_id = 0

    def client(self, who: str | None = "admin", **headers: str) -> httpx.AsyncClient:
        """Return a client that speaks for `admin`, `operator`, `viewer`, `viewer-here`, `edge`, or None for nobody."""
        if who is not None:
            prefix = EDGE_TOKEN_PREFIX if who == "edge" else API_TOKEN_PREFIX
            headers["Authorization"] = f"Bearer {prefix}{who}"
        transport = httpx.ASGITransport(app=self.app, raise_app_exceptions=False)
        return httpx.AsyncClient(transport=transport, base_url="http://localhost", headers=headers)

    async def fill(self) -> None:
        """Write the sites and the people."""
        async with self.context.database.write() as session:
            here, there = Site(key="harbour", name="Harbour"), Site(key="stadium", name="Stadium")
            session.add_all([here, there])
            await session.flush()
            edge = Edge(site_id=here.id, key="box-1", name="Box 1", token_hash=hashed(f"{EDGE_TOKEN_PREFIX}edge"))
            gate = Zone(site_id=here.id, key="gate", name="Gate", polygon=SQUARE, area_m2=200.0, capacity=400)
            east = Zone(site_id=there.id, key="east", name="East stand", polygon=SQUARE, area_m2=200.0)
            session.add_all([edge, gate, east])
            await session.flush()
            camera = Camera(site_id=here.id, key="north", name="North", edge_id=edge.id, source="rtsp://10.0.0.5/1")
            session.add(camera)
            await session.flush()
            self.site_id, self.zone_id, self.camera_id, self.edge_id = here.id, gate.id, camera.id, edge.id
            self.other_site_id, self.other_zone_id = there.id, east.id
            for name, role in (("admin", Role.ADMIN), ("operator", Role.OPERATOR), ("viewer", Role.VIEWER)):
                await _add_user(session, name, role, sites=None)
            await _add_user(session, "viewer-here", Role.VIEWER, sites=[here.id])


async def _add_user(session: Any, name: str, role: Role, *, sites: list[int] | None) -> None:
    user = User(username=name, role=role.value, all_sites=True)
    session.add(user)
    await session.flush()
    session.add(
        ApiToken(
            user_id=user.id, name="test", prefix=API_TOKEN_PREFIX, role=role.value, site_ids=sites,
            token_hash=hashed(f"{API_TOKEN_PREFIX}{name}"),
        )
    )  # fmt: skip


@asynccontextmanager
async def central_server(database_url: str, folder: Path, **settings: Any) -> AsyncIterator[CentralServer]:
    """Run a server on a database; its tables are made by the real migrations."""
    clock = ManualClock(START)
    app = create_server(load_settings(data_dir=folder, database_url=database_url, **settings), clock=clock)
    async with app.router.lifespan_context(app):
        server = CentralServer(app, clock)
        await server.fill()
        yield server
