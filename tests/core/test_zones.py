from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import Point, Polygon

from throng.core.calibration import Calibration, CalibrationError
from throng.core.lens import BrownLens
from throng.core.observation import HEAD_HEIGHT_M
from throng.core.pinhole import calibration_from_camera
from throng.core.points import ground_points, image_points
from throng.core.site import Zone
from throng.core.zones import ZoneView, points_in_zone, visible_ground, zone_view

SIZE = (960, 540)
LENS = BrownLens(fx=600, fy=600, cx=479.5, cy=269.5, k1=-0.25, k2=0.06)


def _camera(
    *, heading_deg: float = 0.0, height_m: float = 6.0, tilt_deg: float = 30.0, lens: BrownLens | None = None
) -> Calibration:
    """f = 600 px; the picture shows ground from 4.3 m on."""
    ideal = calibration_from_camera(
        height_m=height_m, tilt_deg=tilt_deg, fov_deg=77.32, heading_deg=heading_deg, image_size=SIZE
    )
    return replace(ideal, lens=lens)


def _box(x0: float, y0: float, x1: float, y1: float, name: str = "gate") -> Zone:
    return Zone(name, ((x0, y0), (x1, y0), (x1, y1), (x0, y1)))


def _summed_area_m2(view: ZoneView, camera: Calibration) -> float:
    rows, columns = np.nonzero(view.mask)
    pixels = image_points(np.column_stack((columns, rows)))
    return float(camera.area_per_pixel_m2(pixels, HEAD_HEIGHT_M).sum())


@pytest.mark.parametrize("lens", [None, LENS], ids=["pinhole", "lens"])
def test_area_of_the_pixels_is_area_of_the_polygon(lens: BrownLens | None) -> None:
    """Reference sheet 1.13: the sum of J over the mask and the shoelace formula agree, 7.985 and 8.000 m² there."""
    camera, zone = _camera(lens=lens), _box(-1, 9, 1, 13)
    view = zone_view(zone, camera, SIZE)
    assert zone.area_m2 == 8.0
    assert _summed_area_m2(view, camera) == pytest.approx(8.0, rel=0.01)
    assert view.visible_share == pytest.approx(1)
    assert view.visible_area_m2 == pytest.approx(8)


@settings(max_examples=15, deadline=None)
@given(
    heading_deg=st.floats(0, 359),
    height_m=st.floats(5, 12),
    x=st.floats(-1.5, 1.5),
    width=st.floats(1.5, 3),
    depth=st.floats(1.5, 4),
)
def test_area_holds_for_any_camera_and_turning_the_site_changes_nothing(
    heading_deg: float, height_m: float, x: float, width: float, depth: float
) -> None:
    tilt_deg = float(np.degrees(np.arctan2(height_m - HEAD_HEIGHT_M, 10)))
    upright = _box(x - width / 2, 10 - depth / 2, x + width / 2, 10 + depth / 2)
    turn = np.radians(-heading_deg)
    rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    assert upright.polygon is not None
    turned = Zone("gate", tuple((float(a), float(b)) for a, b in np.array(upright.polygon) @ rotation.T))
    camera = _camera(heading_deg=heading_deg, height_m=height_m, tilt_deg=tilt_deg)
    plain = zone_view(upright, _camera(height_m=height_m, tilt_deg=tilt_deg), SIZE)
    view = zone_view(turned, camera, SIZE)
    assert _summed_area_m2(view, camera) == pytest.approx(width * depth, rel=0.04)
    assert np.count_nonzero(view.mask ^ plain.mask) <= 2  # rounding on the very border
    assert view.visible_share == pytest.approx(plain.visible_share)


def test_the_mask_is_where_heads_are_and_the_outline_where_feet_are() -> None:
    camera, zone = _camera(), _box(-1, 9, 1, 13)
    view = zone_view(zone, camera, SIZE)
    assert zone.polygon is not None
    head = np.round(camera.to_image(ground_points([(0, 12.5)]), HEAD_HEIGHT_M)[0]).astype(int)
    assert view.mask[head[1], head[0]]
    feet = camera.to_image(ground_points(zone.polygon))
    assert sorted(map(tuple, np.round(view.outline, 6))) == sorted(map(tuple, np.round(feet, 6)))


def test_a_lens_bends_the_outline() -> None:
    view = zone_view(_box(-3, 7, 3, 14), _camera(lens=LENS), SIZE)
    ground = _camera(lens=LENS).to_ground(image_points(view.outline))
    border = Polygon([(-3, 7), (3, 7), (3, 14), (-3, 14)]).exterior
    assert len(view.outline) > 40
    assert max(border.distance(Point(*place)) for place in ground) < 1e-3


def test_a_zone_partly_outside_the_picture_says_its_share() -> None:
    """The picture begins 4.29 m from the foot: of 0 to 10 m it shows 57 % in the middle."""
    view = zone_view(_box(-0.5, 0.1, 0.5, 10.1), _camera(), SIZE)
    nearest = 6 / np.tan(np.radians(30) + np.arctan(270 / 600))
    assert view.visible_share == pytest.approx((10.1 - nearest) / 10, abs=1e-3)
    assert view.visible_area_m2 == pytest.approx(10.1 - nearest, abs=1e-2)


def test_both_arms_of_a_u_count_as_visible() -> None:
    """The bottom of the U is below the picture, its arms are in it."""
    arms = Zone("u", ((-1, 0), (1, 0), (1, 9), (0.5, 9), (0.5, 1), (-0.5, 1), (-0.5, 9), (-1, 9)))
    view = zone_view(arms, _camera(), SIZE)
    nearest = 6 / np.tan(np.radians(30) + np.arctan(270 / 600))
    assert view.visible_area_m2 == pytest.approx(2 * 0.5 * (9 - nearest), rel=1e-3)


@pytest.mark.parametrize(
    ("zone", "sentence"),
    [
        (_box(-100, 10, -90, 13), "zone gate lies outside the picture: none of its 30 m²"),
        (_box(-1, -28, 1, -13), "zone gate lies outside the picture: all of it is behind the camera"),
        (_box(-1, -8, 1, 13), "the horizon of the camera runs through zone gate: 2[0-9]% of its area"),
        (_box(8, 2, 8.001, 2.001), "outside the picture"),
    ],
)
def test_a_zone_that_the_camera_cannot_measure_is_refused(zone: Zone, sentence: str) -> None:
    with pytest.raises(CalibrationError, match=sentence):
        zone_view(zone, _camera(), SIZE)


def test_a_zone_up_to_the_horizon_is_refused() -> None:
    with pytest.raises(CalibrationError, match=r"horizon of the camera is at the edge of zone gate.*one pixel covers"):
        zone_view(_box(-5, 10, 5, 5000), _camera(tilt_deg=10), SIZE)


def test_a_camera_among_the_heads_sees_no_zone() -> None:
    with pytest.raises(CalibrationError, match=r"1\.60 m above the ground, no higher than the heads"):
        zone_view(_box(-1, 9, 1, 13), _camera(height_m=1.6), SIZE)


def test_without_a_calibration_a_zone_is_the_whole_picture() -> None:
    view = zone_view(Zone("all", None), None, SIZE)
    assert view.mask.shape == (540, 960)
    assert view.mask.all()
    assert (view.visible_share, view.visible_area_m2) == (1.0, None)
    with pytest.raises(CalibrationError, match="zone gate has its corners in site metres, but the camera has no"):
        zone_view(_box(0, 0, 1, 1), None, SIZE)


def test_without_a_polygon_a_zone_is_the_ground_that_the_picture_shows() -> None:
    camera = _camera()
    view = zone_view(Zone("all", None), camera, SIZE)
    assert view.zone.polygon == visible_ground(camera)
    assert view.visible_area_m2 == pytest.approx(view.zone.area_m2, rel=1e-3)
    assert view.mask.mean() > 0.6


@pytest.mark.parametrize(
    "camera",
    [_camera(), _camera(lens=LENS), _camera(tilt_deg=85), _camera(tilt_deg=5)],
    ids=["plain", "lens", "down", "level"],
)
def test_visible_ground_is_in_the_picture_and_within_the_distance(camera: Calibration) -> None:
    ground = Polygon(visible_ground(camera, max_distance_m=25))
    assert ground.is_valid
    rng = np.random.default_rng(1)
    places = ground_points(rng.uniform(-26, 26, (4000, 2)))
    shown = camera.contains(camera.to_image(places)) & (np.hypot(*places.T) <= 25)
    near_border = np.array([ground.exterior.distance(Point(*place)) < 0.05 for place in places])
    inside = np.array([ground.contains(Point(*place)) for place in places])
    assert np.array_equal(inside[~near_border], shown[~near_border])
    assert inside.sum() > 20


def test_a_camera_that_looks_at_the_sky_shows_no_ground() -> None:
    with pytest.raises(CalibrationError, match="shows no ground within 40 m"):
        visible_ground(_camera(tilt_deg=-60))


def test_points_in_zone_includes_the_border_and_excludes_the_unknown() -> None:
    zone = Zone("l", ((0, 0), (4, 0), (4, 1), (1, 1), (1, 3), (0, 3)))
    points = ground_points([(0.5, 2), (2, 2), (0, 0), (4, 0.5), (2, 1), (5, 0), (np.nan, 1), (np.inf, 0.5)])
    assert points_in_zone(zone, points).tolist() == [True, False, True, True, True, False, False, False]
    assert points_in_zone(zone, ground_points([])).shape == (0,)
    assert points_in_zone(Zone("all", None), points).tolist() == [True] * 6 + [False] * 2


@settings(deadline=None)
@given(dx=st.floats(-100, 100), dy=st.floats(-100, 100), seed=st.integers(0, 99))
def test_moving_zone_and_people_together_changes_nothing(dx: float, dy: float, seed: int) -> None:
    places = np.random.default_rng(seed).uniform(-1, 4, (50, 2))
    corners = np.array([(0, 0), (3, 0.5), (2, 3), (0.5, 2)])
    move = np.array([dx, dy])
    here = Zone("z", tuple((float(x), float(y)) for x, y in corners))
    there = Zone("z", tuple((float(x), float(y)) for x, y in corners + move))
    moved = points_in_zone(there, ground_points(places + move))
    assert np.array_equal(points_in_zone(here, ground_points(places)), moved)
