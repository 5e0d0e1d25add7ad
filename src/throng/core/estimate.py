"""A value that knows how sure it is."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value with its 90 % interval. Alarms compare `high`."""

    value: float
    low: float
    high: float

    def __post_init__(self) -> None:
        if not self.low <= self.value <= self.high:
            raise ValueError(f"expected low <= value <= high, got {self.low}, {self.value}, {self.high}")

    def scaled(self, factor: float) -> "Estimate":
        """Return value and interval times a factor >= 0."""
        return Estimate(self.value * factor, self.low * factor, self.high * factor)
