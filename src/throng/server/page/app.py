"""The web application: one live page, the WebSocket that feeds it, and the same state for other programs."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import APIRouter, FastAPI, WebSocket
from fastapi.responses import FileResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from throng.bus.board import LiveBoard
from throng.core.clock import Clock, SystemClock
from throng.server import problems
from throng.server.changes import BoardChanges
from throng.server.guard import Guard
from throng.server.page import pictures
from throng.server.page.context import Context, Ctx
from throng.server.page.live import LiveSession
from throng.server.page.messages import Health, StateMessage, health, state_message

STATIC = Path(__file__).parent / "static"
API_VERSION = "1"

routes = APIRouter()


def create_app(
    board: LiveBoard, *, title: str, clock: Clock | None = None, allowed_hosts: Iterable[str] = ()
) -> FastAPI:
    """Build the application that shows a board.

    Args:
        board: the live state; other threads write to it.
        title: name of the site for the page's header.
        clock: where the server's time comes from.
        allowed_hosts: host names to answer to, beyond this machine's own and numeric addresses.

    Returns:
        An ASGI application; serve it with `throng.server.run.ServerThread`.
    """
    context = Context(board, BoardChanges(board), clock or SystemClock(), title)
    app = FastAPI(
        title="Throng",
        version=API_VERSION,
        description="Live readings of the zones, lines and cameras of one site.",
        lifespan=_lifespan,
        docs_url=None,
        redoc_url=None,
    )
    app.state.context = context
    app.state.goodbye = context.changes.stop
    app.state.call_soon = context.changes.call_soon
    problems.install(app)
    app.add_middleware(Guard, allowed_hosts=tuple(allowed_hosts))
    app.include_router(routes)
    app.include_router(pictures.routes)
    app.mount("/static", PageFiles(directory=STATIC), name="static")
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    context: Context = app.state.context
    with context.changes.running(asyncio.get_running_loop()):
        yield


class PageFiles(StaticFiles):
    """The page's files; browsers ask each time whether they are still current, so an update shows at once."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Serve one file."""
        response = await super().get_response(path, scope)
        response.headers["Cache-Control"] = "no-cache"
        return response


@routes.get("/", include_in_schema=False)
async def page() -> FileResponse:
    """Return the live page."""
    return FileResponse(STATIC / "index.html", headers={"Cache-Control": "no-cache"})


@routes.get("/favicon.ico", include_in_schema=False)
async def favicon() -> FileResponse:
    """Return the page's icon to browsers that ask by habit."""
    return FileResponse(STATIC / "favicon.svg", headers={"Cache-Control": "no-cache"})


@routes.get("/healthz", tags=["state"])
async def healthz(context: Ctx) -> Health:
    """Say that the process answers, and how many cameras are in which state."""
    return health(context.board.state(), now=context.clock.now())


@routes.get("/api/v1/state", tags=["state"])
async def state(context: Ctx) -> StateMessage:
    """Return everything the board knows, as the first message on the WebSocket does."""
    return state_message(context.board.state(), title=context.title, now=context.clock.now())


@routes.websocket("/api/v1/live")
async def live(socket: WebSocket, context: Ctx) -> None:
    """Serve one live page."""
    await LiveSession(socket, context).run()
