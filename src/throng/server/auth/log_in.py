"""The way in: name, password and second factor are checked; failures are counted and lock the name for a while."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import HTTPConnection

from throng.server.audit_trail import noted
from throng.server.auth import totp
from throng.server.auth.address import client_address
from throng.server.auth.principal import Principal
from throng.server.auth.rate_limit import locked_until
from throng.server.auth.service import too_many
from throng.server.context import Context
from throng.server.problems import Problem
from throng.store import logins, users
from throng.store.secret_box import hashed, new_secret
from throng.store.tables import Login, RefreshToken, Role, User

REFRESH_TOKEN_PREFIX = "ref_"  # noqa: S105
REFRESH_LIFE = timedelta(days=14)

REFUSED = "the user name or the password is wrong"
CODE_WANTED = "send the code of your authenticator app, or a recovery code, as totp"
CODE_REFUSED = "this code is wrong or was used before; wait for the next one"


@dataclass(frozen=True, slots=True)
class Given:
    """What somebody gives to get in."""

    username: str
    password: str
    totp: str | None


@dataclass(frozen=True, slots=True)
class Verified:
    """A user who gave the right things.

    Attributes:
        user: as they were then.
        better_hash: of the password, to be stored from now on; None when the stored one is good enough.
    """

    user: User
    better_hash: str | None = None


def plain_name(username: str) -> str:
    """Return a user name as it is stored."""
    return username.strip().lower()


def acting(user: User) -> Principal:
    """Return a user as the one who did something, for the audit log."""
    return Principal("user", user.id, user.username, Role(user.role), None)


async def check_log_in(connection: HTTPConnection, context: Context, given: Given) -> Verified:
    """Return the user who gives the right name, password and code.

    Unknown, disabled and locked users are told the same as known ones, after the same time.

    Raises:
        Problem: 401, something is wrong or (kind `second-factor`) a code is wanted; 429, too many tries.
    """
    name = plain_name(given.username)
    context.auth.limit_attempt(client_address(connection, context.settings.trusted_proxies), name)
    async with context.database.read() as session:
        user = await users.by_username(session, name)
    _refuse_locked(context, user, name)
    stored = user.password_hash if user is not None and user.is_active else None
    right, better = await context.auth.passwords.verify(given.password, stored)
    if user is None or not right:
        await _failed(connection, context, name, reason="password")
        raise Problem(401, REFUSED, kind="wrong-credentials")
    if user.totp_since is not None and not given.totp:
        raise Problem(401, CODE_WANTED, kind="second-factor")
    if user.totp_since is not None and not await spend_code(context, user, given.totp or ""):
        await _failed(connection, context, name, reason="second factor")
        raise Problem(401, CODE_REFUSED, kind="second-factor")
    return Verified(user, better)


async def let_in(session: AsyncSession, context: Context, verified: Verified) -> User:
    """Note a good log-in in the transaction that opens something for the user.

    Raises:
        Problem: 401, they were signed out or disabled since they were checked.
    """
    user = verified.user
    if not await users.let_in(session, user, at=context.clock.now()):
        raise Problem(401, REFUSED, kind="wrong-credentials")
    if verified.better_hash is not None:
        await users.note(session, user.id, password_hash=verified.better_hash)
    return user


async def check_own_password(connection: HTTPConnection, context: Context, user_id: int, password: str) -> User:
    """Return the user who is logged in and gives their password once more.

    Raises:
        Problem: 403, it is wrong, or there is none; 429, too many tries.
    """
    async with context.database.read() as session:
        user = await users.get(session, user_id)
    context.auth.limit_attempt(client_address(connection, context.settings.trusted_proxies), user.username)
    _refuse_locked(context, user, user.username)
    if user.password_hash is None:
        raise Problem(409, "your password is kept by your single sign-on; change it there", kind="no-password")
    right, _ = await context.auth.passwords.verify(password, user.password_hash)
    if not right:
        await _failed(connection, context, user.username, reason="password")
        raise Problem(403, "your present password is wrong", kind="wrong-password")
    return user


async def spend_code(context: Context, user: User, code: str) -> bool:
    """Use a code of the authenticator app or a recovery code; each is good once."""
    if user.totp_secret is None:
        return False
    step = totp.step_of(context.secrets.open(user.totp_secret), code, now=context.clock.now())
    async with context.database.write() as session:
        if step is not None:
            return await users.use_step(session, user.id, step)
        return await users.use_recovery_code(session, user.id, hashed(totp.plain_code(code)))


async def open_login(
    session: AsyncSession, connection: HTTPConnection, context: Context, user: User
) -> tuple[Login, str]:
    """Begin a browser's log-in, and return it with the value of its cookie."""
    value, now = new_secret(), context.clock.now()
    login = Login(
        id=hashed(value), user_id=user.id, csrf_token=new_secret(), created_at=now, last_seen_at=now,
        expires_at=now + context.auth.longest,
        address=client_address(connection, context.settings.trusted_proxies)[:64],
        agent=connection.headers.get("user-agent", "").replace("\x00", "")[:300],
    )  # fmt: skip
    await logins.add(session, login)
    return login, value


async def open_tokens(
    session: AsyncSession, context: Context, user: User, *, family: str | None = None
) -> tuple[str, str]:
    """Return an access token and a refresh token, which is kept.

    Args:
        session: writes.
        context: of the server.
        user: whose they are, as just read.
        family: of the refresh token that was used; None begins a new one.
    """
    value, now = new_secret(REFRESH_TOKEN_PREFIX), context.clock.now()
    session.add(
        RefreshToken(
            id=hashed(value), user_id=user.id, family=family or new_secret(), created_at=now,
            expires_at=now + REFRESH_LIFE,
        )
    )  # fmt: skip
    return context.auth.access_tokens.make(user.id, signed_out_at=user.signed_out_at, now=now), value


def _refuse_locked(context: Context, user: User | None, name: str) -> None:
    until = context.auth.unknown_names.locked_until(name) if user is None else user.locked_until
    now = context.clock.now()
    if until is not None and until > now:
        raise too_many((until - now).total_seconds(), "too many failed log-ins")


async def _failed(connection: HTTPConnection, context: Context, name: str, *, reason: str) -> None:
    """Count a failure. What was typed for a name that nobody has is not kept: it may be somebody's password."""
    now = context.clock.now()
    async with context.database.write() as session:
        failures = await users.note_failure(session, name)
        user = None if failures is None else await users.by_username(session, name)
        until = None if failures is None else locked_until(failures, now=now)
        if user is not None and until is not None:
            await users.note(session, user.id, locked_until=until)
        await noted(
            session, connection, None, "login.failed", "user", "" if user is None else user.id,
            username=None if user is None else user.username, reason=reason,
            locked_until=None if until is None else until.isoformat(),
        )  # fmt: skip
    if user is None:
        context.auth.unknown_names.fail(name, now=now)
