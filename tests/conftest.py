"""Fixtures that every tier shares."""

import asyncio
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from uuid import uuid4

import pytest
from dot_counter import dot_counter
from postgres import PACKAGE as POSTGRES_PACKAGE
from postgres import PostgresCluster, find_postgres

from throng.store import migrate
from throng.store.database import Database

SYSTEM_PYTHON = "/usr/bin/python3"
RTSP_SERVER = Path(__file__).parent / "servers" / "rtsp_server.py"
RTSP_PACKAGES = "python3-gi gir1.2-gst-rtsp-server-1.0 gstreamer1.0-plugins-good gstreamer1.0-plugins-ugly"
IN_CI = os.environ.get("CI", "").lower() in {"1", "true"}


def missing(what: str, mend: str) -> None:
    """Skip on a user's machine, fail in CI, and say what is missing and how to get it."""
    sentence = f"{what} is missing: {mend}"
    if IN_CI:
        pytest.fail(sentence)
    pytest.skip(sentence)


@pytest.fixture(scope="session")
def shared_dir() -> Path:
    """The folder with research data and third-party weights, `THRONG_SHARED`."""
    folder = Path(os.environ.get("THRONG_SHARED", "../shared")).resolve()
    if not (folder / "data").is_dir():
        missing(
            "the research data", f"set THRONG_SHARED to the folder that holds data/ and models/ (looked in {folder})"
        )
    return folder


@pytest.fixture(scope="session")
def require_program() -> Callable[[str, str], str]:
    """Return the path of a program, or skip (fail in CI) with the Debian package that brings it."""

    def require(program: str, package: str) -> str:
        found = shutil.which(program)
        if found is None:
            missing(f"the program {program}", f"apt-get install {package}")
        return str(found)

    return require


@pytest.fixture(scope="session")
def pytorch() -> None:
    """PyTorch, which the extra `train` brings."""
    if find_spec("torch") is None:
        missing("PyTorch", "make train-setup")


@pytest.fixture
def write_dot_counter(tmp_path: Path, pytorch: None) -> Callable[..., Path]:
    """Write ONNX counters of bright dots: real networks in which every number can be foretold.

    A pixel of brightness v counts (v / 255) · `gain` people, smeared over `blur_px` (odd) pixels, so that a cell needs
    context. Head points are the brightest pixels of the smeared picture. The signature is the mean of each colour.
    """
    return lambda **settings: dot_counter(tmp_path / f"{settings.get('file', 'dots')}.onnx", **settings)


@pytest.fixture
def rtsp_server(require_program: Callable[[str, str], str]) -> Iterator[Callable[..., tuple[int, Callable[[], None]]]]:
    """Start RTSP servers; each call returns the port and a function that kills that server."""
    require_program(SYSTEM_PYTHON, "python3")
    running: list[subprocess.Popen[str]] = []

    def kill(server: subprocess.Popen[str]) -> None:
        server.kill()
        server.communicate()

    def start(*options: str) -> tuple[int, Callable[[], None]]:
        server = subprocess.Popen(
            [SYSTEM_PYTHON, "-W", "ignore", str(RTSP_SERVER), *options],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert server.stdout is not None
        words = server.stdout.readline().split()
        if not words:
            _, errors = server.communicate()
            missing(f"GStreamer's RTSP server ({errors.strip()})", f"apt-get install {RTSP_PACKAGES}")
        running.append(server)
        return int(words[1]), lambda: kill(server)

    yield start
    for server in running:
        if server.poll() is None:
            kill(server)


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresCluster]:
    """A real PostgreSQL, one per test process."""
    if find_postgres() is None:
        missing("PostgreSQL", f"apt-get install {POSTGRES_PACKAGE}")
    cluster = PostgresCluster()
    yield cluster
    cluster.stop()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of an empty database; every test that asks for it runs on SQLite and on PostgreSQL."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'throng.db'}"
        return
    cluster: PostgresCluster = request.getfixturevalue("postgres")
    name = f"t{uuid4().hex}"
    yield cluster.create(name)
    cluster.drop(name)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database file with the tables of the program, made by the real migrations once per test process."""
    path = tmp_path_factory.mktemp("template") / "throng.db"
    asyncio.run(_migrated(f"sqlite:///{path}"))
    return path


@pytest.fixture(scope="session")
def postgres_template(postgres: PostgresCluster) -> str:
    """The name of a PostgreSQL database with the tables of the program."""
    name = "throng_template"
    asyncio.run(_migrated(postgres.create(name)))
    return name


async def _migrated(url: str) -> None:
    database = Database(url)
    await migrate.upgrade(database)
    await database.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def migrated_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database with empty tables; every test that asks for it runs on SQLite and on PostgreSQL."""
    if request.param == "sqlite":
        path = tmp_path / "throng.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite:///{path}"
        return
    cluster: PostgresCluster = request.getfixturevalue("postgres")
    name = f"t{uuid4().hex}"
    yield cluster.create(name, template=request.getfixturevalue("postgres_template"))
    cluster.drop(name)
