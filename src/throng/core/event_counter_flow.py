"""Counter-flow: people who walk against the direction of a one-way zone."""

from collections import deque
from math import cos, radians, sin

import numpy as np

from throng.core.event_look import CALM, MOVING_MPS, Look, Verdict, grade

_AGAINST = cos(radians(120))
_LOOKS = 4
_SUSTAINED_S = 3.0


class CounterFlowRule:
    """Share of the moving people who go against the way of a zone by more than 120 degrees.

    Means over the last four looks, at least 3 s, with somebody against the way in three of them.

    Args:
        one_way_deg: the way, degrees counter-clockwise from +x of the site.
    """

    def __init__(self, one_way_deg: float) -> None:
        self._one_way_deg = one_way_deg
        self._way = np.array([cos(radians(one_way_deg)), sin(radians(one_way_deg))])
        self.restart()

    def restart(self) -> None:
        """Forget the last looks."""
        self._last: deque[tuple[float, float, float]] = deque(maxlen=_LOOKS)

    def update(self, look: Look) -> Verdict | None:
        """Judge one look; None where hardly any velocity is known."""
        if look.blind or look.followed_share < 0.3:
            return None
        moving = look.known & (look.speeds_mps > MOVING_MPS)
        along = look.velocities_mps[moving] @ self._way / look.speeds_mps[moving]
        against = along < _AGAINST
        weights = look.weights[moving]
        self._last.append((look.at_s, float(weights[against].sum()), float(weights.sum())))
        times, wrong, all_moving = np.array(self._last).T
        if len(times) < _LOOKS or times[-1] - times[0] < 0.9 * _SUSTAINED_S or (wrong > 0).sum() < _LOOKS - 1:
            return CALM
        share = float(wrong.sum() / all_moving.sum())
        place = look.ground[moving][against]
        return Verdict(
            grade(share, nothing=0.04, begins=0.1, full=0.5),
            (
                f"{wrong.mean():.1f} of {all_moving.mean():.1f} moving people ({share:.0%}) go against the one way "
                f"({self._one_way_deg:.0f}°) for {times[-1] - times[0]:.0f} s",
            ),
            (float(place[:, 0].mean()), float(place[:, 1].mean())) if len(place) else None,
        )
