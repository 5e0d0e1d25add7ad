"""The bands of Fruin and of the Highway Capacity Manual."""

import pytest

from throng.core.service_level import BANDS_PER_M2, level_of_service
from throng.core.site import ServiceProfile, Use


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
def test_letters_after_fruin(density: float, use: Use, letter: str) -> None:
    assert level_of_service(density, use) == letter


@pytest.mark.parametrize(
    ("density", "use", "letter"),
    [
        (0.17, Use.MOVING, "A"),  # 5.9 m² per person
        (0.25, Use.MOVING, "B"),
        (0.4, Use.MOVING, "C"),
        (0.7, Use.MOVING, "D"),
        (1.3, Use.MOVING, "E"),
        (1.4, Use.MOVING, "F"),
        (0.5, Use.STAIRS, "A"),
        (1.9, Use.STAIRS, "E"),
        (2.1, Use.STAIRS, "F"),
        (1.11, Use.QUEUE, "B"),
        (1.5, Use.QUEUE, "D"),  # C after Fruin
        (5.1, Use.STANDING, "F"),  # E after Fruin
    ],
)
def test_letters_after_the_highway_capacity_manual(density: float, use: Use, letter: str) -> None:
    assert level_of_service(density, use, ServiceProfile.HCM) == letter


@pytest.mark.parametrize(
    ("use", "square_feet"),
    [
        (Use.MOVING, (60, 40, 24, 15, 8)),
        (Use.STAIRS, (20, 17, 12, 8, 5)),
        (Use.QUEUE, (13, 10, 7, 3, 2)),
    ],
)
def test_bands_of_the_highway_capacity_manual_are_its_square_feet_rounded(
    use: Use, square_feet: tuple[float, ...]
) -> None:
    """To 0.1 m² per person, as the manual rounds: 0.05 m² or less from the square feet."""
    for per_m2, feet2 in zip(BANDS_PER_M2[ServiceProfile.HCM][use], square_feet, strict=True):
        assert 1 / per_m2 == pytest.approx(0.0929 * feet2, abs=0.055)


@pytest.mark.parametrize("profile", list(ServiceProfile))
@pytest.mark.parametrize("use", list(Use))
def test_every_profile_has_five_rising_bands_for_every_use(profile: ServiceProfile, use: Use) -> None:
    bands = BANDS_PER_M2[profile][use]
    assert len(bands) == 5
    assert list(bands) == sorted(set(bands))


@pytest.mark.parametrize("density", [-0.1, float("nan")])
def test_no_letter_for_what_is_no_density(density: float) -> None:
    with pytest.raises(ValueError, match="density"):
        level_of_service(density, Use.MOVING)
