"""A site refuses what cannot be."""

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
