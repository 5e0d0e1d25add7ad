"""Which of the frames between two analyses is glanced at, to see how people move."""

from collections import deque
from statistics import median

FEWEST_S = 0.05
"""Where the frame analysed before is this much too old at most, it serves as well."""


class GlanceSampler:
    """Chooses one frame before each analysis: the one nearest to a given time before it.

    When the next analysis comes is known from the rate.

    Args:
        rate_hz: analyses per second of stream time, more than 0.
        before_s: wanted time between the glance and the analysis; None for no glances.
    """

    def __init__(self, rate_hz: float, before_s: float | None) -> None:
        self._after_s = None if before_s is None else 1 / rate_hz - before_s
        self._wanted_s: float | None = None
        self._last_s: float | None = None
        self._intervals_s: deque[float] = deque(maxlen=9)

    def due(self, pts_s: float, *, analysed: bool) -> bool:
        """Tell whether a frame is to be glanced at; call it once for each frame, in order.

        Args:
            pts_s: stream time of the frame.
            analysed: the frame is looked at anyway.
        """
        if self._last_s is not None and pts_s > self._last_s:
            self._intervals_s.append(pts_s - self._last_s)
        self._last_s = pts_s
        if analysed:
            glances = self._after_s is not None and self._after_s > FEWEST_S
            self._wanted_s = pts_s + (self._after_s or 0.0) if glances else None
            return False
        half_s = median(self._intervals_s) / 2 if self._intervals_s else 0.0
        if self._wanted_s is None or pts_s < self._wanted_s - half_s:
            return False
        self._wanted_s = None
        return True
