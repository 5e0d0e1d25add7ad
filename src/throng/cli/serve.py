"""`throng serve`: the central server."""

from pathlib import Path
from typing import Annotated, Any

import typer

from throng.cli.screen import console, set_up_logging


def serve(
    *,
    config: Annotated[Path | None, typer.Option(help="Settings of the server as YAML; docs/server.md.")] = None,
    data_dir: Annotated[Path | None, typer.Option(help="Where database, secret key and videos lie.")] = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on; 0.0.0.0 for the whole network.")] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="Port to listen on.")] = None,
) -> None:
    """Run the central server: sites, history, users, live data and one API, for many cameras and people."""
    from throng.server.central import create_server  # noqa: PLC0415
    from throng.server.run import serve_until_stopped  # noqa: PLC0415
    from throng.server.settings import load_settings  # noqa: PLC0415

    set_up_logging()
    given: dict[str, Any] = {"data_dir": data_dir, "host": host, "port": port}
    settings = load_settings(config, **{name: value for name, value in given.items() if value is not None})
    app = create_server(settings)
    serve_until_stopped(
        app,
        host=settings.host,
        port=settings.port,
        ready=lambda url: console.print(f"server: [bold]{url}[/bold]   (Ctrl-C stops)"),
    )
