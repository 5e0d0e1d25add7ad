"""Errors of reports."""

from throng.core.errors import ThrongError


class ReportError(ThrongError):
    """A report cannot be made as asked; the message says what to do."""
