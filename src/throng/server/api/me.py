"""How people see themselves and the browsers they are logged in with."""

from throng.server.api.auth_schemas import LoginShown, Me
from throng.server.auth.identify import person_of
from throng.server.auth.principal import Principal
from throng.server.context import Context
from throng.store import users
from throng.store.tables import Login

PUBLIC_DIGITS = 16
"""Digits of a log-in's id that are shown; enough to tell a user's own log-ins apart."""


async def me(
    context: Context, user_id: int, *, csrf_token: str | None = None, principal: Principal | None = None
) -> Me:
    """Return a user as they see themselves; without a principal as somebody who has just logged in."""
    async with context.database.read() as session:
        user = await users.get(session, user_id)
        principal = principal or await person_of(session, user)
    return Me(
        id=user.id, username=user.username, name=user.name, email=user.email, role=principal.role,
        site_ids=None if principal.site_ids is None else sorted(principal.site_ids), due=principal.due,
        second_factor=user.totp_since is not None, password=user.password_hash is not None, csrf_token=csrf_token,
    )  # fmt: skip


def login_shown(login: Login, *, current: str | None) -> LoginShown:
    """Return a log-in for its owner; `current` is the id of the one that asks."""
    return LoginShown(
        id=login.id[:PUBLIC_DIGITS], created_at=login.created_at, last_seen_at=login.last_seen_at,
        expires_at=login.expires_at, address=login.address, agent=login.agent, current=login.id == current,
    )  # fmt: skip
