"""Alerts, what happened to them, who was told, and what is to be done."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from throng.store.tables.base import NEVER_AGAIN, Base, BigId, Dated, Json, now


class AlertState(StrEnum):
    """Where an alert is in its life."""

    PENDING = "pending"
    ACTIVE = "active"
    ACKNOWLEDGED = "acknowledged"
    SNOOZED = "snoozed"
    ESCALATED = "escalated"
    RESOLVED = "resolved"


class AlertLevel(StrEnum):
    """How grave an alert is."""

    INFO = "info"
    CAUTION = "caution"
    WARNING = "warning"
    CRITICAL = "critical"


class Alert(Dated, Base):
    """One alert of one rule in one place.

    Attributes:
        rule: key of the rule that raised it.
        merge_key: what makes two alerts the same one; unique among those that are not resolved.
        numbers: the readings and limits that raised it.
    """

    __tablename__ = "alerts"
    __table_args__ = (
        Index("ix_alerts_state_raised", "state", "raised_at"),
        Index("ix_alerts_zone_raised", "zone_id", "raised_at"),
        Index("ix_alerts_site_raised", "site_id", "raised_at"),
        NEVER_AGAIN,
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id", ondelete="CASCADE"))
    zone_id: Mapped[int | None] = mapped_column(ForeignKey("zones.id", ondelete="SET NULL"))
    camera_id: Mapped[int | None] = mapped_column(ForeignKey("cameras.id", ondelete="SET NULL"))
    rule: Mapped[str] = mapped_column(String(64))
    merge_key: Mapped[str] = mapped_column(String(200), index=True)
    level: Mapped[str] = mapped_column(String(16))
    state: Mapped[str] = mapped_column(String(16))
    title: Mapped[str] = mapped_column(String(300))
    message: Mapped[str] = mapped_column(Text, default="")
    numbers: Mapped[Json] = mapped_column(default=dict)
    raised_at: Mapped[datetime]
    worst_at: Mapped[datetime | None]
    acknowledged_at: Mapped[datetime | None]
    acknowledged_by: Mapped[str | None] = mapped_column(String(200))
    assigned_to: Mapped[str | None] = mapped_column(String(200))
    snoozed_until: Mapped[datetime | None]
    resolved_at: Mapped[datetime | None]
    resolved_by: Mapped[str | None] = mapped_column(String(200))


class AlertStep(Base):
    """One thing that happened to an alert: raised, acknowledged, commented, …"""

    __tablename__ = "alert_steps"
    __table_args__ = (Index("ix_alert_steps_alert", "alert_id", "at"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    alert_id: Mapped[int] = mapped_column(ForeignKey("alerts.id", ondelete="CASCADE"))
    at: Mapped[datetime]
    action: Mapped[str] = mapped_column(String(32))
    state: Mapped[str] = mapped_column(String(16))
    actor: Mapped[str] = mapped_column(String(200))
    note: Mapped[str] = mapped_column(Text, default="")


class DeliveryState(StrEnum):
    """How far the telling of one recipient has come."""

    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"
    RECEIVED = "received"
    DEAD = "dead"


class Delivery(Base):
    """One attempt chain to tell one recipient about one step of an alert; a row of the outbox."""

    __tablename__ = "deliveries"
    __table_args__ = (
        UniqueConstraint("alert_id", "step_id", "channel", "recipient"),
        Index("ix_deliveries_due", "state", "next_attempt_at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    alert_id: Mapped[int] = mapped_column(ForeignKey("alerts.id", ondelete="CASCADE"))
    step_id: Mapped[int] = mapped_column(ForeignKey("alert_steps.id", ondelete="CASCADE"))
    channel: Mapped[str] = mapped_column(String(64))
    recipient: Mapped[str] = mapped_column(String(200))
    state: Mapped[str] = mapped_column(String(16), default=DeliveryState.WAITING.value)
    attempts: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(default=now)
    next_attempt_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    received_at: Mapped[datetime | None]
    provider_id: Mapped[str | None] = mapped_column(String(200))
    last_error: Mapped[str | None] = mapped_column(Text)


class Playbook(Dated, Base):
    """What to do in a zone from a level on: `steps` is [{"id", "text", "suggested_by"}, …].

    `zone_id` None holds for all zones of the site.
    """

    __tablename__ = "playbooks"
    __table_args__ = NEVER_AGAIN

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id", ondelete="CASCADE"))
    zone_id: Mapped[int | None] = mapped_column(ForeignKey("zones.id", ondelete="CASCADE"))
    level: Mapped[str] = mapped_column(String(16))
    name: Mapped[str] = mapped_column(String(200))
    steps: Mapped[list[Any]] = mapped_column(default=list)


class PlaybookTick(Base):
    """A step of a playbook that somebody did, for one alert."""

    __tablename__ = "playbook_ticks"
    __table_args__ = (UniqueConstraint("alert_id", "playbook_id", "step"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    alert_id: Mapped[int] = mapped_column(ForeignKey("alerts.id", ondelete="CASCADE"))
    playbook_id: Mapped[int] = mapped_column(BigInteger)
    step: Mapped[str] = mapped_column(String(64))
    text: Mapped[str] = mapped_column(Text)
    ticked_at: Mapped[datetime]
    ticked_by: Mapped[str] = mapped_column(String(200))
