"""Bodies that are not JSON, read up to a limit: nobody fills the memory of the server."""

from fastapi import Request

from throng.server.problems import Problem


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
