"""`throng users`: adds, lists, resets and disables users in the database itself, whether or not the server runs."""

from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from throng.cli.server_database import Config, DataDir, in_database
from throng.core.errors import ThrongError

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

    from throng.store.tables import User

app = typer.Typer(no_args_is_help=True)

PersonRole = Literal["viewer", "operator", "admin"]
Username = Annotated[str, typer.Argument(help="Name to log in with.")]


@app.callback()
def root() -> None:
    """Add, list, reset and disable the users of the central server."""


@app.command()
def add(
    username: Username,
    *,
    role: Annotated[PersonRole, typer.Option(help="What they may do.")] = "viewer",
    name: Annotated[str, typer.Option(help="Name for screens.")] = "",
    email: Annotated[str, typer.Option(help="E-mail address.")] = "",
    site: Annotated[list[str] | None, typer.Option(help="Key of a site they may see (default: all sites).")] = None,
    data_dir: DataDir = None,
    config: Config = None,
) -> None:
    """Add a user; their password is asked for, twice."""
    from throng.server.auth.log_in import plain_name  # noqa: PLC0415
    from throng.store import sites, users  # noqa: PLC0415
    from throng.store.tables import User  # noqa: PLC0415

    plain = plain_name(username)
    password_hash = _asked_for(plain)

    async def work(session: "AsyncSession") -> None:
        if await users.by_username(session, plain) is not None:
            raise ThrongError(f"there is a user {plain} already")
        user = User(
            username=plain, name=name, email=email, role=role, all_sites=not site, password_hash=password_hash
        )  # fmt: skip
        session.add(user)
        await session.flush()
        site_ids = []
        for key in site or ():
            found = await sites.by_key(session, key)
            if found is None:
                raise ThrongError(f"there is no site {key}")
            site_ids.append(found.id)
        await users.give_sites(session, user.id, site_ids)
        await _noted(session, "user.create", user, role=role)

    in_database(work, data_dir=data_dir, config=config, create=True)
    typer.echo(f"{plain} is added, as {role}")


@app.command("list")
def list_users(*, data_dir: DataDir = None, config: Config = None) -> None:
    """Show all users."""
    from throng.store import users  # noqa: PLC0415

    async def work(session: "AsyncSession") -> "list[User]":
        rows, _ = await users.find(session, site_ids=None, after=None, limit=100_000)
        return list(rows)

    table = Table("name", "role", "sites", "state", "last log-in", header_style="bold", box=SIMPLE_HEAD, pad_edge=False)
    for user in in_database(work, data_dir=data_dir, config=config):
        last = "" if user.last_login_at is None else f"{user.last_login_at:%Y-%m-%d %H:%M}"
        table.add_row(user.username, user.role, "all" if user.all_sites else "some", _state(user), last)
    Console(highlight=False).print(table)


@app.command()
def reset_password(username: Username, *, data_dir: DataDir = None, config: Config = None) -> None:
    """Set a user's password, which is asked for, twice. Everything they have opened ends; a lock is taken away."""
    from throng.core.clock import SystemClock  # noqa: PLC0415
    from throng.store import logins  # noqa: PLC0415

    password_hash = _asked_for(username)

    async def work(session: "AsyncSession") -> None:
        user = await _user(session, username)
        user.password_hash, user.must_change_password = password_hash, False
        user.failed_logins, user.locked_until = 0, None
        await session.flush()
        await logins.end_everything(session, user.id, at=SystemClock().now())
        await _noted(session, "password.reset", user)

    in_database(work, data_dir=data_dir, config=config)
    typer.echo(f"{username} has a new password")


@app.command()
def disable(username: Username, *, data_dir: DataDir = None, config: Config = None) -> None:
    """Let a user no longer in; everything they have opened ends."""
    from throng.core.clock import SystemClock  # noqa: PLC0415
    from throng.server.auth.people import keep_an_administrator  # noqa: PLC0415
    from throng.store import logins, users  # noqa: PLC0415

    async def work(session: "AsyncSession") -> None:
        await users.lock_people(session)
        user = await _user(session, username)
        was_administrator = users.is_administrator(user)
        user.is_active = False
        if was_administrator:
            await keep_an_administrator(session)
        await session.flush()
        await logins.end_everything(session, user.id, at=SystemClock().now())
        await _noted(session, "user.update", user, changed={"is_active": False})

    in_database(work, data_dir=data_dir, config=config)
    typer.echo(f"{username} is disabled")


def _asked_for(username: str) -> str:
    """Ask for a password and return its hash."""
    from throng.server.auth.passwords import HASHER, check_password  # noqa: PLC0415

    password: str = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    check_password(password, username=username)
    return HASHER.hash(password)


async def _user(session: "AsyncSession", username: str) -> "User":
    from throng.server.auth.log_in import plain_name  # noqa: PLC0415
    from throng.store import users  # noqa: PLC0415

    user = await users.by_username(session, plain_name(username))
    if user is None:
        raise ThrongError(f"there is no user {plain_name(username)}; `throng users list` shows all")
    return user


async def _noted(session: "AsyncSession", action: str, user: "User", **detail: object) -> None:
    from throng.core.clock import SystemClock  # noqa: PLC0415
    from throng.store.audit import SYSTEM, record  # noqa: PLC0415

    more = {"username": user.username, "by": "command line", **detail}
    await record(session, SYSTEM, action, "user", user.id, at=SystemClock().now(), detail=more)


def _state(user: "User") -> str:
    if not user.is_active:
        return "disabled"
    factor = "second factor" if user.totp_since is not None else "active"
    return f"{factor}, single sign-on" if user.oidc_subject is not None else factor
