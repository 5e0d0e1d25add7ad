"""Puts a camera together: source, models and runner from what the user asked for."""

import os
from dataclasses import dataclass, replace

from throng.core.calibration import Calibration
from throng.core.clock import Clock, SystemClock
from throng.core.site import Camera, Site
from throng.edge.errors import EdgeError
from throng.edge.runner import CameraRunner
from throng.sim.live import LiveSimulation
from throng.sim.process import ProcessSimulation
from throng.sim.sensor import SimulatedSensor, TruthSource
from throng.sim.source import open_sim
from throng.video.pacing import PacedSource
from throng.video.ports import FrameSource
from throng.video.redact import redact_address
from throng.video.sources import Adapter, open_source
from throng.vision.observers import load_observer
from throng.vision.ports import Observer

DEFAULT_RATE_HZ = 2.0
SIMULATED = "simulated-sensor"


@dataclass(frozen=True, slots=True)
class RunOptions:
    """How to run a camera.

    Attributes:
        model: name of a model, path of an ONNX file, or a counter and a detector joined by +; None for the camera's
            own, or `throng.vision.observers.DEFAULT_MODEL`.
        rate_hz: analyses per second; None for the camera's own, or `DEFAULT_RATE_HZ`.
        fast: recordings and simulations as fast as possible instead of in real time.
        adapter: `av` or `opencv`.
        own_process: simulations in real time run in a process of their own, so that several use all cores.
        threads: threads of one model; None for one per core, or with `fast` one per frame looked at ahead.
    """

    model: str | None = None
    rate_hz: float | None = None
    fast: bool = False
    adapter: Adapter = "av"
    own_process: bool = False
    threads: int | None = None


def build_runner(
    camera: Camera, site: Site, *, options: RunOptions | None = None, clock: Clock | None = None
) -> CameraRunner:
    """Put a camera together; nothing is opened yet.

    Raises:
        ThrongError: the source or the model is not understood.
    """
    options, clock = options or RunOptions(), clock or SystemClock()
    rate_hz = options.rate_hz or camera.rate_hz or DEFAULT_RATE_HZ
    model = options.model or camera.model
    workers = (os.cpu_count() or 1) if options.fast else 0
    threads = options.threads or (1 if workers else None)
    source: FrameSource
    observer: Observer
    if camera.source.startswith("sim://"):
        source, truth = _simulation(camera, options, clock)
        simulated = model in {None, SIMULATED}
        observer = SimulatedSensor(truth) if simulated else _models(camera, model, rate_hz, threads)
    else:
        source = open_source(camera.source, camera_id=camera.id, clock=clock, adapter=options.adapter)
        source = source if options.fast else PacedSource(source, clock)
        observer = _models(camera, model, rate_hz, threads)
    return CameraRunner(camera, site, source=source, observer=observer, rate_hz=rate_hz, clock=clock, workers=workers)


def _simulation(camera: Camera, options: RunOptions, clock: Clock) -> tuple[FrameSource, TruthSource]:
    """The frames of a simulated camera, and where their truth is."""
    if options.own_process and not options.fast:
        apart = ProcessSimulation(camera.source, camera_id=camera.id)
        return apart, apart
    simulation = open_sim(camera.source, camera_id=camera.id, clock=clock)
    return (simulation if options.fast else LiveSimulation(simulation, clock)), simulation


def choose_site(source: str, site: Site | None, *, camera_id: str | None = None) -> tuple[Camera, Site]:
    """Find the camera and the site for one source.

    Without a site, a simulation brings its own, and anything else gets a site with one camera that has no
    calibration. With a site, the camera is the one that is named, or the only one; `source` takes the place of
    the camera's own.

    Raises:
        ThrongError: the named camera is not in the site, or the site has several and none was named.
    """
    if site is None and source.startswith("sim://"):
        simulation = open_sim(source, camera_id=camera_id or "camera")
        return _named(simulation.site.cameras[0], camera_id, source), simulation.site
    if site is None:
        name = redact_address(source).rstrip("/").rsplit("/", maxsplit=1)[-1]
        camera = Camera(camera_id or "camera", source, name=name)
        return camera, Site(name, cameras=(camera,))
    return replace(_camera_of(site, camera_id), source=source), site


def calibrated(camera: Camera, calibration: Calibration) -> Camera:
    """Return the camera with another calibration."""
    return replace(camera, calibration=calibration)


def _camera_of(site: Site, camera_id: str | None) -> Camera:
    if camera_id is not None:
        return site.camera(camera_id)
    if len(site.cameras) == 1:
        return site.cameras[0]
    known = ", ".join(c.id for c in site.cameras) or "none"
    raise EdgeError(f"site {site.name} has {len(site.cameras)} cameras ({known}); name the one to use with --camera")


def _named(camera: Camera, camera_id: str | None, source: str) -> Camera:
    return replace(camera, id=camera_id or camera.id, source=source)


def _models(camera: Camera, model: str | None, rate_hz: float, threads: int | None) -> Observer:
    return load_observer(camera.id, model, rate_hz=rate_hz, calibration=camera.calibration, threads=threads)
