"""What the server wants an edge box to run, turned into cameras, zones and lines; what is wrong is kept apart."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from throng.camera.calibration_file import parse_calibration
from throng.camera.pipeline import Measured
from throng.camera.site_file import Point, ZoneFile, build_zone
from throng.core.errors import ThrongError
from throng.core.reading import Reading
from throng.core.site import Camera, Line, Site, Zone
from throng.edge.errors import EdgeError


@dataclass(frozen=True, slots=True)
class CameraWork:
    """One camera that is to run.

    Attributes:
        camera, site: as `throng.edge.build.build_runner` takes them.
        whole_view: id of the zone that stands for all that the camera sees; None where the site has none.
        zone_ids: all zones of the site that the server knows.
        note: what keeps it from being measured in full; empty when nothing does.
        fingerprint: changes whenever the camera must be started anew.
    """

    camera: Camera
    site: Site
    whole_view: str | None
    zone_ids: frozenset[str]
    note: str
    fingerprint: str

    def as_known(self, readings: Sequence[Measured]) -> list[Measured]:
        """Return the readings as the server knows their zones; those of a zone that it has not are left out."""
        known: list[Measured] = []
        for reading in readings:
            if not isinstance(reading, Reading) or reading.zone_id in self.zone_ids:
                known.append(reading)
            elif self.whole_view is not None:
                known.append(replace(reading, zone_id=self.whole_view))
        return known


@dataclass(frozen=True, slots=True)
class EdgePlan:
    """Everything that is to run.

    Attributes:
        works: by camera id.
        problems: why other cameras cannot run as they are described, by camera id.
    """

    works: Mapping[str, CameraWork]
    problems: Mapping[str, str] = field(default_factory=dict)


class _Wire(BaseModel):
    model_config = ConfigDict(extra="ignore")  # a newer server may say more


class _ZoneWire(ZoneFile):
    model_config = ConfigDict(extra="ignore")

    id: str = Field(validation_alias="key")
    polygon: Annotated[list[Point], Field(min_length=3)] | None = None  # type: ignore[assignment]


class _LineWire(_Wire):
    key: str
    name: str = ""
    points: tuple[Point, Point]


class _ModeWire(_Wire):
    model: str | None = None
    rate_hz: Annotated[float, Field(gt=0)] | None = None


class _CameraWire(_Wire):
    key: str
    name: str = ""
    kind: str = "video"
    source: str | None = Field(None, repr=False)
    calibration: dict[str, Any] | None = None
    zone_keys: list[str] | None = None
    mode: _ModeWire = _ModeWire()


class _SiteWire(_Wire):
    name: str


class _PlanWire(_Wire):
    site: _SiteWire
    zones: list[_ZoneWire]
    lines: list[_LineWire]
    cameras: list[_CameraWire]


def read_plan(content: Mapping[str, Any]) -> EdgePlan:
    """Turn the server's answer into what is to run; one camera that is wrong does not stop the others.

    Raises:
        EdgeError: it is no configuration, or there can be no such zones or lines.
    """
    try:
        wire = _PlanWire.model_validate(content)
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors(include_input=False)[:5])
        raise EdgeError(f"the configuration is not understood: {wrong}") from None  # its input may hold a password
    try:
        zones = [build_zone(zone) for zone in wire.zones]
        lines = tuple(Line(line.key, *line.points, name=line.name) for line in wire.lines)
    except ThrongError as error:
        raise EdgeError(f"the configuration cannot be: {error}") from error
    works: dict[str, CameraWork] = {}
    problems: dict[str, str] = {}
    for camera in wire.cameras:
        if camera.kind != "video" or camera.source is None:
            continue
        try:
            works[camera.key] = _work(camera, wire.site.name, zones, lines)
        except ThrongError as error:
            problems[camera.key] = str(error)
    return EdgePlan(works, problems)


def _work(wire: _CameraWire, site_name: str, zones: Sequence[Zone], lines: tuple[Line, ...]) -> CameraWork:
    assert wire.source is not None, "sensors have been left out"
    calibration = None if wire.calibration is None else parse_calibration(wire.calibration, f"camera {wire.key}")
    mine = [zone for zone in zones if wire.zone_keys is None or zone.id in wire.zone_keys]
    drawn = [zone for zone in mine if zone.polygon is not None]
    whole = [zone.id for zone in mine if zone.polygon is None]
    measured = drawn if calibration is not None else []
    camera = Camera(
        id=wire.key, source=wire.source, calibration=calibration, zone_ids=None if wire.zone_keys is None else
        tuple(zone.id for zone in measured), model=wire.mode.model, rate_hz=wire.mode.rate_hz, name=wire.name,
    )  # fmt: skip
    return CameraWork(
        camera=camera,
        site=Site(site_name, tuple(measured), lines, (camera,)),
        whole_view=whole[0] if len(whole) == 1 and not measured else None,
        zone_ids=frozenset(zone.id for zone in zones),
        note=_note(drawn, whole, calibrated=calibration is not None),
        fingerprint=_fingerprint(wire, measured, lines, whole),
    )


def _note(drawn: Sequence[Zone], whole: Sequence[str], *, calibrated: bool) -> str:
    """Say why zones are not measured."""
    if drawn and not calibrated:
        names = ", ".join(zone.id for zone in drawn[:5])
        return f"it has no calibration, so its zones ({names}) cannot be measured; calibrate it"
    if drawn and whole:
        return f"the zones without a polygon ({', '.join(whole[:5])}) are not measured beside those with one"
    if not drawn and len(whole) != 1:
        return "pictures only: give it a zone, or exactly one without a polygon for its whole view"
    return ""


def _fingerprint(wire: _CameraWire, zones: Sequence[Zone], lines: Sequence[Line], whole: Sequence[str]) -> str:
    parts = (wire.model_dump(mode="json"), [repr(zone) for zone in zones], [repr(line) for line in lines], *whole)
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
