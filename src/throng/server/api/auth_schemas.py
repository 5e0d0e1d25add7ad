"""Bodies of the routes of auth."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, SecretStr

from throng.server.api.wire import Short, Wire, example
from throng.server.auth.principal import Due
from throng.store.tables import Role


def _plain_username(text: str) -> str:
    return text.strip().lower()


Username = Annotated[
    str,
    Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._@-]*$", min_length=1, max_length=100),
    AfterValidator(_plain_username),
]
"""Name to log in with; capital letters do not matter."""

Email = Annotated[str, Field(pattern=r"^([^@\s\x00-\x1f]+@[^@\s\x00-\x1f]+)?$", max_length=254)]

Password = Annotated[SecretStr, Field(min_length=1, max_length=256)]
Code = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[0-9A-Fa-f -]+$", examples=["123456"])]
Secret = Annotated[str, Field(min_length=1, max_length=256, pattern=r"^[A-Za-z0-9_-]+$")]

PersonRole = Literal["viewer", "operator", "admin"]


class SetupState(Wire):
    """What somebody who is not logged in needs to know."""

    model_config = example(needed=False, single_sign_on="City account")

    needed: bool = Field(description="whether the first administrator must be created")
    single_sign_on: str | None = Field(
        description="name of the provider to log in with at /api/v1/auth/oidc/login; null without one"
    )


class SetupRequest(Wire):
    """The first administrator."""

    model_config = example(code="Vx3…", username="admin", password="seven quiet lamps")  # noqa: S106

    code: Annotated[SecretStr, Field(min_length=1, max_length=256)] = Field(
        description="one-time code that the server shows when it starts"
    )
    username: Username
    password: Password


class LoginRequest(Wire):
    """Who wants to get in."""

    model_config = example(username="ada", password="seven quiet lamps", totp="123456")  # noqa: S106

    username: Annotated[Short, Field(min_length=1)]
    password: Password
    totp: Code | None = Field(None, description="code of the authenticator app, or a recovery code")


class Me(Wire):
    """Who the server takes the caller for."""

    model_config = example(
        id=3, username="ada", name="Ada L.", email="ada@city.example", role="operator", site_ids=[1], due=None,
        second_factor=True, password=True, csrf_token="q4W…",  # noqa: S106
    )  # fmt: skip

    id: int = Field(description="of the user; of the owner for an API token")
    username: str
    name: str
    email: str
    role: Role = Field(description="what the caller may do now; an API token may do less than its owner")
    site_ids: list[int] | None = Field(description="sites the caller may see; null for all")
    due: Due | None = Field(description="what must be set before anything else: `password` or `second-factor`")
    second_factor: bool
    password: bool = Field(description="whether there is a password; not with single sign-on")
    csrf_token: str | None = Field(
        description="to be sent as X-CSRF-Token with every change that a cookie allows; null without a cookie"
    )


class ProfileChange(Wire):
    """What people may change of themselves."""

    model_config = example(name="Ada L.", email="ada@city.example")

    name: Short | None = None
    email: Email | None = None


class PasswordChange(Wire):
    """A new password."""

    model_config = example(
        current_password="seven quiet lamps", new_password="nine loud rivers",  # noqa: S106
        keep_api_tokens=False,
    )  # fmt: skip

    current_password: Password
    new_password: Password
    keep_api_tokens: bool = Field(False, description="whether personal API tokens stay valid; all log-ins end anyway")


class PasswordAgain(Wire):
    """The present password once more, before something that weakens the log-in."""

    model_config = example(password="seven quiet lamps")  # noqa: S106

    password: Password


class LoginShown(Wire):
    """A browser that is logged in."""

    model_config = example(
        id="9f86d081884c7d65", created_at="2026-06-01T12:00:00Z", last_seen_at="2026-06-01T12:30:00Z",
        expires_at="2026-06-08T12:00:00Z", address="10.0.0.9", agent="Firefox", current=True,
    )  # fmt: skip

    id: str
    created_at: datetime
    last_seen_at: datetime = Field(description="to the minute")
    expires_at: datetime
    address: str
    agent: str = Field(description="what the browser calls itself")
    current: bool = Field(description="whether it is the one that asks")


class TokenRequest(LoginRequest):
    """A program that wants tokens for a user."""


class RefreshRequest(Wire):
    """A refresh token, good for one use."""

    model_config = example(refresh_token="ref_q4W…")  # noqa: S106

    refresh_token: Secret


class Tokens(Wire):
    """Tokens of a program."""

    model_config = example(access_token="eyJ…", token_type="Bearer", expires_in=600, refresh_token="ref_q4W…")  # noqa: S106

    access_token: str = Field(description="for Authorization: Bearer")
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105
    expires_in: int = Field(description="seconds until the access token is over")
    refresh_token: str = Field(description="for new tokens, once; using it twice ends all that stem from it")


class TotpEnrolment(Wire):
    """What an authenticator app needs; it counts once it is confirmed."""

    model_config = example(secret="JBSWY3DPEHPK3PXP", uri="otpauth://totp/Throng:ada?secret=…", qr_svg="<svg …/>")  # noqa: S106

    secret: str = Field(description="to be typed in where no QR code can be read")
    uri: str
    qr_svg: str = Field(description="the URI as a QR code")


class TotpCode(Wire):
    """A code of the authenticator app."""

    model_config = example(code="123456")

    code: Code


class RecoveryCodes(Wire):
    """Codes for the day the app is lost; shown only now."""

    model_config = example(recovery_codes=["1f0c9-7ab32-55e01-9d4f2"])

    recovery_codes: list[str]
