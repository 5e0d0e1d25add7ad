"""`throng serve`: the central server, with the cameras that no edge box runs."""

import asyncio
import gc
import logging
import signal
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from throng.cli.screen import console, set_up_logging
from throng.core.errors import ThrongError

if TYPE_CHECKING:
    from throng.cli.local_cameras import LocalCameras
    from throng.server.context import Context

log = logging.getLogger(__name__)

LOOK_EVERY_S = 3.0


def serve(
    *,
    config: Annotated[Path | None, typer.Option(help="Settings of the server as YAML; docs/server.md.")] = None,
    data_dir: Annotated[Path | None, typer.Option(help="Where database, secret key and videos lie.")] = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on; 0.0.0.0 for the whole network.")] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="Port to listen on.")] = None,
    cameras: Annotated[
        bool, typer.Option("--cameras/--no-cameras", help="Run the cameras that belong to no edge box.")
    ] = True,
) -> None:
    """Run the central server: sites, history, users, live data and one API, for many cameras and people."""
    gc.disable()  # what is loaded now stays: looking for rubbish in it takes a fifth of the start
    from throng.server.central import create_server  # noqa: PLC0415
    from throng.server.run import serve_until_stopped  # noqa: PLC0415
    from throng.server.settings import load_settings  # noqa: PLC0415
    from throng.store import migrate  # noqa: PLC0415

    set_up_logging()
    given: dict[str, Any] = {"data_dir": data_dir, "host": host, "port": port}
    settings = load_settings(config, **{name: value for name, value in given.items() if value is not None})
    app = create_server(settings)
    beginning: list[asyncio.Task[LocalCameras]] = []

    def ready(url: str) -> None:
        gc.freeze()
        gc.enable()
        console.print(f"server: [bold]{url}[/bold]   (Ctrl-C stops)")
        if cameras:
            beginning.append(asyncio.create_task(run_cameras(app.state.context, url)))

    async def before_stop() -> None:
        for task in beginning:
            if not task.done():
                task.cancel()
            for local in await asyncio.gather(task, return_exceptions=True):
                if not isinstance(local, BaseException):
                    await asyncio.to_thread(local.stop)

    async def before_start() -> None:
        await migrate.upgrade(app.state.context.database)

    _survive_signals()
    try:
        serve_until_stopped(
            app,
            host=settings.host,
            port=settings.port,
            ready=ready,
            before_start=before_start,
            before_stop=before_stop,
        )
    finally:
        gc.enable()


async def run_cameras(context: "Context", url: str) -> "LocalCameras":
    """Begin to run the cameras that belong to no edge box as soon as there are some.

    What runs cameras costs a second to load and 100 MB; a server whose cameras all have boxes needs none of it.
    """
    while not await _any_cameras(context):
        await asyncio.sleep(LOOK_EVERY_S)
    module = await asyncio.to_thread(import_module, "throng.cli.local_cameras")
    local: LocalCameras = module.LocalCameras(context, url, asyncio.get_running_loop())
    local.start()
    return local


async def _any_cameras(context: "Context") -> bool:
    from throng.store.this_server import sites_with_cameras  # noqa: PLC0415

    try:
        async with context.database.read() as session:
            return bool(await sites_with_cameras(session))
    except ThrongError as error:
        log.warning("looking for cameras of this server failed, trying again: %s", error)
        return False


def _survive_signals() -> None:
    """The web server repeats the signal that ended it; by then everything is in order and the exit status is 0."""
    with suppress(ValueError):  # not in the main thread: whoever called us handles signals
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda _number, _frame: None)
