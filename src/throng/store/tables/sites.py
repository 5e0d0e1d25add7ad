"""Venues and what belongs to them: plans, zones, lines, cameras and the boxes beside the cameras.

`id` is the number that the API uses, `key` the name that site files and edges use; a key is unique within its site.
"""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from throng.store.tables.base import NEVER_AGAIN, Base, BigId, Dated, Json

KEY = String(64)
NAME = String(200)


class Site(Dated, Base):
    """A venue.

    Attributes:
        time_zone: IANA name; days, hours and weekdays of reports follow it.
        latitude, longitude: WGS 84 degrees of the origin, None where nobody said.
    """

    __tablename__ = "sites"
    __table_args__ = NEVER_AGAIN

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    key: Mapped[str] = mapped_column(KEY, unique=True)
    name: Mapped[str] = mapped_column(NAME)
    description: Mapped[str] = mapped_column(Text, default="")
    time_zone: Mapped[str] = mapped_column(String(64), default="UTC")
    latitude: Mapped[float | None]
    longitude: Mapped[float | None]


class SitePlan(Base):
    """The floor plan of a site as a picture, and where it lies.

    Attributes:
        metres_per_px: size of one pixel.
        origin_px: pixel (u, v) of the site's origin, v down.
        rotation_deg: counter-clockwise from the picture's u axis to the site's x axis.
    """

    __tablename__ = "site_plans"

    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id", ondelete="CASCADE"), primary_key=True)
    media_type: Mapped[str] = mapped_column(String(64))
    picture: Mapped[bytes] = mapped_column(LargeBinary)
    width_px: Mapped[int]
    height_px: Mapped[int]
    metres_per_px: Mapped[float]
    origin_px: Mapped[list[Any]]
    rotation_deg: Mapped[float] = mapped_column(default=0.0)
    sha256: Mapped[str] = mapped_column(String(64))


class Zone(Dated, Base):
    """A polygon on the ground in site metres; the columns mean what `throng.core.site.Zone` says.

    Attributes:
        polygon: [[x, y], …], None for whatever its camera sees.
        area_m2: of the polygon; None without one.
        thresholds_per_m2: where caution, warning and critical begin, None for the profile's.
        latitude, longitude: WGS 84 degrees of the place, None where nobody said.
    """

    __tablename__ = "zones"
    __table_args__ = (UniqueConstraint("site_id", "key"), NEVER_AGAIN)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id", ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(KEY)
    name: Mapped[str] = mapped_column(NAME)
    description: Mapped[str] = mapped_column(Text, default="")
    polygon: Mapped[list[Any] | None]
    area_m2: Mapped[float | None]
    capacity: Mapped[int | None]
    use: Mapped[str] = mapped_column(String(16), default="moving")
    risk_profile: Mapped[str | None] = mapped_column(String(16))
    thresholds_per_m2: Mapped[list[Any] | None]
    service_profile: Mapped[str] = mapped_column(String(16), default="fruin")
    one_way_deg: Mapped[float | None]
    exits: Mapped[list[Any]] = mapped_column(default=list)
    latitude: Mapped[float | None]
    longitude: Mapped[float | None]
    is_active: Mapped[bool] = mapped_column(default=True)


class Line(Dated, Base):
    """A directed counting line: `points` is [[x, y], [x, y]] in site metres."""

    __tablename__ = "lines"
    __table_args__ = (UniqueConstraint("site_id", "key"), NEVER_AGAIN)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id", ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(KEY)
    name: Mapped[str] = mapped_column(NAME)
    points: Mapped[list[Any]]
    is_active: Mapped[bool] = mapped_column(default=True)


class CameraKind(StrEnum):
    """What stands behind a camera row."""

    VIDEO = "video"
    SENSOR = "sensor"


class Camera(Dated, Base):
    """One video source, or another sensor that gives counts.

    Attributes:
        edge_id: the box that runs it; None for this server itself.
        source: address without name and password; None for a sensor.
        credentials: encrypted JSON {"username", "password"}, None where none are needed.
        calibration: as in a site file, None without one.
        zone_keys: the zones it looks at; None for all that it can see.
        mode: which models at which rate: {"model", "rate_hz", …}; an empty one for the defaults.
    """

    __tablename__ = "cameras"
    __table_args__ = (UniqueConstraint("site_id", "key"), NEVER_AGAIN)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id", ondelete="CASCADE"))
    edge_id: Mapped[int | None] = mapped_column(ForeignKey("edges.id", ondelete="SET NULL"))
    key: Mapped[str] = mapped_column(KEY)
    name: Mapped[str] = mapped_column(NAME)
    kind: Mapped[str] = mapped_column(String(16), default=CameraKind.VIDEO.value)
    source: Mapped[str | None] = mapped_column(Text)
    credentials: Mapped[str | None] = mapped_column(Text)
    calibration: Mapped[Json | None]
    zone_keys: Mapped[list[Any] | None]
    mode: Mapped[Json] = mapped_column(default=dict)
    latitude: Mapped[float | None]
    longitude: Mapped[float | None]
    is_active: Mapped[bool] = mapped_column(default=True)


class Edge(Dated, Base):
    """A box that runs cameras and reports to this server.

    Attributes:
        token_hash: SHA-256 of its token, None before it has enrolled or after it was revoked.
        enrolment_hash: SHA-256 of its one-time code, None when none is open.
        status: what it said of itself last: {"cameras": {...}, "spool": {...}, ...}.
        clock_offset_s: its clock less ours, as last measured.
    """

    __tablename__ = "edges"
    __table_args__ = (UniqueConstraint("site_id", "key"), NEVER_AGAIN)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id", ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(KEY)
    name: Mapped[str] = mapped_column(NAME)
    token_hash: Mapped[str | None] = mapped_column(String(64), unique=True)
    enrolment_hash: Mapped[str | None] = mapped_column(String(64), unique=True)
    enrolment_until: Mapped[datetime | None]
    software: Mapped[str | None] = mapped_column(String(64))
    last_seen_at: Mapped[datetime | None]
    clock_offset_s: Mapped[float | None]
    status: Mapped[Json] = mapped_column(default=dict)
