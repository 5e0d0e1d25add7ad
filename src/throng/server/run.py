"""Serve the application from a thread; Ctrl-C stays with the command line."""

import asyncio
import errno
import ipaddress
import logging
import socket
import threading
import time
from collections.abc import Awaitable, Callable

import uvicorn
from fastapi import FastAPI

from throng.server.errors import ServerError
from throng.server.live.socket import FanOutProtocol

START_TIMEOUT_S = 15.0
GOODBYE_S = 1.5
"""How long clients may take to hang up before they are cut off."""

PING_S = 10.0
"""Time between two pings of a WebSocket, and time to answer one: a client that reads nothing is gone after both."""

LARGEST_REQUEST_BYTES = 64 * 1024


class ServerThread:
    """One HTTP server in one daemon thread.

    Args:
        app: made by `throng.server.page.app.create_app` or `throng.server.central.create_server`. Its state holds
            `goodbye`, which tells clients that stay for long, and `call_soon`, which runs a function in its loop; both
            may be called from any thread.
        host: address to listen on; the default is reachable from this machine only.
        port: 0 for any free port.
    """

    def __init__(self, app: FastAPI, *, host: str = "127.0.0.1", port: int = 8000) -> None:
        self._app = app
        self._host = host
        self._port = port
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None

    @property
    def port(self) -> int:
        """The port; after `start` the real one."""
        return self._port

    @property
    def url(self) -> str:
        """The address for a browser on this machine."""
        return f"http://{_browser_host(self._host)}:{self._port}"

    def start(self) -> None:
        """Return when the server accepts connections.

        Raises:
            ServerError: the port is in use or may not be used; the address is not this machine's.
        """
        listener = _listen(self._host, self._port)
        self._port = listener.getsockname()[1]
        self._server = uvicorn.Server(server_config(self._app))
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [listener]}, name="throng-server", daemon=True
        )
        self._thread.start()
        deadline_s = time.monotonic() + START_TIMEOUT_S
        while not self._server.started:
            if not self._thread.is_alive() or time.monotonic() > deadline_s:
                listener.close()
                raise ServerError(f"the web server at {self.url} did not start; the log says why")
            time.sleep(0.01)

    def stop(self) -> None:
        """Say goodbye to the clients and end the thread; may be called twice."""
        if self._server is None or self._thread is None:
            return
        self._app.state.goodbye()
        self._server.should_exit = True
        self._thread.join(GOODBYE_S)
        if self._thread.is_alive():
            self._app.state.call_soon(self._cut_off)
            self._thread.join(GOODBYE_S)
        self._server = self._thread = None

    def unsent_bytes(self) -> int:
        """Return what waits in memory for clients that read too slowly."""
        return sum(transport.get_write_buffer_size() for transport in self._transports())

    def __enter__(self) -> "ServerThread":
        """Start."""
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop."""
        self.stop()

    def _transports(self) -> list[asyncio.Transport]:
        return [] if self._server is None else [c.transport for c in tuple(self._server.server_state.connections)]

    def _cut_off(self) -> None:
        for transport in self._transports():
            transport.abort()


def serve_until_stopped(
    app: FastAPI,
    *,
    host: str,
    port: int,
    ready: Callable[[str], None],
    before_start: Callable[[], Awaitable[None]] | None = None,
    before_stop: Callable[[], Awaitable[None]] | None = None,
) -> None:
    """Serve in this thread until SIGINT or SIGTERM.

    Args:
        app: see `ServerThread`.
        host: address to listen on.
        port: 0 for any free port.
        ready: called with the address, in the event loop, when requests are answered.
        before_start: awaited before the application starts; its errors reach the caller as they are.
        before_stop: awaited before the server stops to answer.

    Raises:
        ServerError: the port is in use or may not be used; the application did not start.
    """
    listener = _listen(host, port)
    server = _TellingServer(server_config(app), goodbye=app.state.goodbye)
    address = f"http://{_browser_host(host)}:{listener.getsockname()[1]}"
    server.on_ready = lambda: ready(address)
    server.before_start, server.before_stop = before_start, before_stop
    server.run(sockets=[listener])
    if not server.started:
        raise ServerError(f"the server at {address} did not start; the log says why")


class _TellingServer(uvicorn.Server):
    """Says when it is ready, and tells clients that stay for long before it waits for them to leave."""

    on_ready: Callable[[], None]
    before_start: Callable[[], Awaitable[None]] | None = None
    before_stop: Callable[[], Awaitable[None]] | None = None

    def __init__(self, config: uvicorn.Config, *, goodbye: Callable[[], None]) -> None:
        super().__init__(config)
        self._goodbye = goodbye

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        if self.before_start is not None:
            await self.before_start()
        await super().startup(sockets)
        if self.started:
            self.on_ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        if self.before_stop is not None:
            await self.before_stop()
        self._goodbye()
        await super().shutdown(sockets)


def server_config(app: FastAPI) -> uvicorn.Config:
    """Return how Throng's applications are served."""
    # Pictures are compressed already, and deflate keeps a window of memory per client.
    return uvicorn.Config(
        app,
        log_config=None,
        log_level=logging.WARNING,
        access_log=False,
        server_header=False,
        ws=FanOutProtocol,
        ws_ping_interval=PING_S,
        ws_ping_timeout=PING_S,
        ws_max_size=LARGEST_REQUEST_BYTES,
        ws_per_message_deflate=False,
        proxy_headers=False,
        timeout_graceful_shutdown=3,
    )


def _browser_host(host: str) -> str:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    if address.is_unspecified or host == "127.0.0.1":
        return "localhost"
    return f"[{host}]" if address.version == 6 else host


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(128)
    except (OSError, OverflowError) as error:
        listener.close()
        raise ServerError(_why_not(host, port, error)) from error
    return listener


def _why_not(host: str, port: int, error: OSError | OverflowError) -> str:
    number = error.errno if isinstance(error, OSError) else None
    if number == errno.EADDRINUSE:
        return f"port {port} on {host} is in use by another program; choose a free one with --port, or 0 for any"
    if number in {errno.EACCES, errno.EPERM}:
        return f"port {port} on {host} needs administrator rights; choose one above 1023 with --port"
    if number == errno.EADDRNOTAVAIL or isinstance(error, socket.gaierror):
        return f"{host} is not an address of this machine; listen on 127.0.0.1, or on 0.0.0.0 for the whole network"
    return f"cannot listen on port {port} of {host}: {error}; choose a port from 1 to 65535 with --port"
