"""The base of all errors of this room that a user can mend."""

from throng.core.errors import ThrongError


class VisionError(ThrongError):
    """A model cannot be found, fetched, trusted or run; the message says which one and what to do."""
