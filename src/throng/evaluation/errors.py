"""Errors of this room."""

from throng.core.errors import ThrongError


class EvaluationError(ThrongError):
    """A clip cannot be compared with its truth."""


class TruthError(EvaluationError):
    """A truth file cannot be read; the message names the file and, where there is one, the line."""
