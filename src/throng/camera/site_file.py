"""The site file: a venue with its zones, lines and cameras in YAML."""

from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag

from throng.camera.calibration_file import load_calibration
from throng.camera.calibration_forms import CalibrationForm, build
from throng.camera.yaml_file import SettingsError, read_yaml
from throng.core.calibration import Calibration
from throng.core.errors import ThrongError
from throng.core.site import Camera, Line, RiskProfile, ServiceProfile, Site, Use, Zone

Point = tuple[float, float]
Id = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$")]


CalibrationKey = Annotated[
    Annotated[str, Tag("file")] | Annotated[CalibrationForm, Tag("inline")],
    Discriminator(lambda value: "file" if isinstance(value, str) else "inline"),
]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", populate_by_name=True)


class ZoneFile(_Strict):
    """A zone as the file has it."""

    id: Id
    polygon: Annotated[list[Point], Field(min_length=3)]
    capacity: int | None = None
    use: Use = Use.MOVING
    name: str = ""
    risk_profile: RiskProfile | None = None
    thresholds_per_m2: tuple[float, float, float] | None = None
    one_way_deg: float | None = None
    exits: list[tuple[Point, Point]] = []
    service_profile: ServiceProfile = ServiceProfile.FRUIN


class LineFile(_Strict):
    """A counting line as the file has it: from `from` to `to`, in is to the right."""

    id: Id
    start: Point = Field(alias="from")
    end: Point = Field(alias="to")
    name: str = ""


class CameraFile(_Strict):
    """A camera as the file has it. `calibration` is a file name or the calibration itself."""

    id: Id
    source: str
    calibration: CalibrationKey | None = None
    zones: list[str] | None = None
    model: str | None = None
    rate: Annotated[float, Field(gt=0)] | None = None
    name: str = ""


class SiteFile(_Strict):
    """The whole file."""

    name: str
    zones: list[ZoneFile] = []
    lines: list[LineFile] = []
    cameras: list[CameraFile] = []


def load_site(path: Path) -> Site:
    """Read a site file; paths of calibrations and recordings in it are relative to the file.

    Raises:
        ThrongError: the file cannot be read, a key is unknown (named with its line), or what it says cannot be.
    """
    content = read_yaml(path, SiteFile)
    try:
        return Site(
            name=content.name,
            zones=tuple(build_zone(z) for z in content.zones),
            lines=tuple(Line(x.id, x.start, x.end, name=x.name) for x in content.lines),
            cameras=tuple(_camera(c, path) for c in content.cameras),
        )
    except SettingsError:
        raise
    except ThrongError as error:
        raise SettingsError(f"{path}: {error}") from error


def build_zone(zone: ZoneFile) -> Zone:
    """Make the zone that a file describes; without a polygon it is whatever its camera sees.

    Raises:
        ThrongError: there can be no such zone.
    """
    polygon: list[Point] | None = zone.polygon  # other files than a site's may leave it away
    return Zone(
        id=zone.id,
        polygon=None if polygon is None else tuple(polygon),
        capacity=zone.capacity,
        use=zone.use,
        name=zone.name,
        risk_profile=zone.risk_profile,
        thresholds_per_m2=zone.thresholds_per_m2,
        one_way_deg=zone.one_way_deg,
        exits=tuple(zone.exits),
        service_profile=zone.service_profile,
    )


def _camera(camera: CameraFile, path: Path) -> Camera:
    return Camera(
        id=camera.id,
        source=_relative_source(camera.source, path.parent),
        calibration=_calibration(camera, path),
        zone_ids=None if camera.zones is None else tuple(camera.zones),
        model=camera.model,
        rate_hz=camera.rate,
        name=camera.name,
    )


def _calibration(camera: CameraFile, path: Path) -> Calibration | None:
    if camera.calibration is None:
        return None
    if isinstance(camera.calibration, str):
        return load_calibration(path.parent / camera.calibration)
    try:
        return build(camera.calibration).calibration
    except ThrongError as error:
        raise SettingsError(f"{path}: camera {camera.id}: {error}") from error


def _relative_source(source: str, folder: Path) -> str:
    """A file beside the site file is meant, where there is one; URLs and devices stay as they are."""
    beside = folder / source
    return str(beside) if "://" not in source and beside.exists() else source
