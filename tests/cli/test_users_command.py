"""`throng users` and `throng tokens` on a database of their own."""

import asyncio
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from throng.cli import tokens, users
from throng.core.errors import ThrongError
from throng.server.auth import passwords
from throng.store.database import Database
from throng.store.secret_box import hashed
from throng.store.tables import ApiToken, AuditEntry, User

PASSWORD = "seven quiet lamps"


@pytest.fixture(autouse=True)
def cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    from people import CHEAP

    monkeypatch.setattr(passwords, "HASHER", CHEAP)


def call(folder: Path, *arguments: str, typed: str = f"{PASSWORD}\n{PASSWORD}\n", app: object = users.app) -> Result:
    return CliRunner().invoke(app, [*arguments, "--data-dir", str(folder)], input=typed, env={"COLUMNS": "200"})  # type: ignore[arg-type]


def rows(folder: Path, table: type[User | ApiToken | AuditEntry]) -> list[object]:
    from sqlalchemy import select

    async def whole() -> list[object]:
        database = Database(f"sqlite:///{folder / 'throng.db'}")
        async with database.read() as session:
            found: list[object] = list(await session.scalars(select(table).order_by(table.id)))
        await database.close()
        return found

    return asyncio.run(whole())


def test_users_are_added_listed_reset_and_disabled(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    added = call(folder, "add", "Ada", "--role", "admin")
    assert added.exit_code == 0, added.output
    assert PASSWORD not in added.output
    assert call(folder, "add", "bob", "--role", "viewer").exit_code == 0
    user = rows(folder, User)[0]
    assert isinstance(user, User)
    assert (user.username, user.role, user.all_sites) == ("ada", "admin", True)
    assert passwords.HASHER.verify(PASSWORD, str(user.password_hash))
    listed = [line.split()[:3] for line in call(folder, "list").stdout.splitlines()]
    assert ["ada", "admin", "all"] in listed
    assert ["bob", "viewer", "all"] in listed
    other = "nine loud rivers"
    assert call(folder, "reset-password", "bob", typed=f"{other}\n{other}\n").exit_code == 0
    assert call(folder, "disable", "bob").exit_code == 0
    bob = rows(folder, User)[1]
    assert isinstance(bob, User)
    assert passwords.HASHER.verify(other, str(bob.password_hash))
    assert not bob.is_active
    assert bob.signed_out_at is not None
    actions = [entry.action for entry in rows(folder, AuditEntry) if isinstance(entry, AuditEntry)]
    assert actions == ["user.create", "user.create", "password.reset", "user.update"]


@pytest.mark.parametrize(
    ("arguments", "typed", "message"),
    [
        (("add", "ada"), "password123\npassword123\n", "too weak"),
        (("add", "first"), f"{PASSWORD}\n{PASSWORD}\n", "already"),
        (("add", "ada", "--site", "nowhere"), f"{PASSWORD}\n{PASSWORD}\n", "no site nowhere"),
        (("reset-password", "nobody"), f"{PASSWORD}\n{PASSWORD}\n", "no user nobody"),
        (("disable", "first"), "", "last active administrator"),
    ],
)
def test_what_cannot_be_done_is_said(tmp_path: Path, arguments: tuple[str, ...], typed: str, message: str) -> None:
    call(tmp_path, "add", "first", "--role", "admin")
    refused = call(tmp_path, *arguments, typed=typed)
    assert isinstance(refused.exception, ThrongError)
    assert message in str(refused.exception)
    assert len(rows(tmp_path, User)) == 1


def test_passwords_must_be_typed_twice_alike(tmp_path: Path) -> None:
    assert call(tmp_path, "add", "ada", typed="seven quiet lamps\nother\n").exit_code == 1


def test_token_is_shown_once(tmp_path: Path) -> None:
    call(tmp_path, "add", "ada", "--role", "operator")
    made = call(tmp_path, "create", "ada", "--name", "wall", "--days", "30", app=tokens.app)
    value = made.stdout.strip()
    assert value.startswith("thr_")
    row = rows(tmp_path, ApiToken)[0]
    assert isinstance(row, ApiToken)
    assert (row.token_hash, row.role, row.name) == (hashed(value), "viewer", "wall")
    assert row.expires_at is not None
    refused = call(tmp_path, "create", "nobody", "--name", "x", app=tokens.app)
    assert isinstance(refused.exception, ThrongError)
