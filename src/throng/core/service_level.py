"""Level of service: how freely people can stand and walk at a density, as a letter from A to F."""

from bisect import bisect_left
from typing import Final

from throng.core.site import Use

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


def level_of_service(density_per_m2: float, use: Use) -> str:
    """Return Fruin's letter for a density.

    F holds everything above 2.17 people/m² on a walkway, from crowded to deadly: it does not rank danger.

    Args:
        density_per_m2: mean density of the zone, >= 0.
        use: what people do there; a zone where people stand uses the bands for queues.

    Raises:
        ValueError: the density is negative or not a number.
    """
    if not density_per_m2 >= 0:
        raise ValueError(f"expected a density >= 0 people/m², got {density_per_m2}")
    return "ABCDEF"[bisect_left(FRUIN_BANDS_PER_M2[use], density_per_m2)]
