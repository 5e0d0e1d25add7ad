"""Who may do what, and who did: users, log-ins, tokens, settings, the audit log."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, BigInteger, Column, ForeignKey, Index, String, Table, Text
from sqlalchemy.orm import Mapped, mapped_column

from throng.store.tables.base import NEVER_AGAIN, Base, BigId, Dated, Json, now


class Role(StrEnum):
    """What somebody may do: look, act on alerts and counts, change everything; or report as a box beside cameras."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    ADMIN = "admin"
    EDGE = "edge"


class User(Dated, Base):
    """Somebody who logs in.

    Attributes:
        username: lower case, unique.
        password_hash: Argon2; None for those who log in elsewhere (OIDC).
        all_sites: whether every site is theirs; else those in `user_sites`.
        totp_secret: encrypted; counts once `totp_since` is set.
        recovery_hashes: SHA-256 of recovery codes that are unused.
        signed_out_at: log-ins and tokens from before it are no longer valid.
    """

    __tablename__ = "users"
    __table_args__ = NEVER_AGAIN

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    username: Mapped[str] = mapped_column(String(100), unique=True)
    name: Mapped[str] = mapped_column(String(200), default="")
    email: Mapped[str] = mapped_column(String(254), default="")
    role: Mapped[str] = mapped_column(String(16))
    all_sites: Mapped[bool] = mapped_column(default=False)
    is_active: Mapped[bool] = mapped_column(default=True)
    password_hash: Mapped[str | None] = mapped_column(Text)
    must_change_password: Mapped[bool] = mapped_column(default=False)
    failed_logins: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None]
    totp_secret: Mapped[str | None] = mapped_column(Text)
    totp_since: Mapped[datetime | None]
    totp_last_step: Mapped[int | None] = mapped_column(BigInteger)
    recovery_hashes: Mapped[list[Any]] = mapped_column(default=list)
    oidc_subject: Mapped[str | None] = mapped_column(String(300), unique=True)
    last_login_at: Mapped[datetime | None]
    signed_out_at: Mapped[datetime | None]


user_sites = Table(
    "user_sites",
    Base.metadata,
    Column("user_id", ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
    Column("site_id", ForeignKey("sites.id", ondelete="CASCADE"), primary_key=True),
)


class Login(Base):
    """A browser session. `id` is the SHA-256 of the cookie's value."""

    __tablename__ = "logins"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    csrf_token: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(default=now)
    last_seen_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime]
    address: Mapped[str] = mapped_column(String(64), default="")
    agent: Mapped[str] = mapped_column(String(300), default="")


class RefreshToken(Base):
    """A refresh token, by its SHA-256; a second use of one ends its whole family."""

    __tablename__ = "refresh_tokens"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    family: Mapped[str] = mapped_column(String(64), index=True)
    created_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class ApiToken(Base):
    """A personal token for programs, by the SHA-256 of its value; never more than its owner may do.

    Attributes:
        role: at most this; and at most the owner's.
        site_ids: only these of the owner's sites; None for all of them.
    """

    __tablename__ = "api_tokens"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(100))
    prefix: Mapped[str] = mapped_column(String(16))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    role: Mapped[str] = mapped_column(String(16))
    site_ids: Mapped[list[Any] | None]
    created_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class Setting(Dated, Base):
    """One setting that administrators change while the server runs."""

    __tablename__ = "settings"

    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    value: Mapped[Any] = mapped_column(JSON)


class AuditEntry(Base):
    """Who did what to what, from where. Rows are only ever added, and erased by age.

    Attributes:
        actor: name as it was then; `actor_kind`: user, token, edge, system or nobody.
        action: for example `zone.update`, `video.view`, `login.failed`.
        object_id: the id of what it was done to, as text.
        detail: what changed; never a secret.
    """

    __tablename__ = "audit_log"
    __table_args__ = (Index("ix_audit_log_at", "at"), Index("ix_audit_log_object", "object_kind", "object_id"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    at: Mapped[datetime] = mapped_column(default=now)
    actor_kind: Mapped[str] = mapped_column(String(16))
    actor_id: Mapped[int | None] = mapped_column(BigInteger)
    actor: Mapped[str] = mapped_column(String(200))
    action: Mapped[str] = mapped_column(String(64))
    object_kind: Mapped[str] = mapped_column(String(32))
    object_id: Mapped[str] = mapped_column(String(100))
    site_id: Mapped[int | None] = mapped_column(BigInteger)
    address: Mapped[str] = mapped_column(String(64), default="")
    detail: Mapped[Json] = mapped_column(default=dict)


__all__ = ["ApiToken", "AuditEntry", "Login", "RefreshToken", "Role", "Setting", "User", "user_sites"]
