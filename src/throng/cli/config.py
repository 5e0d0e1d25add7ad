"""`throng config`: the configuration of a central server as one YAML file."""

from functools import partial
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from throng.cli.server_database import Config, DataDir, in_database, server_settings, with_database
from throng.core.errors import ThrongError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from throng.server.settings import ServerSettings
    from throng.store.database import Database

app = typer.Typer(
    help="Configuration of a central server: settings, sites, zones, lines, cameras.", no_args_is_help=True
)

Server = Annotated[str | None, typer.Option(help="Address of a running server, instead of its database.")]
TokenFile = Annotated[Path | None, typer.Option(help="File with an administrator's API token, for --server.")]

TIMEOUT_S = 60.0


class ConfigError(ThrongError):
    """The command cannot do what was asked."""


@app.command()
def export(
    out: Annotated[Path | None, typer.Option(help="Write to this file; else to the screen.")] = None,
    *,
    secrets: Annotated[
        bool, typer.Option("--secrets", help="With passwords of cameras, encrypted with the server's key.")
    ] = False,
    data_dir: DataDir = None,
    config: Config = None,
    server: Server = None,
    token_file: TokenFile = None,
) -> None:
    """Write settings and sites as YAML. Users and tokens are never in it."""
    if server is not None:
        query = {"secrets": "sealed" if secrets else "none"}
        text = _ask(server, token_file, "GET", params=query).text
    else:
        text = _export(data_dir, config, sealed=secrets)
    if out is None:
        typer.echo(text, nl=False)
    else:
        out.write_text(text, encoding="utf-8")
        typer.echo(f"configuration written to {out}")


@app.command("apply")
def apply_file(
    file: Annotated[Path | None, typer.Argument(help="Configuration, or one site file.", show_default=False)] = None,
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would change.")] = False,
    prune: Annotated[bool, typer.Option("--prune", help="Remove what is not in the file.")] = False,
    example: Annotated[bool, typer.Option("--example", help="An example site with simulated cameras.")] = False,
    data_dir: DataDir = None,
    config: Config = None,
    server: Server = None,
    token_file: TokenFile = None,
) -> None:
    """Bring a server to what a file says: all of it, or nothing. Repeating it changes nothing."""
    from throng.server.configuration.reading import is_whole, read_configuration, self_contained  # noqa: PLC0415

    text, source, folder = _text(file, example=example)
    read = read_configuration(text, source, folder=folder)
    if server is not None:
        query = {"dry_run": str(dry_run).lower(), "prune": str(prune).lower()}
        answer = _ask(server, token_file, "POST", params=query, content=self_contained(text, read).encode())
        changes = answer.json()["changes"]
    else:
        settings = server_settings(data_dir, config)
        changes = _apply(settings, read, dry_run=dry_run, prune=prune, whole=is_whole(text))
    _print(changes, dry_run=dry_run)


def _text(file: Path | None, *, example: bool) -> tuple[str, str, Path | None]:
    """Return the text of a file, its name in messages, and the folder of calibrations."""
    if example == (file is not None):
        raise ConfigError("give the FILE to apply, or --example for the example site")
    if file is None:
        return files("throng.server.examples").joinpath("harbour.yaml").read_text("utf-8"), "the example", None
    try:
        return file.read_text(encoding="utf-8"), str(file), file.parent
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"cannot read {file}: {getattr(error, 'strerror', None) or 'it is not a text file'}"
        ) from error


def _export(data_dir: Path | None, config: Path | None, *, sealed: bool) -> str:
    from throng.server.configuration.writing import write_configuration  # noqa: PLC0415

    return in_database(
        partial(write_configuration, sealed_secrets=sealed), data_dir=data_dir, config=config
    )  # fmt: skip


def _apply(settings: "ServerSettings", read: Any, *, dry_run: bool, prune: bool, whole: bool) -> list[dict[str, Any]]:
    from dataclasses import asdict  # noqa: PLC0415

    from throng.core.clock import SystemClock  # noqa: PLC0415
    from throng.server.configuration.applying import Place, Wish, apply_configuration  # noqa: PLC0415
    from throng.store.audit import SystemActor  # noqa: PLC0415
    from throng.store.configuration import Author  # noqa: PLC0415
    from throng.store.secret_box import open_secret_box  # noqa: PLC0415

    async def work(database: "Database") -> list[dict[str, Any]]:
        key = None if settings.secret_key is None else settings.secret_key.get_secret_value()
        place = Place(database, open_secret_box(settings.data_dir, key=key), settings)
        author = Author(SystemActor(name="throng config"), SystemClock().now())
        wish = Wish(read, prune=prune, whole=whole)
        return [asdict(change) for change in await apply_configuration(place, wish, author=author, dry_run=dry_run)]

    return with_database(settings, work, create=True)


def _ask(server: str, token_file: Path | None, method: str, **request: Any) -> Any:
    import httpx  # noqa: PLC0415

    if token_file is None:
        raise ConfigError("--server needs --token-file FILE with an administrator's API token")
    try:
        token = token_file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"cannot read the token file {token_file}") from error
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/yaml"}
    url = f"{server.rstrip('/')}/api/v1/configuration"
    try:
        answer = httpx.request(method, url, headers=headers, timeout=TIMEOUT_S, **request)
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        raise ConfigError(f"the server {server} does not answer: {error}") from error
    if answer.is_success:
        return answer
    raise ConfigError(f"the server {server} refused: {_detail(answer)}")


def _detail(answer: Any) -> str:
    try:
        return str(answer.json()["detail"])
    except (ValueError, KeyError, TypeError):
        return f"HTTP {answer.status_code}"


def _print(changes: "Sequence[dict[str, Any]]", *, dry_run: bool) -> None:
    for change in changes:
        name = "/".join(part for part in (change["site"], change["key"]) if part)
        typer.echo(f"{change['action']:6} {change['kind']} {name}")
        for column, (old, new) in change["fields"].items():
            typer.echo(f"         {column}: {_short(old)} → {_short(new)}")
    if not changes:
        typer.echo("nothing to change")
    elif dry_run:
        typer.echo(f"{len(changes)} changes; nothing was changed (--dry-run)")
    else:
        typer.echo(f"{len(changes)} changes made")


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 100 else text[:97] + "…"
