"""A router whose paths work with and without the slash at their end."""

from collections.abc import Callable, Sequence
from enum import Enum
from typing import Any

from fastapi import APIRouter, params


class SlashRouter(APIRouter):
    """Adds every route twice; only the form without the slash is documented.

    Args:
        stem: begin of the operation ids; the name of the function follows.
        tags: of all routes.
    """

    def __init__(self, *, stem: str, tags: list[str | Enum]) -> None:
        super().__init__(tags=tags)
        self._stem = stem

    def add_api_route(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        """Add a route."""
        bare = path.rstrip("/")
        options["operation_id"] = f"{self._stem}_{endpoint.__name__}"
        super().add_api_route(bare, endpoint, **options)
        super().add_api_route(f"{bare}/", endpoint, **{**options, "include_in_schema": False, "operation_id": None})

    def add_api_websocket_route(
        self,
        path: str,
        endpoint: Callable[..., Any],
        name: str | None = None,
        *,
        dependencies: Sequence[params.Depends] | None = None,
    ) -> None:
        """Add a WebSocket."""
        bare = path.rstrip("/")
        for form in (bare, f"{bare}/"):
            super().add_api_websocket_route(form, endpoint, name, dependencies=dependencies)
