"""Backup and restore of everything as one ZIP file, the same for SQLite and PostgreSQL.

`manifest.json` says which revision of the tables it holds and how many rows; `tables/NAME.jsonl` holds one row per
line as a JSON list, after a first line with the names of the columns; `files/…` holds the secret key and, if wanted,
videos. Every part is in the manifest with its SHA-256.
"""

import base64
import hashlib
import json
import zipfile
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from sqlalchemy import Connection, LargeBinary, MetaData, Table, insert, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from throng.store import migrate
from throng.store.database import Database
from throng.store.errors import StoreError

FORMAT = "throng-backup-1"
ROWS_AT_ONCE = 2000
SECRET_KEY = "secret.key"  # noqa: S105
MANIFEST = "manifest.json"

Progress = Callable[[str, int], None]
"""Called with the name of a table or file and the rows or bytes done so far."""


@dataclass(frozen=True, slots=True)
class Part:
    """One file inside a backup."""

    name: str
    rows: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup holds."""

    format: str
    revision: str
    made_at: str
    tables: tuple[Part, ...]
    files: tuple[Part, ...]


async def write_backup(
    database: Database,
    path: Path,
    *,
    at: datetime,
    folder: Path | None = None,
    files: tuple[Path, ...] = (),
    progress: Progress = lambda _name, _done: None,
) -> Manifest:
    """Write one consistent state of the database into a file; writers go on meanwhile.

    Args:
        database: what to back up.
        path: a file that does not exist yet; it appears only when it is complete.
        at: when it is made.
        folder: the data folder, whose `secret.key` belongs to the encrypted columns; None to leave it out.
        files: further files below `folder`, such as videos.
        progress: told how far it is.

    Raises:
        StoreError: the file exists, or the database is empty.
    """
    if path.exists():
        raise StoreError(f"{path} exists already; name another file for the backup")
    unfinished = path.with_name(path.name + ".part")
    try:
        with zipfile.ZipFile(unfinished, "w", zipfile.ZIP_DEFLATED, compresslevel=4) as archive:
            tables, revision = await _write_tables(database, archive, progress)
            copied = tuple(_copy_in(archive, folder, file) for file in _files(folder, files)) if folder else ()
            manifest = Manifest(FORMAT, revision, at.isoformat(), tables, copied)
            archive.writestr(MANIFEST, json.dumps(asdict(manifest), indent=2))
        unfinished.rename(path)
    finally:
        unfinished.unlink(missing_ok=True)
    return manifest


async def restore_backup(
    database: Database, path: Path, *, folder: Path, progress: Progress = lambda _name, _done: None
) -> Manifest:
    """Fill an empty database from a backup, then bring it to the present tables; all of it or nothing.

    Raises:
        StoreError: the database is not empty, or the file is not a whole backup of this program.
    """
    if await migrate.revision(database) is not None:
        raise StoreError("the database is not empty; restore into a new one (another --data-dir, or an empty database)")
    try:
        with zipfile.ZipFile(path) as archive:
            manifest = _checked(archive)
            await migrate.upgrade(database, to=manifest.revision)
            try:
                async with database.connect(write=True) as connection:
                    tables = await connection.run_sync(_reflect)
                    for part in manifest.tables:
                        await _load(connection, archive, part, tables, progress)
                    if not database.is_sqlite:
                        await _advance_sequences(connection, tables)
            except BaseException:
                await migrate.downgrade(database, to="base")
                raise
            _copy_out(archive, manifest, folder)
    except (OSError, zipfile.BadZipFile, KeyError) as error:
        raise StoreError(f"{path} is not a backup of Throng, or it is damaged: {error}") from error
    await migrate.upgrade(database)
    return manifest


async def _write_tables(
    database: Database, archive: zipfile.ZipFile, progress: Progress
) -> tuple[tuple[Part, ...], str]:
    async with database.connect() as connection:
        if not database.is_sqlite:
            await connection.execution_options(isolation_level="REPEATABLE READ")
        found = await connection.run_sync(migrate.revision_of)
        if found is None:
            raise StoreError("the database is empty; there is nothing to back up")
        tables = await connection.run_sync(_reflect)
        return tuple([await _write_table(connection, archive, table, progress) for table in tables]), found


async def _write_table(connection: AsyncConnection, archive: zipfile.ZipFile, table: Table, progress: Progress) -> Part:
    name, rows, digest = f"tables/{table.name}.jsonl", 0, hashlib.sha256()
    binary = [isinstance(column.type, LargeBinary) for column in table.columns]
    with archive.open(name, "w", force_zip64=True) as stream:
        _put_line(stream, digest, [column.name for column in table.columns])
        async for chunk in _chunks(connection, table):
            for row in chunk:
                _put_line(stream, digest, [_packed(cell) if b else cell for cell, b in zip(row, binary, strict=True)])
            rows += len(chunk)
            progress(table.name, rows)
    return Part(name, rows, digest.hexdigest())


async def _chunks(connection: AsyncConnection, table: Table) -> AsyncIterator[Any]:
    result = await connection.stream(select(table))
    async for chunk in result.partitions(ROWS_AT_ONCE):
        yield chunk


def _put_line(stream: IO[bytes], digest: Any, cells: list[Any]) -> None:
    line = json.dumps(cells, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
    digest.update(line)
    stream.write(line)


def _packed(cell: bytes | None) -> str | None:
    return None if cell is None else base64.b64encode(cell).decode()


def _reflect(connection: Connection) -> list[Table]:
    """Return the tables as they are in the database, those that others refer to first; no partitions."""
    metadata = MetaData()
    metadata.reflect(connection)
    partitions: set[str] = set()
    if connection.dialect.name == "postgresql":
        partitions = set(connection.execute(text("SELECT relname FROM pg_class WHERE relispartition")).scalars())
    hidden = partitions | {"alembic_version", "sqlite_sequence"}
    return [table for table in metadata.sorted_tables if table.name not in hidden]


async def _load(
    connection: AsyncConnection, archive: zipfile.ZipFile, part: Part, tables: list[Table], progress: Progress
) -> None:
    name, done = Path(part.name).stem, 0
    table = next((table for table in tables if table.name == name), None)
    if table is None:
        raise StoreError(f"the backup holds a table {name} that its revision does not have; it is damaged")
    with archive.open(part.name) as stream:
        columns: list[str] = json.loads(stream.readline())
        binary = {c for c in columns if isinstance(table.columns[c].type, LargeBinary)}
        for chunk in _row_chunks(stream, columns, binary):
            await connection.execute(insert(table), chunk)
            done += len(chunk)
            progress(name, done)


def _row_chunks(stream: IO[bytes], columns: list[str], binary: set[str]) -> Iterator[list[dict[str, Any]]]:
    chunk: list[dict[str, Any]] = []
    for line in stream:
        row = dict(zip(columns, json.loads(line), strict=True))
        for column in binary:
            if row[column] is not None:
                row[column] = base64.b64decode(row[column])
        chunk.append(row)
        if len(chunk) == ROWS_AT_ONCE:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


async def _advance_sequences(connection: AsyncConnection, tables: list[Table]) -> None:
    """PostgreSQL numbers on after the largest id that was restored."""
    for table in tables:
        column = table.columns.get("id")
        if column is None or not column.primary_key or column.server_default is None:
            continue
        await connection.execute(
            text(
                f"SELECT setval(pg_get_serial_sequence('{table.name}', 'id'), "  # noqa: S608  names of our own tables
                f"GREATEST((SELECT COALESCE(MAX(id), 1) FROM {table.name}), 1))"
            )
        )


def _checked(archive: zipfile.ZipFile) -> Manifest:
    raw = json.loads(archive.read(MANIFEST))
    if raw.get("format") != FORMAT:
        raise StoreError(f"this is not a backup that this version can read: expected {FORMAT}, got {raw.get('format')}")
    raw["tables"], raw["files"] = (tuple(Part(**part) for part in raw[kind]) for kind in ("tables", "files"))
    manifest = Manifest(**raw)
    for part in (*manifest.tables, *manifest.files):
        if ".." in Path(part.name).parts or Path(part.name).is_absolute():
            raise StoreError(f"the backup wants to write outside the data folder ({part.name}); it was tampered with")
        digest = hashlib.sha256()
        with archive.open(part.name) as stream:
            while block := stream.read(1 << 20):
                digest.update(block)
        if digest.hexdigest() != part.sha256:
            raise StoreError(f"the backup is damaged: {part.name} is not what was written; use an older backup")
    return manifest


def _files(folder: Path, files: tuple[Path, ...]) -> list[Path]:
    key = folder / SECRET_KEY
    return [*([key] if key.exists() else []), *files]


def _copy_in(archive: zipfile.ZipFile, folder: Path, file: Path) -> Part:
    name = f"files/{file.relative_to(folder).as_posix()}"
    archive.write(file, name)
    with file.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    return Part(name, 0, digest)


def _copy_out(archive: zipfile.ZipFile, manifest: Manifest, folder: Path) -> None:
    for part in manifest.files:
        target = folder / part.name.removeprefix("files/")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.touch(mode=0o600)
        with archive.open(part.name) as source, target.open("wb") as out:
            while block := source.read(1 << 20):
                out.write(block)
