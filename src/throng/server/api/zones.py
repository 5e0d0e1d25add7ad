"""Routes of zones: the polygons in which people are counted."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncSession

from throng.core import site
from throng.server.api.etags import ChangeTags, ReadTags
from throng.server.api.objects import Call, create, remove, replace, show
from throng.server.api.paging import Cursor, Page, page
from throng.server.api.wire import (
    SHOWN,
    Degrees,
    Id,
    IdField,
    Key,
    Latitude,
    Longitude,
    Name,
    Point,
    Short,
    Shown,
    Text,
    Wire,
    example,
)
from throng.server.auth.access import Admin, Viewer
from throng.server.context import Ctx
from throng.server.options import load_options
from throng.store import site_objects, zones
from throng.store.tables import Zone

routes = APIRouter(prefix="/api/v1", tags=["zones"])

EXAMPLE = {
    "key": "gate", "name": "Gate", "polygon": [[0, 0], [20, 0], [20, 10], [0, 10]], "capacity": 400,
    "use": "moving", "thresholds_per_m2": [1.5, 2.5, 3.5], "exits": [[[0, 10], [3, 10]]],
}  # fmt: skip

Threshold = Annotated[float, Field(gt=0, le=100, allow_inf_nan=False)]


class ZoneChange(Wire):
    """A zone as somebody wants it; what is left out gets its default. Keys mean the same as in a site file."""

    model_config = example(**EXAMPLE)

    key: Key
    name: Name
    description: Text = ""
    polygon: Annotated[tuple[Point, ...], Field(min_length=3, max_length=1000)] | None = Field(
        None, description="corners (x, y) in site metres, in order; null for whatever its camera sees"
    )
    capacity: int | None = Field(None, gt=0, le=10_000_000, description="people it is meant for")
    use: site.Use = Field(site.Use.MOVING, description="what people do there; it decides the bands that hold")
    risk_profile: site.RiskProfile | None = Field(None, description="null for the one of its use")
    thresholds_per_m2: tuple[Threshold, Threshold, Threshold] | None = Field(
        None, description="rising people/m² where caution, warning and critical begin; null for the profile's"
    )
    service_profile: site.ServiceProfile = Field(site.ServiceProfile.FRUIN, description="whose level of service")
    one_way_deg: Degrees | None = Field(None, description="the only direction allowed, counter-clockwise from +x")
    exits: Annotated[tuple[tuple[Point, Point], ...], Field(max_length=100)] = Field(
        (), description="openings, from one side to the other"
    )
    latitude: Latitude | None = Field(None, description="WGS 84, for maps of places without a plan")
    longitude: Longitude | None = None
    is_active: bool = Field(True, description="whether it is measured")


class ZoneNew(ZoneChange):
    """A zone to add to a site."""

    model_config = example(site_id=1, **EXAMPLE)

    site_id: IdField


class ZoneShown(Shown):
    """A zone."""

    model_config = example(
        **SHOWN, **EXAMPLE, site_id=1, description="", area_m2=200.0, risk_profile=None, service_profile="fruin",
        one_way_deg=None, latitude=None, longitude=None, is_active=True,
    )  # fmt: skip

    site_id: int
    key: str
    name: str
    description: str
    polygon: list[tuple[float, float]] | None
    area_m2: float | None = Field(description="of the polygon; null without one")
    capacity: int | None
    use: str
    risk_profile: str | None
    thresholds_per_m2: list[float] | None
    service_profile: str
    one_way_deg: float | None
    exits: list[tuple[tuple[float, float], tuple[float, float]]]
    latitude: float | None
    longitude: float | None
    is_active: bool


def zone_columns(zone: ZoneChange) -> dict[str, object]:
    """Return the columns of a zone after asking the core whether there can be such a zone.

    Raises:
        ThrongError: there cannot; the sentence is that of a site file.
    """
    checked = site.Zone(
        id=zone.key,
        polygon=zone.polygon,
        capacity=zone.capacity,
        use=zone.use,
        risk_profile=zone.risk_profile,
        thresholds_per_m2=zone.thresholds_per_m2,
        one_way_deg=zone.one_way_deg,
        exits=zone.exits,
        service_profile=zone.service_profile,
    )
    return zone.model_dump(mode="json", exclude={"site_id"}) | {"area_m2": checked.area_m2}


@routes.get("/zones", operation_id="list_zones")
async def list_zones(
    context: Ctx,
    viewer: Viewer,
    cursor: Cursor,
    site_id: Annotated[IdField | None, Query(description="only of this site")] = None,
    key: Annotated[Key | None, Query(description="only with this key")] = None,
    is_active: bool | None = None,
    search: Annotated[Short | None, Query(description="part of the key or the name")] = None,
) -> Page[ZoneShown]:
    """List zones."""
    async with context.database.read() as session:
        rows, position = await site_objects.find(
            session, Zone, site_ids=viewer.site_ids, site_id=site_id, search=search,
            equal={"key": key, "is_active": is_active}, after=cursor.after, limit=cursor.limit,
        )  # fmt: skip
    return page(rows, position, ZoneShown.model_validate)


@routes.post("/zones", operation_id="create_zone", status_code=201)
async def create_zone(body: ZoneNew, context: Ctx, request: Request, admin: Admin) -> ZoneShown:
    """Add a zone to a site. Without thresholds it gets those of the settings, where there are some."""
    row = Zone(site_id=body.site_id, **zone_columns(body))
    if row.thresholds_per_m2 is None and row.risk_profile != site.RiskProfile.CROWDSAFE:
        async with context.database.read() as session:
            usual = (await load_options(session)).thresholds_per_m2
        row.thresholds_per_m2 = None if usual is None else list(usual)
    return ZoneShown.model_validate(await create(Call(context, request, admin), row))


@routes.get("/zones/{zone_id}", operation_id="get_zone", response_model=ZoneShown)
async def get_zone(zone_id: Id, context: Ctx, request: Request, viewer: Viewer, tags: ReadTags) -> ZoneShown | Response:
    """Show a zone."""
    row = await show(Call(context, request, viewer), Zone, zone_id)
    return tags.answer(row.version, ZoneShown.model_validate(row))


@routes.put("/zones/{zone_id}", operation_id="replace_zone")
async def replace_zone(
    zone_id: Id, body: ZoneChange, context: Ctx, request: Request, admin: Admin, tags: ChangeTags
) -> ZoneShown:
    """Change a zone. A new key is followed in the cameras that look at the zone."""
    call = Call(context, request, admin)
    old_key = (await show(call, Zone, zone_id)).key

    async def follow(session: AsyncSession, row: Zone) -> None:
        if row.key != old_key:
            await zones.rename_in_cameras(session, row.site_id, old_key, row.key)

    row = await replace(call, Zone, zone_id, zone_columns(body), tags=tags, check=follow)
    return ZoneShown.model_validate(row)


@routes.delete("/zones/{zone_id}", operation_id="delete_zone", status_code=204)
async def delete_zone(zone_id: Id, context: Ctx, request: Request, admin: Admin, tags: ChangeTags) -> None:
    """Remove a zone. Cameras stop looking at it; its readings stay until they are erased."""

    async def forget(session: AsyncSession, row: Zone) -> None:
        await zones.rename_in_cameras(session, row.site_id, row.key, None)

    await remove(Call(context, request, admin), Zone, zone_id, tags=tags, before=forget)
