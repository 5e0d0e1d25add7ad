"""The central server as one ASGI application: what is composed of what."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from prometheus_client import CollectorRegistry

from throng.core.clock import Clock, SystemClock
from throng.server import problems
from throng.server.api import ROUTERS
from throng.server.boards import LocalBoards
from throng.server.context import Context
from throng.server.guard import Guard
from throng.server.live.hub import LiveHub
from throng.server.logs import RecentLog
from throng.server.metrics import LiveFigures, RequestFigures
from throng.server.settings import ServerSettings
from throng.store import migrate
from throng.store.database import Database
from throng.store.secret_box import open_secret_box

DESCRIPTION = "Readings of crowds from many cameras: sites, zones, history, live state, alerts."


def create_server(settings: ServerSettings, *, clock: Clock | None = None) -> FastAPI:
    """Build the central server.

    Args:
        settings: where it keeps its data and how it is reached.
        clock: where its time comes from.

    Returns:
        An ASGI application. The database is opened, and brought to the present tables, when it starts.
    """
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    key = None if settings.secret_key is None else settings.secret_key.get_secret_value()
    clock = clock or SystemClock()
    context = Context(
        settings=settings,
        database=Database(settings.database()),
        secrets=open_secret_box(settings.data_dir, key=key),
        clock=clock,
        hub=LiveHub(clock),
        boards=LocalBoards(),
        log=RecentLog(),
    )
    app = FastAPI(
        title="Throng", version="1", description=DESCRIPTION, lifespan=_lifespan, docs_url=None, redoc_url=None,
        openapi_url="/api/v1/openapi.json", responses={"default": {"model": problems.ProblemDetails}},
    )  # fmt: skip
    app.state.context = context
    app.state.goodbye = context.hub.stop_soon
    app.state.call_soon = context.hub.call_soon
    registry = app.state.registry = CollectorRegistry()
    registry.register(LiveFigures(context))
    problems.install(app)
    app.add_middleware(RequestFigures, registry=registry)
    app.add_middleware(Guard, allowed_hosts=settings.allowed_hosts)
    for router in ROUTERS:
        app.include_router(router)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    context: Context = app.state.context
    await migrate.upgrade(context.database)
    try:
        with context.log.attached(), context.boards.running(asyncio.get_running_loop()):
            async with context.hub.running():
                yield
    finally:
        await context.database.close()
