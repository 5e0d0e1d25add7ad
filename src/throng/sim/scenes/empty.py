"""The same square early in the morning: nobody; noise and changing light only."""

from dataclasses import replace

from throng.core.site import Camera
from throng.sim.scene import Scene
from throng.sim.scenes import plaza
from throng.sim.script import Script
from throng.sim.setting import Light

MORNING = Light(sun_from_deg=190.0, sun_height_deg=24.0, sun=0.32, gain=0.74, drift=0.07, tint=(1.1, 0.99, 0.9))


def build(size: tuple[int, int]) -> Scene:
    """Make the scene for one picture size."""
    scene = plaza.build(size)
    camera = Camera("empty", "sim://empty", scene.calibration, name="Square, early morning")
    return replace(
        scene,
        name="empty",
        site=replace(scene.site, cameras=(camera,)),
        script=Script(),
        setting=replace(scene.setting, light=MORNING),
    )
