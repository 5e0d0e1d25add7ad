"""Things that several scenarios share."""

from shapely import union_all
from shapely.geometry import Polygon
from shapely.geometry.base import BaseGeometry

from throng.core.site import Camera, Site, Zone
from throng.sim.errors import SimError
from throng.sim.viewpoint import look_at

CAMERA_HEIGHT_M = 15.0
SIZE = (1280, 720)
_BACK_M = 11.0
_FIELD_OF_VIEW_DEG = 68.0

Area = tuple[float, float, float, float]


def watched(title: str, zone: Zone) -> Site:
    """Make a site with one zone and one camera on a high mast that sees all of it.

    Args:
        title: name of the site.
        zone: the zone; it reaches at most 7 m from its middle along y and 9 m along x.
    """
    middle = Polygon(zone.polygon).centroid
    position = (middle.x, middle.y - _BACK_M, CAMERA_HEIGHT_M)
    calibration = look_at(position, (middle.x, middle.y, 0.8), field_of_view_deg=_FIELD_OF_VIEW_DEG, size=SIZE)
    return Site(title, (zone,), (), (Camera("mast", "sim://mast", calibration, name="High mast"),))


def joined(*areas: BaseGeometry) -> Polygon:
    """Join areas that overlap into one that people can walk.

    Raises:
        SimError: they do not hang together.
    """
    whole = union_all(areas)
    if not isinstance(whole, Polygon):
        raise SimError("the walkable areas do not hang together; let them overlap")
    return whole
