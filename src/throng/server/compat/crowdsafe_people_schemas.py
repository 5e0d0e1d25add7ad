"""Bodies of CrowdSafe's log-in and its users."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from throng.server.api.auth_schemas import Code, Email, Password, PersonRole, Secret, Username
from throng.server.api.wire import IdField, Short
from throng.server.compat.crowdsafe_schemas import Body


class LoginBody(Body):
    """Who wants to get in."""

    username: Annotated[Short, Field(min_length=1)]
    password: Password
    totp: Code | None = Field(
        None, description="ours: code of the authenticator app, for those who have a second factor"
    )


class RefreshBody(Body):
    """A refresh token, good for one use."""

    refresh_token: Secret


class LogoutBody(Body):
    """What ends besides the browser's log-in."""

    refresh_token: Secret | None = None


class UserBody(BaseModel):
    """A user."""

    id: str
    username: str
    email: str
    full_name: str
    role: str
    is_active: bool
    created_at: datetime
    last_login: datetime | None


class LoginAnswer(BaseModel):
    """Tokens, and who they are of."""

    access_token: str
    refresh_token: str
    token_type: Literal["bearer"] = "bearer"  # noqa: S105
    expires_in: int
    user: UserBody
    csrf_token: str = Field(description="ours: goes as X-CSRF-Token with changes that only the cookie allows")


class TokenAnswer(BaseModel):
    """The next tokens."""

    access_token: str
    refresh_token: str
    token_type: Literal["bearer"] = "bearer"  # noqa: S105
    expires_in: int


class UserNew(Body):
    """A user to be added; they set a password of their own at the first log-in."""

    username: Username
    password: Password
    email: Email = ""
    full_name: Short = ""
    role: PersonRole = "viewer"
    site_ids: list[IdField] | None = Field(None, description="ours: their sites; those of the administrator by default")


class UserChange(Body):
    """What to change of a user; what is left out stays."""

    email: Email | None = None
    full_name: Short | None = None
    role: PersonRole | None = None
    is_active: bool | None = None
