"""Errors of the store."""

from throng.core.errors import ThrongError


class StoreError(ThrongError):
    """The database cannot do what was asked; the message says what to do."""


class NotFoundError(StoreError):
    """There is no such row, or it is not for the one who asks."""


class ConflictError(StoreError):
    """The row exists already, is used by others, or was changed by somebody else meanwhile."""


class StorageFullError(StoreError):
    """The disk of the database is full; nothing of the transaction was kept."""
