"""Opens the doors that the settings name; a closed one costs nothing, and its routes do not exist."""

from collections.abc import Sequence
from importlib import import_module

from fastapi import FastAPI

from throng.server.settings import ServerSettings

DOORS = {
    "crowd_monitor": ("throng.server.compat.monitor", "/compat/crowd-monitor"),
    "crowdsafe": ("throng.server.compat.crowdsafe", "/compat/crowdsafe"),
}
"""Where the routes of each door are, and where it is mounted when the other one is open too."""


def open_doors(app: FastAPI, settings: ServerSettings) -> None:
    """Mount the doors: one at `/`, two under `/compat/…`, since both have routes of the same name."""
    names: Sequence[str] = tuple(dict.fromkeys(settings.compat))
    for name in names:
        module, path = DOORS[name]
        for routes in import_module(module).ROUTERS:
            app.include_router(routes, prefix="" if len(names) == 1 else path)
