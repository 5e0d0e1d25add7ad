"""`throng edge`: runs the cameras that a central server wants on this box."""

import os
import stat
from pathlib import Path
from typing import Annotated

import typer

from throng.cli.screen import console, set_up_logging
from throng.edge.errors import EdgeError


def edge(
    *,
    server: Annotated[str, typer.Option(help="Address of the central server, for example https://throng.local.")],
    enrol: Annotated[
        str | None, typer.Option(help="One-time code of this box, shown when an administrator adds it.")
    ] = None,
    token_file: Annotated[
        Path | None, typer.Option(help="File with the token of this box (default: the one from --enrol).")
    ] = None,
    data_dir: Annotated[Path, typer.Option(help="Where this box keeps its token.")] = Path("throng-edge"),
) -> None:
    """Run cameras near where they are and report to a central server; it says which ones and how."""
    from throng.cli.run import on_signals  # noqa: PLC0415
    from throng.edge.agent import SOFTWARE, EdgeAgent  # noqa: PLC0415
    from throng.edge.server_link import ServerLink, is_this_machine  # noqa: PLC0415
    from throng.edge.server_link import enrol as exchange  # noqa: PLC0415

    set_up_logging()
    path = token_file or data_dir / "token"
    if enrol is not None:
        require_writable(path)
        keep_token(path, exchange(server, enrol, software=SOFTWARE))
        console.print(f"enrolled; the token of this box is in {path}")
    if server.startswith("http://") and not is_this_machine(server):
        console.print("The way to the server is not encrypted: use https:// outside of a network of your own.")
    agent = EdgeAgent(ServerLink(server, read_token(path)))
    stopped = on_signals()
    agent.start()
    console.print(f"reporting to [bold]{server}[/bold]   (Ctrl-C stops)")
    stopped.wait()
    agent.stop()


def require_writable(path: Path) -> None:
    """Refuse a place where no token can be kept, before the one-time code is spent.

    Raises:
        EdgeError: nothing can be written there.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise EdgeError(f"cannot make the folder {path.parent}: {error.strerror}; choose another --data-dir") from error
    if not os.access(path.parent, os.W_OK) or path.is_dir():
        raise EdgeError(f"cannot write {path}; choose another --data-dir or --token-file")


def keep_token(path: Path, token: str) -> None:
    """Write a token for the eyes of its owner only; one that is there is replaced when the new one is complete.

    Raises:
        EdgeError: it cannot be written.
    """
    partial = path.with_name(path.name + ".part")
    try:
        partial.unlink(missing_ok=True)
        file = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(file, "w") as stream:
            stream.write(token + "\n")
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(partial, path)
    except OSError as error:
        raise EdgeError(f"cannot write {path}: {error.strerror}; ask for a new code, this one is used up") from error


def read_token(path: Path) -> str:
    """Return the token in a file.

    Raises:
        EdgeError: there is none, or others may read it.
    """
    try:
        mode, token = path.stat().st_mode, path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise EdgeError(
            f"no token in {path}: enrol this box with --enrol CODE, or name the file with --token-file"
        ) from error
    if not token or len(token.split()) != 1:
        raise EdgeError(f"{path} must hold one token; enrol this box again with --enrol CODE")
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise EdgeError(f"others may read {path}; set its rights: chmod 600 {path}")
    return token
