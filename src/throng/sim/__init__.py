"""Crowd simulation and the synthetic camera."""

from throng.sim.errors import SimError
from throng.sim.scene import Scene
from throng.sim.scenes import scene, scene_names
from throng.sim.sensor import SimulatedSensor
from throng.sim.source import SimSource, open_sim
from throng.sim.truth import Truth
from throng.sim.uri import parse_uri

__all__ = [
    "Scene",
    "SimError",
    "SimSource",
    "SimulatedSensor",
    "Truth",
    "open_sim",
    "parse_uri",
    "scene",
    "scene_names",
]
