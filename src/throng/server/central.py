"""The central server as one ASGI application: what is composed of what."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from prometheus_client import CollectorRegistry

from throng.core.clock import Clock, SystemClock
from throng.server import problems
from throng.server.api.bodies import LARGEST_BODY_BYTES
from throng.server.auth.service import Auth
from throng.server.boards import LocalBoards
from throng.server.compat.doors import open_doors
from throng.server.context import Context
from throng.server.data_folder import make_data_folder
from throng.server.guard import Guard
from throng.server.ingest.service import IngestService
from throng.server.live.hub import LiveHub
from throng.server.live.relay import Relay
from throng.server.logs import RecentLog
from throng.server.metrics import LiveFigures, RequestFigures
from throng.server.routers import ROUTERS
from throng.server.settings import ServerSettings
from throng.server.upkeep import Upkeep
from throng.server.videos.library import VideoLibrary
from throng.server.videos.queue import VideoQueue
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
    make_data_folder(settings.data_dir)
    key = None if settings.secret_key is None else settings.secret_key.get_secret_value()
    clock = clock or SystemClock()
    secrets = open_secret_box(settings.data_dir, key=key)
    database, hub = Database(settings.database()), LiveHub(clock)
    context = Context(
        settings=settings,
        database=database,
        secrets=secrets,
        clock=clock,
        hub=hub,
        boards=LocalBoards(),
        log=RecentLog(),
        auth=Auth(settings, secrets, clock),
        ingest=IngestService(database, hub, clock),
        videos=VideoQueue(VideoLibrary(settings.data_dir / "videos"), database, clock),
    )
    app = FastAPI(
        title="Throng", version="1", description=DESCRIPTION, lifespan=_lifespan, docs_url=None, redoc_url=None,
        openapi_url="/api/v1/openapi.json", responses={"default": {"model": problems.ProblemDetails}},
        max_body_size=LARGEST_BODY_BYTES,
    )  # fmt: skip
    app.state.context = context
    app.state.goodbye = context.hub.stop_soon
    app.state.call_soon = context.hub.call_soon
    registry = app.state.registry = CollectorRegistry()
    registry.register(LiveFigures(context))
    problems.install(app)
    app.add_middleware(RequestFigures, registry=registry)
    app.add_middleware(
        Guard, allowed_hosts=settings.allowed_hosts, trusted_proxies=settings.trusted_proxies
    )  # fmt: skip
    for router in ROUTERS:
        app.include_router(router)
    open_doors(app, settings)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    context: Context = app.state.context
    await migrate.upgrade(context.database)
    await context.auth.start(context.database)
    await context.ingest.start()
    relay = Relay(context.database, context.hub, context.ingest, context.clock)
    await relay.start()
    upkeep = Upkeep(context.database, context.clock)
    await upkeep.start()
    await context.videos.start()
    try:
        with context.log.attached(), context.boards.running(asyncio.get_running_loop()):
            async with context.hub.running():
                yield
    finally:
        await context.videos.stop()
        await upkeep.stop()
        await relay.stop()
        await context.ingest.stop()
        await context.database.close()
