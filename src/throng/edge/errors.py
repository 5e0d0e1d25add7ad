"""Errors of this room."""

from throng.core.errors import ThrongError


class EdgeError(ThrongError):
    """A camera cannot be run as it was asked for."""


class RecordingIncompleteError(EdgeError):
    """A recording ended before its end; what was readable has been measured."""
