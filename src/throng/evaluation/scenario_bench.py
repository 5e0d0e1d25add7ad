"""Plays scenarios to the real pipeline, without pictures: readings, and beside them the true density."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
from shapely import contains_xy

from throng.camera.pipeline import CameraPipeline, Measured
from throng.core.observation import Observation
from throng.core.points import FloatArray
from throng.core.reading import Reading
from throng.sim.cast import Cast
from throng.sim.noisy_sensor import NoisySensor, SensorNoise
from throng.sim.scenario import Scenario
from throng.sim.sensor import Moment, exact_observation
from throng.sim.truth import Truth, truth_of

RATE_HZ = 2.0
START = datetime(2030, 1, 1, 12, tzinfo=UTC)

Progress = Callable[[float, float], None]
"""Takes the seconds played and the seconds to play."""


@dataclass(frozen=True, slots=True, eq=False)
class TruthSeries:
    """What was really there.

    Attributes:
        times_s: (T,) since the beginning, rising.
        density_per_m2: (T,) people/m² of the watched zone, N/A.
    """

    times_s: FloatArray
    density_per_m2: FloatArray

    def first_above(self, threshold_per_m2: float) -> float | None:
        """Return when the density first reached a threshold; None when it never did."""
        reached = np.flatnonzero(self.density_per_m2 >= threshold_per_m2)
        return float(self.times_s[reached[0]]) if len(reached) else None

    def last_above(self, threshold_per_m2: float) -> float | None:
        """Return when the density last was at a threshold or above it; None when it never was."""
        reached = np.flatnonzero(self.density_per_m2 >= threshold_per_m2)
        return float(self.times_s[reached[-1]]) if len(reached) else None


@dataclass(frozen=True, slots=True)
class ScenarioRun:
    """What the pipeline made of a scenario.

    Attributes:
        scenario: what happened.
        noise: the sensor erred.
        truth: the true density of the watched zone.
        readings: of the watched zone, one per second, in order.
    """

    scenario: Scenario
    noise: bool
    truth: TruthSeries
    readings: tuple[Reading, ...]


def seconds_of(reading: Reading) -> float:
    """Time of a reading since the beginning of its scenario."""
    return (reading.at - START).total_seconds()


@dataclass(frozen=True, slots=True, eq=False)
class Recording:
    """What happened in a scenario, to be watched by any number of sensors.

    Attributes:
        scenario: what was to happen.
        frames: the truth of each frame, `RATE_HZ` a second.
    """

    scenario: Scenario
    frames: tuple[Truth, ...]

    def series(self) -> TruthSeries:
        """Return the true density of the watched zone."""
        densities = np.array([_density_per_m2(self.scenario, truth) for truth in self.frames])
        return TruthSeries(np.arange(len(self.frames)) / RATE_HZ, densities)


def record(scenario: Scenario, *, seed: int = 1, progress: Progress | None = None) -> Recording:
    """Let a scenario happen.

    Args:
        scenario: what happens.
        seed: decides every chance.
        progress: is told how far it is.
    """
    cast = Cast(scenario, interval_s=1 / RATE_HZ, seed=seed)
    frames = []
    steps = round(scenario.duration_s * RATE_HZ)
    for step in range(steps):
        if step:
            cast.advance()
        frames.append(truth_of(cast.people(), scenario.calibration))
        if progress is not None:
            progress(step + 1, steps)
    return Recording(scenario, tuple(frames))


def watch(recording: Recording, *, noise: SensorNoise | None = None, seed: int = 1) -> ScenarioRun:
    """Show a recording to a pipeline.

    Args:
        recording: what happened.
        noise: how the sensor errs; None for not at all.
        seed: decides how it errs.
    """
    watcher = _Watcher(recording.scenario, noise=noise, seed=seed)
    for step, truth in enumerate(recording.frames):
        watcher.watch(truth, step)
    return ScenarioRun(recording.scenario, noise is not None, recording.series(), watcher.finish())


def play(
    scenario: Scenario, *, noises: Sequence[bool], seed: int = 1, progress: Progress | None = None
) -> list[ScenarioRun]:
    """Let a scenario happen once before one pipeline per sensor.

    Args:
        scenario: what happens.
        noises: for each sensor, whether it errs.
        seed: decides every chance.
        progress: is told how far it is.

    Returns:
        One run per sensor.
    """
    recording = record(scenario, seed=seed, progress=progress)
    return [watch(recording, noise=SensorNoise() if noise else None, seed=seed) for noise in noises]


class _Watcher:
    """One sensor and the pipeline behind it."""

    def __init__(self, scenario: Scenario, *, noise: SensorNoise | None, seed: int) -> None:
        self._scenario = scenario
        self._camera = scenario.site.cameras[0]
        self._size = scenario.calibration.image_size
        self._sensor = None if noise is None else NoisySensor(scenario.calibration, seed=seed, noise=noise)
        self._pipeline = CameraPipeline(self._camera, scenario.site.zones, scenario.site.lines, self._size)
        self._readings: list[Reading] = []

    def watch(self, truth: Truth, step: int) -> None:
        """Look at one frame."""
        time_s = step / RATE_HZ
        at = START + timedelta(seconds=time_s)
        observation = self._observe(truth, Moment(self._camera.id, time_s, at, step, self._size))
        blind = self._scenario.blind_at(time_s)
        if blind is not None:
            self._keep(self._pipeline.process_blind(at, blind))
        elif observation is None:
            self._keep(self._pipeline.tick(at, "no frame came"))
        else:
            self._keep(self._pipeline.process(observation))

    def finish(self) -> tuple[Reading, ...]:
        """Return all readings of the zone."""
        self._keep(self._pipeline.finish())
        return tuple(self._readings)

    def _observe(self, truth: Truth, moment: Moment) -> Observation | None:
        return exact_observation(truth, moment) if self._sensor is None else self._sensor.observe(truth, moment)

    def _keep(self, measured: Sequence[Measured]) -> None:
        self._readings += [m for m in measured if isinstance(m, Reading) and m.zone_id == self._scenario.zone.id]


def _density_per_m2(scenario: Scenario, truth: Truth) -> float:
    inside = contains_xy(scenario.polygon, truth.ground[:, 0], truth.ground[:, 1])
    return float(np.sum(inside) / scenario.polygon.area)
