"""How far a training is, and how fast it learns there: pure functions of step and time."""

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Schedule:
    """A warm-up, then a cosine, over a number of steps or over a time.

    Attributes:
        iterations: steps of the whole training; None where it is measured in time.
        seconds: length of the whole training; None where it is counted in steps.
        warm_up: steps over which the rate rises from 0.
        final_share: share of the rate at the end.
    """

    iterations: int | None
    seconds: float | None
    warm_up: int
    final_share: float

    def __post_init__(self) -> None:
        if (self.iterations is None) == (self.seconds is None):
            raise ValueError("expected either iterations or seconds")

    def progress(self, step: int, elapsed_s: float) -> float:
        """Return the share of the training that is done, in [0, 1].

        Args:
            step: steps that are done.
            elapsed_s: time that they took.
        """
        if self.iterations is not None:
            return min(1.0, step / self.iterations)
        assert self.seconds is not None
        return min(1.0, elapsed_s / self.seconds)

    def rate(self, step: int, progress: float) -> float:
        r"""Return the share of the full learning rate for the next step.

        .. math:: \min(1, (n + 1) / w) \cdot \left(f + (1 - f) \frac{1 + \cos \pi p}{2}\right)

        Args:
            step: steps n that are done.
            progress: share p of the training that is done.
        """
        cosine = (1 + math.cos(math.pi * progress)) / 2
        return min(1.0, (step + 1) / self.warm_up) * (self.final_share + (1 - self.final_share) * cosine)


def ema_decay(step: int, highest: float) -> float:
    """Return how much of the averaged weights stays at a step, counted from 1: little at first, when all is new.

    The rule is min(highest, (1 + n) / (10 + n)).
    """
    return min(highest, (1 + step) / (10 + step))
