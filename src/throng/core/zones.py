"""A zone as one camera sees it: the polygon in the picture and the mask, computed once."""

from dataclasses import dataclass, replace

import numpy as np
import shapely
from shapely import Polygon
from shapely.geometry.base import BaseGeometry

from throng.core.calibration import Calibration, CalibrationError
from throng.core.observation import HEAD_HEIGHT_M
from throng.core.points import FloatArray, GroundPoints, ImagePoints, Mask
from throng.core.site import Zone

MAX_AREA_PER_PIXEL_M2 = 1.0
"""Nearer to the horizon than this a single pixel holds several people: nothing can be measured there."""

_EDGE_STEP_PX = 8.0
_NEAREST_DEPTH = 1e-3
_CIRCLE_CORNERS = 128


@dataclass(frozen=True, slots=True, eq=False)
class ZoneView:
    """The View of a zone: its polygon seen through the calibration of one camera.

    Attributes:
        zone: the zone.
        outline: (K, 2) pixels, the visible part of the zone on the ground plane, for drawing.
        mask: (H, W) bool, pixels whose head plane point lies in the zone.
        visible_share: share of the zone's ground area that the picture shows, in (0, 1].
        visible_area_m2: that area; None without a calibration.
    """

    zone: Zone
    outline: FloatArray
    mask: Mask
    visible_share: float
    visible_area_m2: float | None


def zone_view(zone: Zone, calibration: Calibration | None, image_size: tuple[int, int]) -> ZoneView:
    """See a zone through a calibration: outline on the ground, mask on the head plane, share in the picture.

    A zone without a polygon is whatever the camera sees: the whole picture without a calibration, else the ground
    of `visible_ground`; the View then carries a zone with that polygon.

    Args:
        zone: the zone.
        calibration: of the camera, scaled to `image_size` if it was made for another one; None for none.
        image_size: width and height of the picture in pixels.

    Raises:
        CalibrationError: the zone lies outside the picture, reaches over the horizon or so near to it that nothing
            can be measured, or has site metres while the camera has no calibration.
    """
    if calibration is None:
        return _whole_picture(zone, image_size)
    calibration = calibration.scaled_to(*image_size)
    if zone.polygon is None:
        zone = replace(zone, polygon=visible_ground(calibration))
    assert zone.polygon is not None
    _require_below_horizon(zone, zone.polygon, calibration)
    on_ground = Polygon(zone.polygon)
    seen = _seen(on_ground, calibration)
    if not seen:
        raise CalibrationError(
            f"zone {zone.id} lies outside the picture: none of its {on_ground.area:.0f} m² can be seen by this camera; "
            "correct its corners, or leave it out of the zones of this camera"
        )
    outline = _to_picture(seen[0], calibration)
    _require_measurable(zone, outline, calibration)
    mask = _mask(zone, on_ground, calibration)
    if not mask.any():
        raise CalibrationError(
            f"zone {zone.id}: the heads of the people in it would be outside the picture, or it is smaller than a "
            "pixel; move the zone or turn the camera"
        )
    areas_m2 = [float(_to_plane(part, calibration).area) for part in seen]
    visible_area_m2 = min(sum(areas_m2), float(on_ground.area))
    return ZoneView(zone, outline, mask, visible_area_m2 / on_ground.area, visible_area_m2)


def visible_ground(calibration: Calibration, *, max_distance_m: float = 40.0) -> tuple[tuple[float, float], ...]:
    """Return the ground that the picture shows, as a polygon in site metres.

    Args:
        calibration: of the camera.
        max_distance_m: distance on the ground from the point below the camera at which it ends.

    Raises:
        CalibrationError: the picture shows no ground within that distance.
    """
    foot = calibration.camera_position_m[:2]
    turns = np.linspace(0, 2 * np.pi, _CIRCLE_CORNERS, endpoint=False)
    circle = Polygon(foot + max_distance_m * np.column_stack((np.cos(turns), np.sin(turns))))
    seen = _seen(circle, calibration)
    if not seen:
        raise CalibrationError(
            f"the picture shows no ground within {max_distance_m:g} m of the camera; "
            "check the tilt and the height of the calibration"
        )
    ground = Polygon(shapely.simplify(_to_plane(seen[0], calibration), 0.01).boundary.coords)
    corners = np.asarray(shapely.geometry.polygon.orient(ground).exterior.coords[:-1])
    return tuple((float(x), float(y)) for x, y in corners)


def points_in_zone(zone: Zone, points: GroundPoints) -> Mask:
    """Tell which ground points, (N, 2), lie in the zone, its border included; NaN does not.

    A zone without a polygon holds every point that is known.
    """
    known: Mask = np.asarray(np.isfinite(points).all(axis=1), dtype=np.bool_)
    if zone.polygon is None or not len(points):
        return known
    polygon = Polygon(zone.polygon)
    shapely.prepare(polygon)
    inside: Mask = known.copy()
    inside[known] = np.asarray(shapely.intersects_xy(polygon, points[known, 0], points[known, 1]))
    return inside


def _whole_picture(zone: Zone, image_size: tuple[int, int]) -> ZoneView:
    if zone.polygon is not None:
        raise CalibrationError(
            f"zone {zone.id} has its corners in site metres, but the camera has no calibration; "
            "make one with `throng calibrate`"
        )
    width, height = image_size
    outline = np.array([[0, 0], [width - 1, 0], [width - 1, height - 1], [0, height - 1]], dtype=np.float64)
    return ZoneView(zone, outline, np.ones((height, width), dtype=np.bool_), 1.0, None)


def _require_below_horizon(zone: Zone, corners: tuple[tuple[float, float], ...], calibration: Calibration) -> None:
    if calibration.camera_height_m <= HEAD_HEIGHT_M:
        raise CalibrationError(
            f"zone {zone.id}: the camera is {calibration.camera_height_m:.2f} m above the ground, no higher than the "
            f"heads at {HEAD_HEIGHT_M} m, so that it sees no area; mount it higher or check the calibration"
        )
    polygon = Polygon(corners)
    for height_m in (0.0, HEAD_HEIGHT_M):
        in_front = _in_front(polygon, calibration, height_m)
        if in_front.area >= polygon.area * (1 - 1e-9):
            continue
        share = 1 - in_front.area / polygon.area
        if share > 1 - 1e-9:
            raise CalibrationError(f"zone {zone.id} lies outside the picture: all of it is behind the camera")
        raise CalibrationError(
            f"the horizon of the camera runs through zone {zone.id}: {share:.0%} of its area lies beyond it, behind "
            "the camera; cut the zone to the ground that the picture shows, or check the calibration"
        )


def _require_measurable(zone: Zone, outline: FloatArray, calibration: Calibration) -> None:
    area_m2 = calibration.area_per_pixel_m2(ImagePoints(outline))
    worst = float(np.nanmax(area_m2))
    if worst > MAX_AREA_PER_PIXEL_M2:
        far = calibration.to_ground(ImagePoints(outline))[int(np.nanargmax(area_m2))]
        distance_m = float(np.hypot(*(far - calibration.camera_position_m[:2])))
        raise CalibrationError(
            f"the horizon of the camera is at the edge of zone {zone.id}: {distance_m:.0f} m away one pixel covers "
            f"{worst:.1f} m² of ground (at most {MAX_AREA_PER_PIXEL_M2:g} can be measured); cut the zone nearer to "
            "the camera, or check the calibration"
        )


def _seen(on_plane: Polygon, calibration: Calibration, height_m: float = 0.0) -> list[Polygon]:
    """Return the visible parts of a polygon at a height, the largest first, in undistorted pixels.

    In undistorted pixels straight stays straight, so that polygons map corner by corner; the border of the picture
    is what a lens bends.
    """
    border = _picture_border(calibration)
    seen: list[Polygon] = []
    for part in _polygons(_in_front(on_plane, calibration, height_m)):
        projected = shapely.make_valid(_map_polygon(part, calibration.homography(height_m)))
        seen += _polygons(projected.intersection(border))
    return sorted(seen, key=lambda part: float(part.area), reverse=True)


def _in_front(on_plane: Polygon, calibration: Calibration, height_m: float) -> BaseGeometry:
    """Cut a polygon to the half-plane in front of the camera."""
    h = calibration.homography(height_m)[2] / np.linalg.norm(calibration.projection[2, :3])
    x_min, y_min, x_max, y_max = on_plane.bounds
    corners = np.array([[x_min, y_min], [x_max, y_min], [x_max, y_max], [x_min, y_max]])
    depths = corners @ h[:2] + h[2] - _NEAREST_DEPTH
    if np.all(depths >= 0):
        return on_plane
    if np.all(depths < 0):
        return Polygon()
    normal = h[:2] / np.linalg.norm(h[:2])
    along = np.array([-normal[1], normal[0]])
    reach = 2 * float(np.hypot(x_max - x_min, y_max - y_min)) + 1
    middle = corners.mean(axis=0)
    start = middle - normal * ((middle @ h[:2] + h[2] - _NEAREST_DEPTH) / np.linalg.norm(h[:2]))
    half_plane = Polygon(
        [
            start - reach * along,
            start + reach * along,
            start + reach * (along + normal),
            start - reach * (along - normal),
        ]
    )
    return on_plane.intersection(half_plane)


def _picture_border(calibration: Calibration) -> Polygon:
    """The border of the picture in undistorted pixels."""
    width, height = calibration.image_size
    border = shapely.box(-0.5, -0.5, width - 0.5, height - 0.5)
    if calibration.lens is None:
        return border
    corners = np.asarray(shapely.segmentize(border, _EDGE_STEP_PX).exterior.coords[:-1])
    ideal = calibration.lens.undistort(ImagePoints(corners))
    inside = ideal[np.isfinite(ideal[:, 0])]
    if len(inside) < 3:
        raise CalibrationError("the lens coefficients do not reach the border of the picture; check them")
    return max(_polygons(shapely.make_valid(Polygon(inside))), key=lambda part: float(part.area))


def _to_picture(ideal: Polygon, calibration: Calibration) -> FloatArray:
    """Bring a polygon from undistorted pixels into the picture; long edges get corners so that they can bend."""
    if calibration.lens is None:
        return np.asarray(ideal.exterior.coords[:-1], dtype=np.float64)
    corners = np.asarray(shapely.segmentize(ideal, _EDGE_STEP_PX).exterior.coords[:-1])
    bent = calibration.lens.distort(ImagePoints(corners))
    return np.asarray(bent[np.isfinite(bent[:, 0])], dtype=np.float64)


def _mask(zone: Zone, on_ground: Polygon, calibration: Calibration) -> Mask:
    """The pixels whose place on the head plane lies in the zone."""
    width, height = calibration.image_size
    mask = np.zeros((height, width), dtype=np.bool_)
    parts = [_to_picture(part, calibration) for part in _seen(on_ground, calibration, HEAD_HEIGHT_M)]
    if not parts:
        return mask
    corners = np.vstack(parts)
    left, top = np.clip(np.floor(corners.min(axis=0)).astype(int) - 1, 0, None)
    right, bottom = np.ceil(corners.max(axis=0)).astype(int) + 2
    columns = np.arange(left, min(right, width), dtype=np.float64)
    # In blocks of rows the memory stays small for large pictures.
    for first in range(top, min(bottom, height), 64):
        rows = np.arange(first, min(first + 64, bottom, height), dtype=np.float64)
        u, v = np.meshgrid(columns, rows)
        ground = calibration.to_ground(ImagePoints(np.column_stack((u.ravel(), v.ravel()))), HEAD_HEIGHT_M)
        block = points_in_zone(zone, ground).reshape(u.shape)
        mask[first : first + len(rows), left : left + len(columns)] = block
    return mask


def _to_plane(ideal: Polygon, calibration: Calibration) -> Polygon:
    """Bring a polygon from undistorted pixels to the ground."""
    return _map_polygon(ideal, np.asarray(np.linalg.inv(calibration.homography()), dtype=np.float64))


def _map_polygon(polygon: Polygon, h: FloatArray) -> Polygon:
    corners = np.asarray(polygon.exterior.coords[:-1])
    mapped = np.column_stack((corners, np.ones(len(corners)))) @ h.T
    return Polygon(mapped[:, :2] / mapped[:, 2:])


def _polygons(geometry: BaseGeometry) -> list[Polygon]:
    """The polygons with an area among what an intersection leaves."""
    return [part for part in shapely.get_parts(geometry).tolist() if isinstance(part, Polygon) and part.area > 0]
