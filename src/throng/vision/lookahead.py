"""Lets the models look at the next frames while the present one is still being evaluated."""

from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from throng.core.frame import Frame
from throng.core.observation import Observation
from throng.vision.found import Found
from throng.vision.ports import Observer, TwoStepObserver


@dataclass(frozen=True, slots=True)
class Looked:
    """A frame that has been looked at.

    Attributes:
        frame: the frame.
        seen: what the models saw in it, or in plain words why it shows nothing.
    """

    frame: Frame
    seen: Observation | str


class LookAhead:
    """Hands frames to the models in parallel and gives their observations back in order.

    A network scales badly over cores, whole frames scale well: with one thread per frame, two cores see half as many
    frames again as with two threads for one frame. It is for recordings only; a live camera must not wait for frames
    that come after.

    Args:
        observer: the models. One that cannot look in two steps looks at one frame after the other.
        workers: how many frames are looked at at once; 0 for one after the other. As many again wait their turn, so
            that no worker stands still while the present frame is evaluated.
    """

    def __init__(self, observer: Observer, *, workers: int) -> None:
        self._observer = observer
        self._two_step = observer if workers > 0 and isinstance(observer, TwoStepObserver) else None
        self._ahead = 2 * workers if self._two_step is not None else 0
        self._pool = ThreadPoolExecutor(workers, "look") if self._ahead else None
        self._waiting: deque[tuple[Frame, str | None, Future[Found] | None]] = deque()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def add(self, frame: Frame, fault: str | None = None) -> list[Looked]:
        """Take the next frame; return those that are now to be evaluated, oldest first.

        Args:
            frame: the frame.
            fault: why it shows nothing; then no model looks at it.
        """
        future = None
        if fault is None and self._pool is not None and self._two_step is not None:
            future = self._pool.submit(self._two_step.look, frame)
        self._waiting.append((frame, fault, future))
        return self._take(leave=self._ahead)

    def finish(self) -> list[Looked]:
        """Return the frames that are still waiting."""
        return self._take(leave=0)

    def close(self) -> None:
        """End the threads; frames that are still waiting are given up."""
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)

    def _take(self, *, leave: int) -> list[Looked]:
        looked = []
        while len(self._waiting) > leave:
            frame, fault, future = self._waiting.popleft()
            looked.append(Looked(frame, self._evaluate(frame, future) if fault is None else fault))
        return looked

    def _evaluate(self, frame: Frame, future: Future[Found] | None) -> Observation:
        if future is None or self._two_step is None:
            return self._observer.observe(frame)
        return self._two_step.conclude(frame, future.result())
