"""A source and an observer that do what a test tells them."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import numpy as np

from throng.core.clock import ManualClock
from throng.core.frame import Frame
from throng.core.observation import Observation, Persons
from throng.core.points import Image
from throng.core.stream import StreamState, StreamStatus
from throng.video.ports import SourceInfo

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
SIZE = (320, 240)


def textured(value: int = 0) -> Image:
    """A picture that is not one colour, different for each value."""
    return np.random.default_rng(value).integers(0, 255, (SIZE[1], SIZE[0], 3), dtype=np.uint8)


class ScriptedSource:
    """Gives out pictures on a script: `picture(n)` is frame n, None for a time in which none comes."""

    def __init__(
        self,
        picture: Callable[[int], Image | None],
        *,
        clock: ManualClock,
        frames: int,
        fps: float = 4.0,
        live: bool = False,
        end: StreamStatus | None = None,
    ) -> None:
        self.closed = False
        self._picture, self._clock, self._frames, self._fps = picture, clock, frames, fps
        self._live, self._end = live, end
        self._next = 0

    @property
    def info(self) -> SourceInfo:
        """Everything a runner asks for."""
        return SourceInfo(
            "script", *SIZE, self._fps, None if self._live else self._frames / self._fps, None, self._live
        )

    @property
    def status(self) -> StreamStatus:
        """Live until the script is over."""
        if self._next < self._frames:
            return StreamStatus(StreamState.LIVE, "", START)
        return self._end or StreamStatus(StreamState.ENDED, "end", START)

    def open(self) -> None:
        """Nothing to do."""

    def read(self, timeout_s: float) -> Frame | None:
        """Give the next frame and move the clock to it."""
        if self._next >= self._frames:
            return None
        n, self._next = self._next, self._next + 1
        pts_s = n / self._fps
        self._clock.advance(max(0.0, pts_s - self._clock.monotonic_s()))
        image = self._picture(n)
        return None if image is None else Frame("c", image, pts_s, START + timedelta(seconds=pts_s), n)

    def close(self) -> None:
        """Remember that it was closed."""
        self.closed = True


class ScriptedObserver:
    """Sees a given number of people in every frame, in a row near the top left."""

    models = ("script",)

    def __init__(self, people: int = 3, *, error: Exception | None = None) -> None:
        self._people, self._error = people, error
        self.looked = 0

    def warm_up(self) -> None:
        """Nothing to do."""

    def observe(self, frame: Frame) -> Observation:
        """See them."""
        if self._error is not None:
            raise self._error
        self.looked += 1
        left = 10.0 + 20 * np.arange(self._people)
        boxes = np.column_stack((left, left * 0 + 10, left + 10, left * 0 + 40))
        persons = Persons.from_boxes(boxes, np.ones(self._people))
        at = frame.arrived_at
        return Observation(
            frame.camera_id,
            frame.pts_s,
            at,
            frame.sequence,
            frame.size,
            persons=persons,
            heads=None,
            models=self.models,
        )
