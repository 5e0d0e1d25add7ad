"""The one base of this room's errors."""

from throng.core.errors import ThrongError


class ServerError(ThrongError):
    """The page cannot be served: which address, why, what to do."""
