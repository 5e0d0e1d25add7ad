"""Bodies that are not JSON, read up to a limit: nobody fills the memory of the server."""

from fastapi import Request

from throng.server.problems import Problem

LARGEST_BODY_BYTES = 1_000_000
"""Of a route that says nothing else: bodies are read before it is known who sends them."""

LIMITED_BY_ITSELF = 1 << 50
"""For a route that reads its body in pieces and stops by a setting."""


async def read_limited(request: Request, *, limit_bytes: int, what: str) -> bytes:
    """Return the body of a request.

    Args:
        request: whose body.
        limit_bytes: largest body.
        what: names it, for example "the plan".

    Raises:
        Problem: 413, it is larger.
    """
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > limit_bytes:
            raise Problem(413, f"{what} is larger than {limit_bytes / 1e6:g} MB; send a smaller one")
        parts.append(part)
    return b"".join(parts)
