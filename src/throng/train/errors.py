"""Errors of this room."""

from throng.core.errors import ThrongError


class TrainError(ThrongError):
    """A network cannot be trained, judged or exported as asked."""


class DatasetError(TrainError):
    """A dataset cannot be read; the message names the folder or file, what was expected and what was found."""
