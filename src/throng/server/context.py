"""What the routes of the central server share. It is kept at `app.state.context`."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends
from starlette.requests import HTTPConnection

from throng.core.clock import Clock
from throng.server.auth.service import Auth
from throng.server.boards import LocalBoards
from throng.server.ingest.service import IngestService
from throng.server.live.hub import LiveHub
from throng.server.logs import RecentLog
from throng.server.settings import ServerSettings
from throng.server.videos.queue import VideoQueue
from throng.store.database import Database
from throng.store.secret_box import SecretBox


@dataclass(frozen=True, slots=True)
class Context:
    """One running server.

    Attributes:
        hub: the live state and everybody who listens to it.
        boards: pictures of the cameras that run in this process.
        log: the newest lines of the log.
        auth: what it takes to know people.
        ingest: the way in for everything that is measured elsewhere.
        videos: uploaded videos and the queue in which they are measured.
    """

    settings: ServerSettings
    database: Database
    secrets: SecretBox
    clock: Clock
    hub: LiveHub
    boards: LocalBoards
    log: RecentLog
    auth: Auth
    ingest: IngestService
    videos: VideoQueue


def context_of(connection: HTTPConnection) -> Context:
    """Return the context of the application that serves a request or WebSocket."""
    context = connection.app.state.context
    if not isinstance(context, Context):
        raise TypeError(f"app.state.context must be a Context, got {type(context).__name__}")
    return context


Ctx = Annotated[Context, Depends(context_of)]
"""A route's parameter of this type is the server's context."""
