"""Encryption of what must be read again, such as passwords of cameras. What need not be is stored as a hash."""

import hashlib
import os
import secrets
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from throng.store.errors import StoreError


class SecretBox:
    """Encrypts with AES-128-CBC and HMAC-SHA-256 (Fernet).

    Args:
        keys: url-safe base64 keys of 32 bytes, the one for new secrets first; older ones still open.
    """

    def __init__(self, *keys: str) -> None:
        try:
            self._fernet = MultiFernet([Fernet(key) for key in keys])
        except ValueError as error:
            raise StoreError("the secret key is not 32 bytes in url-safe base64; see docs/server.md") from error
        self._root = keys[0].encode()

    def seal(self, text: str) -> str:
        """Return `text` encrypted."""
        return self._fernet.encrypt(text.encode()).decode()

    def open(self, sealed: str) -> str:
        """Return what was sealed.

        Raises:
            StoreError: it was sealed with another key, or changed.
        """
        try:
            return self._fernet.decrypt(sealed.encode()).decode()
        except InvalidToken as error:
            raise StoreError(
                "a stored secret was encrypted with another key; restore the secret.key that belongs to this database"
            ) from error

    def derived(self, purpose: str) -> bytes:
        """Return 32 bytes for one purpose, such as signing tokens; the same after each start."""
        return hashlib.blake2b(purpose.encode(), key=self._root[:64], digest_size=32).digest()


def open_secret_box(folder: Path, *, key: str | None = None) -> SecretBox:
    """Open the box of a data folder; the key is made at the first time and kept in `secret.key`, for the owner only."""
    if key is not None:
        return SecretBox(*key.split(","))
    path = folder / "secret.key"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(file, "w") as stream:
            stream.write(Fernet.generate_key().decode() + "\n")
    return SecretBox(*path.read_text().split())


def hashed(secret: str) -> str:
    """Return the SHA-256 of a random secret (not of a password) as 64 hex digits."""
    return hashlib.sha256(secret.encode()).hexdigest()


def new_secret(prefix: str = "") -> str:
    """Return a random secret of 256 bits, with a prefix that tells what it is for."""
    return prefix + secrets.token_urlsafe(32)
