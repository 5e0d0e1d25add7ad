"""What every route needs: the board, its changes, the time and the title of the site."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends
from starlette.requests import HTTPConnection

from throng.bus.board import LiveBoard
from throng.core.clock import Clock
from throng.server.changes import BoardChanges


@dataclass(frozen=True, slots=True)
class Context:
    """What one application shows. It is kept at `app.state.context`, so nothing outlives the application."""

    board: LiveBoard
    changes: BoardChanges
    clock: Clock
    title: str


def _context(connection: HTTPConnection) -> Context:
    context = connection.app.state.context
    if not isinstance(context, Context):
        raise TypeError(f"app.state.context must be a Context, got {type(context).__name__}")
    return context


Ctx = Annotated[Context, Depends(_context)]
"""A route's parameter of this type is the application's context."""
