"""`throng tokens`: makes API tokens in the database itself, for example for the first script of an installation."""

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from throng.cli.server_database import Config, DataDir, in_database
from throng.cli.users import PersonRole
from throng.core.errors import ThrongError

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

app = typer.Typer(no_args_is_help=True)


@app.callback()
def root() -> None:
    """Make API tokens for programs."""


@app.command()
def create(
    username: Annotated[str, typer.Argument(help="Whose token it is; it never may do more than they may.")],
    *,
    name: Annotated[str, typer.Option(help="What it is for.")],
    role: Annotated[PersonRole, typer.Option(help="What it may do.")] = "viewer",
    days: Annotated[int | None, typer.Option(min=1, help="After how many days it ends (default: never).")] = None,
    data_dir: DataDir = None,
    config: Config = None,
) -> None:
    """Make an API token and show its value, once."""
    from throng.core.clock import SystemClock  # noqa: PLC0415
    from throng.server.auth.identify import API_TOKEN_PREFIX  # noqa: PLC0415
    from throng.server.auth.log_in import plain_name  # noqa: PLC0415
    from throng.store import tokens, users  # noqa: PLC0415
    from throng.store.audit import SYSTEM, record  # noqa: PLC0415
    from throng.store.secret_box import hashed, new_secret  # noqa: PLC0415
    from throng.store.tables import ApiToken  # noqa: PLC0415

    value, now = new_secret(API_TOKEN_PREFIX), SystemClock().now()

    async def work(session: "AsyncSession") -> None:
        user = await users.by_username(session, plain_name(username))
        if user is None:
            raise ThrongError(f"there is no user {plain_name(username)}; `throng users list` shows all")
        row = ApiToken(
            user_id=user.id, name=name, prefix=value[:10], token_hash=hashed(value), role=role, created_at=now,
            expires_at=None if days is None else now + timedelta(days=days),
        )  # fmt: skip
        await tokens.add(session, row)
        detail = {"name": name, "role": role, "username": user.username, "by": "command line"}
        await record(session, SYSTEM, "token.create", "token", row.id, at=now, detail=detail)

    in_database(work, data_dir=data_dir, config=config)
    typer.echo(value)
