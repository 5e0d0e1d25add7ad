"""Fruin's bands."""

import pytest

from throng.core.service_level import level_of_service
from throng.core.site import Use


@pytest.mark.parametrize(
    ("density", "use", "letter"),
    [
        (0.0, Use.MOVING, "A"),
        (0.31, Use.MOVING, "A"),
        (0.32, Use.MOVING, "B"),
        (0.72, Use.MOVING, "C"),
        (1.0, Use.MOVING, "D"),
        (2.17, Use.MOVING, "E"),
        (2.18, Use.MOVING, "F"),
        (1.0, Use.STAIRS, "C"),
        (1.0, Use.QUEUE, "B"),
        (1.0, Use.STANDING, "B"),
        (5.5, Use.STANDING, "F"),
    ],
)
def test_letters(density: float, use: Use, letter: str) -> None:
    assert level_of_service(density, use) == letter


@pytest.mark.parametrize("density", [-0.1, float("nan")])
def test_no_letter_for_what_is_no_density(density: float) -> None:
    with pytest.raises(ValueError, match="density"):
        level_of_service(density, Use.MOVING)
