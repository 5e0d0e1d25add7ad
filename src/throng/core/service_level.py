"""Level of service: how freely people can stand and walk at a density, as a letter from A to F."""

from bisect import bisect_left
from typing import Final

from throng.core.site import ServiceProfile, Use

_WALKWAY: Final = (0.31, 0.43, 0.72, 1.08, 2.17)
_STAIRS: Final = (0.54, 0.72, 1.08, 1.54, 2.69)
_QUEUE: Final = (0.83, 1.08, 1.54, 3.59, 5.38)

FRUIN_BANDS_PER_M2: Final[dict[Use, tuple[float, ...]]] = {
    Use.MOVING: _WALKWAY,
    Use.STAIRS: _STAIRS,
    Use.QUEUE: _QUEUE,
    Use.STANDING: _QUEUE,
}
"""Upper limits of A, B, C, D and E in people/m² (Fruin, Pedestrian Planning and Design, 1971)."""

_HCM_WALKWAY: Final = tuple(1 / m2 for m2 in (5.6, 3.7, 2.2, 1.4, 0.75))
_HCM_STAIRS: Final = tuple(1 / m2 for m2 in (1.9, 1.6, 1.1, 0.7, 0.5))
_HCM_QUEUE: Final = (0.83, 1.11, 1.43, 3.33, 5.00)

HCM_BANDS_PER_M2: Final[dict[Use, tuple[float, ...]]] = {
    Use.MOVING: _HCM_WALKWAY,
    Use.STAIRS: _HCM_STAIRS,
    Use.QUEUE: _HCM_QUEUE,
    Use.STANDING: _HCM_QUEUE,
}
"""Upper limits of A, B, C, D and E in people/m² (Highway Capacity Manual 2000, chapter 18, in m² per person).

The walkway's are 60, 40, 24, 15 and 8 ft² per person, those of stairs 20, 17, 12, 8 and 5. In a queue C ends at 7 ft²,
which HCM 2000 rounds to 0.6 m² (1.67 people/m²) and others to 0.7 m² (1.43): the stricter holds here.
"""

BANDS_PER_M2: Final[dict[ServiceProfile, dict[Use, tuple[float, ...]]]] = {
    ServiceProfile.FRUIN: FRUIN_BANDS_PER_M2,
    ServiceProfile.HCM: HCM_BANDS_PER_M2,
}
"""The bands of every profile."""


def level_of_service(density_per_m2: float, use: Use, profile: ServiceProfile = ServiceProfile.FRUIN) -> str:
    """Return the letter for a density.

    F holds everything above 2.17 people/m² on a walkway after Fruin (1.33 after HCM), from crowded to deadly: it does
    not rank danger.

    Args:
        density_per_m2: mean density of the zone, >= 0.
        use: what people do there; a zone where people stand uses the bands for queues.
        profile: whose bands.

    Raises:
        ValueError: the density is negative or not a number.
    """
    if not density_per_m2 >= 0:
        raise ValueError(f"expected a density >= 0 people/m², got {density_per_m2}")
    return "ABCDEF"[bisect_left(BANDS_PER_M2[profile][use], density_per_m2)]
