"""A simulated camera as a source of frames, with the truth behind every frame."""

import threading
from collections import OrderedDict
from dataclasses import replace
from datetime import datetime, timedelta

from throng.core.clock import Clock, SystemClock
from throng.core.frame import Frame
from throng.core.site import Site
from throng.core.stream import StreamState, StreamStatus
from throng.sim.crowd import Crowd, People
from throng.sim.errors import SimError
from throng.sim.render import Renderer
from throng.sim.scene import Scene
from throng.sim.truth import Truth, truth_of
from throng.sim.uri import parse_uri
from throng.video.ports import SourceInfo

KEPT_TRUTHS = 256
"""The truth of so many newest frames can be asked for."""


class SimSource:
    """Draws the frames of a scene, one after the other, as fast as they are read (a `FrameSource`).

    Frame n has the stream time n / fps. Equal scenes give equal frames, to the byte.

    Args:
        scene: what to show.
        camera_id: id in frames; also the id of the camera in `site`.
        clock: where the time of arrival comes from.
    """

    def __init__(self, scene: Scene, *, camera_id: str, clock: Clock | None = None) -> None:
        self.scene = scene
        self._camera_id = camera_id
        self._clock = clock or SystemClock()
        self._lock = threading.Lock()
        self._status = StreamStatus(StreamState.CONNECTING, "not opened yet", self._clock.now())
        self._truths: OrderedDict[int, Truth] = OrderedDict()
        self._crowd: Crowd | None = None
        self._renderer: Renderer | None = None
        self._opened_at = self._status.since
        self._sequence = 0

    @property
    def site(self) -> Site:
        """The site of the scene with this one camera, its calibration made for this picture size."""
        camera = replace(self.scene.camera, id=self._camera_id)
        return replace(self.scene.site, cameras=(camera,))

    @property
    def info(self) -> SourceInfo:
        """What is known of the source."""
        width, height = self.scene.calibration.image_size
        return SourceInfo(
            label=f"sim://{self.scene.name}",
            width=width,
            height=height,
            fps=self.scene.fps,
            duration_s=self.scene.duration_s,
            frame_count=self.scene.frame_count,
            live=False,
        )

    @property
    def status(self) -> StreamStatus:
        """The state of the stream now."""
        return self._status

    def open(self) -> None:
        """Build the crowd and the picture without people.

        Raises:
            SimError: it was closed before, or JuPedSim is missing.
        """
        with self._lock:
            if self._status.state is StreamState.ENDED:
                raise SimError(f"camera {self._camera_id}: the simulated camera was closed; make a new one")
            if self._crowd is not None:
                return
            scene = self.scene
            self._crowd = Crowd(scene.script, scene.walkable, interval_s=1 / scene.fps, seed=scene.seed)
            self._renderer = Renderer(scene)
            self._opened_at = self._clock.now()
            self._status = StreamStatus(StreamState.LIVE, "", self._opened_at)

    def read(self, timeout_s: float) -> Frame | None:  # noqa: ARG002  a simulated frame never has to be waited for
        """Draw the next frame.

        Returns:
            None when the scene has a duration and is over, or the source is closed or not open yet.
        """
        with self._lock:
            crowd, renderer = self._step(), self._renderer
            if crowd is None or renderer is None:
                return None
            people = crowd.people()
            truth = self._remember(self._sequence, people, renderer)
            pts_s = self._sequence / self.scene.fps
            arrived_at = self._opened_at + timedelta(seconds=pts_s)
            image = renderer.draw(people, truth, pts_s=pts_s, sequence=self._sequence)
            frame = Frame(self._camera_id, image, pts_s, arrived_at, self._sequence)
            self._sequence += 1
            self._status = replace(self._status, last_frame_at=arrived_at)
            return frame

    def skip(self) -> bool:
        """Let the people walk on by one frame that is not drawn; its truth is not kept.

        Returns:
            False when there is no further frame.
        """
        with self._lock:
            if self._step() is None:
                return False
            self._sequence += 1
            return True

    def truth(self, sequence: int) -> Truth:
        """Return what was really there in one of the newest frames.

        Args:
            sequence: number of the frame.

        Raises:
            SimError: the frame was not drawn yet or is too old.
        """
        with self._lock:
            if sequence not in self._truths:
                raise SimError(
                    f"camera {self._camera_id}: the truth of frame {sequence} is not kept; frames "
                    f"{max(0, self._sequence - KEPT_TRUTHS)} to {self._sequence - 1} are. Ask sooner after reading."
                )
            return self._truths[sequence]

    def close(self) -> None:
        """Release everything; the newest truths stay."""
        with self._lock:
            if self._status.state is not StreamState.ENDED:
                self._end("closed")

    def _step(self) -> Crowd | None:
        """Bring the crowd to the next frame; None when there is none."""
        if self._crowd is None or self._status.state is not StreamState.LIVE:
            return None
        if self.scene.frame_count is not None and self._sequence >= self.scene.frame_count:
            self._end("the scene is over")
            return None
        if self._sequence > 0:
            self._crowd.advance()
        return self._crowd

    def _end(self, why: str) -> None:
        self._crowd, self._renderer = None, None
        self._status = replace(self._status, state=StreamState.ENDED, detail=why, since=self._now())

    def _now(self) -> datetime:
        return self._clock.now()

    def _remember(self, sequence: int, people: People, renderer: Renderer) -> Truth:
        truth = truth_of(people, self.scene.calibration, renderer.walls)
        self._truths[sequence] = truth
        if len(self._truths) > KEPT_TRUTHS:
            self._truths.popitem(last=False)
        return truth


def open_sim(uri: str, *, camera_id: str, clock: Clock | None = None) -> SimSource:
    """Make the simulated camera of an address such as `sim://plaza?fps=5`.

    Raises:
        SimError: the address names an unknown scene or option, or a value out of range.
    """
    return SimSource(parse_uri(uri), camera_id=camera_id, clock=clock)
