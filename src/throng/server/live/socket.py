"""The WebSocket protocol of the server: uvicorn's, with a way to write one ready frame to many clients.

A message for a thousand listeners is framed once. Going through one coroutine per client and message costs ten times
as much as the write itself.
"""

from typing import Any, Protocol

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

EXTENSION = "throng.outlet"
FULL_BYTES = 256 * 1024
"""With this much unsent a client is behind, and gets nothing more until it has read."""


class Outlet(Protocol):
    """Where frames for one client go."""

    def write(self, frame: bytes) -> bool:
        """Send a frame; False when the client is behind or gone."""
        ...

    def unsent_bytes(self) -> int:
        """What waits in memory for the client."""
        ...


class FanOutProtocol(WebSocketsSansIOProtocol):
    """Puts an `Outlet` into the scope of each WebSocket, at `scope["extensions"][EXTENSION]`."""

    async def run_asgi(self) -> None:
        """Serve one connection."""
        extensions = self.scope["extensions"]
        assert extensions is not None, "uvicorn always names its extensions"
        extensions[EXTENSION] = _ProtocolOutlet(self)  # type: ignore[assignment]
        await super().run_asgi()

    async def send(self, message: Any) -> None:
        """Send a message of the application; a refusal in words ends the handshake as a bare one does."""
        await super().send(message)
        if message["type"] == "websocket.http.response.body" and not message.get("more_body", False):
            self.handshake_complete = True


class _ProtocolOutlet:
    def __init__(self, protocol: FanOutProtocol) -> None:
        self._protocol = protocol

    def write(self, frame: bytes) -> bool:
        protocol = self._protocol
        transport = protocol.transport
        if protocol.close_sent or protocol.disconnected or transport.is_closing():
            return False
        if transport.get_write_buffer_size() > FULL_BYTES:
            return False
        transport.write(frame)
        return True

    def unsent_bytes(self) -> int:
        return self._protocol.transport.get_write_buffer_size()
