"""What a detector of this room finds in one picture, and the port that gives it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from throng.core.observation import Persons
from throng.core.points import Image
from throng.vision.crowd import Crowd


@dataclass(frozen=True, slots=True)
class Found:
    """The finds in one picture.

    Attributes:
        persons: finds at or above the detector's threshold; they count.
        doubtful: finds below it, down to the detector's floor; they count only where they go on a track that
            was seen clearly before.
        warnings: what makes the finds less trustworthy, in plain words.
        saturated: the model's output was full, so there may be more people than it can name.
        crowd: what a density counter sees beside them; None where none looked.
    """

    persons: Persons
    doubtful: Persons = field(default_factory=Persons.empty)
    warnings: tuple[str, ...] = ()
    saturated: bool = False
    crowd: Crowd | None = None


@runtime_checkable
class Looker(Protocol):
    """A detector that also tells its doubts. Every detector shipped with Throng is one."""

    @property
    def name(self) -> str:
        """Name in the model registry."""
        ...

    @property
    def recall(self) -> float:
        """As in `throng.vision.ports.Detector`."""
        ...

    @property
    def precision(self) -> float:
        """As in `throng.vision.ports.Detector`."""
        ...

    @property
    def input_size(self) -> tuple[int, int] | None:
        """Width and height of the network's input in pixels; None for a detector that works at any size."""
        ...

    def warm_up(self) -> None:
        """As in `throng.vision.ports.Detector`."""
        ...

    def detect(self, images: Sequence[Image]) -> list[Persons]:
        """As in `throng.vision.ports.Detector`."""
        ...

    def look(self, images: Sequence[Image]) -> list[Found]:
        """Find the persons in each picture, with doubts and warnings."""
        ...


def split_by_threshold(persons: Persons, threshold: float) -> tuple[Persons, Persons]:
    """Part finds into those at or above a score threshold and those below."""
    sure = persons.scores >= threshold
    return persons.select(sure), persons.select(~sure)
