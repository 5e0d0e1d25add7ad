"""What a density counter sees in one picture."""

from dataclasses import dataclass

from throng.core.density_map import DensityMap
from throng.core.estimate import Estimate
from throng.core.observation import Heads


@dataclass(frozen=True, slots=True)
class Crowd:
    """The crowd in one picture.

    Attributes:
        density: people per cell of the picture.
        heads: points on heads, in pixels of the full frame.
        count: people in the whole picture with the 90 % interval.
        warnings: what makes this count less trustworthy, in plain words.
    """

    density: DensityMap
    heads: Heads
    count: Estimate
    warnings: tuple[str, ...] = ()
