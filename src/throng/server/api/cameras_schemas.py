"""Bodies of the routes of cameras."""

from typing import Annotated, Any, Literal

from pydantic import Field

from throng.server.api.wire import SHOWN, IdField, Key, LargeJsonObject, Latitude, Longitude, Name, Shown, Wire, example

EXAMPLE: dict[str, Any] = {
    "key": "north", "name": "North mast", "kind": "video", "source": "rtsp://10.0.0.5/stream2", "edge_id": None,
    "calibration": {
        "image_size": [1920, 1080], "camera": {"height_m": 6.0, "tilt_deg": 25.0, "fov_deg": 70.0},
    },
    "zone_keys": ["gate"], "mode": {"model": "throngnet", "rate_hz": 2.0},
}  # fmt: skip

SourceText = Annotated[str, Field(min_length=1, max_length=2000, pattern=r"^[^\x00-\x1f\x7f]*$")]
Secret = Annotated[str, Field(max_length=500, pattern=r"^[^\x00-\x1f\x7f]*$")]


class Credentials(Wire):
    """Name and password of a camera; they are kept encrypted and never shown again."""

    model_config = example(username="operator", password="…")  # noqa: S106

    username: Secret
    password: Secret = Field(repr=False)


class CameraMode(Wire):
    """Which model measures, and how often."""

    model: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.+-]*$", max_length=100)] | None = Field(
        None, description="name of a model; null for the default"
    )
    rate_hz: float | None = Field(None, gt=0, le=60, description="analyses per second; null for the default")


class CameraChange(Wire):
    """A camera as somebody wants it; what is left out gets its default, except for the credentials.

    Name and password may also stand in `source`. Without `credentials`, and with the same source, they stay as they
    are; with null they are forgotten.
    """

    model_config = example(**EXAMPLE, credentials={"username": "operator", "password": "…"})

    key: Key
    name: Name
    kind: Literal["video", "sensor"] = Field("video", description="a sensor has no source: it only sends counts")
    source: SourceText | None = Field(
        None, description="rtsp://, rtsps://, http://, https:// or sim://NAME; on an edge also one of its devices"
    )
    credentials: Credentials | None = None
    edge_id: IdField | None = Field(None, description="the edge that runs it; null for this server")
    calibration: LargeJsonObject | None = Field(None, description="as in a site file; null without one")
    zone_keys: Annotated[tuple[Key, ...], Field(max_length=500)] | None = Field(
        None, description="the zones it looks at; null for all that it can see, none for its whole view"
    )
    mode: CameraMode = CameraMode(model=None, rate_hz=None)
    latitude: Latitude | None = None
    longitude: Longitude | None = None
    is_active: bool = Field(True, description="whether it is run")


class CameraNew(CameraChange):
    """A camera to add to a site."""

    model_config = example(site_id=1, **EXAMPLE)

    site_id: IdField


class CameraShown(Shown):
    """A camera; never its password."""

    model_config = example(
        **SHOWN, **EXAMPLE, site_id=1, has_credentials=True, latitude=None, longitude=None, is_active=True
    )

    site_id: int
    edge_id: int | None
    key: str
    name: str
    kind: str
    source: str | None = Field(description="without name, password and keys")
    has_credentials: bool = Field(description="whether name, password or keys are kept for it")
    calibration: dict[str, Any] | None
    zone_keys: list[str] | None
    mode: CameraMode
    latitude: float | None
    longitude: float | None
    is_active: bool
