"""Simulated pictures for training: crowds with the truth behind them, and the same places with nobody there."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from throng.core.points import FloatArray, Image
from throng.sim.scene import Scene
from throng.sim.script import Script
from throng.sim.sensor import SimulatedSensor
from throng.sim.setting import Light
from throng.sim.source import SimSource
from throng.sim.uri import parse_uri

CROWDS = ("plaza", "hall", "counterflow", "bottleneck", "panic")
PLACES = ("empty", *CROWDS)
SIZES = ("960x540", "640x360", "1280x720", "800x600")
STEP_S = 5.0
"""Simulated time between two frames of one crowd."""

FRAMES_EACH = 12
"""Frames of one crowd, before another one is made."""


@dataclass(frozen=True, slots=True, eq=False)
class SimulatedPicture:
    """One frame of a simulated camera.

    Attributes:
        name: scene and number.
        image: (H, W, 3) uint8 BGR.
        points: (N, 2) heads in the picture that no wall hides, pixels; (0, 2) for an empty place.
    """

    name: str
    image: Image
    points: FloatArray


def crowd_pictures(
    count: int, *, seed: int, told: Callable[[int, int], None] = lambda _done, _all: None
) -> Iterator[SimulatedPicture]:
    """Draw simulated crowds in several places, sizes and lights; the same seed gives the same pictures.

    Args:
        count: how many.
        seed: decides every chance.
        told: hears how many of how many are done.

    Raises:
        SimError: JuPedSim is missing.
    """
    rng, done = np.random.default_rng([seed, 1]), 0
    each = min(FRAMES_EACH, max(1, -(-count // len(CROWDS))))
    while done < count:
        scene = _scene(CROWDS[done // each % len(CROWDS)], rng)
        for picture in _frames(scene, min(each, count - done)):
            yield picture
            done += 1
            told(done, count)


def empty_pictures(
    count: int, *, seed: int, told: Callable[[int, int], None] = lambda _done, _all: None
) -> Iterator[SimulatedPicture]:
    """Draw simulated places without people, each in its own light; the same seed gives the same pictures.

    Args:
        count: how many.
        seed: decides every chance.
        told: hears how many of how many are done.

    Raises:
        SimError: JuPedSim is missing.
    """
    rng = np.random.default_rng([seed, 2])
    for number in range(count):
        scene = replace(_scene(PLACES[number % len(PLACES)], rng), script=Script())
        yield from _frames(scene, 1)
        told(number + 1, count)


def _scene(name: str, rng: np.random.Generator) -> Scene:
    """A scene in a light, a size and with a noise of its own."""
    size, seed, noise = rng.choice(SIZES), int(rng.integers(10_000)), rng.uniform(0.2, 2.5)
    scene = parse_uri(f"sim://{name}?fps={1 / STEP_S}&size={size}&seed={seed}&noise={noise:.2f}")
    light: Light = replace(scene.setting.light, gain=float(scene.setting.light.gain * rng.uniform(0.6, 1.25)))
    return replace(scene, setting=replace(scene.setting, light=light))


def _frames(scene: Scene, count: int) -> Iterator[SimulatedPicture]:
    source = SimSource(scene, camera_id=scene.name)
    sensor = SimulatedSensor(source)
    source.open()
    try:
        for _ in range(count):
            frame = source.read(0.0)
            assert frame is not None
            heads = sensor.observe(frame).heads
            assert heads is not None
            name = f"sim://{scene.name}?seed={scene.seed} frame {frame.sequence}"
            yield SimulatedPicture(name, frame.image, np.asarray(heads.points, dtype=np.float64))
    finally:
        source.close()
