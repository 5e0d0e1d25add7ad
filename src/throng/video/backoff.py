"""How long to wait before the next attempt to reconnect."""

import random


class Backoff:
    """Pauses of 1, 2, 4, … s up to a longest one, each varied by a fifth so that many cameras do not ask at once.

    Args:
        first_s: the first pause.
        longest_s: no pause is longer.
        generator: where chance comes from.
    """

    def __init__(self, first_s: float, *, longest_s: float, generator: random.Random) -> None:
        self._first_s = first_s
        self._longest_s = longest_s
        self._generator = generator
        self._attempts = 0

    def next_s(self) -> float:
        """Return the pause before the next attempt in seconds."""
        plain_s = min(self._longest_s, self._first_s * 2.0 ** min(self._attempts, 30))
        self._attempts += 1
        return float(min(self._longest_s, plain_s * self._generator.uniform(0.8, 1.2)))

    def worked_for(self, seconds: float) -> None:
        """Start over when a connection lasted; one that breaks at once keeps the pauses growing."""
        if seconds > min(self._longest_s, self._first_s * 2.0 ** min(self._attempts, 30)):
            self._attempts = 0
