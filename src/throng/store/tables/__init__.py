"""All tables. Importing this package declares every one of them in `Base.metadata`."""

from throng.store.tables.alerts import (
    Alert,
    AlertLevel,
    AlertState,
    AlertStep,
    Delivery,
    DeliveryState,
    Playbook,
    PlaybookTick,
)
from throng.store.tables.base import Base
from throng.store.tables.people import ApiToken, AuditEntry, Login, RefreshToken, Role, Setting, User, user_sites
from throng.store.tables.readings import (
    Happening,
    ManualCount,
    density_snapshots,
    ingested_batches,
    latest_lines,
    latest_zones,
    line_readings,
    readings,
    readings_hour,
    readings_minute,
    stale_minutes,
)
from throng.store.tables.sites import Camera, CameraKind, Edge, Line, Site, SitePlan, Zone
from throng.store.tables.video import Clip, Recording

__all__ = [
    "Alert",
    "AlertLevel",
    "AlertState",
    "AlertStep",
    "ApiToken",
    "AuditEntry",
    "Base",
    "Camera",
    "CameraKind",
    "Clip",
    "Delivery",
    "DeliveryState",
    "Edge",
    "Happening",
    "Line",
    "Login",
    "ManualCount",
    "Playbook",
    "PlaybookTick",
    "Recording",
    "RefreshToken",
    "Role",
    "Setting",
    "Site",
    "SitePlan",
    "User",
    "Zone",
    "density_snapshots",
    "ingested_batches",
    "latest_lines",
    "latest_zones",
    "line_readings",
    "readings",
    "readings_hour",
    "readings_minute",
    "stale_minutes",
    "user_sites",
]
