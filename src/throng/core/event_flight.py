"""Rush and panic: people who suddenly run, one way or all ways."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import exp, isfinite

import numpy as np

from throng.core.change import RobustScale
from throng.core.event_look import CALM, MOVING_MPS, Look, Verdict, divergence_of, grade, order_of, weighted_median

FREE_MPS = 1.34
"""Mean free walking speed (Weidmann, Transporttechnik der Fussgänger, 1993)."""

_HURRY = 1.25
"""Times the walking speed of their density that people who rush are faster."""

_SLOWEST_RUSH_MPS = 1.0
_FEWEST = 5.0
_EMPTIED_S = 5.0


def walking_mps(density_per_m2: float) -> float:
    r"""Return how fast people walk at a density.

    .. math:: v = v_0 \left(1 - e^{-\gamma (1/\rho - 1/\rho_{max})}\right),
              \quad v_0 = 1.34 m/s, \; \gamma = 1.913/m^2, \; \rho_{max} = 5.4/m^2

    (Weidmann 1993); 0 from 5.4 people/m² on.
    """
    if density_per_m2 <= 0:
        return FREE_MPS
    return max(0.0, FREE_MPS * (1 - exp(-1.913 * (1 / density_per_m2 - 1 / 5.4))))


@dataclass(frozen=True, slots=True)
class _Order:
    """Directions of those who move in one look; the divergence less its standard error."""

    polarisation: float
    entropy: float
    parting_per_s: float


class FlightRule:
    """A sudden rise of the speed of half of the people, with one direction (rush) or with many (panic).

    Half of at least five people are faster than 1.25 times the walking speed at their density (never less than 1 m/s),
    by 0.5 m/s and four deviations more than usual. It is a rush as far as they have one direction (polarisation), a
    panic as far as they have many (direction entropy) or part (divergence beyond its standard error), over the last
    five looks since they began to run: those who are left in the zone are those who run the same way. A zone that
    fewer than five are left in after two such looks was emptied by it: that holds for 5 s.
    """

    def __init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """Forget what is usual."""
        self._scale = RobustScale(floor=0.08)
        self._fleeing = 0
        self._last = (0.0, CALM, CALM)
        self._orders: deque[_Order] = deque(maxlen=5)

    def update(self, look: Look) -> tuple[Verdict | None, Verdict | None]:
        """Judge one look; return what it says of a rush and of a panic, None for unknown."""
        if look.blind:
            return None, None
        if look.people < _FEWEST:
            return self._emptied(look)
        if look.weights[look.known].sum() < _FEWEST or look.followed_share < 0.3:
            return None, None
        speed = weighted_median(look.speeds_mps[look.known], look.weights[look.known])
        usual = self._scale.usual
        z = self._scale.update(speed, frozen=self._fleeing > 0)
        if z is None or usual is None:
            return CALM, CALM
        hurry = self._hurry(look, speed, speed - usual, z)
        self._fleeing = self._fleeing + 1 if hurry >= 0.5 else 0
        if self._fleeing <= 1:
            self._orders.clear()
        order = _order(look) if hurry > 0 else None
        if order is None:
            return CALM, CALM
        self._orders.append(order)
        rush, panic = _judge(
            look, hurry, self._orders, f"half of the people move at {speed:.1f} m/s or more, usually {usual:.1f} m/s"
        )
        self._last = (look.at_s, rush, panic)
        return rush, panic

    def _emptied(self, look: Look) -> tuple[Verdict, Verdict]:
        at_s, rush, panic = self._last
        if self._fleeing < 2 or look.at_s - at_s > _EMPTIED_S:
            self._fleeing = 0
            return CALM, CALM
        left = f"{look.people:.0f} people are left"
        return replace(rush, evidence=(*rush.evidence, left)), replace(panic, evidence=(*panic.evidence, left))

    @staticmethod
    def _hurry(look: Look, speed: float, rise: float, z: float) -> float:
        density = look.sample.density_per_m2
        brisk = max(_SLOWEST_RUSH_MPS, _HURRY * walking_mps(density.value if density is not None else 0.0))
        return min(
            grade(speed / brisk, nothing=0.8, begins=1.0, full=1.5),
            grade(rise, nothing=0.25, begins=0.5, full=1.5),
            grade(z, nothing=2.0, begins=4.0, full=10.0),
        )


def _judge(look: Look, hurry: float, orders: Sequence[_Order], words: str) -> tuple[Verdict, Verdict]:
    polarisation = sum(order.polarisation for order in orders) / len(orders)
    entropy = max(order.entropy for order in orders)
    parting = max(order.parting_per_s for order in orders)
    one_way = grade(polarisation, nothing=0.5, begins=0.7, full=0.95)
    all_ways = max(
        grade(entropy, nothing=0.36, begins=0.5, full=0.85), grade(parting, nothing=0.02, begins=0.08, full=0.4)
    )
    middle = np.average(look.ground, axis=0, weights=look.weights)
    at_m = (float(middle[0]), float(middle[1]))
    panic = [words, f"they run in many directions (entropy {entropy:.2f} of 1)"]
    if parting > 0:
        panic.append(f"they part by {parting:.2f}/s or more")
    return (
        Verdict(min(hurry, one_way), (words, f"they share one direction (polarisation {polarisation:.2f} of 1)"), at_m),
        Verdict(min(hurry, all_ways), tuple(panic), at_m),
    )


def _order(look: Look) -> _Order | None:
    polarisation, entropy = order_of(look, above_mps=MOVING_MPS)
    if not isfinite(polarisation):
        return None
    divergence, error = divergence_of(look)
    return _Order(polarisation, entropy, divergence - error if isfinite(divergence) else 0.0)
