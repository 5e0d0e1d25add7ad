"""One look at the crowd of a zone: who is where, how fast, and how many come and go."""

from dataclasses import dataclass
from math import isfinite

import numpy as np
from numpy.typing import NDArray

from throng.core.crowd_state import Movement
from throng.core.estimate import Estimate
from throng.core.points import FloatArray, GroundPoints

UNTRACKED = -1
"""Id of a place whose person is not followed."""


@dataclass(frozen=True, slots=True, eq=False)
class CrowdSample:
    """What is known of a zone at one time. None and NaN are unknown, never 0.

    Attributes:
        at_s: stream time, seconds.
        ids: (N,) int64, one number per person as long as they are followed; -1 for places that are not followed.
        ground: (N, 2) site metres; a place that is not finite is left out by whoever reads it.
        velocities_mps: (N, 2) m/s, NaN where unknown.
        weights: (N,) people that each place stands for, finite and >= 0.
        density_per_m2: mean density of the zone.
        peak_per_m2: largest local density.
        inflow_per_s, outflow_per_s: people per second through the edges of the zone.
        movement: how the people move together, where somebody worked it out.
    """

    at_s: float
    ids: NDArray[np.int64]
    ground: GroundPoints
    velocities_mps: FloatArray
    weights: FloatArray
    density_per_m2: Estimate | None = None
    peak_per_m2: float | None = None
    inflow_per_s: float | None = None
    outflow_per_s: float | None = None
    movement: Movement | None = None

    def __post_init__(self) -> None:
        if not isfinite(self.at_s):
            raise ValueError(f"crowd sample: expected a finite stream time in seconds, got {self.at_s}")
        n = len(self.ids)
        expected = {"ids": (n,), "ground": (n, 2), "velocities_mps": (n, 2), "weights": (n,)}
        for name, shape in expected.items():
            got = np.shape(getattr(self, name))
            if got != shape:
                raise ValueError(f"crowd sample of {n} places: {name} must be {shape}, got {got}")
        if not np.issubdtype(self.ids.dtype, np.integer):
            raise ValueError(f"crowd sample: ids must be integers, got {self.ids.dtype}")
        if not (np.isfinite(self.weights).all() and (self.weights >= 0).all()):
            raise ValueError("crowd sample: weights must be finite and >= 0")

    def __len__(self) -> int:
        return len(self.ids)
