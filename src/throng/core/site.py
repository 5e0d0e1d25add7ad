"""A venue with its zones, lines and cameras, in site metres."""

import math
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import pairwise

from shapely.geometry import Polygon

from throng.core.calibration import Calibration
from throng.core.errors import ThrongError


class Use(StrEnum):
    """What people do in a zone; it decides which level-of-service bands hold."""

    STANDING = "standing"
    MOVING = "moving"
    QUEUE = "queue"
    STAIRS = "stairs"


class ServiceProfile(StrEnum):
    """Whose level-of-service bands hold: Fruin 1971 or the Highway Capacity Manual 2000."""

    FRUIN = "fruin"
    HCM = "hcm"


class RiskProfile(StrEnum):
    """How the danger of a zone is judged: by what people do there, or as CrowdSafe does."""

    STANDING = "standing"
    MOVING = "moving"
    QUEUE = "queue"
    STAIRS = "stairs"
    CROWDSAFE = "crowdsafe"


Segment = tuple[tuple[float, float], tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Zone:
    """A polygon on the ground.

    Attributes:
        id: name in readings and files.
        polygon: corners (x, y) in site metres, at least three, not crossing itself. None stands for
            "whatever the camera sees", the zone of a camera that nobody has calibrated.
        capacity: people it is meant for, None when nobody said.
        use: what people do there.
        name: for screens.
        risk_profile: one of `RiskProfile`; None for the one of its use.
        thresholds_per_m2: own densities at which caution, warning and critical begin, rising; None for the profile's.
        one_way_deg: the only direction in which people may walk, degrees counter-clockwise from +x; None for any.
        exits: where people leave it, from corner to corner of each opening, site metres.
        service_profile: whose level-of-service bands hold.
    """

    id: str
    polygon: tuple[tuple[float, float], ...] | None
    capacity: int | None = None
    use: Use = Use.MOVING
    name: str = ""
    risk_profile: str | None = None
    thresholds_per_m2: tuple[float, float, float] | None = None
    one_way_deg: float | None = None
    exits: tuple[Segment, ...] = ()
    service_profile: ServiceProfile = ServiceProfile.FRUIN

    def __post_init__(self) -> None:
        self._check_risk()
        self._check_ways()
        if self.polygon is None:
            return
        if len(self.polygon) < 3 or not Polygon(self.polygon).is_valid or Polygon(self.polygon).area <= 0:
            raise ThrongError(
                f"zone {self.id}: its polygon must have at least three corners, an area, and sides that do "
                f"not cross; got {list(self.polygon)}. List the corners in order around the zone."
            )
        if self.capacity is not None and self.capacity <= 0:
            raise ThrongError(f"zone {self.id}: capacity must be a positive number of people, got {self.capacity}")

    def _check_risk(self) -> None:
        if self.risk_profile is not None and self.risk_profile not in list(RiskProfile):
            raise ThrongError(
                f"zone {self.id}: risk_profile must be one of {', '.join(RiskProfile)}, got {self.risk_profile!r}"
            )
        if self.thresholds_per_m2 is None:
            return
        if self.risk_profile == RiskProfile.CROWDSAFE:
            raise ThrongError(
                f"zone {self.id}: the risk profile crowdsafe has fixed levels; leave thresholds_per_m2 away, or choose "
                "another risk_profile"
            )
        rising: tuple[float, ...] = (0.0, *self.thresholds_per_m2, math.inf)
        if len(rising) != 5 or not all(a < b for a, b in pairwise(rising)):
            raise ThrongError(
                f"zone {self.id}: thresholds_per_m2 must be three rising numbers of people/m² above 0, where caution, "
                f"warning and critical begin; got {list(self.thresholds_per_m2)}"
            )

    def _check_ways(self) -> None:
        if self.one_way_deg is not None and not -360 <= self.one_way_deg <= 360:
            raise ThrongError(
                f"zone {self.id}: one_way_deg must be a direction from -360 to 360 degrees, counter-clockwise from +x; "
                f"got {self.one_way_deg}"
            )
        for start, end in self.exits:
            if start == end or not all(map(math.isfinite, (*start, *end))):
                raise ThrongError(
                    f"zone {self.id}: an exit goes from one side of the opening to the other, two different points "
                    f"(x, y) in site metres; got {start} and {end}"
                )

    @property
    def area_m2(self) -> float | None:
        """Ground area, None for the whole picture of an uncalibrated camera."""
        return None if self.polygon is None else float(Polygon(self.polygon).area)

    @property
    def title(self) -> str:
        """The name for screens."""
        return self.name or self.id


@dataclass(frozen=True, slots=True)
class Line:
    """A directed counting line on the ground from `start` to `end`, site metres.

    Walking from its left side to its right side counts as *in*, seen along the direction start to end::

                    end
                     ^
          left  -->  |  -->  right        in
                     |
                   start
    """

    id: str
    start: tuple[float, float]
    end: tuple[float, float]
    name: str = ""

    def __post_init__(self) -> None:
        if self.start == self.end:
            raise ThrongError(f"line {self.id}: start and end are the same point {self.start}")


@dataclass(frozen=True, slots=True)
class Camera:
    """One video source with its calibration.

    Attributes:
        id: name in readings and files.
        source: what `throng run` takes: file, URL, device, `sim://NAME`. May hold a password: never log it as it is.
        calibration: None when nobody has calibrated it; then there are no people/m².
        zone_ids: the zones it is responsible for; None for every zone of the site that it sees.
        model: name of the model, None for the default.
        rate_hz: analyses per second, None for the default.
        name: for screens.
    """

    id: str
    source: str = field(repr=False)
    calibration: Calibration | None = None
    zone_ids: tuple[str, ...] | None = None
    model: str | None = None
    rate_hz: float | None = None
    name: str = ""


@dataclass(frozen=True, slots=True)
class Site:
    """A venue."""

    name: str
    zones: tuple[Zone, ...] = ()
    lines: tuple[Line, ...] = ()
    cameras: tuple[Camera, ...] = ()

    def __post_init__(self) -> None:
        for kind, ids in (
            ("zone", [z.id for z in self.zones]),
            ("line", [x.id for x in self.lines]),
            ("camera", [c.id for c in self.cameras]),
        ):
            twice = sorted({i for i in ids if ids.count(i) > 1})
            if twice:
                raise ThrongError(f"site {self.name}: {kind} id {twice[0]!r} is used twice; ids must be unique")
        known = {z.id for z in self.zones}
        for camera in self.cameras:
            for zone_id in camera.zone_ids or ():
                if zone_id not in known:
                    raise ThrongError(
                        f"camera {camera.id}: zone {zone_id!r} is not a zone of site {self.name}; "
                        f"known zones: {', '.join(sorted(known)) or 'none'}"
                    )

    def camera(self, camera_id: str) -> Camera:
        """Find a camera by id.

        Raises:
            ThrongError: there is no such camera.
        """
        for camera in self.cameras:
            if camera.id == camera_id:
                return camera
        known = ", ".join(c.id for c in self.cameras) or "none"
        raise ThrongError(f"site {self.name} has no camera {camera_id!r}; its cameras are: {known}")
