"""Bodies of the routes of alerts."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from throng.server.api.wire import SHOWN, IdField, Name, Shown, Text, Time, Wire, example
from throng.store.tables import AlertLevel

EXAMPLE: dict[str, Any] = {
    "site_id": 1, "zone_id": 4, "camera_id": None, "level": "warning", "title": "Gate: more than 2.5 people/m²",
    "message": "Since 12:03 on the east side.",
}  # fmt: skip

Note = Annotated[Text, Field(max_length=2000)]
Reason = Annotated[Text, Field(min_length=1, max_length=2000)]


class AlertNew(Wire):
    """An alert that a person raises."""

    model_config = example(**EXAMPLE)

    site_id: IdField
    zone_id: IdField | None = None
    camera_id: IdField | None = None
    level: AlertLevel
    title: Annotated[Name, Field(max_length=200)]
    message: Text = ""


class NoteBody(Wire):
    """What somebody says to what they do."""

    model_config = example(note="Stewards are on their way.")

    note: Note = ""


class CommentBody(Wire):
    """A comment."""

    model_config = example(note="Stewards are on their way.")

    note: Reason


class AssignBody(Wire):
    """Who takes care of it."""

    model_config = example(username="mara")

    username: Annotated[str, Field(min_length=1, max_length=100)] | None = Field(description="null for nobody")


class SnoozeBody(Wire):
    """Until when an alert is silent, and why."""

    model_config = example(until="2026-06-01T13:00:00Z", reason="Known: the parade passes.")

    until: Time
    reason: Reason


class AlertShown(Shown):
    """An alert."""

    model_config = example(
        **SHOWN, **EXAMPLE, rule="density", state="active", numbers={"density_mean_high_per_m2": 2.7},
        raised_at="2026-06-01T12:00:00Z", worst_at=None, acknowledged_at=None, acknowledged_by=None, assigned_to=None,
        snoozed_until=None, resolved_at=None, resolved_by=None,
    )  # fmt: skip

    site_id: int
    zone_id: int | None
    camera_id: int | None
    rule: str = Field(description="key of the rule that raised it; `manual` for a person")
    level: str
    state: str
    title: str
    message: str
    numbers: dict[str, Any] = Field(description="the readings and limits that raised it")
    raised_at: datetime
    worst_at: datetime | None
    acknowledged_at: datetime | None
    acknowledged_by: str | None
    assigned_to: str | None
    snoozed_until: datetime | None
    resolved_at: datetime | None
    resolved_by: str | None


class StepShown(Wire):
    """One thing that happened to an alert."""

    id: int
    at: datetime
    action: str
    state: str = Field(description="the state after it")
    actor: str
    note: str


class DeliveryShown(Wire):
    """How the telling of one recipient went."""

    id: int
    step_id: int
    channel: str
    recipient: str
    state: str
    attempts: int
    created_at: datetime
    next_attempt_at: datetime | None
    sent_at: datetime | None
    received_at: datetime | None
    last_error: str | None


class AlertWhole(AlertShown):
    """An alert with what happened to it, and who was told."""

    steps: list[StepShown]
    deliveries: list[DeliveryShown]
