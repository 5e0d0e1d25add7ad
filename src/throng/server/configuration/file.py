"""The configuration file: settings and sites. A site in it has the keys of a site file, and some more."""

import re
from collections.abc import Iterable, Sequence
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from throng.camera.calibration_forms import build
from throng.camera.site_file import CameraFile, LineFile, Point, ZoneFile
from throng.core.errors import ThrongError
from throng.server.api.cameras import kept_calibration
from throng.server.api.cameras_schemas import CameraChange
from throng.server.api.edges_schemas import EdgeChange
from throng.server.api.lines import LineChange, line_columns
from throng.server.api.playbooks import PlaybookChange, PlaybookStep
from throng.server.api.sites_schemas import SiteChange
from throng.server.api.wire import Key
from throng.server.api.zones import ZoneChange, zone_columns
from throng.server.options import Options
from throng.store.edges import THIS_SERVER
from throng.store.tables import AlertLevel

Columns = dict[str, Any]


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", populate_by_name=True)


class ZoneEntry(ZoneFile):
    """A zone of a site file; its polygon may be left away where a camera has no calibration."""

    polygon: Annotated[list[Point], Field(min_length=3)] | None = None  # type: ignore[assignment]
    description: str = ""
    latitude: float | None = None
    longitude: float | None = None
    active: bool = True

    @model_validator(mode="after")
    def _possible(self) -> Self:
        _in_words(self.columns)
        return self

    def columns(self) -> Columns:
        """Return the columns of the zone."""
        own = self.model_dump(mode="json", exclude={"id", "name", "active"})
        return zone_columns(ZoneChange(key=self.id, name=self.name or self.id, is_active=self.active, **own))


class LineEntry(LineFile):
    """A line of a site file."""

    active: bool = True

    @model_validator(mode="after")
    def _possible(self) -> Self:
        _in_words(self.columns)
        return self

    def columns(self) -> Columns:
        """Return the columns of the line."""
        points = (self.start, self.end)
        return line_columns(
            LineChange(key=self.id, name=self.name or self.id, points=points, is_active=self.active)
        )  # fmt: skip


class CredentialsEntry(_Entry):
    """Name and password of a camera, or what `throng config export --secrets` wrote."""

    username: str | None = None
    password: str | None = None
    sealed: str | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.sealed is None) == (self.username is None and self.password is None):
            raise ValueError("give username and password, or sealed as it was exported")
        return self


class CameraEntry(CameraFile):
    """A camera of a site file; a sensor has no source."""

    source: str | None = None  # type: ignore[assignment]
    kind: Literal["video", "sensor"] = "video"
    credentials: CredentialsEntry | None = None
    edge: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    active: bool = True

    @model_validator(mode="after")
    def _possible(self) -> Self:
        _in_words(self.wire)
        if self.kind == "video" and self.source is None:
            raise ValueError(f"camera {self.id}: source is missing; expected for example rtsp://10.0.0.5/stream")
        if self.kind == "sensor" and self.source is not None:
            raise ValueError(f"camera {self.id}: a sensor has no source; leave it away")
        if self.calibration is not None and not isinstance(self.calibration, str):
            form = self.calibration
            _in_words(lambda: build(form), f"camera {self.id}: ")
        return self

    def wire(self) -> CameraChange:
        """Return what the API would be sent, without the calibration."""
        return CameraChange.model_validate(
            {
                "key": self.id, "name": self.name or self.id, "kind": self.kind, "source": self.source,
                "zone_keys": self.zones, "mode": {"model": self.model, "rate_hz": self.rate},
                "latitude": self.latitude, "longitude": self.longitude, "is_active": self.active,
            }
        )  # fmt: skip

    def columns(self) -> Columns:
        """Return the columns of the camera without source and credentials; `edge_id` holds the key of its edge."""
        columns = self.wire().model_dump(mode="json", exclude={"source", "credentials"})
        form = self.calibration
        if isinstance(form, str):
            raise ThrongError(f"camera {self.id}: the calibration file {form} was not read")
        calibration = None if form is None else kept_calibration(form)
        mode = {name: value for name, value in columns["mode"].items() if value is not None}
        return columns | {"calibration": calibration, "edge_id": self.edge, "mode": mode}


class EdgeEntry(_Entry):
    """An edge box. It enrols with a one-time code, which is not part of the configuration."""

    id: Key
    name: str = ""

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if self.id == THIS_SERVER:
            raise ValueError(f"edge {THIS_SERVER} is the server itself; leave it away, and `edge` of its cameras")
        _in_words(lambda: EdgeChange(key=self.id, name=self.name or self.id))
        return self


class PlaybookEntry(_Entry):
    """A playbook; its name tells it from others of the site."""

    name: str
    level: AlertLevel
    zone: str | None = None
    steps: tuple[PlaybookStep, ...] = ()

    @model_validator(mode="after")
    def _possible(self) -> Self:
        _in_words(self.columns)
        return self

    def columns(self) -> Columns:
        """Return the columns of the playbook; `zone_id` holds the key of its zone."""
        wire = PlaybookChange(name=self.name, level=self.level, zone_id=None, steps=self.steps)
        return wire.model_dump(mode="json") | {"zone_id": self.zone}


class SiteEntry(_Entry):
    """A site. What is left away altogether (no `edges:` at all) is not touched."""

    key: Key | None = None
    name: str
    description: str = ""
    time_zone: str = "UTC"
    latitude: float | None = None
    longitude: float | None = None
    edges: list[EdgeEntry] | None = None
    zones: list[ZoneEntry] | None = None
    lines: list[LineEntry] | None = None
    cameras: list[CameraEntry] | None = None
    playbooks: list[PlaybookEntry] | None = None

    @model_validator(mode="after")
    def _possible(self) -> Self:
        _in_words(self.columns)
        for kind, names in (
            ("edge", [e.id for e in self.edges or ()]),
            ("zone", [z.id for z in self.zones or ()]),
            ("line", [x.id for x in self.lines or ()]),
            ("camera", [c.id for c in self.cameras or ()]),
            ("playbook", [p.name for p in self.playbooks or ()]),
        ):
            _require_distinct(kind, names)
        return self

    @property
    def its_key(self) -> str:
        """The key; without one it is made of the name: `Market square` gives `market-square`."""
        return self.key or re.sub(r"[^a-z0-9]+", "-", self.name.lower()).strip("-")[:64] or "site"

    def columns(self) -> Columns:
        """Return the columns of the site without its key."""
        wire = SiteChange(
            key=self.its_key, name=self.name, description=self.description, time_zone=self.time_zone,
            latitude=self.latitude, longitude=self.longitude,
        )  # fmt: skip
        return wire.model_dump(mode="json", exclude={"key"})


class ConfigurationFile(_Entry):
    """The whole file."""

    throng: Literal[1] = 1
    settings: Options | None = None
    sites: list[SiteEntry] = []

    @model_validator(mode="after")
    def _possible(self) -> Self:
        _require_distinct("site", [site.its_key for site in self.sites])
        return self


def _require_distinct(kind: str, names: Sequence[str]) -> None:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"{kind} {twice[0]!r} is there twice; ids must be unique")


def _in_words(check: Any, who: str = "") -> None:
    """Call a check whose errors become one sentence with the line of the object."""
    try:
        check()
    except ValidationError as error:
        raise ValueError("; ".join(_sentences(error))) from error
    except ThrongError as error:
        raise ValueError(f"{who}{error}") from error


def _sentences(error: ValidationError) -> Iterable[str]:
    for mistake in error.errors()[:3]:
        where = ".".join(map(str, mistake["loc"]))
        yield f"{where}: {mistake['msg'].removeprefix('Value error, ')}" if where else mistake["msg"]
