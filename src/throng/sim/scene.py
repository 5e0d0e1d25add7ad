"""A scene: the site, what people do there, and what it looks like."""

from dataclasses import dataclass

from shapely.geometry import Polygon

from throng.core.calibration import Calibration
from throng.core.site import Camera, Site
from throng.sim.errors import SimError
from throng.sim.script import Script
from throng.sim.setting import Setting


@dataclass(frozen=True, slots=True)
class Scene:
    """Everything that a simulated camera needs; equal scenes give equal pictures.

    Attributes:
        name: as in `sim://name`.
        site: zones, lines and the one camera with its exact calibration.
        walkable: where people can walk, site metres, obstacles cut out.
        script: who comes, where they go, what happens.
        setting: ground, things and light.
        fps: frames per second.
        seed: decides every chance; the same seed gives the same frames to the byte.
        noise: strength of the sensor noise, 1.0 for an ordinary camera, 0.0 for none.
        duration_s: length, None for endless.
    """

    name: str
    site: Site
    walkable: Polygon
    script: Script
    setting: Setting
    fps: float = 10.0
    seed: int = 1
    noise: float = 1.0
    duration_s: float | None = None

    @property
    def camera(self) -> Camera:
        """The one camera of the scene."""
        return self.site.cameras[0]

    @property
    def calibration(self) -> Calibration:
        """The exact calibration of that camera.

        Raises:
            SimError: the scene was built without one.
        """
        if self.camera.calibration is None:
            raise SimError(f"scene {self.name}: its camera needs a calibration; make one with throng.sim.look_at")
        return self.camera.calibration

    @property
    def frame_count(self) -> int | None:
        """Number of frames, None for an endless scene."""
        return None if self.duration_s is None else max(1, round(self.duration_s * self.fps))
