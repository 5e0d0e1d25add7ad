"""The ports of this room: what can look at a picture."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from throng.core.density_map import DensityMap
from throng.core.frame import Frame
from throng.core.motion_field import MotionField
from throng.core.observation import Observation, Persons
from throng.core.points import Image

if TYPE_CHECKING:
    from throng.vision.crowd import Crowd
    from throng.vision.found import Found


class Detector(Protocol):
    """Finds whole persons; there is no upper limit to their number."""

    @property
    def name(self) -> str:
        """Name in the model registry."""
        ...

    @property
    def recall(self) -> float:
        """Share of the people present that it finds, measured on a labelled clip."""
        ...

    @property
    def precision(self) -> float:
        """Share of its finds that are people, measured on a labelled clip."""
        ...

    def warm_up(self) -> None:
        """Run once on an empty picture, so that the first real frame is not slow."""
        ...

    def detect(self, images: Sequence[Image]) -> list[Persons]:
        """Find the persons in each picture; boxes in pixels of that picture."""
        ...


class DensityCounter(Protocol):
    """Counts a crowd that is too dense for boxes: a density map and head points; no upper limit to their number."""

    @property
    def name(self) -> str:
        """Name in the model registry."""
        ...

    @property
    def head_px(self) -> float:
        """Size of heads, after scaling, that it counts best."""
        ...

    @property
    def recall(self) -> float:
        """Share of the heads present that its head points name where people stand apart; 1 when it names none."""
        ...

    @property
    def precision(self) -> float:
        """Share of its head points that are heads; 1 when it names none."""
        ...

    def warm_up(self) -> None:
        """Run once on an empty picture, so that the first real frame is not slow."""
        ...

    def count(self, images: Sequence[Image], *, scale: float = 1.0) -> list["Crowd"]:
        """Count the crowd in each picture.

        Args:
            images: pictures, one size or several.
            scale: by how much they are enlarged before the network sees them.
        """
        ...


class Tracker(Protocol):
    """Keeps identities over time. One tracker belongs to one camera."""

    def update(self, persons: Persons, pts_s: float) -> Persons:
        """Return the same persons in the same order with track ids; `UNTRACKED` for new or unsure ones."""
        ...


class MotionEstimator(Protocol):
    """Tells how the picture moves between frames. One estimator belongs to one camera."""

    @property
    def name(self) -> str:
        """What the estimate is called."""
        ...

    @property
    def glance_s(self) -> float | None:
        """So long before a frame it wants to glance at another one; None for never."""
        ...

    def glance(self, frame: Frame) -> None:
        """Take in a frame that is not analysed, for the comparison with later ones.

        Glances come in order, but may run ahead of the frames that are analysed.
        """
        ...

    def estimate(self, frame: Frame, density: DensityMap | None = None) -> MotionField | None:
        """Return how the picture has moved up to this frame; frames come in order.

        Args:
            frame: the newest frame.
            density: the people in it; None where nobody knows.

        Returns:
            None where there is nothing to compare with: no frame of the last 1.5 s, another size of the picture, time
            that does not advance.
        """
        ...


class Observer(Protocol):
    """Turns frames of one camera into observations: models behind one door."""

    @property
    def models(self) -> tuple[str, ...]:
        """Names of the models that look."""
        ...

    def warm_up(self) -> None:
        """Load and run everything once."""
        ...

    def observe(self, frame: Frame) -> Observation:
        """Look at one frame. Frames come in order."""
        ...


@runtime_checkable
class TwoStepObserver(Observer, Protocol):
    """An observer whose models have no memory, so that they can look at several frames at once."""

    def look(self, frame: Frame) -> "Found":
        """Let the models look; safe from several threads at once, in any order."""
        ...

    def conclude(self, frame: Frame, found: "Found") -> Observation:
        """Make the observation with what has memory (tracks). Frames come in order."""
        ...


@runtime_checkable
class GlancingObserver(Observer, Protocol):
    """An observer that also wants a frame shortly before each one that it looks at, to see how people move."""

    @property
    def glance_s(self) -> float | None:
        """So long before a frame that it looks at it wants to glance at one; None for never."""
        ...

    def glance(self, frame: Frame) -> None:
        """Glance at a frame; cheap. Glances come in order, but may run ahead of the frames that are looked at."""
        ...
