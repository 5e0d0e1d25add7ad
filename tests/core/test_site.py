"""A site refuses what cannot be."""

from typing import Any

import pytest

from throng.core.errors import ThrongError
from throng.core.site import Camera, Line, Site, Zone

SQUARE = ((0.0, 0.0), (4.0, 0.0), (4.0, 3.0), (0.0, 3.0))


def test_area_is_that_of_the_polygon() -> None:
    assert Zone("a", SQUARE).area_m2 == pytest.approx(12)
    assert Zone("picture", None).area_m2 is None


@pytest.mark.parametrize(
    "polygon",
    [((0, 0), (1, 0)), ((0, 0), (4, 3), (4, 0), (0, 3)), ((0, 0), (1, 1), (2, 2))],
    ids=["two corners", "sides cross", "no area"],
)
def test_polygons_that_enclose_nothing(polygon: tuple[tuple[float, float], ...]) -> None:
    with pytest.raises(ThrongError, match="zone gate"):
        Zone("gate", polygon)


def test_capacity_must_be_positive() -> None:
    with pytest.raises(ThrongError, match="capacity"):
        Zone("gate", SQUARE, capacity=0)


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"risk_profile": "dancing"}, "risk_profile must be one of standing, moving, .*, crowdsafe, got 'dancing'"),
        ({"thresholds_per_m2": (2.0, 2.0, 4.0)}, r"three rising numbers of people/m² .*; got \[2.0, 2.0, 4.0\]"),
        ({"thresholds_per_m2": (0.0, 2.0, 4.0)}, "three rising numbers"),
        ({"thresholds_per_m2": (1.0, 2.0)}, "three rising numbers"),
        ({"thresholds_per_m2": (1.0, 2.0, float("nan"))}, "three rising numbers"),
        ({"thresholds_per_m2": (1.0, 2.0, float("inf"))}, "three rising numbers"),
        ({"thresholds_per_m2": (1.0, 2.0, 3.0), "risk_profile": "crowdsafe"}, "crowdsafe has fixed levels"),
        ({"one_way_deg": 400.0}, "one_way_deg must be a direction from -360 to 360 degrees, .*; got 400"),
        ({"one_way_deg": float("nan")}, "one_way_deg"),
        ({"exits": (((1.0, 0.0), (1.0, 0.0)),)}, r"two different points .*; got \(1.0, 0.0\) and \(1.0, 0.0\)"),
        ({"exits": (((1.0, 0.0), (1.0, float("nan"))),)}, "two different points"),
    ],
)
@pytest.mark.parametrize("polygon", [SQUARE, None], ids=["calibrated", "whole picture"])
def test_settings_of_risk_and_ways_that_cannot_be(polygon: Any, settings: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ThrongError, match=f"zone gate: .*{sentence}"):
        Zone("gate", polygon, **settings)


@pytest.mark.parametrize("one_way_deg", [-180.0, 0.0, 359.5, None])
def test_ways_in_any_direction(one_way_deg: float | None) -> None:
    assert Zone("gate", SQUARE, one_way_deg=one_way_deg).one_way_deg == one_way_deg


def test_line_needs_two_ends() -> None:
    with pytest.raises(ThrongError, match="same point"):
        Line("x", (1, 1), (1, 1))


def test_ids_are_unique() -> None:
    with pytest.raises(ThrongError, match="'a' is used twice"):
        Site("s", zones=(Zone("a", SQUARE), Zone("a", SQUARE)))


def test_camera_names_only_zones_of_the_site() -> None:
    with pytest.raises(ThrongError, match="known zones: a"):
        Site("s", zones=(Zone("a", SQUARE),), cameras=(Camera("c", "x.mp4", zone_ids=("b",)),))


def test_unknown_camera_names_the_known_ones() -> None:
    with pytest.raises(ThrongError, match="its cameras are: north"):
        Site("s", cameras=(Camera("north", "0"),)).camera("south")


def test_source_with_its_password_stays_out_of_the_representation() -> None:
    assert "secret" not in repr(Camera("north", "rtsp://user:secret@host/1"))
