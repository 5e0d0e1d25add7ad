"""Errors of this room."""

from throng.core.errors import ThrongError


class CameraError(ThrongError):
    """A camera cannot be measured as it is set up."""
