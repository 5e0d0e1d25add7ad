"""Bodies of the routes of edges: what administrators see, and what edge boxes send and get."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from throng.server.api.cameras_schemas import CameraMode
from throng.server.api.lines import LineShown
from throng.server.api.sites_schemas import SiteShown
from throng.server.api.wire import SHOWN, IdField, JsonObject, Key, Name, Shown, Time, Wire, example
from throng.server.api.zones import ZoneShown

EXAMPLE = {"key": "box-1", "name": "Box in the ticket hall"}

Software = Annotated[str, Field(max_length=64, pattern=r"^[^\x00-\x1f\x7f]*$")]


class EdgeChange(Wire):
    """An edge as somebody wants it."""

    model_config = example(**EXAMPLE)

    key: Key
    name: Name


class EdgeNew(EdgeChange):
    """An edge to add to a site."""

    model_config = example(site_id=1, **EXAMPLE)

    site_id: IdField


class EdgeShown(Shown):
    """An edge, and what it said of itself last."""

    model_config = example(
        **SHOWN, **EXAMPLE, site_id=1, is_enrolled=True, enrolment_until=None, software="throng 0.3",
        last_seen_at="2026-06-01T12:00:00Z", age_s=2.1, clock_offset_s=0.04, status={"cameras": {"north": "live"}},
    )  # fmt: skip

    site_id: int
    key: str
    name: str
    is_enrolled: bool = Field(description="whether it has a token")
    enrolment_until: datetime | None = Field(description="until when its one-time code is good; null without one")
    software: str | None
    last_seen_at: datetime | None
    age_s: float | None = Field(description="seconds since it was seen; null for never")
    clock_offset_s: float | None = Field(description="its clock less the server's; null where nobody knows")
    status: dict[str, Any]


class EnrolmentCode(Wire):
    """The one-time code of an edge; it is shown this once."""

    model_config = example(edge_id=3, code="enrol_…", valid_until="2026-06-02T12:00:00Z")

    edge_id: int
    code: str = Field(repr=False)
    valid_until: datetime


class EdgeCreated(Wire):
    """A new edge and the code with which it enrols."""

    edge: EdgeShown
    enrolment: EnrolmentCode


class Enrol(Wire):
    """An edge that wants to enrol."""

    model_config = example(code="enrol_…", software="throng 0.3")

    code: str = Field(min_length=1, max_length=200, repr=False)
    software: Software


class Enrolled(Wire):
    """An edge that has enrolled; the token is shown this once."""

    model_config = example(
        edge_id=3,
        key="box-1",
        site_id=1,
        site_key="harbour",
        token="edge_…",  # noqa: S106
    )

    edge_id: int
    key: str
    site_id: int
    site_key: str
    token: str = Field(repr=False)


class Heartbeat(Wire):
    """What an edge says of itself."""

    model_config = example(software="throng 0.3", sent_at="2026-06-01T12:00:00Z", status={"cameras": {"north": "live"}})

    software: Software
    sent_at: Time = Field(description="by the clock of the edge")
    status: JsonObject


class HeartbeatAnswer(Wire):
    """What the server answers."""

    model_config = example(server_time="2026-06-01T12:00:00Z", clock_offset_s=0.04, configuration_version="5c0…")

    server_time: datetime
    clock_offset_s: float = Field(description="the clock of the edge less that of the server, with the way in it")
    configuration_version: str = Field(description="the `ETag` of the configuration; load it again when it changes")


class EdgeCamera(Wire):
    """A camera with everything that is needed to open it. Only its own edge gets it."""

    id: int
    key: str
    name: str
    kind: str
    source: str | None = Field(repr=False, description="the whole address, with name and password")
    calibration: dict[str, Any] | None
    zone_keys: list[str] | None
    mode: CameraMode


class EdgeConfiguration(Wire):
    """What an edge is to run: the active zones and lines of its site, and its own active cameras."""

    edge_id: int
    key: str
    site: SiteShown
    zones: list[ZoneShown]
    lines: list[LineShown]
    cameras: list[EdgeCamera]
