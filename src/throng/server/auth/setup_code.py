"""The one-time code that lets whoever started the server, and nobody else, create the first administrator."""

import hmac
import os
import sys
from contextlib import suppress
from pathlib import Path

from throng.store import users
from throng.store.database import Database
from throng.store.secret_box import new_secret

FILE = "setup-code"


class SetupCode:
    """The file `setup-code` in the data folder, for its owner only; all processes of a server share it.

    Args:
        folder: the data folder.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / FILE

    async def announce(self, database: Database) -> None:
        """While there is no user, make a code and show it to whoever starts the server; else remove an old one."""
        async with database.read() as session:
            if await users.any_user(session):
                self.remove()
                return
        sys.stderr.write(
            f"There is no user yet. Set-up code: {self._made()}\n"
            f"Give it to the set-up page or to POST /api/v1/setup. It is also in {self.path}\n"
        )
        sys.stderr.flush()

    def fits(self, code: str) -> bool:
        """Whether this is the code."""
        kept = self._kept()
        return hmac.compare_digest((kept or new_secret()).encode(), code.strip().encode()) and kept is not None

    def remove(self) -> None:
        """Forget the code."""
        with suppress(FileNotFoundError):
            self.path.unlink()

    def _kept(self) -> str | None:
        with suppress(FileNotFoundError):
            return self.path.read_text().strip() or None
        return None

    def _made(self) -> str:
        with suppress(FileExistsError):
            file = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(file, "w") as stream:
                stream.write(new_secret() + "\n")
        return self._kept() or ""
