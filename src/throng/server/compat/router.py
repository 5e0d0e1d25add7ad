"""A router whose paths work with and without the slash at their end."""

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter


class SlashRouter(APIRouter):
    """Adds every route twice; only the form without the slash is documented."""

    def add_api_route(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        """Add a route."""
        bare = path.rstrip("/")
        super().add_api_route(bare, endpoint, **options)
        hidden = {**options, "include_in_schema": False, "operation_id": None}
        super().add_api_route(f"{bare}/", endpoint, **hidden)

    def add_api_websocket_route(self, path: str, endpoint: Callable[..., Any], *rest: Any, **options: Any) -> None:
        """Add a WebSocket."""
        bare = path.rstrip("/")
        super().add_api_websocket_route(bare, endpoint, *rest, **options)
        super().add_api_websocket_route(f"{bare}/", endpoint, *rest, **options)
