"""What can go wrong when a simulated camera is asked for."""

from throng.core.errors import ThrongError


class SimError(ThrongError):
    """A simulated scene cannot be shown as it was asked for."""
