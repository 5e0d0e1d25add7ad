"""The second factor: codes of an authenticator app (RFC 6238: 30 s, 6 digits, SHA-1) and recovery codes."""

import hmac
import io
import secrets
from datetime import datetime

import pyotp
import segno

from throng.store.tables import User

STEP_S = 30
RECOVERY_CODES = 10
ISSUER = "Throng"


def new_secret() -> str:
    """Return a new secret of 160 bits in base 32."""
    return pyotp.random_base32()


def address(secret: str, *, username: str) -> str:
    """Return what an authenticator app reads from the QR code."""
    return pyotp.TOTP(secret).provisioning_uri(name=username, issuer_name=ISSUER)


def qr_svg(text: str) -> str:
    """Return a QR code as an SVG picture."""
    picture = io.BytesIO()
    segno.make(text, error="m").save(picture, kind="svg", xmldecl=False, scale=4, border=2, light="#fff")
    return picture.getvalue().decode()


def step_of(secret: str, code: str, *, now: datetime) -> int | None:
    """Return the time step whose code this is, of the present, the last and the next one; None for a wrong code."""
    totp = pyotp.TOTP(secret)
    present = int(now.timestamp()) // STEP_S
    given = code.replace(" ", "").encode()
    right = [
        step for step in (present, present - 1, present + 1)
        if hmac.compare_digest(totp.generate_otp(step).encode(), given)
    ]  # fmt: skip
    return right[0] if right else None


def new_recovery_codes() -> list[str]:
    """Return ten codes of 80 bits, each good for one log-in without the app."""
    raw = (secrets.token_hex(10) for _ in range(RECOVERY_CODES))
    return ["-".join(code[i : i + 5] for i in range(0, 20, 5)) for code in raw]


def plain_code(code: str) -> str:
    """Return a recovery code as it is hashed, however it was typed."""
    return "".join(c for c in code.lower() if c in "0123456789abcdef")


def forget(user: User) -> None:
    """Take the second factor of a user away."""
    user.totp_secret = user.totp_since = user.totp_last_step = None
    user.recovery_hashes = []
