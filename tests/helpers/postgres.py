"""A PostgreSQL cluster of the tests' own: made from the installed binaries, thrown away afterwards."""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path

BINARIES = ("initdb", "postgres", "psql")
PACKAGE = "postgresql"


def find_postgres() -> Path | None:
    """Return the folder of PostgreSQL's binaries, the newest version first; None when it is not installed."""
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda p: int(p.parent.name), reverse=True)
    on_path = shutil.which("postgres")
    folders = [*versions, *([Path(on_path).resolve().parent] if on_path else [])]
    return next((folder for folder in folders if all((folder / b).exists() for b in BINARIES)), None)


class PostgresCluster:
    """One running cluster on a free port of this machine; user `throng`, no password.

    PostgreSQL refuses to run as root; for root it runs as the user `postgres`, or `nobody`.
    """

    def __init__(self, *, durable: bool = False) -> None:
        binaries = find_postgres()
        assert binaries is not None, "check find_postgres first"
        self._binaries = binaries
        # Not below pytest's folders, which are closed to other users at the start of every session.
        folder = Path(tempfile.mkdtemp(prefix="throng-postgres-"))
        self._folder = folder
        self._data = folder / "cluster"
        self.port = _free_port()
        self._owner = _owner()
        if self._owner is not None:
            shutil.chown(folder, self._owner)
        options = ["-U", "throng", "--auth=trust", "--encoding=UTF8", "--no-locale", "--no-sync"]
        self._run("initdb", "-D", str(self._data), *options)
        safe = [] if durable else ["-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off"]
        self._server = subprocess.Popen(
            [str(binaries / "postgres"), "-D", str(self._data), "-p", str(self.port), "-h", "127.0.0.1", "-k", "",
             "-c", "max_connections=200", "-c", "shared_buffers=64MB", *safe],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, user=self._owner,
        )  # fmt: skip
        self._wait()

    def create(self, name: str, *, template: str = "template1") -> str:
        """Make a database, empty or as another one is, and return its address."""
        self._psql("postgres", f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return f"postgresql://throng@127.0.0.1:{self.port}/{name}"

    def drop(self, name: str) -> None:
        """Remove a database, whoever is connected."""
        self._psql("postgres", f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def stop(self) -> None:
        """End the server."""
        self._server.terminate()
        self._server.wait(20)
        shutil.rmtree(self._folder, ignore_errors=True)

    def _psql(self, database: str, statement: str) -> None:
        self._run("psql", "-h", "127.0.0.1", "-p", str(self.port), "-U", "throng", "-d", database, "-qc", statement)

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [str(self._binaries / program), *arguments], check=True, capture_output=True, user=self._owner, cwd="/"
        )

    def _wait(self) -> None:
        deadline = time.monotonic() + 30
        while True:
            try:
                self._psql("postgres", "SELECT 1")
            except subprocess.CalledProcessError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)
            else:
                return


def _owner() -> str | None:
    if os.geteuid() != 0:
        return None
    import pwd

    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
