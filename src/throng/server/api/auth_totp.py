"""Routes of the second factor: enrol an authenticator app, confirm it, replace the recovery codes, take it away."""

from fastapi import APIRouter, Request

from throng.server.api.auth_schemas import PasswordAgain, RecoveryCodes, TotpCode, TotpEnrolment
from throng.server.audit_trail import noted
from throng.server.auth import totp
from throng.server.auth.access import Newcomer
from throng.server.auth.address import client_address
from throng.server.auth.log_in import CODE_REFUSED, check_own_password
from throng.server.context import Ctx
from throng.server.problems import Problem
from throng.store import users
from throng.store.errors import ConflictError
from throng.store.secret_box import hashed

routes = APIRouter()


@routes.post("/auth/totp", operation_id="enrol_second_factor")
async def enrol_second_factor(body: PasswordAgain, context: Ctx, request: Request, person: Newcomer) -> TotpEnrolment:
    """Begin a second factor: scan the code with an authenticator app, then confirm."""
    user = await check_own_password(request, context, person.id, body.password.get_secret_value())
    secret = totp.new_secret()
    async with context.database.write() as session:
        user = await users.get(session, user.id)
        if user.totp_since is not None:
            raise ConflictError("there is a second factor already; disable it first")
        user.totp_secret, user.totp_last_step = context.secrets.seal(secret), None
        await noted(session, request, person, "second-factor.begin", "user", user.id)
    uri = totp.address(secret, username=user.username)
    return TotpEnrolment(secret=secret, uri=uri, qr_svg=totp.qr_svg(uri))


@routes.post("/auth/totp/confirm", operation_id="confirm_second_factor")
async def confirm_second_factor(body: TotpCode, context: Ctx, request: Request, person: Newcomer) -> RecoveryCodes:
    """Let the second factor count from now on. The answer shows the recovery codes, once."""
    context.auth.limit_attempt(client_address(request, context.settings.trusted_proxies), person.name)
    now, codes = context.clock.now(), totp.new_recovery_codes()
    async with context.database.write() as session:
        user = await users.get(session, person.id)
        if user.totp_secret is None or user.totp_since is not None:
            raise ConflictError("there is nothing to confirm; begin with POST /api/v1/auth/totp")
        step = totp.step_of(context.secrets.open(user.totp_secret), body.code, now=now)
        if step is None:
            raise Problem(403, CODE_REFUSED, kind="second-factor")
        user.totp_since, user.totp_last_step = now, step
        user.recovery_hashes = _kept(codes)
        await noted(session, request, person, "second-factor.enable", "user", user.id)
    context.auth.known.forget()
    return RecoveryCodes(recovery_codes=codes)


@routes.post("/auth/totp/recovery-codes", operation_id="replace_recovery_codes")
async def replace_recovery_codes(
    body: PasswordAgain, context: Ctx, request: Request, person: Newcomer
) -> RecoveryCodes:
    """Make new recovery codes; the old ones are no longer valid."""
    await check_own_password(request, context, person.id, body.password.get_secret_value())
    codes = totp.new_recovery_codes()
    async with context.database.write() as session:
        user = await users.get(session, person.id)
        if user.totp_since is None:
            raise ConflictError("there is no second factor")
        user.recovery_hashes = _kept(codes)
        await noted(session, request, person, "second-factor.codes", "user", user.id)
    return RecoveryCodes(recovery_codes=codes)


@routes.post("/auth/totp/disable", operation_id="disable_second_factor", status_code=204)
async def disable_second_factor(body: PasswordAgain, context: Ctx, request: Request, person: Newcomer) -> None:
    """Take the second factor away; where the role needs one, another must be enrolled before anything else."""
    await check_own_password(request, context, person.id, body.password.get_secret_value())
    async with context.database.write() as session:
        user = await users.get(session, person.id)
        totp.forget(user)
        await noted(session, request, person, "second-factor.disable", "user", user.id)
    context.auth.known.forget()


def _kept(codes: list[str]) -> list[str]:
    return [hashed(totp.plain_code(code)) for code in codes]
