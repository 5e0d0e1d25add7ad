"""Bodies of the routes of sites."""

from functools import lru_cache
from typing import Annotated
from zoneinfo import available_timezones

from pydantic import AfterValidator, Field

from throng.server.api.wire import SHOWN, Degrees, Key, Latitude, Longitude, Name, Shown, Text, Wire, example

EXAMPLE = {
    "key": "harbour", "name": "Harbour", "description": "Quay and ferry terminal", "time_zone": "Europe/Berlin",
    "latitude": 54.32, "longitude": 10.14,
}  # fmt: skip
POSITION = {"metres_per_px": 0.05, "origin_px": [120.0, 860.0], "rotation_deg": 0.0}


@lru_cache(maxsize=1)
def _time_zones() -> frozenset[str]:
    return frozenset(available_timezones())


def _known_time_zone(name: str) -> str:
    if name not in _time_zones():
        raise ValueError("this is no IANA time zone; expected a name such as Europe/Berlin or UTC")
    return name


TimeZone = Annotated[str, Field(max_length=64), AfterValidator(_known_time_zone)]
Pixel = Annotated[float, Field(ge=-100_000, le=100_000, allow_inf_nan=False)]
MetresPerPx = Annotated[float, Field(gt=0, le=1000, allow_inf_nan=False)]


class SiteChange(Wire):
    """A site as somebody wants it; what is left out gets its default."""

    model_config = example(**EXAMPLE)

    key: Key
    name: Name
    description: Text = ""
    time_zone: TimeZone = Field("UTC", description="IANA name; days and hours of reports follow it")
    latitude: Latitude | None = Field(None, description="WGS 84 degrees of the site's origin")
    longitude: Longitude | None = None


class SiteShown(Shown):
    """A site."""

    model_config = example(**SHOWN, **EXAMPLE)

    key: str
    name: str
    description: str
    time_zone: str
    latitude: float | None
    longitude: float | None


class PlanPosition(Wire):
    """Where the picture of a plan lies."""

    model_config = example(**POSITION)

    metres_per_px: MetresPerPx = Field(description="size of one pixel on the ground")
    origin_px: tuple[Pixel, Pixel] = Field(description="pixel (u, v) of the site's origin, v down")
    rotation_deg: Degrees = Field(0.0, description="counter-clockwise from the picture's u axis to the site's x axis")


class PlanShown(Wire):
    """The plan of a site; its picture is at `/sites/{id}/plan/picture`."""

    model_config = example(site_id=1, media_type="image/png", width_px=1600, height_px=900, sha256="9f…", **POSITION)

    site_id: int
    media_type: str
    width_px: int
    height_px: int
    metres_per_px: float
    origin_px: tuple[float, float]
    rotation_deg: float
    sha256: str = Field(description="of the picture; its `ETag`")
